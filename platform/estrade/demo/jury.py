"""Who scores what in the play: the simulated seats, their taps, and what is left of the visitor's seat."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estrade.demo import script
from estrade.demo.models import Play
from estrade.people.models import Person
from judging.models import Ballot, Criterion, Score, Seat
from teams.models import Team

PITCHES = Path(__file__).with_name("data") / "pitches.toml"
VISITOR = "jury8"


@dataclass(frozen=True)
class Jury:
    """The simulated people, and every tap of theirs that the database does not hold yet, in order of time."""

    slug: str
    people: list[Person]
    plan: list[script.PlannedScore]


def simulated_jury() -> Jury:
    """The seats other than the visitor's."""
    seats = [seat for seat in _seats() if seat.person.username != VISITOR]
    plan = _missing_taps(seats, _teams_to_judge(seats))
    return Jury(slug=seats[0].round.edition.slug, people=[seat.person for seat in seats], plan=plan)


def visitor_leftovers() -> Jury:
    """The visitor's seat with a tap for each criterion still unscored, so that the results can be signed."""
    seats = [seat for seat in _seats() if seat.person.username == VISITOR]
    plan = _missing_taps(seats, list(Team.objects.filter(ballots__seat__in=seats).order_by("number").distinct()))
    return Jury(slug=seats[0].round.edition.slug, people=[seat.person for seat in seats], plan=plan)


def _seats() -> list[Seat]:
    return list(Seat.objects.select_related("person", "round__edition", "round__rubric").order_by("number"))


def _teams_to_judge(seats: list[Seat]) -> list[Team]:
    """In order of passage, without the teams that were judged before the play began.

    Those have all their scores from before; a team that the play itself has finished keeps its place,
    so that a restarted process makes the same plan.
    """
    edition = seats[0].round.edition
    judged_before = Ballot.objects.filter(seat__in=seats, completed_at__lt=Play.objects.get(edition=edition).began_at)
    return list(Team.objects.filter(edition=edition).exclude(ballots__in=judged_before).order_by("number"))


def _missing_taps(seats: list[Seat], teams: list[Team]) -> list[script.PlannedScore]:
    facts = tomllib.loads(PITCHES.read_text(encoding="utf-8"))
    strength: dict[str, Any] = {team["name"]: team["strength"] for team in facts["team"]}
    severity: dict[str, float] = {juror["email"]: juror["severity"] for juror in facts["juror"]}
    criteria = [
        script.Criterion(pk=c.pk, lowest=int(c.lowest), highest=int(c.highest))
        for c in Criterion.objects.filter(rubric=seats[0].round.rubric)
    ]
    barred: dict[str, set[int]] = {}
    barring = Ballot.objects.filter(seat__in=seats).exclude(barred_reason="")
    for username, team_id in barring.values_list("seat__person__username", "team_id"):
        barred.setdefault(username, set()).add(team_id)
    scored = set(
        Score.objects.filter(ballot__seat__in=seats, value__isnull=False).values_list(
            "ballot__seat__person__username", "ballot__team_id", "criterion_id"
        )
    )
    taps = script.plan_scores(
        seats=[(seat.person.username, severity.get(seat.person.email or "", 0.0)) for seat in seats],
        teams=[(team.pk, strength[team.name]) for team in teams],
        criteria=criteria,
        barred=barred,
    )
    return [tap for tap in taps if (tap.seat, tap.team_id, tap.criterion_id) not in scored]
