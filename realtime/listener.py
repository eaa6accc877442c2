"""One open socket, and how to send to it without ever waiting for it.

Owns the raw ASGI `send` of a socket. A phone in a pocket stops reading, its buffers fill, and `send`
suspends: whoever awaited it would keep every other screen waiting too.
"""

import asyncio
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from realtime.wire import close_message

Send = Callable[[Any], Coroutine[Any, Any, None]]


class Listener:
    """A socket of one edition: who is there, what they listen to, and the newest frames that it did not take yet."""

    def __init__(
        self,
        *,
        send: Send,
        edition_id: int,
        person_id: int | None,
        session_key: str | None,
        agent: str,
        abort: Callable[[], None] | None = None,
    ) -> None:
        self._send, self._abort = send, abort
        self.edition_id, self.person_id, self.session_key, self.agent = edition_id, person_id, session_key, agent
        self.streams: frozenset[str] = frozenset()
        # Instants of the monotonic clock: last greeting, last look at the rights, begin of the present wait.
        self.greeted_at = float("-inf")
        self.checked_at = time.monotonic()
        self.busy_since: float | None = None
        self.is_gone = False
        self._kept: dict[str, Any] = {}
        self._rest: asyncio.Task[None] | None = None

    def offer(self, key: str, message: Any) -> None:
        """Send `message` now if the socket takes it; otherwise keep it as the newest of `key`. Returns at once."""
        if self.is_gone:
            return
        if self._rest is not None:
            self._kept[key] = message
            return
        sending = self._send(message)
        try:
            # One step by hand: nearly always it is the whole way.
            waiting_for = sending.send(None)
        except StopIteration:
            return
        except Exception:
            # The other side is gone. Its consumer hears that too and takes this listener away.
            self.is_gone = True
            return
        self.busy_since = time.monotonic()
        self._rest = asyncio.create_task(self._finish(sending, waiting_for))

    def close(self, code: int) -> None:
        """Close with `code`, without waiting; a socket that takes nothing any more is cut off."""
        if self._rest is not None:
            self._rest.cancel()
            if self._abort is not None:
                self._abort()
        else:
            self.offer("close", close_message(code))
        self.is_gone = True
        self._kept.clear()

    async def _finish(self, sending: Coroutine[Any, Any, None], waiting_for: Any) -> None:
        try:
            await _continued(sending, waiting_for)
            while self._kept and not self.is_gone:
                self.busy_since = time.monotonic()
                await self._send(self._kept.pop(next(iter(self._kept))))
        except Exception:
            self.is_gone = True
        finally:
            self.busy_since = None
            self._rest = None


def _continued(sending: Coroutine[Any, Any, None], waiting_for: Any) -> Awaitable[None]:
    """Await the rest of a coroutine of which one step was taken by hand: it waits for `waiting_for`."""

    @types.coroutine
    def steps() -> Generator[Any, Any, None]:
        try:
            yield waiting_for
            yield from sending
        finally:
            sending.close()

    return steps()
