"""What a web process starts and stops with: a look at its servers, its static files, its hub."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from estrade.config.probes import stopping
from estrade.journal.wake import bind_loop
from realtime.hub import hub


def with_lifespan(application: Any, *, on_start: Callable[[], None]) -> Any:
    """Run `on_start` and start the process's hub when the server starts; stop the hub when the server stops."""

    async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await application(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
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
                await hub.stop()
                bind_loop(None)
                await send({"type": "lifespan.shutdown.complete"})
                return

    return lifespan
