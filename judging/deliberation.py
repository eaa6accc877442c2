"""The deliberation: minutes, ties that the chair decides, and a word to jurors whose ballots are missing.

Owns minutes and nudges. Minutes are only ever added; a later decision about the same teams takes the place of the
earlier one in the count, and both stay in the record.
"""

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY_BOARD, ORGANISERS, person_stream, record
from estrade.kernel.cleantext import many_lines, not_longer
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import ask_board
from judging.events import DeliberationMinuted, JurorNudged
from judging.models import Ballot, Minute, Nudge, Round, Seat
from judging.reveal import signatures_needed
from judging.tallies import tally_of

LONGEST = 2000


def add_minute(*, person: Person, round_id: int, text: str) -> Minute:
    """Write down what was said. The same words twice in a row by the same person are one. Refused: `text_missing`, `too_long`."""
    text = not_longer("text", many_lines(text), LONGEST)
    with transaction.atomic():
        round_ = _locked(round_id)
        require(person, "deliberation.minute", round_)
        if not text:
            raise Refused("text_missing", field="text")
        last = round_.minutes.order_by("-pk").first()
        if last is not None and (last.kind, last.person_id, last.text) == (Minute.Kind.NOTE, person.pk, text):
            return last
        return write_minute(round_, person, Minute(kind=Minute.Kind.NOTE, text=text))


def decide_tie(*, person: Person, round_id: int, order: list[int], reason: str) -> Minute:
    """Put teams that share a rank into an order, best first: the last step of the rule for ties, and the chair's alone.

    Refused: `reason_required`, `chair_decides` where the edition has a president and this is not one, `not_tied` when these
    are not exactly the teams that share a rank, `round_closed` once the results are signed.
    """
    reason = not_longer("reason", many_lines(reason), LONGEST)
    with transaction.atomic():
        round_ = _locked(round_id)
        require(person, "tie.decide", round_)
        if "president" in signatures_needed(round_.edition) and "president" not in person.roles_in(round_.edition_id):
            raise Refused("chair_decides")
        if round_.closed_at is not None:
            raise Refused("round_closed")
        if not reason:
            raise Refused("reason_required", field="reason")
        if sorted(order) not in [sorted(tied) for tied in tied_teams(round_id=round_id)] or len(set(order)) < 2:
            raise Refused("not_tied")
        written = write_minute(round_, person, Minute(kind=Minute.Kind.TIE, text=reason, order=order))
        ask_board(round_id)
        return written


def tied_teams(*, round_id: int) -> list[list[int]]:
    """Groups of teams that share a rank by the rule, whether the chair has decided since or not."""
    return tally_of(round_id=round_id).tied


def nudge_juror(*, person: Person, seat_id: int) -> Nudge:
    """Ask a juror, on the juror's own pages, for the ballots that are missing. Refused: `round_closed`, `nothing_missing`."""
    with transaction.atomic():
        seat = Seat.objects.select_for_update(no_key=True, of=("self",)).select_related("round__edition").get(pk=seat_id)
        require(person, "jury.nudge", seat.round)
        if seat.round.closed_at is not None:
            raise Refused("round_closed")
        if not open_ballots(seat):
            raise Refused("nothing_missing")
        facts = {"person": person, "at": db_now(), "seen_at": None}
        nudge, _new = Nudge.objects.update_or_create(seat=seat, defaults=facts)
        streams = [person_stream(seat.person_id), JURY_BOARD]
        record(JurorNudged(seat=seat.pk), edition_id=seat.round.edition_id, on=streams, actor_id=person.pk)
    return nudge


def nudge_for(seat: Seat) -> Nudge | None:
    """The word that this juror should read now: asked for, and ballots are still missing."""
    nudge = Nudge.objects.filter(seat=seat).first()
    return nudge if nudge is not None and seat.round.closed_at is None and open_ballots(seat) else None


def mark_nudge_seen(*, person: Person, seat_id: int) -> None:
    """Note that the juror has the word on the screen, the first time. Only the juror's own pages call this."""
    with transaction.atomic():
        Nudge.objects.filter(seat=seat_id, seat__person=person, seen_at=None).update(seen_at=db_now())


def open_ballots(seat: Seat) -> int:
    """Ballots of a seat that are to be completed."""
    return Ballot.objects.missing().filter(seat=seat).count()


def _locked(round_id: int) -> Round:
    edition = locked_edition(Round.objects.values_list("edition_id", flat=True).get(pk=round_id))
    round_ = Round.objects.select_for_update(no_key=True).get(pk=round_id)
    round_.edition = edition
    return round_


def write_minute(round_: Round, person: Person, minute: Minute) -> Minute:
    """Add a minute to a round. For verbs that hold the edition's lock and have asked the policy."""
    minute.round, minute.person, minute.at = round_, person, db_now()
    minute.save(force_insert=True)
    audit(
        edition_id=round_.edition_id,
        actor_id=person.pk,
        action=f"deliberation.{minute.kind}",
        thing=f"round {round_.pk}",
        after=minute.order or None,
        reason=minute.text[:200],
    )
    streams = [JURY_BOARD, ORGANISERS]
    record(DeliberationMinuted(round=round_.pk), edition_id=round_.edition_id, on=streams, actor_id=person.pk)
    return minute
