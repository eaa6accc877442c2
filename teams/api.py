"""Teams for programs. Names for whoever may read them; the pitch and the own team's matters where the matrix says so."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from estrade.access.policy import can
from estrade.kernel.clock import db_now
from estrade.web.endpoints import Asked, Endpoint, Listing, listing_of, page_of, problems, query_of
from teams.models import Notice, Receipt, Team
from teams.notices import board_of
from teams.reads import one_team, readable_teams


class NamedTeam(serializers.ModelSerializer[Team]):
    """A team by name. `challenge` is the name in the challenge's address, null before the team has chosen."""

    challenge = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = Team
        fields = ["id", "number", "name", "challenge"]


class CountedPitch(serializers.ModelSerializer[Receipt]):
    """The version that counts."""

    class Meta:
        model = Receipt
        fields = ["reference", "state", "title", "summary", "text", "link", "received_at"]


class TeamWithPitch(NamedTeam):
    """For partners, jurors and organisers: the team and what it handed in, null before that."""

    pitch = CountedPitch(source="submission.current", allow_null=True)

    class Meta(NamedTeam.Meta):
        fields = [*NamedTeam.Meta.fields, "pitch"]


class OwnTeam(TeamWithPitch):
    """For its members: with first names and the code to join."""

    members = serializers.SerializerMethodField()

    class Meta(NamedTeam.Meta):
        fields = [*TeamWithPitch.Meta.fields, "members", "join_code"]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_members(self, team: Team) -> list[str]:
        return [membership.person.get_short_name() for membership in team.memberships.all()]


class Teams(Endpoint):
    """Members see their own team, partners those on their challenges, jurors all once judging began."""

    asks: ClassVar = {"GET": "team.read"}

    @extend_schema(
        operation_id="teams", summary="The teams that you may read", parameters=[Listing],
        responses={200: listing_of(NamedTeam), **problems(400, 401, 404)},
    )  # fmt: skip
    def get(self, request: Asked, slug: str) -> Response:
        page = query_of(request, Listing)
        readable = readable_teams(person=request.user, edition=request.edition, now=db_now())
        return Response(page_of(readable, page, lambda shown: NamedTeam(shown, many=True).data))


class FreePerson(serializers.ModelSerializer[Notice]):
    """Somebody without a team, by first name and what they chose to say. `challenge`: the one they would like, or null."""

    first_name = serializers.CharField(source="person.get_short_name")
    challenge = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = Notice
        fields = ["id", "first_name", "text", "skills", "challenge"]


class OpenTeam(serializers.ModelSerializer[Notice]):
    """A team that looks for people."""

    team = NamedTeam()

    class Meta:
        model = Notice
        fields = ["team", "text", "skills"]


class FindBoard(serializers.Serializer[Any]):
    """Both sides of the board "Find a team"."""

    people = FreePerson(many=True)
    teams = OpenTeam(many=True)


class Find(Endpoint):
    """Participants of the edition, its facilitators and its organisers read it; nobody else."""

    asks: ClassVar = {"GET": "find.read"}
    of_edition = True

    @extend_schema(operation_id="find_board", summary="Who looks for a team, and which teams look for people",
                   responses={200: FindBoard, **problems(401, 403, 404)})  # fmt: skip
    def get(self, request: Asked, slug: str) -> Response:
        board = board_of(edition=request.edition, reader=request.user, own_team=None)
        rows = {"people": [row.notice for row in board.people], "teams": [row.notice for row in board.teams]}
        return Response(FindBoard(rows).data)


class OneTeam(Endpoint):
    """The more of a team the closer one is to it."""

    asks: ClassVar = {"GET": "team.read"}

    @extend_schema(operation_id="team", summary="One team", responses={200: OwnTeam, **problems(401, 404)})
    def get(self, request: Asked, slug: str, team_id: int) -> Response:
        now = db_now()
        team = one_team(person=request.user, edition=request.edition, team_id=team_id, now=now)
        if can(request.user, "draft.read", team, at=now):
            return Response(OwnTeam(team).data)
        reads_pitch = can(request.user, "submission.read", team, at=now)
        return Response((TeamWithPitch if reads_pitch else NamedTeam)(team).data)
