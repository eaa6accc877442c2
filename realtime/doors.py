"""ASGI wrappers in front of the sockets and of the journal's HTTP address: origin, unknown addresses, long poll."""

import re
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings

from estrade.journal.log import PUBLIC
from estrade.web.hosts import is_our_host
from realtime.hub import hub
from realtime.visitors import receive_visitor, session_key_of

EVENTS = re.compile(r"/api/v1/editions/(?P<slug>[-a-zA-Z0-9_]+)/events/?", re.ASCII)
DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)
LONGEST_WAIT = 25


def same_origin_only(application: Any) -> Any:
    """Let a handshake in only from a page of this very site: cookies travel with those of other sites too."""

    async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if is_same_origin(scope["headers"]):
            await application(scope, receive, send)
        else:
            await _deny(403, scope, send)

    return guarded


def is_same_origin(headers: list[tuple[bytes, bytes]]) -> bool:
    """Is the one Origin exactly the scheme, host and port that were asked, and the host one of ours?"""
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    return is_our_host(hosts[0]) and origins[0].lower() == f"{settings.SCHEME}://{hosts[0]}".lower()


async def no_such_address(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A socket at an address that does not exist: 404, and nothing else happens."""
    await _deny(404, scope, send)


async def _deny(status: int, scope: dict[str, Any], send: Any) -> None:
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close"})


def with_long_poll(application: Any) -> Any:
    """Let `GET .../events/?since=12&wait=25` wait for the next event before Django sees it.

    Waiting here costs a future instead of a thread. What the answer may contain is decided afterwards,
    with the rights of then; who may not hear the stream does not wait, or the time would tell.
    """

    async def waiting(scope: dict[str, Any], receive: Any, send: Any) -> None:
        address = EVENTS.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if address is not None and b"wait=" in scope["query_string"]:
            query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
            if "wait" in query and await _wait(address["slug"], query, scope["headers"]):
                rest = [part for part in scope["query_string"].split(b"&") if not part.startswith(b"wait=")]
                scope = {**scope, "query_string": b"&".join(rest)}
        await application(scope, receive, send)

    return waiting


async def _wait(slug: str, query: dict[str, str], headers: list[tuple[bytes, bytes]]) -> bool:
    """Wait as long as was asked; False for a question that is wrong in itself, which the API answers."""
    stream, since, wait = query.get("stream", PUBLIC), query.get("since", "0"), query["wait"]
    if not (DIGITS.fullmatch(since) and DIGITS.fullmatch(wait)) or int(wait) > LONGEST_WAIT:
        return False
    visitor = await database_sync_to_async(receive_visitor)(slug=slug, session_key=session_key_of(headers), streams=[stream])
    if visitor is not None and visitor.may_hear:
        await hub.wait_for(visitor.edition_id, stream, int(since), int(wait))
    return True
