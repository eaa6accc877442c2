"""What every answer of the site has in common: safe headers, and pages instead of bare refusals."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse

from estrade.kernel.disk import is_full_disk
from estrade.kernel.refusal import Refused
from estrade.web import errors
from estrade.web.hosts import is_our_host

Handler = Callable[[HttpRequest], HttpResponse]
BIGGEST_ID = 2**63 - 1

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # Custom properties only (--v, --rows): the template lint refuses anything else in a style attribute.
        "style-src-attr 'unsafe-inline'",
        "font-src 'self'",
        "worker-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")
)


class OurHostsOnly:
    """In a venue: a request that names another site is answered before anything is read for it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_our_host(request.headers.get("Host", "")):
            return errors.unknown_host(request)
        return self.get_response(request)


class SafetyHeaders:
    """Adds the content security policy, the permissions policy, and keeps signed-in answers out of every cache."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        session = settings.SESSION_COOKIE_NAME
        # The cookie decides, not `request.user`: an error page must not ask the database who is there.
        if session in request.COOKIES or session in response.cookies:
            response["Cache-Control"] = "private, no-store"
        return response


class RefusalPages:
    """A rule's refusal, a hidden thing and a wrong method become a page, or a problem body where JSON was asked for."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content and not request.path.startswith("/api/"):
            return errors.wrong_method(request, response["Allow"])
        return response

    def process_view(self, request: HttpRequest, view: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        # No table holds such a number, and no database wants to be asked for it.
        if any(isinstance(value, int) and value > BIGGEST_ID for value in kwargs.values()):
            raise Http404

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            return errors.refused(request, exception)
        # A missing one-to-one is an AttributeError too, and a bug: it stays an error.
        if isinstance(exception, ObjectDoesNotExist) and not isinstance(exception, AttributeError):
            return errors.not_found(request, Http404())
        if is_full_disk(exception):
            return errors.disk_full(request)
        return None
