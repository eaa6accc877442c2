"""One server process: web, sockets and, without Redis, Celery's worker and beat."""

import socket
from collections.abc import Callable

import uvicorn
from django.conf import settings
from django.core.management import CommandError, call_command

from estrade.config.embedded import EmbeddedCelery


def open_socket(host: str, port: int) -> socket.socket:
    """Bind before anything is started, so that a busy port is one sentence. Raises CommandError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CommandError(f"Cannot listen on {host}:{port} ({error.strerror}). Try another port: make demo PORT={port + 1}") from None
    return listener


def serve(listener: socket.socket, *, on_ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM. Static files are collected first; `on_ready` runs once the server answers."""
    call_command("collectstatic", interactive=False, verbosity=0)
    config = uvicorn.Config(
        "estrade.config.asgi:application",
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=64 * 1024,
        backlog=4096,
        access_log=False,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    server = _Server(config, on_ready)
    celery = None if settings.REDIS_URL else EmbeddedCelery()
    if celery is not None:
        celery.start()
    try:
        server.run(sockets=[listener])
    finally:
        if celery is not None:
            celery.stop()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready()
