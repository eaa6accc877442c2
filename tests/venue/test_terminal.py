"""What the terminal says, and how the laptop is followed through networks."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from estrade.kernel.network import is_address, is_loopback, local_addresses
from estrade.venue.installation import Running
from estrade.venue.steady_name import SteadyName
from estrade.venue.terminal import Scene, picture
from estrade.venue.watch import Watch

pytestmark = pytest.mark.embedded

SCENE: dict[str, Any] = {
    "name": "estrade.local", "scheme": "http", "port": 8000, "data": Path("/data"), "copies": Path("/stick"), "is_new": True,
}  # fmt: skip


def test_every_address_is_printed_the_likeliest_as_a_code() -> None:
    with translation.override("en"):
        said = picture(Scene(addresses=["192.168.1.20", "10.0.0.7"], **SCENE))
        again = picture(Scene(addresses=["10.0.0.7"], **SCENE), changed=True)
        alone = picture(Scene(addresses=[], **SCENE))

    assert "Address     http://192.168.1.20:8000/\n              http://10.0.0.7:8000/" in said
    assert "Name        http://estrade.local:8000/" in said
    assert "█" in said
    assert "another address now" in again
    assert "No network: join the wifi" in alone
    assert "http://localhost:8000" in alone
    assert "█" not in alone


class ToldName(SteadyName):
    """A name that is told to nobody, so that the test needs no network."""

    def __init__(self) -> None:
        super().__init__("estrade", 8000)
        self.told: list[list[str]] = []

    def announce(self, addresses: Any) -> str:
        self.told.append(list(addresses))
        return ""


def test_an_address_that_changes_is_announced_and_printed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = ["192.168.1.20"]
    monkeypatch.setattr("estrade.venue.installation.local_addresses", lambda: list(now))
    name, told = ToldName(), []
    watch = Watch(Running("0.0.0.0", 8000, name), tell=lambda *facts: told.append(facts))

    watch.look()
    watch.look()
    now[:] = ["10.0.0.7"]
    watch.look()
    now[:] = []
    watch.look()

    assert told == [(["192.168.1.20"], False, ""), (["10.0.0.7"], True, ""), ([], True, "")]
    assert name.told == [["192.168.1.20"], ["10.0.0.7"], []]


@pytest.mark.parametrize(
    ("host", "is_number", "is_here"),
    [
        ("192.168.1.20", True, False), ("127.0.0.1", True, True), ("[::1]", True, True), ("[fe80::1]", True, False),
        ("localhost", False, True), ("estrade.local", False, False), ("1.2.3.4.example", False, False), ("0x7f.1", False, False),
        ("127.1", False, False), ("", False, False),
    ],
)  # fmt: skip
def test_numbers_are_told_from_names(host: str, is_number: bool, is_here: bool) -> None:
    assert (is_address(host), is_loopback(host)) == (is_number, is_here)


def test_addresses_of_this_machine_are_numbers_that_others_can_use() -> None:
    assert [one for one in local_addresses() if not is_address(one) or is_loopback(one)] == []


def test_a_network_without_multicast_costs_the_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_multicast(**options: Any) -> None:
        raise OSError(19, "No such device")

    monkeypatch.setattr("estrade.venue.steady_name.Zeroconf", no_multicast)
    name = SteadyName("estrade", 8000)

    with translation.override("en"):
        said = name.announce(["192.168.1.20"])

    assert said == "This network does not carry the name estrade.local ([Errno 19] No such device): use the address."
    assert name.is_announced is False
    name.withdraw()
