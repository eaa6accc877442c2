"""The laptop's name in a real multicast network: this machine's own."""

import uuid

import pytest
from django.utils import translation
from zeroconf import AddressResolverIPv4, IPVersion, Zeroconf  # type: ignore[attr-defined]  # not in its list

from estrade.venue.steady_name import SteadyName

pytestmark = pytest.mark.embedded


def test_the_name_is_found_and_kept_from_others_and_taken_back() -> None:
    host = f"estrade-{uuid.uuid4().hex[:8]}"
    ours, others = SteadyName(host, 8000), SteadyName(host, 8000)
    if trouble := ours.announce(["127.0.0.1"]):
        pytest.skip(f"no multicast here: {trouble}")
    asking = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    try:
        found = AddressResolverIPv4(f"{host}.local.")
        is_found = found.request(asking, 3000)
        with translation.override("en"):
            # Another laptop has another address, so the answer is not its own.
            refused = others.announce(["127.0.0.2"])
        ours.withdraw()
        is_left = AddressResolverIPv4(f"{host}.local.").request(asking, 500)
    finally:
        ours.withdraw()
        others.withdraw()
        asking.close()

    assert (is_found, found.parsed_addresses()) == (True, ["127.0.0.1"])
    assert refused == f"The name {host}.local belongs to 127.0.0.1 here: choose another one with --name."
    assert (ours.is_announced, others.is_announced, is_left) == (False, False, False)
