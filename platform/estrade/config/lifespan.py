"""What a web process starts and stops with: a look at its servers, its static files, its hub, the player of rehearsals."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from estrade.config.probes import stopping
from estrade.journal.wake import bind_loop
from realtime.hub import hub


def _nothing() -> None:
    """Where nothing else has to end."""


def with_lifespan(
    application: Any,
    *,
    on_start: Callable[[], None],
    on_stop: Callable[[], None] = _nothing,
    on_address: Callable[[str, int], None] | None = None,
) -> Any:
    """Run `on_start` and start the process's hub when the server starts; end both when the server stops.

    `on_address` is told, once, under which address and port of its own the server was reached.
    """
    told: list[Any] = []

    def tell_address(scope: dict[str, Any]) -> None:
        server = scope.get("server")
        # A server behind a file instead of a port has no number.
        if not told and on_address is not None and server and server[1] is not None:
            told.append(server)
            on_address(*server)

    async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            tell_address(scope)
            await application(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                stopping.clear()
                try:
                    await asyncio.to_thread(on_start)
                except ImproperlyConfigured as unsafe:
                    await send({"type": "lifespan.startup.failed", "message": str(unsafe)})
                    return
                bind_loop(asyncio.get_running_loop())
                await hub.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                stopping.set()
                on_stop()
                await hub.stop()
                bind_loop(None)
                await send({"type": "lifespan.shutdown.complete"})
                return

    return lifespan
