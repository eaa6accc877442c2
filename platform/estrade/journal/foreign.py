"""Notice what other processes recorded, where no layer carries it: a command in another terminal.

Only for the embedded world. With Redis every process reaches every hub by itself.
"""

from collections.abc import Collection

from estrade.journal.log import since
from estrade.journal.models import Stream
from estrade.journal.wake import told, wake_listeners

AT_MOST = 100


def wake_for_foreign(edition_ids: Collection[int]) -> int:
    """Send out what these editions' streams hold beyond what this process sent. How many events that were.

    The first call for an edition only takes note: whoever connects later reads the journal anyway.
    """
    found = 0
    met = {edition_id for edition_id, _ in told}
    streams = Stream.objects.filter(edition__in=edition_ids).order_by("edition", "name")
    for edition_id, name, head in streams.values_list("edition_id", "name", "head"):
        if edition_id not in met:
            told[edition_id, name] = head
            continue
        number = told.get((edition_id, name), 0)
        if head <= number:
            continue
        for event in since(edition_id=edition_id, stream=name, number=max(number, head - AT_MOST)):
            wake_listeners(edition_id=edition_id, heads={name: event.seq}, kind=event.kind, payload=event.payload, at=event.at)
            found += 1
    return found
