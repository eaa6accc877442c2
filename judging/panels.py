"""Panels: rounds, the seats in them, and who scores whom.

Owns rounds and the seats in them. Never writes a score; ballots are made by `judging.planning`.
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
from judging.events import JurorSeated, RoundOpened
from judging.models import Round, Rubric, Seat
from judging.planning import bar_met_conflicts, fill_up


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
    """Every seat scores every team that has not withdrawn, or as many as the round wants; conflicts bar the ballot.

    Adds what is missing and changes nothing else. Returns how many ballots were added.
    """
    with transaction.atomic():
        round_ = _open_round_for(person, round_id)
        bar_met_conflicts(round_, actor_id=person.pk)
        return fill_up(round_, actor_id=person.pk)


def assign_at_opening(*, edition_id: int, due_at: datetime) -> bool:
    """Scoring opens: seats and teams that came since the last assignment meet now. Bears repetition."""
    with transaction.atomic():
        rounds = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition")
        for round_ in rounds.filter(edition=edition_id, closed_at=None):
            bar_met_conflicts(round_, actor_id=None)
            fill_up(round_, actor_id=None)
        return carry_out(edition_id=edition_id, key="judging_opens", due_at=due_at)


def _open_round_for(person: Person, round_id: int) -> Round:
    round_ = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition").get(pk=round_id)
    require(person, "edition.manage", round_)
    if round_.closed_at is not None:
        raise Refused("round_closed")
    return round_
