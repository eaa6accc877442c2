"""What a listener may read of the journal, with the rights of now."""

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from estrade.editions.models import Edition
from estrade.journal.log import heads_of, since
from estrade.journal.models import Event
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from realtime.streams import allowed

MOST_EVENTS = 500


def events_after(
    *, person: Person | AnonymousUser | None, edition: Edition, stream: str, number: int, limit: int = MOST_EVENTS
) -> dict[str, Any]:
    """{"head": n, "events": [{"n", "k", "d", "at"}]}: what followed `number` on a stream, in order, at most `limit`.

    Refused("not_found") where the stream does not exist and where it is not this person's to hear.
    """
    if not allowed(person, edition, stream):
        raise Refused("not_found")
    # The head is read last: it may be ahead of the events, never behind them.
    events = since(edition_id=edition.pk, stream=stream, number=number, limit=min(limit, MOST_EVENTS))
    return {
        "head": heads_of(edition_id=edition.pk, streams=[stream])[stream],
        "events": [{"n": event.seq, "k": event.kind, "d": event.payload, "at": event.at.isoformat()} for event in events],
    }


def heads_with_times(*, edition_id: int, streams: Collection[str]) -> tuple[dict[str, int], dict[str, str]]:
    """The last number of each stream, and when the last event of each that has spoken happened."""
    heads = heads_of(edition_id=edition_id, streams=streams)
    spoken = [Q(stream=name, seq=head) for name, head in heads.items() if head > 0]
    if not spoken:
        return heads, {}
    last = Event.objects.filter(reduce(or_, spoken), edition_id=edition_id).values_list("stream", "at")
    return heads, {name: at.isoformat() for name, at in last}
