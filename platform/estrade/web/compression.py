"""Pages for readers without a session travel compressed; nobody else's do.

A compressed answer tells by its length what a secret in it looks like, to whoever can put guesses beside the secret and
watch the wire. So nothing is compressed that belongs to a session or carries a token of a form, and the same page is
the same bytes each time.
"""

import gzip
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

SMALLEST = 1000
KINDS = ("text/html", "application/json", "text/plain", "image/svg+xml")


class CompressForReaders:
    """gzip for answers to people of whom nothing is known. Stands outside everything that sets a cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not _may_compress(request, response):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if not _is_accepted(request.headers.get("Accept-Encoding", "")):
            return response
        response.content = gzip.compress(response.content, compresslevel=6, mtime=0)
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
        return response


def _may_compress(request: HttpRequest, response: HttpResponse) -> bool:
    secrets = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    if secrets & (request.COOKIES.keys() | response.cookies.keys()):
        return False
    plain = not response.streaming and not response.has_header("Content-Encoding")
    return plain and response.get("Content-Type", "").startswith(KINDS) and len(response.content) >= SMALLEST


def _is_accepted(header: str) -> bool:
    for part in header.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "").lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
