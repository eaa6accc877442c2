"""What every address of the API is made of: the right it asks, the shape of what is sent, lists, and its description."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from estrade.kernel.refusal import Refused
from estrade.web.errors import PROBLEM


class Asked(Request):
    """A request as an endpoint meets it; an annotation only. Its middleware adds the edition of the address."""

    edition: Any
    user: Any


class Endpoint(APIView):
    """One address. `asks`: HTTP method to the action of the matrix; `of_edition`: asked here, of the whole edition."""

    asks: ClassVar[Mapping[str, str]] = {}
    of_edition: ClassVar[bool] = False
    http_method_names = ["get", "head", "post"]

    def check_permissions(self, request: Request) -> None:
        # A method that does not exist is 405 for everybody, not a question of rights.
        if request.method in self.allowed_methods:
            super().check_permissions(request)


class Shape(serializers.Serializer[Any]):
    """What a request may hold: exactly these fields. Anything else is refused, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise Refused("field_unknown", field=str(unknown[0])[:60])
        return super().to_internal_value(data)


def body_of(request: Request, shape: type[Shape]) -> dict[str, Any]:
    """What was sent, checked. Refused: `malformed_json`, `field_unknown`, `fields_invalid` (field, errors)."""
    if not isinstance(request.data, dict):
        raise Refused("malformed_json")
    return _checked(shape(data=request.data), otherwise="fields_invalid")


def query_of(request: Request, shape: type[Shape]) -> dict[str, Any]:
    """What the address says after its question mark, checked. Refused: `field_unknown`, `query_invalid` (field, errors)."""
    if repeated := next((name for name, values in request.query_params.lists() if len(values) > 1), None):
        raise Refused("field_unknown", field=repeated[:60])
    return _checked(shape(data=request.query_params.dict()), otherwise="query_invalid")


def _checked(asked: Shape, *, otherwise: str) -> dict[str, Any]:
    if asked.is_valid():
        return dict(asked.validated_data)
    found = [{"field": field, "detail": str(sentences[0])} for field, sentences in asked.errors.items()]
    raise Refused(otherwise, field=found[0]["field"], errors=found)


class Listing(Shape):
    """Which part of a list: at most `limit` entries, after skipping `offset`."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=100_000, default=0)


def page_of(rows: Any, page: Mapping[str, int], serialize: Callable[[list[Any]], Any]) -> dict[str, Any]:
    """One page of a list or queryset: {"count", "limit", "offset", "results"}."""
    count = len(rows) if isinstance(rows, list) else rows.count()
    shown = list(rows[page["offset"] : page["offset"] + page["limit"]])
    return {"count": count, "limit": page["limit"], "offset": page["offset"], "results": serialize(shown)}


# --- What the documentation says of it ----------------------------------------------------------------------------


class LocalText(serializers.DictField):
    """A text in one or several languages: {"fr": "Défi", "en": "Challenge"}."""

    child = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """Why something was refused (RFC 9457). `code` is stable, `detail` is in the reader's language."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    field = serializers.CharField(required=False)


def problems(*statuses: int) -> dict[Any, Any]:
    """The refusals of an endpoint, for its documentation."""
    return {(status, PROBLEM): Problem for status in statuses}


def listing_of(shape: type[serializers.Serializer[Any]]) -> Any:
    """One page of a list, for the documentation."""
    fields: dict[str, Any] = {name: serializers.IntegerField() for name in ("count", "limit", "offset")}
    return inline_serializer(f"{shape.__name__}List", {**fields, "results": shape(many=True)})


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # ships no types
    """How the documentation names the session's cookie."""

    target_class = "estrade.web.api.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
