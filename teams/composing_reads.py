"""The page on which teams are composed: the latest plan as cards, with reasons and warnings. For organisers only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.kernel.localtext import local
from estrade.people.models import Organisation, Person, Role
from teams.composing import SILENCE, latest_composition
from teams.formation import Evaluation, evaluate, reasons
from teams.formation_words import broken_sentence, obstacle_sentence, rank_words, reason_sentence
from teams.models import Composition, Profile, Team


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One person of a planned team. `team` is its number from 0."""

    who: str
    name: str
    school: str
    rank: str
    rank_number: int | None
    why: str
    held: bool
    team: int


@dataclass(frozen=True, kw_only=True)
class Card:
    """One planned team."""

    number: int
    index: int
    challenge: str
    schools: tuple[tuple[str, int], ...]
    missing: tuple[str, ...]
    seats: tuple[Seat, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything that the page shows. `run` is the latest run, `cards` are empty while there is no plan."""

    run: Composition | None
    people: int
    teams_exist: int
    is_silent: bool = False
    cards: tuple[Card, ...] = ()
    warnings: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    figures: Evaluation | None = None
    first_two: int = 0
    """Percent of those who stated choices and got the first or second."""
    ranks: tuple[tuple[str, int], ...] = ()
    held: int = 0


class _Names:
    """Names for the numbers of a plan, read at once."""

    def __init__(self, edition: Edition, instance: Mapping[str, Any]) -> None:
        language = get_language() or "fr"
        ids = [int(one["id"]) for one in instance["students"]]
        self.people = {str(one.pk): one.name for one in Person.objects.filter(pk__in=ids)}
        self.schools = {one.slug: one.short_name for one in Organisation.objects.all()}
        self.challenges = {one.slug: local(one.title, language) for one in Challenge.objects.filter(edition=edition)}

    def person(self, one: str) -> str:
        return self.people.get(one, _("somebody who left"))

    def school(self, one: str) -> str:
        return self.schools.get(one, _("no school"))

    def challenge(self, one: str) -> str:
        return self.challenges.get(one, one)


def composing_page(edition: Edition) -> Page:
    """The latest run of the edition and its plan."""
    run = latest_composition(edition)
    people = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT).count()
    teams = Team.objects.filter(edition=edition).count()
    if run is None or not run.plan or run.state == Composition.State.USED:
        silent = run is not None and run.is_under_way and db_now() - run.heard_at > SILENCE
        return Page(run=run, people=people, teams_exist=teams, is_silent=silent)
    names = _Names(edition, run.instance)
    # What is locked is judged by hand: the plan is measured by the rules of the people.
    result = evaluate(run.instance, run.plan, locked=())
    return Page(
        run=run,
        people=people,
        teams_exist=teams,
        cards=_cards(run, result, names),
        warnings=tuple(
            broken_sentence(one, person=names.person, challenge=names.challenge, school=names.school)
            for one in result.broken
            if one.team is None
        ),
        obstacles=tuple(obstacle_sentence(one, school=names.school) for one in run.answer.get("obstacles", ())),
        figures=result,
        first_two=round(100 * result.first_two_share),
        ranks=_ranks(result),
        held=len(run.held),
    )


def skills_of(edition: Edition) -> list[str]:
    """Every skill that somebody of the edition stated, in order."""
    lists = Profile.objects.filter(edition=edition).values_list("skills", flat=True)
    return sorted({skill for skills in lists for skill in skills})


def _cards(run: Composition, result: Evaluation, names: _Names) -> tuple[Card, ...]:
    found, held = reasons(run.instance, run.plan, locked=run.held), set(run.held)
    cards = []
    for index, team in enumerate(result.teams):
        seats = tuple(
            Seat(
                who=one,
                name=names.person(one),
                school=names.school(_school_of(run, one)),
                rank=rank_words(result.people[one].rank, stated=result.people[one].stated),
                rank_number=result.people[one].rank,
                why=reason_sentence(found[one], person=names.person, challenge=names.challenge),
                held=one in held,
                team=index,
            )
            for one in team.students
        )
        warnings = tuple(
            broken_sentence(one, person=names.person, challenge=names.challenge, school=names.school)
            for one in result.broken
            if one.team == index
        )
        cards.append(
            Card(
                number=index + 1,
                index=index,
                challenge=names.challenge(team.challenge),
                schools=tuple((names.school(school), count) for school, count in team.schools.items()),
                missing=team.missing_skills,
                seats=tuple(sorted(seats, key=lambda seat: seat.name)),
                warnings=warnings,
            )
        )
    return tuple(cards)


def _school_of(run: Composition, who: str) -> str:
    schools: dict[str, str] = run.__dict__.setdefault("_schools", {one["id"]: one["school"] for one in run.instance["students"]})
    return schools[who]


def _ranks(result: Evaluation) -> tuple[tuple[str, int], ...]:
    words = []
    for rank, count in result.ranks.items():
        number = int(rank) if rank.isdigit() else None
        words.append((rank_words(number, stated=rank != "none stated"), count))
    return tuple(words)
