"""One server process: web, sockets and, without Redis, Celery's worker and beat."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Generator
from types import FrameType

import uvicorn
from django.conf import settings
from django.core.management import CommandError
from django.db import connection

from estrade.config.embedded import EmbeddedCelery
from estrade.config.probes import stopping
from estrade.config.protocol import HallProtocol
from estrade.rehearsal.leases import catch_up
from estrade.rehearsal.player import player
from realtime.hub import hub
from realtime.wire import MAX_MESSAGE

BACKLOG = 4096
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# How long a connection that was accepted just before the end has for its request.
SECONDS_TO_ASK = 0.2
# Whatever still hangs after this (a request that waits for a locked row) is left behind: the database rolls it back.
SECONDS_TO_LEAVE = 2.5
MOST_FILES = 8192
# How many new objects make Python look for what can be thrown away; `manage.py` starts with a slower one.
USUAL_RHYTHM = (700, 10, 10)


def open_socket(host: str, port: int, *, try_another: str = "make demo PORT={port}") -> socket.socket:
    """Listen before anything is started, so that a busy port is one sentence. Raises CommandError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise CommandError(
            f"Cannot listen on {host}:{port} ({reason}). Try another port: {try_another.format(port=port + 1)}"
        ) from None
    return listener


def leave_quietly() -> None:
    """Before the server runs, and after it: SIGINT and SIGTERM end the command with status 0 and no traceback."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    for number in SIGNALS:
        signal.signal(number, leave)


def serve(
    listener: socket.socket,
    *,
    on_ready: Callable[[], None] | None = None,
    on_stopped: Callable[[], None] | None = None,
    certificate: tuple[str, str] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return within three seconds.

    `on_ready` runs once the server answers; `on_stopped` when it answers no more, and takes the time it needs;
    `certificate` names the files of a TLS certificate and its key.
    """
    leave_quietly()
    _allow_many_sockets()
    config = uvicorn.Config(
        "estrade.config.asgi:application",
        loop="uvloop",
        http="httptools",
        ws=HallProtocol,
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,
        backlog=BACKLOG,
        access_log=False,
        log_level="critical",
        lifespan="on",
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate[0] if certificate else None,
        ssl_keyfile=certificate[1] if certificate else None,
    )
    celery = None if settings.REDIS_URL else EmbeddedCelery()
    server = _Server(config, on_ready=on_ready, celery=celery)
    host, port = listener.getsockname()[:2]
    player.listens_at(host, port, certificate[0] if certificate else None)
    # Before a tick runs: what a stopped rehearsal had not reached is as far away as it was.
    catch_up(alone=not settings.REDIS_URL)
    connection.close()
    if celery is not None:
        celery.start()
    try:
        server.run(sockets=[listener])
    finally:
        if celery is not None:
            celery.stop()
            celery.join()
        if on_stopped is not None:
            server.put_off_the_end()
            on_stopped()
            # What was left behind may still keep the interpreter from ending.
            server.end_soon()


def _allow_many_sockets() -> None:
    """A hall opens more sockets than some systems allow a process at first (256 on macOS)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, *, on_ready: Callable[[], None] | None, celery: EmbeddedCelery | None) -> None:
        super().__init__(config)
        self._on_ready, self._celery = on_ready, celery
        self._last_resort: threading.Timer | None = None
        self._asked_to_end = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What was read at the start stays: looking through it again would hold up everybody for a fifth of a second.
        gc.freeze()
        gc.set_threshold(*USUAL_RHYTHM)
        if self._on_ready is not None:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._celery is not None:
            self._celery.stop()
        # Open sockets and long polls first: waiting for them would take as long as people look at the board.
        await hub.stop()
        # Nobody new comes in; who has just come in may still say what it wants, or a proxy would lose a form it passes on.
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        await asyncio.sleep(SECONDS_TO_ASK)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop at a signal, and return: the inherited one raises the signal again, which would end in a failure."""
        before = {number: signal.signal(number, self._stop) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
            return
        stopping.set()
        if settings.DRAIN_SECONDS and not self._asked_to_end:
            # A balancer that asks /ready takes this process out first; who still comes is served.
            self._asked_to_end = True
            later = threading.Timer(settings.DRAIN_SECONDS, self._leave)
            later.daemon = True
            later.start()
        else:
            self._leave()

    def _leave(self) -> None:
        self.should_exit = True
        self.end_soon()

    def end_soon(self) -> None:
        """End the process in any case, whatever hangs."""
        self._last_resort = threading.Timer(SECONDS_TO_LEAVE, os._exit, (0,))
        self._last_resort.daemon = True
        self._last_resort.start()

    def put_off_the_end(self) -> None:
        """Something that may not be cut short comes first."""
        if self._last_resort is not None:
            self._last_resort.cancel()
