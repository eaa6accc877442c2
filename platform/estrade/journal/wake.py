"""Tell the web processes that something was recorded. A hint: the journal is the truth.

One message goes through the Channels layer to one group, in which each web process is one member. While it is on its way,
what is recorded waits and then goes together: a jury that scores at once costs a few messages, not one for each score.
Sending happens on an event loop of its own (the web server's, once it is bound), so that no
request waits for it and both the in-memory and the Redis layer only ever see one loop.
A lost message is healed by the heartbeat, which carries the heads of the streams.
"""

import asyncio
import atexit
import concurrent.futures
import logging
import threading
import time
from datetime import datetime
from typing import Any

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

GROUP = "estrade.hubs"
# A layer that hangs must cost neither time nor memory: what waits longer, or is one too many, is dropped.
SECONDS_TO_SEND = 2.0
MOST_WAITING = 200
SECONDS_AT_EXIT = 0.5
SECONDS_BETWEEN_WORDS = 60.0

# The last number of each (edition, stream) that this process has sent out.
told: dict[tuple[int, str], int] = {}

_loop: asyncio.AbstractEventLoop | None = None
_lock = threading.RLock()
_waiting: list[dict[str, Any]] = []
# Who sends what waits, and where; on a loop that has stopped nobody does.
_sender: tuple[concurrent.futures.Future[None], asyncio.AbstractEventLoop] | None = None
_is_failing = False
_said_at = float("-inf")


def bind_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Send from now on on this running loop (the web server's); None unbinds it."""
    global _loop  # noqa: PLW0603 - one loop per process by design
    _loop = loop


def wake_listeners(*, edition_id: int, heads: dict[str, int], kind: str, payload: dict[str, Any], at: datetime) -> None:
    """Send {edition, heads, kind, payload, at} to every hub. Returns at once and never raises."""
    global _sender  # noqa: PLW0603 - one sender per process
    for stream, number in heads.items():
        told[edition_id, stream] = max(told.get((edition_id, stream), 0), number)
    news = {"edition": edition_id, "heads": heads, "kind": kind, "payload": payload, "at": at.isoformat()}
    with _lock:
        if get_channel_layer() is None or len(_waiting) >= MOST_WAITING:
            return
        _waiting.append(news)
        if not _is_being_sent():
            loop = _sending_loop()
            _sender = asyncio.run_coroutine_threadsafe(_send_what_waits(), loop), loop


def _is_being_sent() -> bool:
    return _sender is not None and not _sender[0].done() and _sender[1].is_running()


async def _send_what_waits() -> None:
    global _sender  # noqa: PLW0603 - one sender per process
    layer: Any = get_channel_layer()
    while True:
        with _lock:
            news = _waiting[:]
            _waiting.clear()
            if not news:
                # Under the lock: whoever comes next finds nobody sending, and begins.
                _sender = None
                return
        try:
            async with asyncio.timeout(SECONDS_TO_SEND):
                await layer.group_send(GROUP, {"type": "journal.recorded", "news": news})
        except Exception as error:
            _tell(error)
        else:
            _tell(None)


def _sending_loop() -> asyncio.AbstractEventLoop:
    if _loop is not None and _loop.is_running():
        return _loop
    with _lock:
        if _loop is None or not _loop.is_running():
            loop, runs = asyncio.new_event_loop(), threading.Event()
            loop.call_soon(runs.set)
            threading.Thread(target=loop.run_forever, name="wake", daemon=True).start()
            runs.wait()
            bind_loop(loop)
    assert _loop is not None
    return _loop


def _tell(error: Exception | None) -> None:
    """Say that the layer fails, and that it works again, once a minute at most: a storm of scores is no storm of lines."""
    global _is_failing, _said_at  # noqa: PLW0603 - one layer per process
    if (error is not None) == _is_failing or time.monotonic() < _said_at + SECONDS_BETWEEN_WORDS:
        return
    if error is not None:
        logger.warning("The channel layer fails (%r). Nothing is lost: heartbeats carry the news until it works again", error)
    else:
        logger.warning("The channel layer works again")
    _is_failing, _said_at = error is not None, time.monotonic()


@atexit.register
def _finish() -> None:
    # A command ends right after its last commit; its news should leave first.
    if _is_being_sent() and _sender is not None:
        concurrent.futures.wait([_sender[0]], timeout=SECONDS_AT_EXIT)
