"""Tell the web processes that something was recorded. A hint: the journal is the truth.

One message goes through the Channels layer to one group, in which each web process is one member.
Sending happens on an event loop of its own (the web server's, once it is bound), so that no
request waits for it and both the in-memory and the Redis layer only ever see one loop.
A lost message is healed by the heartbeat, which carries the heads of the streams.
"""

import asyncio
import logging
import threading
from datetime import datetime
from typing import Any

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

GROUP = "estrade.hubs"

# The last number of each (edition, stream) that this process has sent out.
told: dict[tuple[int, str], int] = {}

_loop: asyncio.AbstractEventLoop | None = None
_lock = threading.Lock()


def bind_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Send from now on on this running loop (the web server's); None unbinds it."""
    global _loop  # noqa: PLW0603 - one loop per process by design
    _loop = loop


def wake_listeners(*, edition_id: int, heads: dict[str, int], kind: str, payload: dict[str, Any], at: datetime) -> None:
    """Send {edition, heads, kind, payload, at} to every hub. Returns at once and never raises."""
    for stream, number in heads.items():
        told[edition_id, stream] = max(told.get((edition_id, stream), 0), number)
    layer = get_channel_layer()
    if layer is None:
        return
    message = {
        "type": "journal.recorded", "edition": edition_id, "heads": heads, "kind": kind,
        "payload": payload, "at": at.isoformat(),
    }
    future = asyncio.run_coroutine_threadsafe(layer.group_send(GROUP, message), _sending_loop())
    future.add_done_callback(_log_failure)


def _sending_loop() -> asyncio.AbstractEventLoop:
    if _loop is not None and _loop.is_running():
        return _loop
    with _lock:
        if _loop is None or not _loop.is_running():
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="wake", daemon=True).start()
            bind_loop(loop)
    assert _loop is not None
    return _loop


def _log_failure(future: Any) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        logger.warning("wake-up not sent (%s); the heartbeat will heal it", error)
