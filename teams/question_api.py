"""Questions about challenges for programs: read what one may read, ask, answer."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from estrade.kernel.clock import db_now
from estrade.web.endpoints import Asked, Endpoint, Listing, Shape, body_of, listing_of, page_of, problems, query_of
from teams.question_reads import Shown, one_box, one_question
from teams.questions import LONGEST, LONGEST_ANSWER, answer_question, ask_question


class ReadableQuestion(serializers.Serializer[Any]):
    """A question as the reader may see it. `team` only for its members, the partner, facilitators and organisers."""

    id = serializers.IntegerField(source="question.pk")
    text = serializers.CharField(help_text="empty when an organiser has hidden it")
    team = serializers.SerializerMethodField()
    asked_at = serializers.DateTimeField(source="question.asked_at")
    answer = serializers.SerializerMethodField(help_text="Markdown; null before there is one")
    answered_at = serializers.DateTimeField(source="question.answered_at", allow_null=True)
    to_all = serializers.BooleanField(source="question.to_all")
    hidden = serializers.SerializerMethodField()

    def get_team(self, shown: Shown) -> int | None:
        return shown.question.team_id if shown.asker or shown.is_mine else None

    def get_answer(self, shown: Shown) -> str | None:
        return shown.question.answer if shown.reads and shown.question.answered_at else None

    def get_hidden(self, shown: Shown) -> bool:
        return shown.question.hidden_at is not None


class QuestionWrite(Shape):
    """A question in the name of one's team."""

    text = serializers.CharField(max_length=2 * LONGEST)
    client_id = serializers.UUIDField(help_text="made by the sender; the same one again is the same question")


class AnswerWrite(Shape):
    """An answer, once; `to_all` false: only the team that asked and the organisers read it."""

    text = serializers.CharField(max_length=2 * LONGEST_ANSWER, help_text="Markdown")
    to_all = serializers.BooleanField()


class Questions(Endpoint):
    """Everybody reads what was answered to all; a team its own; the partner, facilitators and organisers all of the challenge."""

    asks: ClassVar = {"GET": "challenge.read", "POST": "question.ask"}

    @extend_schema(
        operation_id="questions", summary="Questions about a challenge", parameters=[Listing],
        responses={200: listing_of(ReadableQuestion), **problems(400, 404)},
    )  # fmt: skip
    def get(self, request: Asked, slug: str, challenge_slug: str) -> Response:
        page = query_of(request, Listing)
        box = one_box(edition=request.edition, challenge_slug=challenge_slug, person=request.user, now=db_now())
        return Response(page_of(box.shown, page, lambda shown: ReadableQuestion(shown, many=True).data))

    @extend_schema(
        operation_id="ask_question", summary="Ask about a challenge", request=QuestionWrite,
        responses={
            201: OpenApiResponse(ReadableQuestion, description="asked; also for the same client_id again"),
            **problems(400, 401, 403, 404, 415, 422, 429),
        },
    )  # fmt: skip
    def post(self, request: Asked, slug: str, challenge_slug: str) -> Response:
        now = db_now()
        box = one_box(edition=request.edition, challenge_slug=challenge_slug, person=request.user, now=now)
        made = ask_question(person=request.user, challenge_id=box.challenge.pk, **body_of(request, QuestionWrite))
        fresh = one_box(edition=request.edition, challenge_slug=challenge_slug, person=request.user, now=now)
        shown = next(one for one in fresh.shown if one.question.pk == made.pk)
        return Response(ReadableQuestion(shown).data, status=201)


class Answers(Endpoint):
    """The answer to one question."""

    asks: ClassVar = {"POST": "question.answer"}

    @extend_schema(
        operation_id="answer_question", summary="Answer a question", request=AnswerWrite,
        responses={201: ReadableQuestion, **problems(400, 401, 403, 404, 409, 415, 422)},
    )  # fmt: skip
    def post(self, request: Asked, slug: str, question_id: int) -> Response:
        now = db_now()
        one_question(edition=request.edition, question_id=question_id, person=request.user, now=now)
        answer_question(person=request.user, question_id=question_id, **body_of(request, AnswerWrite))
        shown = one_question(edition=request.edition, question_id=question_id, person=request.user, now=now)
        return Response(ReadableQuestion(shown).data, status=201)
