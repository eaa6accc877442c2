"""A juror's ballot for programs: read one's own, write one score."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from estrade.kernel.refusal import Refused
from estrade.web.endpoints import Asked, Endpoint, Shape, body_of, problems
from judging.ballots import ACCEPTED, LATE, REMOVED, REPLAYED, read_value, write_score
from judging.devices import MOST, note_unsent
from judging.reads import juror_sheet
from judging.remarks import LONGEST, WHICH, write_remark

STATUS = {ACCEPTED: 201, REPLAYED: 200, LATE: 202, REMOVED: 202}
BIGGEST_ID = 2**63 - 1
BIGGEST_VERSION = 2**31 - 1


@extend_schema_field({"type": ["string", "number", "null"], "example": "4", "description": "null takes the score back"})
class ScoreValue(serializers.Field[Any, Any, Any, Any]):
    """A decimal with a point, as text or number."""

    def to_internal_value(self, data: Any) -> Decimal | None:
        return read_value(data)

    def to_representation(self, value: Any) -> Any:
        return str(value)


class DeviceTime(serializers.DateTimeField):
    """What the device's clock said. A clock gone mad must not cost the score: then nothing is kept of it."""

    def to_internal_value(self, value: Any) -> datetime | None:  # type: ignore[override]  # None stands for nonsense
        try:
            said = super().to_internal_value(value)
        except OverflowError:
            return None
        return said if 1971 <= said.year <= 2200 else None


class ScoreWrite(Shape):
    """One criterion of one team. `base_version`: the version that was on the screen, 0 before the first."""

    criterion = serializers.IntegerField(source="criterion_id", min_value=1, max_value=BIGGEST_ID)
    value = ScoreValue(allow_null=True)
    client_id = serializers.UUIDField(help_text="made on the device; the same one again gets the first answer again")
    base_version = serializers.IntegerField(min_value=0, max_value=BIGGEST_VERSION)
    device_at = DeviceTime(default_timezone=UTC, required=False, allow_null=True, default=None)
    unsent = serializers.IntegerField(
        min_value=0, max_value=MOST, required=False, allow_null=True, default=None,
        help_text="how many more scores the device holds; said while there are some, and once more when there are none",
    )  # fmt: skip


class ScoreAnswer(serializers.Serializer[Any]):
    """What was kept. `status` late: received after the round was closed; removed: the rubric no longer has this criterion.

    Neither counts. `criterion`: another than was sent where a new version of the rubric goes on with it.
    """

    status = serializers.ChoiceField(choices=list(STATUS))
    receipt = serializers.IntegerField()
    criterion = serializers.IntegerField()
    version = serializers.IntegerField()
    value = serializers.DecimalField(max_digits=6, decimal_places=2, allow_null=True, normalize_output=True)
    received_at = serializers.DateTimeField()
    complete = serializers.BooleanField(help_text="no required criterion is missing on this ballot")


# Its fields are put together once: a whole jury is answered at the same moment.
SCORE_ANSWER = ScoreAnswer()


class OwnScore(serializers.Serializer[Any]):
    """A criterion with its scale and one's own score; `version` 0 before the first."""

    criterion = serializers.IntegerField(source="criterion.pk")
    key = serializers.CharField(source="criterion.key")
    lowest = serializers.DecimalField(source="criterion.lowest", max_digits=6, decimal_places=2)
    highest = serializers.DecimalField(source="criterion.highest", max_digits=6, decimal_places=2)
    step = serializers.DecimalField(source="criterion.step", max_digits=6, decimal_places=2)
    value = serializers.CharField(help_text="empty before the first")
    version = serializers.IntegerField()
    received_at = serializers.DateTimeField(allow_null=True)


class RemarkWrite(Shape):
    """One text of a sheet. `base_version`: the version that was on the screen, 0 before the first."""

    which = serializers.ChoiceField(choices=list(WHICH), help_text="comment: for the jury; feedback: for the team")
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=LONGEST * 2)
    base_version = serializers.IntegerField(min_value=0, max_value=BIGGEST_VERSION)


class RemarkAnswer(serializers.Serializer[Any]):
    """What stands on the ballot now; `receipt` is its version."""

    receipt = serializers.IntegerField(source="version")
    which = serializers.CharField()
    value = serializers.CharField(source="text")
    version = serializers.IntegerField()


class Scores(Endpoint):
    """One's own ballot on one team. Depends on nothing but the database."""

    asks: ClassVar = {"GET": "ballot.read", "POST": "score.write"}

    @extend_schema(
        operation_id="own_scores", summary="Your scores for a team, as the server has them",
        responses={200: OwnScore(many=True), **problems(401, 403, 404)},
    )  # fmt: skip
    def get(self, request: Asked, slug: str, team_id: int) -> Response:
        sheet = juror_sheet(person=request.user, edition_id=request.edition.pk, team_id=team_id)
        return Response(OwnScore(sheet.criteria, many=True).data)

    @extend_schema(
        operation_id="write_score", summary="Write one score", request=ScoreWrite,
        responses={
            201: ScoreAnswer,
            200: OpenApiResponse(ScoreAnswer, description="the same client_id again: the first answer"),
            202: OpenApiResponse(ScoreAnswer, description="the round is closed, or the criterion is gone: kept, does not count"),
            **problems(400, 401, 403, 404, 409, 415, 422),
        },
    )  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int) -> Response:
        sent = body_of(request, ScoreWrite)
        unsent = sent.pop("unsent")
        try:
            written = write_score(person=request.user, edition_id=request.edition.pk, team_id=team_id, **sent)
        except Refused as refusal:
            if refusal.code == "score_conflict":
                # Both values side by side: the juror chooses.
                refusal.figures["sent"] = None if sent["value"] is None else str(sent["value"])
            raise
        if unsent is not None:
            note_unsent(person=request.user, edition_id=request.edition.pk, unsent=unsent)
        return Response(SCORE_ANSWER.to_representation(written), status=STATUS[written.status])


class Remarks(Endpoint):
    """The texts of one's own ballot on one team."""

    asks: ClassVar = {"POST": "score.write"}

    @extend_schema(
        operation_id="write_remark", summary="Write to the jury or to the team", request=RemarkWrite,
        responses={200: RemarkAnswer, **problems(400, 401, 403, 404, 409, 415, 422)},
    )  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int) -> Response:
        """The same text again gets the same answer again."""
        sent = body_of(request, RemarkWrite)
        written = write_remark(person=request.user, edition_id=request.edition.pk, team_id=team_id, **sent)
        return Response(RemarkAnswer(written).data)
