"""`request.edition`, and its time zone, for every address under an edition's slug."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from estrade.editions.models import Edition


class CurrentEdition:
    """Takes `slug` out of the address and sets `request.edition`; 404 where there is none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.edition = None  # type: ignore[attr-defined]  # the one place that adds it
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        slug = kwargs.get("slug")
        if slug is None:
            return
        edition = Edition.objects.select_related("network").filter(slug=slug).first()
        if edition is None:
            raise Http404
        request.edition = edition  # type: ignore[attr-defined]  # declared above
        timezone.activate(edition.zone)
