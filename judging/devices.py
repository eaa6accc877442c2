"""What a juror's device said it still holds, so that a device that has gone silent is known to hold something.

Owns one figure on a seat. It is what the device said last, and nothing is decided by it.
"""

from django.db import transaction

from estrade.access.policy import require
from estrade.journal.log import JURY_BOARD, ORGANISERS, record
from estrade.kernel.clock import db_now
from estrade.people.models import Person
from judging.events import DeviceSaidUnsent
from judging.models import Seat

MOST = 9999


def note_unsent(*, person: Person, edition_id: int, unsent: int) -> None:
    """Keep how many scores the juror's device still holds. The same figure again is no news.

    Raises Seat.DoesNotExist. Devices say it only while something waits, and once more when nothing does.
    """
    with transaction.atomic():
        seats = Seat.objects.select_for_update(no_key=True, of=("self",)).select_related("round__edition")
        seat = seats.filter(person=person.pk, round__edition=edition_id).order_by("-round__number").first()
        if seat is None:
            raise Seat.DoesNotExist
        require(person, "seat.read", seat)
        unsent = min(max(unsent, 0), MOST)
        before, seat.unsent, seat.unsent_at = seat.unsent, unsent, db_now()
        seat.save(update_fields=["unsent", "unsent_at"])
        if before != unsent:
            news = DeviceSaidUnsent(seat=seat.pk, unsent=unsent)
            record(news, edition_id=edition_id, on=[ORGANISERS, JURY_BOARD], actor_id=person.pk)
