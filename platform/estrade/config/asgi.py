"""The ASGI stack: static files first, then sockets, then Django's pages."""

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path
from servestatic import ServeStaticASGI

django_application = get_asgi_application()

from estrade.config.lifespan import with_lifespan  # noqa: E402 - needs the apps loaded
from realtime.consumers import LiveConsumer  # noqa: E402 - needs the apps loaded

sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([path("ws/<slug:slug>/", LiveConsumer.as_asgi())])))
router = ProtocolTypeRouter({"http": django_application, "websocket": sockets})


def _with_static_files(application: Any) -> Any:
    root = settings.STATIC_ROOT
    root.mkdir(parents=True, exist_ok=True)
    static = ServeStaticASGI(
        application, root=str(root), prefix=settings.STATIC_URL, max_age=60, immutable_file_test=r"\.[0-9a-f]{12}\."
    )

    async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
        # Only plain HTTP goes through the file server; sockets keep their raw `send`.
        target = static if scope["type"] == "http" and scope["path"].startswith(settings.STATIC_URL) else application
        await target(scope, receive, send)

    return serve


application = with_lifespan(_with_static_files(router))
