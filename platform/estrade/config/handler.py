"""Django's pages on an asynchronous server: one change of threads there, one back."""

from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase


class PagesHandler(ASGIHandler):
    """Runs middleware and view as one piece of synchronous work.

    The inherited handler builds an asynchronous chain. With a single synchronous middleware in it every request goes
    to its thread, back to the loop and to the thread again before the view begins. All our pages are synchronous.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        response: Any = await sync_to_async(self.get_response, thread_sensitive=True)(request)
        return response  # type: ignore[no-any-return]  # asgiref's wrapper has lost the type
