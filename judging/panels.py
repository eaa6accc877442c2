"""Panels: rounds, the seats in them, and who scores whom.

Owns rounds, seats and the creation of ballots. Never writes a score.
Words: a *seat* is a juror's place in a round, known in public records by its code.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from estrade.access.policy import require
from estrade.editions.deadlines import carry_out, locked_edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, record
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import ask_board
from judging.conflicts import conflicts_of
from judging.events import BallotsAssigned, JurorSeated, RoundOpened
from judging.models import Ballot, Round, Rubric, Seat
from teams.models import Team


def open_round(*, person: Person, edition_id: int, rubric_id: int) -> Round:
    """Begin the next round of an edition with one of its rubrics. Refused: `round_open` while another is not closed."""
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        rubric = Rubric.objects.get(pk=rubric_id, edition=edition)
        if edition.rounds.filter(closed_at__isnull=True).exists():
            raise Refused("round_open")
        number = (edition.rounds.aggregate(last=Max("number"))["last"] or 0) + 1
        round_ = Round.objects.create(edition=edition, rubric=rubric, number=number)
        audit(edition_id=edition_id, actor_id=person.pk, action="round.open", thing=f"round {round_.pk}")
        record(RoundOpened(round=round_.pk), edition_id=edition_id, on=[ORGANISERS, JURY], actor_id=person.pk)
    return round_


def seat_juror(*, person: Person, round_id: int, juror_id: int) -> Seat:
    """Give a juror of the edition a seat; a second call returns the same one. Refused: `not_a_juror`, `round_closed`."""
    with transaction.atomic():
        round_ = _open_round_for(person, round_id)
        juror = Person.objects.get(pk=juror_id)
        if "juror" not in juror.roles_in(round_.edition_id):
            raise Refused("not_a_juror")
        if earlier := round_.seats.filter(person=juror).first():
            return earlier
        number = (round_.seats.aggregate(last=Max("number"))["last"] or 0) + 1
        seat = Seat.objects.create(round=round_, person=juror, number=number, code=f"J{number:02d}")
        audit(edition_id=round_.edition_id, actor_id=person.pk, action="juror.seat", thing=f"seat {seat.pk}", after=seat.code)
        record(JurorSeated(seat=seat.pk), edition_id=round_.edition_id, on=[ORGANISERS, JURY], actor_id=person.pk)
    return seat


def assign_everybody(*, person: Person, round_id: int) -> int:
    """Every seat scores every team that has not withdrawn, in order of passage; conflicts bar the ballot.

    Adds what is missing and changes nothing that exists. Returns how many ballots were added.
    """
    with transaction.atomic():
        return _assign(_open_round_for(person, round_id), actor_id=person.pk)


def assign_at_opening(*, edition_id: int, due_at: datetime) -> bool:
    """Scoring opens: seats and teams that came since the last assignment meet now. Bears repetition."""
    with transaction.atomic():
        rounds = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition")
        for round_ in rounds.filter(edition=edition_id, closed_at=None):
            _assign(round_, actor_id=None)
        return carry_out(edition_id=edition_id, key="judging_opens", due_at=due_at)


def _assign(round_: Round, *, actor_id: int | None) -> int:
    teams = list(Team.objects.filter(edition=round_.edition_id, withdrawn_at=None).select_related("challenge").order_by("number"))
    known = set(Ballot.objects.filter(seat__round=round_).values_list("seat_id", "team_id"))
    new = []
    for seat in round_.seats.select_related("round"):
        conflicts = conflicts_of(seat, teams)
        new += [
            Ballot(seat=seat, team=team, position=team.number, barred_reason=conflicts.get(team.pk, ""))
            for team in teams
            if (seat.pk, team.pk) not in known
        ]
    Ballot.objects.bulk_create(new)
    if new:
        audit(
            edition_id=round_.edition_id,
            actor_id=actor_id,
            action="ballots.assign",
            thing=f"round {round_.pk}",
            after={"ballots": len(new), "barred": sum(bool(ballot.barred_reason) for ballot in new)},
        )
        record(
            BallotsAssigned(round=round_.pk, ballots=len(new)),
            edition_id=round_.edition_id,
            on=[ORGANISERS, JURY],
            actor_id=actor_id,
        )
        ask_board(round_.pk)
    return len(new)


def _open_round_for(person: Person, round_id: int) -> Round:
    round_ = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition").get(pk=round_id)
    require(person, "edition.manage", round_)
    if round_.closed_at is not None:
        raise Refused("round_closed")
    return round_
