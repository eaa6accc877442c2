"""The description of the API and the page that lets people read and try it. Both are open: they hold no data."""

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request


class Description(SpectacularAPIView):
    """OpenAPI 3.1 as YAML, or as JSON with `?format=json`."""

    permission_classes = [AllowAny]
    authentication_classes = []


class Documentation(SpectacularSwaggerSplitView):
    """Swagger UI, served from this host, without an inline script."""

    permission_classes = [AllowAny]
    url_name = "api:schema"
    template_name = "desk/api_docs.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]  # ships no types
