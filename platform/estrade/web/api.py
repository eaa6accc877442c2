"""What every endpoint of the API shares: who asks, may they, what did they send, and how a no is said.

Owns no rule. An endpoint names the action of the permission matrix that it asks (`asks`), and says
whether it is asked of the edition in the address (`of_edition`) or by the verb or read that it calls.
A method without an action is refused, so that a forgotten line locks a door and opens none.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions, parsers, permissions, serializers
from rest_framework.request import Request
from rest_framework.utils import encoders
from rest_framework.views import APIView

from estrade.access.policy import matrix, require
from estrade.kernel.refusal import Refused
from estrade.web import errors

DEEPEST = 20
LONGEST_NUMBER = 30
UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages. A write needs its CSRF token; who is unknown is asked to sign in (401)."""

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="Estrade"'

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied:
            raise Refused("csrf_failed") from None


class SessionScheme(OpenApiAuthenticationExtension):
    """How the documentation names the session's cookie."""

    target_class = "estrade.web.api.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class PolicyDecides(permissions.BasePermission):
    """Asks the permission matrix what the endpoint declares; refuses what it does not declare."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        action = getattr(view, "asks", {}).get("GET" if request.method == "HEAD" else request.method)
        row = matrix().get(action)
        if row is None:
            return False
        if getattr(view, "of_edition", False):
            require(request.user, action, request.edition)
        elif not request.user.is_authenticated and not row["anonymous"]:
            raise Refused("sign_in_first", action=action)
        return True


class Endpoint(APIView):
    """One address. `asks`: HTTP method to the action of the matrix; `of_edition`: asked here, of the whole edition."""

    asks: ClassVar[Mapping[str, str]] = {}
    of_edition: ClassVar[bool] = False

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        raise exceptions.MethodNotAllowed(str(request.method))

    def check_permissions(self, request: Request) -> None:
        # A method that does not exist is 405 for everybody, not a question of rights.
        if str(request.method).lower() in {name.lower() for name in self.allowed_methods}:
            super().check_permissions(request)


class Shape(serializers.Serializer[Any]):
    """What a request may hold: exactly these fields. Anything else is refused, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise Refused("field_unknown", field=str(unknown[0])[:60])
        return super().to_internal_value(data)


class Invalid(exceptions.APIException):
    """Fields that cannot be accepted, each with its sentence."""

    status_code = 422

    def __init__(self, found: Mapping[str, Any], *, status: int) -> None:
        super().__init__()
        self.status_code = status
        self.errors = [{"field": field, "detail": str(sentences[0])} for field, sentences in found.items() if sentences]


def body_of(request: Request, shape: type[Shape]) -> dict[str, Any]:
    """What was sent, checked. Refused: `malformed_json`, `field_unknown`; Invalid (422) names the fields."""
    if not isinstance(request.data, dict):
        raise Refused("malformed_json")
    return _checked(shape(data=request.data), status=422)


def query_of(request: Request, shape: type[Shape]) -> dict[str, Any]:
    """The part of the address after the question mark, checked: unknown, repeated or unreadable is 400."""
    if repeated := next((name for name, values in request.query_params.lists() if len(values) > 1), None):
        raise Refused("field_unknown", field=str(repeated)[:60])
    return _checked(shape(data=request.query_params.dict()), status=400)


def _checked(asked: Shape, *, status: int) -> dict[str, Any]:
    if not asked.is_valid():
        raise Invalid(asked.errors, status=status)
    return dict(asked.validated_data)


class Page(Shape):
    """Which part of a list: at most `limit` entries, after skipping `offset`."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=100_000, default=0)


def page_of(rows: Any, page: Mapping[str, int], serialize: Callable[[list[Any]], Any]) -> dict[str, Any]:
    """One page of a list or queryset: {"count", "limit", "offset", "results"}."""
    count = len(rows) if isinstance(rows, list) else rows.count()
    shown = list(rows[page["offset"] : page["offset"] + page["limit"]])
    return {"count": count, "limit": page["limit"], "offset": page["offset"], "results": serialize(shown)}


# --- What is sent -------------------------------------------------------------------------------------------------


class StrictJSONParser(parsers.JSONParser):
    """JSON as everybody reads it the same: no name twice, no NaN, no endless numbers, no depth, no NUL."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig
        return read_json(raw)


def read_json(raw: bytes) -> Any:
    """The content of a JSON text. Refused: `malformed_json`."""
    try:
        read = json.loads(
            raw.decode(), object_pairs_hook=_without_repeats, parse_constant=_refuse, parse_int=_integer, parse_float=_fraction
        )
        _look_through(read, 0)
    except (ValueError, RecursionError):
        raise Refused("malformed_json") from None
    return read


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name appears twice")
    return read


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("endless number")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if len(digits) > LONGEST_NUMBER or number in {float("inf"), float("-inf")}:
        raise ValueError("endless number")
    return number


def _look_through(read: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(read, str) and UNSPEAKABLE.search(read):
        raise ValueError("characters that no text holds")
    if isinstance(read, dict):
        for name, value in read.items():
            _look_through(name, depth)
            _look_through(value, depth + 1)
    elif isinstance(read, list):
        for value in read:
            _look_through(value, depth + 1)


# --- How a no is said ---------------------------------------------------------------------------------------------

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
    if isinstance(exception, Invalid):
        first = exception.errors[0]["field"] if exception.errors else ""
        said = Refused("invalid", field=first, errors=exception.errors)
        return errors.problem(said, status=exception.status_code) if exception.status_code != 422 else errors.problem(said)
    if isinstance(exception, RequestDataTooBig):
        return errors.bad_request(asked, exception)
    if isinstance(exception, PermissionDenied | exceptions.PermissionDenied):
        return errors.forbidden(asked, exception)
    if isinstance(exception, Http404 | exceptions.NotFound | ObjectDoesNotExist) and not isinstance(exception, AttributeError):
        # A missing one-to-one is an AttributeError too, and a bug: it stays an error.
        return errors.not_found(asked, exception)
    if isinstance(exception, exceptions.MethodNotAllowed):
        return errors.wrong_method(asked, ", ".join(context["view"].allowed_methods))
    code = next((code for kind, code in CODES if isinstance(exception, kind)), None)
    return refusal(Refused(code)) if code else None


def refusal(refused: Refused) -> HttpResponse:
    """A refusal of a verb. Who is not signed in gets 401 and the way to sign in."""
    if refused.code != "sign_in_first":
        return errors.problem(refused)
    response = errors.problem(refused, status=401, title="Unauthorized")
    response.status_code = 401
    response["WWW-Authenticate"] = 'Session realm="Estrade"'
    return response
