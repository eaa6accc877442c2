"""Editions for programs: what everybody may read, and the settings for those who run one."""

from datetime import datetime
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from estrade.access.policy import can
from estrade.editions.models import Edition
from estrade.editions.reads import all_editions
from estrade.kernel.clock import db_now
from estrade.web.endpoints import Asked, Endpoint, Listing, LocalText, listing_of, page_of, problems, query_of


class PublicEdition(serializers.ModelSerializer[Edition]):
    """An edition as everybody may read it. `phase` is what the server's clock says now."""

    network = serializers.CharField(source="network.name")
    theme = LocalText()
    lead = LocalText()
    languages = serializers.ListField(child=serializers.CharField())
    phase = serializers.SerializerMethodField()

    class Meta:
        model = Edition
        fields = [
            "slug", "number", "name", "network", "kind", "theme", "lead", "starts_on", "ends_on", "time_zone", "place",
            "languages", "is_fictional", "phase", "opens_at", "submissions_close_at", "judging_opens_at", "freeze_at",
            "published_at", "board_mode",
        ]  # fmt: skip

    def get_phase(self, edition: Edition) -> int:
        """0 before, 1 open, 2 closed, 3 judging, 4 frozen, 5 published."""
        return int(edition.phase(self._now()))

    def _now(self) -> datetime:
        return self.context["now"]  # type: ignore[no-any-return]  # the view's own


class ManagedEdition(PublicEdition):
    """The same for those who may change it, with what only they need."""

    class Meta(PublicEdition.Meta):
        fields = [*PublicEdition.Meta.fields, "revision", "live_board"]


class Editions(Endpoint):
    """That an edition exists is public."""

    asks: ClassVar = {"GET": "edition.read"}

    @extend_schema(
        operation_id="editions", summary="Every edition, the latest first", parameters=[Listing],
        responses={200: listing_of(PublicEdition), **problems(400)},
    )  # fmt: skip
    def get(self, request: Asked) -> Response:
        page = query_of(request, Listing)
        now = db_now()
        return Response(page_of(all_editions(), page, lambda shown: PublicEdition(shown, many=True, context={"now": now}).data))


class OneEdition(Endpoint):
    """What is on the public page, and the settings for those who run the edition."""

    asks: ClassVar = {"GET": "edition.read"}
    of_edition = True

    @extend_schema(operation_id="edition", summary="One edition", responses={200: PublicEdition, **problems(404)})
    def get(self, request: Asked, slug: str) -> Response:
        now = db_now()
        manages = can(request.user, "edition.manage", request.edition, at=now)
        shape = ManagedEdition if manages else PublicEdition
        return Response(shape(request.edition, context={"now": now}).data)
