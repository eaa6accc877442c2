"""Django's pages on an asynchronous server: one change of threads there, one back."""

from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase

# Above the largest file that a plain form may bring (100 MB), and what stands around it.
LARGEST_BODY = 110 * 1024 * 1024


class PagesHandler(ASGIHandler):
    """Runs middleware and view as one piece of synchronous work.

    The inherited handler builds an asynchronous chain. With a single synchronous middleware in it every request goes
    to its thread, back to the loop and to the thread again before the view begins. All our pages are synchronous.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Before a byte is read: every body is kept on the disk until its page has run, whoever sends it.
        if _length_of(scope) > LARGEST_BODY:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": b"Too large."})
            return
        await super().__call__(scope, receive, send)

    async def read_body(self, receive: Any) -> Any:
        """The body, as long as it is not longer than any that we take: one that comes in chunks names no length."""
        read = 0

        async def counted() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise RequestAborted
            return message

        return await super().read_body(counted)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        response: Any = await sync_to_async(self.get_response, thread_sensitive=True)(request)
        return response  # type: ignore[no-any-return]  # asgiref's wrapper has lost the type


def _length_of(scope: Any) -> int:
    length = dict(scope.get("headers", ())).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
