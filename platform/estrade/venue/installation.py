"""What the serving process knows of itself, for the page of the organisers.

`running` is set once by the command that serves; None where another command serves, such as on servers.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from estrade.kernel.network import local_addresses
from estrade.venue.steady_name import SteadyName
from estrade.web.hosts import origin_of, shown_origin

EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared, not bound


@dataclass
class Running:
    """The process that serves a hall: where it listens, and the name it tells the network, if any."""

    host: str
    port: int
    name: SteadyName | None = None

    def addresses(self) -> list[str]:
        """Where phones reach this process now, the likeliest first."""
        return local_addresses() if self.host in EVERYWHERE else [self.host]


running: Running | None = None


def run(process: Running) -> None:
    """Remember the process that serves."""
    global running  # noqa: PLW0603 - there is one per process, as there is one hub
    running = process


def origins(request: HttpRequest) -> list[str]:
    """Addresses to show to people, the likeliest first. At least one: the one the reader used."""
    if running is not None:
        found = [origin_of(address, scheme=settings.SCHEME, port=running.port) for address in running.addresses()]
        if found:
            return found
    return [shown_origin(request)]


def named_origin() -> str:
    """The address by name; empty where no name is told to the network."""
    if running is None or running.name is None or not running.name.is_announced:
        return ""
    return origin_of(running.name.host, scheme=settings.SCHEME, port=running.port)
