"""Writing on the board "Find a team" for programs: what a person says of themselves, and a spokesperson of the team."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from challenges.reads import visible_challenges
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.endpoints import Asked, Endpoint, Shape, body_of, problems
from teams.api import FreePerson, OpenTeam
from teams.notices import (
    SKILL_LIMIT,
    SKILLS,
    TEXT_LIMIT,
    post_own_notice,
    post_team_notice,
    remove_own_notice,
    remove_team_notice,
)
from teams.reads import one_team

WRITE = (400, 401, 403, 404, 409, 415, 422)


class NoticeWrite(Shape):
    """A few words and skills. No address and no number: people meet in the room."""

    text = serializers.CharField(max_length=2 * TEXT_LIMIT, allow_blank=True, default="")
    skills = serializers.ListField(
        child=serializers.CharField(max_length=2 * SKILL_LIMIT), max_length=2 * SKILLS, default=list, help_text="a few words each"
    )


class OwnNoticeWrite(NoticeWrite):
    """The same, with the challenge one would like: the name in its address, or null."""

    challenge = serializers.SlugField(allow_null=True, default=None)


class Nothing(Shape):
    """An empty object."""


class OwnNotice(Endpoint):
    """One's own line on the board. Written again, it is replaced."""

    asks: ClassVar = {"POST": "find.post"}
    of_edition = True

    @extend_schema(operation_id="post_own_notice", summary="Put yourself on the board", request=OwnNoticeWrite,
                   responses={201: FreePerson, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str) -> Response:
        said: dict[str, Any] = body_of(request, OwnNoticeWrite)
        wanted, challenge_id = said.pop("challenge"), None
        if wanted is not None:
            known = visible_challenges(edition=request.edition, person=request.user).filter(slug=wanted).first()
            if known is None:
                raise Refused("not_found")
            challenge_id = known.pk
        notice = post_own_notice(person=request.user, edition_id=request.edition.pk, challenge_id=challenge_id, **said)
        return Response(FreePerson(notice).data, status=201)


class OwnNoticeRemoved(Endpoint):
    """Off the board; said again, nothing happens."""

    asks: ClassVar = {"POST": "find.post"}
    of_edition = True

    @extend_schema(operation_id="remove_own_notice", summary="Leave the board", request=Nothing,
                   responses={204: None, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str) -> Response:
        body_of(request, Nothing)
        remove_own_notice(person=request.user, edition_id=request.edition.pk)
        return Response(status=204)


class TeamNotice(Endpoint):
    """The team's line on the board, by its spokesperson or an organiser. Written again, it is replaced."""

    asks: ClassVar = {"POST": "team.manage"}

    @extend_schema(operation_id="post_team_notice", summary="Put a team on the board", request=NoticeWrite,
                   responses={201: OpenTeam, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        said = body_of(request, NoticeWrite)
        notice = post_team_notice(person=request.user, team_id=team_id, **said)
        return Response(OpenTeam(notice).data, status=201)


class TeamNoticeRemoved(Endpoint):
    """Off the board; said again, nothing happens."""

    asks: ClassVar = {"POST": "team.manage"}

    @extend_schema(operation_id="remove_team_notice", summary="Take a team off the board", request=Nothing,
                   responses={204: None, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        body_of(request, Nothing)
        remove_team_notice(person=request.user, team_id=team_id)
        return Response(status=204)
