"""The served application inside the test process: real sockets on a loopback port, the test's own database.

Owns a thread with uvicorn and the ASGI stack, and the small browser that talks to it. Needs
`transactional_db`: what a test wrote must be committed for the server's threads to see it.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from estrade.config.protocol import HallProtocol
from estrade.people.models import Person
from tests.servers import free_port

SECONDS = 10.0


class Site:
    """A running server: `origin`, and `socket()` for a page's live connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"

    def socket(self, slug: str, *, session: str = "", **options: Any) -> ClientConnection:
        """An open socket of an edition, as a page of this site opens it. The caller closes it."""
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"} if session else {}
        opened: ClientConnection = connect(
            f"ws://{self.host}/ws/{slug}/",
            origin=Origin(self.origin),
            additional_headers={**headers, **options.pop("headers", {})},
            compression=None,
            open_timeout=SECONDS,
            close_timeout=1,
            **options,
        )
        return opened


@contextlib.contextmanager
def served(certificate: tuple[str, str] | None = None) -> Iterator[Site]:
    """Serve the application in this process while the block runs; over TLS with these files of a certificate and its key."""
    from estrade.config.asgi import router  # noqa: PLC0415 - needs the apps loaded
    from estrade.config.lifespan import with_lifespan  # noqa: PLC0415 - needs the apps loaded

    port = free_port()
    config = uvicorn.Config(
        # Without collected static files: these tests are not about them.
        with_lifespan(router, on_start=lambda: None),
        port=port,
        ws=HallProtocol,
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,
        lifespan="on",
        log_level="critical",
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate[0] if certificate else None,
        ssl_keyfile=certificate[1] if certificate else None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="served")
    thread.start()
    try:
        limit = time.monotonic() + SECONDS
        while not server.started:
            assert thread.is_alive(), "the server ended at once"
            assert time.monotonic() < limit, "the server did not start"
            time.sleep(0.01)
        yield Site(port)
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive(), "the server did not stop"


def session_of(person: Person) -> str:
    """The key of a new session in which this person is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session["nonce"] = secrets.token_hex(4)
    session.create()
    assert session.session_key is not None
    return session.session_key


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def hear(socket: ClientConnection, kind: str = "", *, seconds: float = SECONDS) -> dict[str, Any]:
    """The next frame, or the next one of this kind ("ev", "n", "hb", "no")."""
    limit = time.monotonic() + seconds
    while True:
        frame: dict[str, Any] = json.loads(socket.recv(timeout=max(0.01, limit - time.monotonic())))
        if not kind or frame["t"] == kind:
            return frame


def subscribed(socket: ClientConnection, *streams: str) -> dict[str, Any]:
    """Subscribe and return the heartbeat that answers, not one that was already on its way: that knows none of these."""
    say(socket, t="sub", streams=dict.fromkeys(streams, -1))
    while True:
        frame = hear(socket, "hb")
        if frame["heads"].keys() & set(streams):
            return frame
