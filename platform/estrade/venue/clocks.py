"""Whether this machine's clock can be believed: compared with what was recorded before, and with the devices in the hall.

Decides nothing: deadlines follow the database's clock whatever these say. They are words for organisers.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median

from estrade.journal.models import AuditEntry, Event
from judging.models import ScoreRevision

# A clock is corrected by a second now and then; nobody has to be asked for that.
TOLERANCE = timedelta(minutes=2)
# The newest rows, by number: their times are not in order where a clock was once wrong.
LOOKED_AT = 200
RECENT = timedelta(minutes=30)
DEVICES = 2


def last_recorded() -> datetime | None:
    """The latest instant among the newest entries of the journal; None before the first."""
    found: list[datetime] = []
    for table in (Event, AuditEntry):
        found += table.objects.order_by("-pk").values_list("at", flat=True)[:LOOKED_AT]
    return max(found, default=None)


def behind_the_journal(now: datetime) -> timedelta | None:
    """By how much the journal is ahead of `now`, when it cannot be: then the clock is wrong now, or was wrong before."""
    last = last_recorded()
    return last - now if last and last - now > TOLERANCE else None


def apart_from_devices(now: datetime) -> timedelta | None:
    """How far this clock is ahead of the jurors' devices (negative: behind), when it is more than two minutes.

    A score that waited for the network says little, so each device counts by the score that was quickest. The median of
    the devices decides, from two on: one telephone with a wrong clock is its own matter.
    """
    differences: defaultdict[int, list[timedelta]] = defaultdict(list)
    received = ScoreRevision.objects.filter(received_at__gt=now - RECENT, device_at__isnull=False, person__isnull=False)
    for person_id, received_at, device_at in received.values_list("person_id", "received_at", "device_at"):
        differences[person_id or 0].append(received_at - (device_at or received_at))
    if len(differences) < DEVICES:
        return None
    middle = median(min(of_one).total_seconds() for of_one in differences.values())
    return timedelta(seconds=middle) if abs(middle) > TOLERANCE.total_seconds() else None
