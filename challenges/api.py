"""Challenges for programs: what a reader of the pages may read."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from challenges.models import Challenge
from challenges.reads import readable_challenges
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.endpoints import Asked, Endpoint, Listing, LocalText, listing_of, page_of, problems, query_of


class OpenTo(serializers.Serializer[Any]):
    """Who may choose a challenge; an empty list is everybody."""

    schools = serializers.ListField(child=serializers.SlugField(), required=False)
    levels = serializers.ListField(child=serializers.CharField(), required=False)


class ReadableChallenge(serializers.ModelSerializer[Challenge]):
    """A challenge as its page shows it. `teams`: how many work on it; `published_at` is null for a draft."""

    partner = serializers.CharField(source="partner.short_name")
    title = LocalText()
    question = LocalText()
    body = LocalText(help_text="Markdown")
    provided = LocalText(help_text="Markdown")
    expected = LocalText(help_text="Markdown")
    links = LocalText(help_text="one per line: the address, a space, its name")
    eligibility = LocalText()
    open_to = OpenTo()
    tags = LocalText()
    referent = LocalText()
    teams = serializers.IntegerField(source="team_count")
    state = serializers.ChoiceField(choices=["draft", "waiting", "published"], read_only=True)

    class Meta:
        model = Challenge
        fields = [
            "slug", "position", "partner", "title", "question", "body", "provided", "expected", "links", "eligibility", "open_to",
            "tags", "referent", "capacity", "teams", "state", "revision", "published_at",
        ]  # fmt: skip


class Challenges(Endpoint):
    """Before the opening only partners and organisers have something to read here."""

    asks: ClassVar = {"GET": "challenge.read"}

    @extend_schema(
        operation_id="challenges", summary="The challenges of an edition", parameters=[Listing],
        responses={200: listing_of(ReadableChallenge), **problems(400, 404)},
    )  # fmt: skip
    def get(self, request: Asked, slug: str) -> Response:
        page = query_of(request, Listing)
        readable = readable_challenges(edition=request.edition, person=request.user, now=db_now())
        return Response(page_of(readable, page, lambda shown: ReadableChallenge(shown, many=True).data))


class OneChallenge(Endpoint):
    """One challenge by the name in its address."""

    asks: ClassVar = {"GET": "challenge.read"}

    @extend_schema(operation_id="challenge", summary="One challenge", responses={200: ReadableChallenge, **problems(404)})
    def get(self, request: Asked, slug: str, challenge_slug: str) -> Response:
        readable = readable_challenges(edition=request.edition, person=request.user, now=db_now())
        found = next((one for one in readable if one.slug == challenge_slug), None)
        if found is None:
            raise Refused("not_found")
        return Response(ReadableChallenge(found).data)
