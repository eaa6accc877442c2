"""Asking a team and inviting people over the board "Find a team" for programs, and the answers. No words pass: V4."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from estrade.access.policy import require
from estrade.kernel.clock import db_now
from estrade.web.endpoints import Asked, Endpoint, Shape, body_of, problems
from teams.api import NamedTeam
from teams.approaches import answer_invitation, answer_request, ask_to_join, invite
from teams.find_api import WRITE, Nothing
from teams.models import Approach
from teams.notices import approaches_of, approaches_to
from teams.reads import one_team


class ShownApproach(serializers.ModelSerializer[Approach]):
    """A person asks a team (`asked`), or a team invites a person (`invited`). People by first name only."""

    team = NamedTeam()
    first_name = serializers.CharField(source="person.get_short_name")

    class Meta:
        model = Approach
        fields = ["id", "kind", "state", "team", "first_name", "made_at"]


class ApproachAnswer(Shape):
    """Yes or no. No to what one has sent oneself takes it back."""

    accept = serializers.BooleanField()


class InvitationWrite(Shape):
    """Whom: the `id` of a person's line on the board."""

    notice = serializers.IntegerField(min_value=1)


class OwnApproaches(Endpoint):
    """What waits for an answer: teams that invite you, and those that you have asked."""

    asks: ClassVar = {"GET": "find.post"}
    of_edition = True

    @extend_schema(operation_id="own_approaches", summary="Your open requests and invitations",
                   responses={200: ShownApproach(many=True), **problems(401, 403, 404)})  # fmt: skip
    def get(self, request: Asked, slug: str) -> Response:
        found = approaches_to(person=request.user, edition=request.edition)
        return Response(ShownApproach(found, many=True).data)


class AskTeam(Endpoint):
    """Asked again, nothing changes. A team that has invited you takes you in: `state` is then `accepted`."""

    asks: ClassVar = {"POST": "team.ask"}
    of_edition = True

    @extend_schema(operation_id="ask_team", summary="Ask a team on the board to take you in", request=Nothing,
                   responses={201: ShownApproach, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int) -> Response:
        body_of(request, Nothing)
        asked = ask_to_join(person=request.user, edition_id=request.edition.pk, team_id=team_id)
        return Response(ShownApproach(asked).data, status=201)


class AnswerInvitation(Endpoint):
    """Yes, no, or one's own request taken back. The same answer twice changes nothing."""

    asks: ClassVar = {"POST": "team.ask"}
    of_edition = True

    @extend_schema(operation_id="answer_invitation", summary="Answer a team that invites you", request=ApproachAnswer,
                   responses={200: ShownApproach, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, approach_id: int) -> Response:
        said: dict[str, Any] = body_of(request, ApproachAnswer)
        answered = answer_invitation(person=request.user, edition_id=request.edition.pk, approach_id=approach_id, **said)
        return Response(ShownApproach(answered).data)


class TeamApproaches(Endpoint):
    """For the spokesperson and the organisers."""

    asks: ClassVar = {"GET": "team.manage"}

    @extend_schema(operation_id="team_approaches", summary="A team's open requests and invitations",
                   responses={200: ShownApproach(many=True), **problems(401, 403, 404)})  # fmt: skip
    def get(self, request: Asked, slug: str, team_id: int) -> Response:
        now = db_now()
        team = one_team(person=request.user, edition=request.edition, team_id=team_id, now=now)
        require(request.user, "team.manage", team, at=now)
        return Response(ShownApproach(approaches_of(team), many=True).data)


class InvitePerson(Endpoint):
    """By the spokesperson or an organiser. Who has asked already comes in: `state` is then `accepted`."""

    asks: ClassVar = {"POST": "team.manage"}

    @extend_schema(operation_id="invite_person", summary="Invite somebody on the board into a team", request=InvitationWrite,
                   responses={201: ShownApproach, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        said = body_of(request, InvitationWrite)
        invited = invite(person=request.user, team_id=team_id, notice_id=said["notice"])
        return Response(ShownApproach(invited).data, status=201)


class AnswerRequest(Endpoint):
    """By the spokesperson or an organiser: yes, no, or an invitation taken back."""

    asks: ClassVar = {"POST": "team.manage"}

    @extend_schema(operation_id="answer_request", summary="Answer somebody who asks to join", request=ApproachAnswer,
                   responses={200: ShownApproach, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int, approach_id: int) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        said: dict[str, Any] = body_of(request, ApproachAnswer)
        answered = answer_request(person=request.user, team_id=team_id, approach_id=approach_id, **said)
        return Response(ShownApproach(answered).data)
