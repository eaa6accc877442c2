"""A name for the laptop that stays when its address changes: `estrade.local`, told to the local network by multicast.

Owns the announcement only. A network that carries no multicast costs the name, nothing else: whoever cannot tell it
gets a sentence and goes on with addresses.
"""

import logging
import socket
from collections.abc import Sequence

from django.utils.translation import gettext as _
from zeroconf import AddressResolverIPv4, IPVersion, ServiceInfo, Zeroconf  # type: ignore[attr-defined]  # not in its list

logger = logging.getLogger(__name__)

SERVICE = "_http._tcp.local."
MS_TO_FIND_ANOTHER = 700


class SteadyName:
    """`announce()` again whenever the addresses change, `withdraw()` at the end. Not for several threads at once."""

    def __init__(self, name: str, port: int) -> None:
        self.host = f"{name}.local"
        self.is_announced = False
        self._port = port
        self._told: Zeroconf | None = None

    def announce(self, addresses: Sequence[str]) -> str:
        """Tell the network that the name means these IPv4 addresses. Nothing, or a sentence why the name cannot be used."""
        self.withdraw()
        if not addresses:
            return ""
        try:
            self._told = Zeroconf(interfaces=list(addresses), ip_version=IPVersion.V4Only)
            if another := self._another_owner(addresses):
                self.withdraw()
                return _("The name %(host)s belongs to %(address)s here: choose another one with --name.") % {
                    "host": self.host,
                    "address": another,
                }
            self._told.register_service(
                ServiceInfo(
                    SERVICE,
                    f"Estrade {self.host.removesuffix('.local')}.{SERVICE}",
                    addresses=[socket.inet_aton(address) for address in addresses],
                    port=self._port,
                    server=f"{self.host}.",
                ),
                allow_name_change=True,
            )
        except Exception as error:
            # The library raises its own errors, the system's and the event loop's; none of them may stop a hall.
            logger.debug("No multicast", exc_info=True)
            self.withdraw()
            return _("This network does not carry the name %(host)s (%(reason)s): use the address.") % {
                "host": self.host,
                "reason": error or type(error).__name__,
            }
        self.is_announced = True
        return ""

    def withdraw(self) -> None:
        """Take the name back. Bears being called twice."""
        told, self._told, self.is_announced = self._told, None, False
        if told is not None:
            try:
                told.close()
            except Exception:
                # The network may be gone already; so is the name then.
                logger.debug("The name was not taken back", exc_info=True)

    def _another_owner(self, ours: Sequence[str]) -> str | None:
        assert self._told is not None
        asked = AddressResolverIPv4(f"{self.host}.")
        if not asked.request(self._told, MS_TO_FIND_ANOTHER):
            return None
        return next((address for address in asked.parsed_addresses() if address not in ours), None)
