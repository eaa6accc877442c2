"""`request.edition`, and its time zone, for every address under an edition's slug."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from estrade.editions.models import Edition, Network
from estrade.kernel.written import Written

# Each request under an edition asks it (docs/decisions/0026).
BY_SLUG = Written(
    "SELECT {edition}, {network} FROM editions_edition AS edition"
    " JOIN editions_network AS network ON network.id = edition.network_id WHERE edition.slug = %s",
    edition=Edition,
    network=Network,
)


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
        found = BY_SLUG.rows(slug)
        if not found:
            raise Http404
        edition, edition.network = found[0]
        request.edition = edition  # type: ignore[attr-defined]  # declared above
        timezone.activate(edition.zone)
