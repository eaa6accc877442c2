"""Who asks the API, may they, and how is a no said. The settings name these; addresses use `estrade.web.endpoints`.

Owns no rule. An endpoint names the action of the permission matrix that it asks (`asks`), and says
whether it is asked of the edition in the address (`of_edition`) or by the verb or read that it calls.
A method without an action is refused, so that a forgotten line locks a door and opens none.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from estrade.access.policy import matrix, require
from estrade.kernel.refusal import Refused
from estrade.web import errors

CHALLENGE = 'Session realm="Estrade"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages. A write needs its CSRF token; who is unknown is asked to sign in (401)."""

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied:
            raise CsrfFailed from None


class CsrfFailed(exceptions.PermissionDenied):
    """A write with a session's cookie and without the proof that one of our pages made it."""


class PolicyDecides(permissions.BasePermission):
    """Asks the permission matrix what the endpoint declares; refuses what it does not declare."""

    def has_permission(self, request: Any, view: Any) -> bool:
        action: str = getattr(view, "asks", {}).get("GET" if request.method == "HEAD" else request.method, "")
        row = matrix().get(action)
        if row is None:
            return False
        if getattr(view, "of_edition", False):
            require(request.user, action, request.edition)
        elif not request.user.is_authenticated and not row["anonymous"]:
            raise Refused("sign_in_first", action=action)
        return True


# --- How a no is said ---------------------------------------------------------------------------------------------

Answer = Callable[[HttpRequest, Exception], HttpResponse]
PAGES: tuple[tuple[tuple[type[Exception], ...], Answer], ...] = (
    ((RequestDataTooBig,), errors.bad_request),
    ((CsrfFailed,), lambda asked, exception: errors.csrf_failure(asked)),
    ((PermissionDenied, exceptions.PermissionDenied), errors.forbidden),
    ((Http404, exceptions.NotFound, ObjectDoesNotExist), errors.not_found),
)
CODES: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.NotAuthenticated, "sign_in_first"),
    (exceptions.AuthenticationFailed, "sign_in_first"),
    (exceptions.ParseError, "malformed_json"),
    (exceptions.UnsupportedMediaType, "media_type_unsupported"),
    (exceptions.NotAcceptable, "media_type_not_offered"),
    (exceptions.Throttled, "too_many_requests"),
)


def problem(exception: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Any refusal as `application/problem+json` (RFC 9457) in the reader's language; None for a bug."""
    asked: HttpRequest = context["request"]._request
    if isinstance(exception, Refused):
        return refusal(exception)
    if isinstance(exception, exceptions.MethodNotAllowed):
        return errors.wrong_method(asked, ", ".join(context["view"].allowed_methods))
    if isinstance(exception, ObjectDoesNotExist) and isinstance(exception, AttributeError):
        # A missing one-to-one is a bug: it stays an error.
        return None
    page = next((page for kinds, page in PAGES if isinstance(exception, kinds)), None)
    code = next((code for kind, code in CODES if isinstance(exception, kind)), None)
    if page is not None:
        return page(asked, exception)
    return refusal(Refused(code)) if code else None


def refusal(refused: Refused) -> HttpResponse:
    """A refusal of a rule. Who is not signed in gets 401 and is told what to sign in with."""
    if refused.code != "sign_in_first":
        return errors.problem(refused)
    response = errors.problem(refused, status=401, title="Unauthorized")
    response["WWW-Authenticate"] = CHALLENGE
    return response
