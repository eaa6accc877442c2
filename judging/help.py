"""Help: a juror calls, somebody of the house comes.

Owns the calls. No words are exchanged here: a call says who and since when, and who is on the way.
"""

from dataclasses import dataclass

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.log import JURY, ORGANISERS, DomainEvent, person_stream, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.conflicts import own_seat
from judging.events import HelpCalled, HelpClaimed, HelpEnded
from judging.models import HelpCall


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Open calls, the oldest first."""

    open: list[HelpCall]

    @property
    def waiting(self) -> int:
        return sum(call.claimed_by_id is None for call in self.open)


def call_for_help(*, person: Person, edition_id: int) -> HelpCall:
    """Call somebody to the juror's place. Who has called and not been helped yet has the same call. Raises Seat.DoesNotExist."""
    with transaction.atomic():
        # The seat is locked, so that a double tap is one call.
        seat = own_seat(person, edition_id)
        require(person, "help.call", seat)
        if earlier := seat.calls.filter(closed_at=None).first():
            return earlier
        call = HelpCall.objects.create(seat=seat, called_at=db_now())
        _tell(call, HelpCalled(call=call.pk, seat=seat.pk), actor_id=person.pk)
    return call


def claim_help(*, person: Person, call_id: int) -> HelpCall:
    """Say "I am coming". The first one has it. Refused: `help_claimed` (by: name), `help_ended`."""
    with transaction.atomic():
        call = _locked(call_id)
        require(person, "help.answer", call)
        if call.closed_at is not None:
            raise Refused("help_ended")
        if call.claimed_by_id == person.pk:
            return call
        if call.claimed_by_id is not None:
            raise Refused("help_claimed", by=Person.objects.get(pk=call.claimed_by_id).name)
        call.claimed_by, call.claimed_at = person, db_now()
        call.save(update_fields=["claimed_by", "claimed_at"])
        _tell(call, HelpClaimed(call=call.pk, seat=call.seat_id), actor_id=person.pk)
    return call


def end_help(*, person: Person, call_id: int) -> HelpCall:
    """Helped, or no longer needed: by the juror or by whoever answers calls. An ended call stays ended."""
    with transaction.atomic():
        call = _locked(call_id)
        require(person, "help.end", call)
        if call.closed_at is None:
            call.closed_at = db_now()
            call.save(update_fields=["closed_at"])
            _tell(call, HelpEnded(call=call.pk, seat=call.seat_id), actor_id=person.pk)
    return call


def open_calls(*, person: Person, edition: Edition) -> Calls:
    """The open calls of an edition, for those who answer them."""
    require(person, "help.answer", edition)
    calls = HelpCall.objects.filter(seat__round__edition=edition, closed_at=None).select_related("seat__person", "claimed_by")
    return Calls(open=list(calls))


def _locked(call_id: int) -> HelpCall:
    # Without the claimer: a row that was waited for is read anew, one joined to it as it was before.
    calls = HelpCall.objects.select_for_update(no_key=True, of=("self",)).select_related("seat__round__edition")
    return calls.get(pk=call_id)


def _tell(call: HelpCall, event: DomainEvent, *, actor_id: int) -> None:
    streams = [ORGANISERS, JURY, person_stream(call.seat.person_id)]
    record(event, edition_id=call.seat.round.edition_id, on=streams, actor_id=actor_id)
