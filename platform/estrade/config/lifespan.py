"""What a web process starts and stops with: its static files and its hub."""

import asyncio
from collections.abc import Callable
from typing import Any

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
                on_start()
                bind_loop(asyncio.get_running_loop())
                await hub.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await hub.stop()
                bind_loop(None)
                await send({"type": "lifespan.shutdown.complete"})
                return

    return lifespan
