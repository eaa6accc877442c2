"""The ASGI stack: static files first, then sockets, then Django's pages."""

from typing import Any

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

django.setup(set_prefix=False)

from estrade.config.handler import PagesHandler  # noqa: E402 - needs the apps loaded
from estrade.config.lifespan import with_lifespan  # noqa: E402 - needs the apps loaded
from estrade.config.probes import with_probes  # noqa: E402 - needs the apps loaded
from estrade.config.start import refuse_unsafe_servers  # noqa: E402 - needs the apps loaded
from estrade.config.static import StaticFiles  # noqa: E402 - needs the apps loaded
from estrade.rehearsal.player import player  # noqa: E402 - needs the apps loaded
from realtime.consumers import LiveConsumer  # noqa: E402 - needs the apps loaded
from realtime.doors import no_such_address, same_origin_only, with_long_poll  # noqa: E402 - needs the apps loaded

# A router that finds no route raises: the last one takes whatever is left.
elsewhere: Any = no_such_address
sockets = same_origin_only(URLRouter([path("ws/<slug:slug>/", LiveConsumer.as_asgi()), re_path("", elsewhere)]))
static_files = StaticFiles(with_long_poll(PagesHandler()))
router = ProtocolTypeRouter({"http": with_probes(static_files), "websocket": sockets})


def start() -> None:
    """What a server does before it answers."""
    refuse_unsafe_servers()
    static_files.load()
    player.start()


application = with_lifespan(router, on_start=start, on_stop=player.stop, on_address=player.listens_at)
