"""`/live` and `/ready`, answered in front of everything else: whatever host was asked for, without TLS, without a session.

`/live` depends on nothing: the process answers. `/ready` says what is wrong (`estrade.web.health`), with 503 when this
process cannot keep what people send, and 200 when everything is kept though something is slower than it should be.
"""

import json
import threading
from typing import Any

from channels.db import database_sync_to_async
from django.utils import translation

from estrade.web.health import problems

# Set when the process was asked to end. A balancer then sends nobody here any more.
stopping = threading.Event()


def with_probes(application: Any) -> Any:
    """Answer the two addresses, and leave the rest to `application`."""

    async def answering(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] not in {"/live", "/ready"}:
            await application(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, 405, {"status": "method not allowed"}, (b"allow", b"GET, HEAD"))
        elif scope["path"] == "/live":
            await _answer(send, 200, {"status": "alive"})
        else:
            await _answer(send, *await _readiness())

    return answering


async def _readiness() -> tuple[int, dict[str, Any]]:
    if stopping.is_set():
        return 503, {"status": "stopping", "problems": []}
    found = await database_sync_to_async(_described, thread_sensitive=False)()
    if any(problem["serious"] for problem in found):
        return 503, {"status": "not ready", "problems": found}
    return 200, {"status": "degraded" if found else "ready", "problems": found}


def _described() -> list[dict[str, Any]]:
    with translation.override("en"):
        return [
            {"code": problem.code, "sentence": str(problem.sentence), "serious": problem.is_serious} for problem in problems()
        ]


async def _answer(send: Any, status: int, body: dict[str, Any], *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
