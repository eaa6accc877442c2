"""What a plan costs, and which hard rules it breaks. Any plan, also one made by hand.

Cost (lower is better) = preference cost of every person
  + same_school_extra * sum over teams (members - distinct schools)
  + missing_skill * sum over teams (required skills that nobody holds)
  + soft_together_split * one-sided wishes that are split.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from teams.formation.problem import BadInstance, Data, Rules, Student, read_rules, read_students


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One hard rule that a plan breaks. `team` counts from 0.

    `rule`: placed_once, present, team_size, teams_per_challenge, challenge_unknown, max_same_school, together, apart, locked.
    """

    rule: str
    team: int | None = None
    challenge: str | None = None
    students: tuple[str, ...] = ()
    figures: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Person:
    """What one person got. `rank` counts from 1; None: not among the choices, or no choice stated."""

    student: str
    team: int
    challenge: str
    rank: int | None
    stated: bool
    cost: float
    schoolmates: tuple[str, ...]
    friends: tuple[str, ...]
    """People of a mutual group or a wish who are in the same team."""
    only_skills: tuple[str, ...]
    """Required skills that nobody else in the team holds."""


@dataclass(frozen=True, kw_only=True)
class Team:
    """What one team is like."""

    challenge: str
    students: tuple[str, ...]
    schools: Mapping[str, int]
    missing_skills: tuple[str, ...]
    cost: float


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All figures of a plan. Shares are between 0 and 1; `mixing` 1 is seldom within reach."""

    cost: float
    preference_cost: float
    same_school_extra: int
    missing_skills: int
    wishes_split: int
    broken: tuple[Broken, ...]
    ranks: Mapping[str, int]
    first_two_share: float
    mixing: float
    people: Mapping[str, Person]
    teams: tuple[Team, ...]

    @property
    def is_valid(self) -> bool:
        return not self.broken


def evaluate(instance: Data, plan: Data, *, locked: Sequence[Data] | None = None) -> Evaluation:
    """Score a plan. `locked` (partial teams) replaces the instance's own `locked`."""
    rules, students = read_rules(instance), read_students(instance["students"])
    teams = [(str(team["challenge"]), tuple(one for one in team["students"])) for team in plan["teams"]]
    team_of = {one: number for number, (_, people) in enumerate(teams) for one in people if one in students}
    wishes = [(a, b) for a, b in instance["wish_together"] if a in students and b in students]
    split = sum(team_of.get(a) != team_of.get(b) for a, b in wishes)
    described = tuple(_team(rules, students, challenge, people) for challenge, people in teams)
    people = _people(instance, rules, students, described, wishes)
    same = sum(sum(team.schools.values()) - len(team.schools) for team in described)
    missing = sum(len(team.missing_skills) for team in described)
    preference = sum(person.cost for person in people.values())
    ranks = Counter(str(person.rank or ("unlisted" if person.stated else "none stated")) for person in people.values())
    stated = sum(number for rank, number in ranks.items() if rank != "none stated")
    places = sum(min(number, max(1, len(teams))) for number in Counter(student.school for student in students.values()).values())
    seeds = instance.get("locked", ()) if locked is None else locked
    return Evaluation(
        cost=preference + rules.same_school * same + rules.missing_skill * missing + rules.wish_split * split,
        preference_cost=preference,
        same_school_extra=same,
        missing_skills=missing,
        wishes_split=split,
        broken=(
            *_broken_places(students, teams),
            *_broken_teams(rules, described),
            *_broken_challenges(instance, teams),
            *_broken_pairs(instance, students, team_of),
            *_broken_locks(seeds, students, team_of, teams),
        ),
        ranks=dict(sorted(ranks.items())),
        first_two_share=(ranks["1"] + ranks["2"]) / stated if stated else 1.0,
        mixing=(len(students) - same) / places if places else 1.0,
        people=people,
        teams=described,
    )


def on_the_day(instance: Data, absent: Iterable[str], late: Iterable[Data]) -> dict[str, Any]:
    """The instance without who is absent and with who arrives late."""
    away = set(absent)
    present = [student for student in instance["students"] if student["id"] not in away]
    known = {student["id"] for student in instance["students"]}
    if unknown := away - known:
        raise BadInstance("student_unknown", student=min(unknown))
    return {**instance, "students": [*present, *late]}


def _team(rules: Rules, students: Mapping[str, Student], challenge: str, people: Sequence[str]) -> Team:
    members = [students[one] for one in people if one in students]
    schools = Counter(member.school for member in members)
    missing = tuple(skill for skill in rules.required_skills if not any(skill in member.skills for member in members))
    cost = sum(rules.preference(member, challenge) for member in members)
    cost += rules.same_school * (len(members) - len(schools)) + rules.missing_skill * len(missing)
    return Team(
        challenge=challenge,
        students=tuple(member.id for member in members),
        schools=dict(sorted(schools.items())),
        missing_skills=missing,
        cost=cost,
    )


def _people(
    instance: Data, rules: Rules, students: Mapping[str, Student], teams: Sequence[Team], wishes: Iterable[tuple[str, str]]
) -> dict[str, Person]:
    linked: dict[str, set[str]] = {one: set() for one in students}
    for group in [*instance["together"], *wishes]:
        for one in group:
            if one in students:
                linked[one].update(other for other in group if other in students and other != one)
    found: dict[str, Person] = {}
    for number, team in enumerate(teams):
        holders = Counter(skill for one in team.students for skill in students[one].skills)
        for one in team.students:
            student = students[one]
            listed = team.challenge in student.preferences
            found[one] = Person(
                student=one,
                team=number,
                challenge=team.challenge,
                rank=student.preferences.index(team.challenge) + 1 if listed else None,
                stated=bool(student.preferences),
                cost=rules.preference(student, team.challenge),
                schoolmates=tuple(o for o in team.students if o != one and students[o].school == student.school),
                friends=tuple(other for other in team.students if other in linked[one]),
                only_skills=tuple(q for q in rules.required_skills if q in student.skills and holders[q] == 1),
            )
    return found


def _broken_places(students: Mapping[str, Student], teams: Iterable[tuple[str, Sequence[str]]]) -> Iterable[Broken]:
    seen = Counter(one for _, people in teams for one in people)
    for one in students:
        if seen[one] != 1:
            yield Broken(rule="placed_once", students=(one,), figures={"teams": seen[one]})
    for one in sorted(seen.keys() - students.keys()):
        yield Broken(rule="present", students=(one,))


def _broken_teams(rules: Rules, teams: Sequence[Team]) -> Iterable[Broken]:
    for number, team in enumerate(teams):
        size = len(team.students)
        if not rules.size_min <= size <= rules.size_max:
            limits = {"size": size, "min": rules.size_min, "max": rules.size_max}
            yield Broken(rule="team_size", team=number, challenge=team.challenge, figures=limits)
        for school, count in team.schools.items():
            if count > rules.max_same_school:
                figures = {"school": school, "count": count, "limit": rules.max_same_school}
                yield Broken(rule="max_same_school", team=number, challenge=team.challenge, figures=figures)


def _broken_challenges(instance: Data, teams: Iterable[tuple[str, Sequence[str]]]) -> Iterable[Broken]:
    per_challenge = Counter(challenge for challenge, _ in teams)
    for row in instance["challenges"]:
        count = per_challenge.pop(row["id"], 0)
        if not row["teams_min"] <= count <= row["teams_max"]:
            figures = {"teams": count, "min": row["teams_min"], "max": row["teams_max"]}
            yield Broken(rule="teams_per_challenge", challenge=row["id"], figures=figures)
    for challenge in sorted(per_challenge):
        yield Broken(rule="challenge_unknown", challenge=challenge)


def _broken_pairs(instance: Data, students: Mapping[str, Student], team_of: Mapping[str, int]) -> Iterable[Broken]:
    for group in instance["together"]:
        present = tuple(one for one in group if one in students)
        if len({team_of.get(one) for one in present}) > 1:
            yield Broken(rule="together", students=present)
    for a, b in instance["apart"]:
        if a in team_of and b in team_of and team_of[a] == team_of[b]:
            yield Broken(rule="apart", team=team_of[a], students=(a, b))


def _broken_locks(
    seeds: Iterable[Data], students: Mapping[str, Student], team_of: Mapping[str, int], teams: Sequence[tuple[str, Sequence[str]]]
) -> Iterable[Broken]:
    taken: set[int] = set()
    for seed in seeds:
        present = tuple(one for one in seed["students"] if one in students)
        seats = {team_of.get(one, -1) for one in present}
        kept = len(seats) == 1 and -1 not in seats and not seats & taken
        if present and not (kept and teams[min(seats)][0] == seed["challenge"]):
            yield Broken(rule="locked", challenge=seed["challenge"], students=present)
        taken |= seats
