"""Follows the laptop through networks: at the start and whenever its addresses change, the name follows and people are told."""

import threading
from collections.abc import Callable

from estrade.venue.installation import Running

LOOK_SECONDS = 5.0


class Watch:
    """`start()` once, `stop()` once. `tell` gets the addresses, whether they are other ones than before, and a sentence
    when the name cannot be used."""

    def __init__(self, running: Running, *, tell: Callable[[list[str], bool, str], None]) -> None:
        self._running, self._tell = running, tell
        self._known: list[str] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="addresses", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End, and take the name back from the network."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._running.name is not None:
            self._running.name.withdraw()

    def look(self) -> None:
        """Compare once; the first look always tells."""
        addresses, before = self._running.addresses(), self._known
        if before is not None and set(addresses) == set(before):
            return
        self._known = addresses
        trouble = self._running.name.announce(addresses) if self._running.name is not None else ""
        self._tell(addresses, before is not None, trouble)

    def _run(self) -> None:
        self.look()
        while not self._ended.wait(LOOK_SECONDS):
            self.look()
