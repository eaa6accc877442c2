"""Leaving: a juror stands down in the middle of a round, comes back, or hands the seat to somebody else.

Owns what becomes of a seat whose juror goes. Nothing is decided by default: whoever takes a juror out says whether the
complete ballots count. No score and no ballot is deleted, and standing down can be undone as long as the round is open.
"""

from django.db import transaction

from estrade.access.policy import require
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, DomainEvent, person_stream, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import ask_board
from judging.events import JurorReturned, JurorStoodDown, SeatHandedOver
from judging.models import Ballot, Round, Seat
from judging.planning import bar_ballot, fill_up
from judging.reasons import DERIVED, GONE, SAID, STOOD_DOWN, VOID, conflicts_of


def stand_down(*, person: Person, seat_id: int, scores: str, reason: str) -> Seat:
    """Take a juror out of the round. `scores`: "kept" (complete ballots count, begun ones do not) or "void" (none counts).

    Teams that lose a ballot get another juror where the round wants a number of ballots. Refused: `reason_required`,
    `too_long`, `choice_invalid` (scores), `stood_down`, `round_closed`.
    """
    reason = not_longer("reason", one_line(reason), 200)
    if not reason:
        raise Refused("reason_required", field="reason")
    if scores not in Seat.ScoresThen.values:
        raise Refused("choice_invalid", field="scores")
    with transaction.atomic():
        seat = _seat(person, seat_id)
        if seat.stood_down_at is not None:
            raise Refused("stood_down")
        ballots = _ballots(seat)
        seat.stood_down_at, seat.scores_then, seat.stood_down_reason = db_now(), scores, reason
        seat.save(update_fields=["stood_down_at", "scores_then", "stood_down_reason"])
        for ballot in ballots:
            if scores == Seat.ScoresThen.VOID:
                bar_ballot(ballot, reason=VOID, actor_id=person.pk)
            elif ballot.completed_at is None:
                bar_ballot(ballot, reason=STOOD_DOWN, actor_id=person.pk)
        _tell(person, seat, JurorStoodDown(seat=seat.pk, scores=scores), "juror.stand_down", reason=reason)
        fill_up(seat.round, actor_id=person.pk)
    return seat


def bring_back(*, person: Person, seat_id: int) -> Seat:
    """Undo a standing down: the juror scores again, and what was out of the count because of it is back in.

    Ballots that others were given meanwhile stay theirs. A juror who never left stays as they are. Refused: `round_closed`.
    """
    with transaction.atomic():
        seat = _seat(person, seat_id)
        if seat.stood_down_at is None:
            return seat
        ballots = [ballot for ballot in _ballots(seat) if ballot.barred_reason in GONE]
        seat.stood_down_at, seat.scores_then, seat.stood_down_reason = None, "", ""
        seat.save(update_fields=["stood_down_at", "scores_then", "stood_down_reason"])
        Ballot.objects.filter(pk__in=[ballot.pk for ballot in ballots]).update(barred_reason="")
        _tell(person, seat, JurorReturned(seat=seat.pk), "juror.return")
    return seat


def hand_over(*, person: Person, seat_id: int, juror_id: int) -> Seat:
    """Give the seat, with the scores given from it so far, to another juror of the edition, who goes on from there.

    What the new juror may not score is barred, what only the former one could not is open. Refused: `not_a_juror`,
    `already_seated`, `stood_down` (bring the former juror back first), `round_closed`.
    """
    with transaction.atomic():
        seat = _seat(person, seat_id)
        if seat.stood_down_at is not None:
            raise Refused("stood_down")
        juror = Person.objects.get(pk=juror_id)
        if "juror" not in juror.roles_in(seat.round.edition_id):
            raise Refused("not_a_juror")
        if seat.round.seats.filter(person=juror).exists():
            raise Refused("already_seated")
        former = seat.person_id
        ballots = _ballots(seat)
        seat.person, seat.charter_at = juror, None
        seat.save(update_fields=["person", "charter_at"])
        # Ties are between people: the former juror's are no longer about this seat.
        seat.ties.all().delete()
        conflicts = conflicts_of(seat, [ballot.team for ballot in ballots])
        personal = {*DERIVED, *SAID.values()}
        for ballot in ballots:
            if ballot.barred_reason in personal and ballot.team_id not in conflicts:
                Ballot.objects.filter(pk=ballot.pk).update(barred_reason="")
        for ballot in ballots:
            if ballot.team_id in conflicts:
                bar_ballot(ballot, reason=conflicts[ballot.team_id], actor_id=person.pk)
        event = SeatHandedOver(seat=seat.pk)
        _tell(person, seat, event, "seat.hand_over", before=former, after=juror.pk, also=former)
        fill_up(seat.round, actor_id=person.pk)
    return seat


def _seat(person: Person, seat_id: int) -> Seat:
    """The seat, locked after its round; its round is open and the person's to manage."""
    round_id = Seat.objects.values_list("round_id", flat=True).get(pk=seat_id)
    round_ = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition").get(pk=round_id)
    seat = Seat.objects.select_for_update(no_key=True, of=("self",)).select_related("round__edition").get(pk=seat_id)
    require(person, "edition.manage", seat)
    if round_.closed_at is not None:
        raise Refused("round_closed")
    return seat


def _ballots(seat: Seat) -> list[Ballot]:
    """All ballots of a seat, locked: a score on its way is in first, or finds them barred."""
    ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).select_related("seat__round", "team__challenge")
    return list(ballots.filter(seat=seat).order_by("pk"))


def _tell(  # noqa: PLR0913 - what an audit line is made of
    person: Person,
    seat: Seat,
    event: DomainEvent,
    action: str,
    *,
    reason: str = "",
    before: int | None = None,
    after: int | None = None,
    also: int | None = None,
) -> None:
    edition_id = seat.round.edition_id
    audit(
        edition_id=edition_id, actor_id=person.pk, action=action, thing=f"seat {seat.pk}",
        before=before, after=seat.scores_then or after, reason=reason,
    )  # fmt: skip
    streams = {ORGANISERS, JURY, person_stream(seat.person_id)} | ({person_stream(also)} if also else set())
    record(event, edition_id=edition_id, on=streams, actor_id=person.pk)
    ask_board(seat.round_id)
