"""What travels over a socket: frames to the browser, messages from it, and the codes of a close.

A frame is encoded once per process, whatever the number of sockets. Nothing here knows rights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

MAX_MESSAGE = 64 * 1024
MAX_STREAMS = 32
MAX_NAME = 60
MAX_NUMBER = 2**53

# Codes above 4000 are ours. RESUME: connect again and ask for what is missing.
RESUME = 4000
SIGNED_OUT = 4401
NO_SUCH_EDITION = 4404
NOT_TEXT = 1007
NOT_ALLOWED = 1008
TOO_BIG = 1009
GOING_AWAY = 1012

Frame = dict[str, str]
"""An ASGI message ready to be sent; one object for all sockets."""


class Garbage(Exception):
    """A message that no page of ours sends; `code` closes the socket."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Subscribe:
    """A page names its streams and, for each, the last number it has applied; -1 where it has none yet."""

    streams: dict[str, int]


@dataclass(frozen=True)
class Greeting:
    """A page says that somebody is there."""


def event_frame(*, stream: str, number: int, kind: str, payload: Any, at: str) -> Frame:
    """A number with its data, for the streams whose data every listener may have."""
    return _frame({"t": "ev", "s": stream, "n": number, "k": kind, "d": payload, "at": at})


def number_frame(*, stream: str, number: int, kind: str) -> Frame:
    """Only the number: the page fetches what its rights allow."""
    return _frame({"t": "n", "s": stream, "n": number, "k": kind})


def heartbeat_frame(*, heads: Mapping[str, int], at: Mapping[str, str] | None = None) -> Frame:
    """The last number of each stream and the server's clock; `at`: when the last event of a stream happened."""
    body: dict[str, Any] = {"t": "hb", "heads": heads, "now": datetime.now(UTC).isoformat()}
    return _frame(body | {"at": at} if at else body)


def refusal_frame(stream: str) -> Frame:
    """This stream is not for you (or does not exist: the answer is the same)."""
    return _frame({"t": "no", "s": stream})


def close_message(code: int) -> dict[str, Any]:
    """The ASGI message that closes a socket."""
    return {"type": "websocket.close", "code": code}


def _frame(body: Mapping[str, Any]) -> Frame:
    return {"type": "websocket.send", "text": orjson.dumps(body).decode()}


def read_message(text: str | None) -> Subscribe | Greeting:
    """What a page said. Raises Garbage with the code to close with."""
    if text is None:
        raise Garbage(NOT_TEXT)
    if len(text) > MAX_MESSAGE:
        raise Garbage(TOO_BIG)
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Garbage(NOT_TEXT) from None
    kind = message.get("t") if isinstance(message, dict) else None
    if kind == "hi":
        return Greeting()
    if kind == "sub" and _are_places(message.get("streams")):
        return Subscribe(message["streams"])
    raise Garbage(NOT_ALLOWED)


def _are_places(streams: Any) -> bool:
    return (
        isinstance(streams, dict)
        and len(streams) <= MAX_STREAMS
        and all(len(name) <= MAX_NAME for name in streams)
        # A boolean is an int in Python and nonsense here.
        and all(type(number) is int and -1 <= number <= MAX_NUMBER for number in streams.values())
    )
