"""The journal for programs: what followed a number on a stream, with the rights of now."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from estrade.web.endpoints import Asked, Endpoint, Shape, problems, query_of
from realtime.doors import LONGEST_WAIT
from realtime.reads import MOST_EVENTS, events_after


class EventsAsked(Shape):
    """`wait`: when nothing is new, answer after that many seconds at the latest. Kept by the server in front."""

    stream = serializers.CharField(max_length=60, default="public")
    since = serializers.IntegerField(min_value=0, max_value=2**53, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_EVENTS, default=MOST_EVENTS)
    wait = serializers.IntegerField(min_value=0, max_value=LONGEST_WAIT, required=False)


class JournalEvent(serializers.Serializer[Any]):
    """Number, kind, data and instant of one event; docs/guide/events.md has every kind."""

    n = serializers.IntegerField()
    k = serializers.CharField()
    d = serializers.DictField()
    at = serializers.DateTimeField()


class EventsAfter(serializers.Serializer[Any]):
    """`head` is the last number of the stream: ask again from the last event until you have it."""

    head = serializers.IntegerField()
    events = JournalEvent(many=True)


class Events(Endpoint):
    """A stream that is not yours to hear does not exist for you."""

    # Each stream has an action of its own in the matrix, which `events_after` asks.
    asks: ClassVar = {"GET": "stream.public"}

    @extend_schema(
        operation_id="events", summary="What followed a number on a stream", parameters=[EventsAsked],
        responses={200: EventsAfter, **problems(400, 404)},
    )  # fmt: skip
    def get(self, request: Asked, slug: str) -> Response:
        asked = query_of(request, EventsAsked)
        return Response(
            events_after(
                person=request.user, edition=request.edition, stream=asked["stream"], number=asked["since"], limit=asked["limit"]
            )
        )
