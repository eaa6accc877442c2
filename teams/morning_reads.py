"""What the page of the morning shows: who is missing, and the proposals of `teams.formation` as sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.kernel.localtext import local
from estrade.people.models import Organisation, Person, Role
from teams.formation import on_the_day, reasons
from teams.formation.scoring import Broken
from teams.formation_words import broken_sentence, rank_words
from teams.models import Absence, Membership, Team
from teams.mornings import Situation
from teams.roster import Roster, Wanted, people_of


@dataclass(frozen=True, kw_only=True)
class Change:
    """One person who changes team, or gets a place (`source` empty)."""

    name: str
    source: str
    target: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One way through the morning, in words."""

    moves: int
    changes: Sequence[Change]
    dissolved: Sequence[str]
    broken: Sequence[str]
    dissolves: bool


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A line to be ticked. `mark`: absent, late, or nothing."""

    person: Person
    team: Team | None
    mark: str


@dataclass(frozen=True, kw_only=True)
class Missing:
    """How many are absent and late, and the list to tick with each one's state."""

    absent: int
    late: int
    roster: Roster
    entries: Sequence[Marked]


def missing_of(edition: Edition, *, words: str, only: str, page: int) -> Missing:
    """Participants to be ticked: those found by `words`; `only` "team" leaves people without a team."""
    found = Absence.objects.filter(edition=edition)
    states = dict(found.values_list("person_id", "state"))
    counts = Counter(states.values())
    wanted = Wanted(words=words, role=Role.Name.PARTICIPANT, without_team=only == "team")
    roster = people_of(edition=edition, wanted=wanted, page=page)
    entries = [Marked(person=one.person, team=one.team, mark=states.get(one.person.pk, "")) for one in roster.entries]
    return Missing(absent=counts["absent"], late=counts["late"], roster=roster, entries=entries)


def marked_names(edition: Edition) -> list[tuple[Person, str, str]]:
    """Everybody who is absent or late, with the team they sit in."""
    teams = dict(Membership.objects.filter(edition=edition).values_list("person_id", "team__name"))
    marks = Absence.objects.filter(edition=edition).select_related("person").order_by("state", "person__plain_name")
    return [(one.person, one.state, teams.get(one.person_id, "")) for one in marks]


def proposals_in(edition: Edition, situation: Situation, answer: Mapping[str, Any]) -> list[Proposal]:
    """Without and, where that saves moves, with dissolving a team."""
    found = [("without_dissolving", False), ("with_dissolving", True)]
    return [
        _proposal(edition, situation, answer[key], dissolves=dissolves) for key, dissolves in found if answer[key] is not None
    ]


def _proposal(edition: Edition, situation: Situation, answer: Mapping[str, Any], *, dissolves: bool) -> Proposal:
    today = on_the_day(situation.instance, situation.absent, situation.late)
    language = get_language() or "fr"
    people = {str(one.pk): one.name for one in Person.objects.filter(pk__in=[int(one["id"]) for one in today["students"]])}
    titles = {one.slug: local(one.title, language) for one in Challenge.objects.filter(edition=edition)}
    schools = {one.slug: one.short_name for one in Organisation.objects.all()}
    names = [team.name for team in situation.rows]
    away = set(situation.absent)
    sizes = [len(set(team["students"]) - away) for team in situation.plan["teams"]]
    least = situation.instance["rules"]["team_size"]["min"]
    told = reasons(today, answer["plan"])
    changes = [
        Change(
            name=people.get(one["student"], ""),
            source=names[one["from"]] if "from" in one else "",
            target=names[one["to"]],
            why=_why(one, answer, names, sizes, least) + " " + _choice(told[one["student"]]),
        )
        for one in (*answer["moved"], *answer["placed"])
    ]
    broken = [
        (f"{names[answer['team_numbers'][one['team']]]}: " if "team" in one else "")
        + broken_sentence(
            _as_broken(one), person=lambda pk: people.get(pk, ""), challenge=lambda slug: titles.get(slug, _("no challenge")),
            school=lambda slug: schools.get(slug, _("no school")),
        )
        for one in answer["hard_rules_broken"]
    ]  # fmt: skip
    return Proposal(
        moves=answer["moves"],
        changes=changes,
        dissolved=[names[row] for row in answer["dissolved"]],
        broken=broken,
        dissolves=dissolves,
    )


def _as_broken(row: Mapping[str, Any]) -> Broken:
    told = {"rule", "team", "challenge", "students"}
    return Broken(
        rule=row["rule"], challenge=row.get("challenge"), students=tuple(row.get("students", ())),
        figures={name: value for name, value in row.items() if name not in told},
    )  # fmt: skip


def _why(one: Mapping[str, Any], answer: Mapping[str, Any], names: Sequence[str], sizes: Sequence[int], least: int) -> str:
    if "from" not in one:
        return _("Comes late, and fits best here.")
    figures = {"team": names[one["from"]], "size": sizes[one["from"]], "least": least}
    if one["from"] in answer["dissolved"]:
        return _("%(team)s has %(size)s people left and is dissolved.") % figures
    if sizes[one["to"]] < least:
        figures |= {"team": names[one["to"]], "size": sizes[one["to"]]}
        return _("%(team)s has %(size)s people left, and needs %(least)s.") % figures
    return _("Makes room, so that the rules hold in every team.")


def _choice(reason: Any) -> str:
    words = rank_words(reason.rank, stated=reason.code != "no_choice")
    return _("Challenge: %(rank)s.") % {"rank": words}
