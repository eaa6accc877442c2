"""The public board and results for programs: what was recorded for the public, and nothing else."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from estrade.web.endpoints import Asked, Endpoint, problems
from judging.public import public_board, public_results


class BoardRow(serializers.Serializer[Any]):
    """One team. `rank` is null before the first complete ballot, `score` (0 to 100) where points are not shown."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    challenge = serializers.CharField(help_text="the partner's short name")
    rank = serializers.IntegerField(allow_null=True)
    pos = serializers.IntegerField(help_text="place in the list")
    score = serializers.FloatField(allow_null=True)
    ballots = serializers.IntegerField()
    expected = serializers.IntegerField()
    move = serializers.IntegerField(help_text="ranks gained since the last change")


class BoardProgress(serializers.Serializer[Any]):
    """How far the jury is."""

    ballots = serializers.IntegerField()
    expected = serializers.IntegerField()
    percent = serializers.IntegerField()


class PublicBoard(serializers.Serializer[Any]):
    """The board as the room sees it. `seq`: the number on the stream `public` at which it was true."""

    rows = BoardRow(many=True)
    progress = BoardProgress()
    mode = serializers.ChoiceField(choices=["off", "top", "order", "full"])
    frozen = serializers.BooleanField()
    at = serializers.DateTimeField(allow_null=True)
    seq = serializers.IntegerField()


class PublicResults(serializers.Serializer[Any]):
    """The final order, best first, with what each rank wins."""

    step = serializers.IntegerField()
    of = serializers.IntegerField()
    entries = serializers.ListField(child=serializers.DictField())
    corrected = serializers.DictField(required=False, help_text="version and instant of the last correction after publication")
    awards = serializers.ListField(child=serializers.DictField(), required=False, help_text="prizes given apart from the order")
    categories = serializers.ListField(child=serializers.DictField(), required=False, help_text="each ranked apart")
    published = serializers.BooleanField()
    method = serializers.CharField(required=False, help_text="mean, or adjusted for the severity of jurors")
    seq = serializers.IntegerField()


class Board(Endpoint):
    """Live while the jury is at work, still during the freeze, final after publication."""

    asks: ClassVar = {"GET": "board.read"}
    of_edition = True

    @extend_schema(operation_id="board", summary="The public board", responses={200: PublicBoard, **problems(403, 404)})
    def get(self, request: Asked, slug: str) -> Response:
        return Response(PublicBoard(public_board(request.edition)).data)


class Results(Endpoint):
    """Only after publication; the reveal itself is on the stream `public`."""

    asks: ClassVar = {"GET": "results.read"}
    of_edition = True

    @extend_schema(operation_id="results", summary="The results", responses={200: PublicResults, **problems(403, 404)})
    def get(self, request: Asked, slug: str) -> Response:
        return Response(PublicResults(public_results(request.edition)).data)
