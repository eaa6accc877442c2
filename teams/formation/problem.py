"""An instance of the format team-formation/1, read once into numbers.

A *unit* is what moves as one: a person alone, people who must stay together, or the people whose
places are locked in one team. All figures of a unit are sums over its people. Ids are sorted before
they are numbered, so that the order of the lines in a file changes nothing.

Raises `BadInstance(code, **figures)` where the data contradict themselves in a way no plan could repair.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Data = Mapping[str, Any]
Numbers = NDArray[np.float64]

# A broken hard rule outweighs whatever it could gain: this many times the largest weight.
HARD_FACTOR = 50.0


class BadInstance(ValueError):
    """The data cannot be read as an instance. `code` names what is wrong, `figures` the values."""

    def __init__(self, code: str, **figures: object) -> None:
        super().__init__(code)
        self.code, self.figures = code, figures


@dataclass(frozen=True)
class Student:
    """One person: what placing depends on, no name. `preferences` are challenge ids, best first, each once."""

    id: str
    school: str
    skills: frozenset[str]
    preferences: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """Hard rules and weights, in the words of the format."""

    size_min: int
    size_max: int
    max_same_school: int
    required_skills: tuple[str, ...]
    rank_cost: tuple[float, ...]
    unlisted: float
    same_school: float
    missing_skill: float
    wish_split: float
    hard: float
    """The price of one broken hard rule inside the search."""

    def preference(self, student: Student, challenge: str) -> float:
        """What it costs that `student` works on `challenge`; nothing where no choice was stated."""
        if not student.preferences:
            return 0.0
        if challenge not in student.preferences:
            return self.unlisted
        return self.rank_cost[min(student.preferences.index(challenge), len(self.rank_cost) - 1)]


@dataclass(frozen=True)
class Problem:
    """Everything the search reads. Arrays: `unit_*` have a row per unit; `link[u, v]` is the price of u and v in one team."""

    rules: Rules
    students: Mapping[str, Student]
    challenges: tuple[str, ...]
    teams_min: tuple[int, ...]
    teams_max: tuple[int, ...]
    together: tuple[tuple[str, ...], ...]
    wishes: tuple[tuple[str, str], ...]
    apart: tuple[tuple[str, str], ...]
    locked: tuple[tuple[int, int], ...]
    """Per locked team: its unit and its challenge."""
    units: tuple[tuple[str, ...], ...]
    unit_size: Numbers
    unit_preference: Numbers
    unit_school: Numbers
    unit_skill: Numbers
    link: Numbers
    has_links: bool


def read_rules(instance: Data) -> Rules:
    """The rules and weights of an instance."""
    rules, weights = instance["rules"], instance["weights"]
    low, high = int(rules["team_size"]["min"]), int(rules["team_size"]["max"])
    if low < 1 or high < low:
        raise BadInstance("size_order", min=low, max=high)
    if int(rules["max_same_school"]) < 1:
        raise BadInstance("school_limit", limit=int(rules["max_same_school"]))
    if rules.get("together", "hard") != "hard" or rules.get("apart", "hard") != "hard":
        raise BadInstance("pairs_are_hard")
    by_rank = tuple(float(value) for value in weights["preference_rank"]) or (0.0,)
    others = ("preference_unlisted", "same_school_extra", "missing_skill", "soft_together_split")
    unlisted, same_school, missing_skill, wish_split = (float(weights[name]) for name in others)
    if min(*by_rank, unlisted, same_school, missing_skill, wish_split, 0.0) < 0:
        raise BadInstance("weight_negative")
    return Rules(
        size_min=low,
        size_max=high,
        max_same_school=int(rules["max_same_school"]),
        required_skills=tuple(sorted(set(rules["required_skills"]))),
        rank_cost=by_rank,
        unlisted=unlisted,
        same_school=same_school,
        missing_skill=missing_skill,
        wish_split=wish_split,
        hard=HARD_FACTOR * max(*by_rank, unlisted, same_school, missing_skill, wish_split, 1.0),
    )


def read_students(rows: Iterable[Data]) -> dict[str, Student]:
    """People by id, sorted by id."""
    found: dict[str, Student] = {}
    for row in rows:
        if row["id"] in found:
            raise BadInstance("student_twice", student=row["id"])
        chosen = tuple(dict.fromkeys(row["preferences"]))
        found[row["id"]] = Student(str(row["id"]), str(row["school"]), frozenset(row["skills"]), chosen)
    return dict(sorted(found.items()))


def read_problem(instance: Data, *, locked: Sequence[Data] | None = None, hard: float | None = None) -> Problem:
    """Number an instance. `locked` (partial teams of a plan) replaces the instance's own `locked`, `hard` the price of a
    broken rule.

    A locked place is told as a part of a plan: `{"challenge": "edf", "students": ["S0001", "S0017"]}` is one
    team on that challenge in which these people stay; others may join them.
    """
    rules, students = read_rules(instance), read_students(instance["students"])
    if hard is not None:
        rules = replace(rules, hard=hard)
    rows = sorted(instance["challenges"], key=lambda row: str(row["id"]))
    challenges = tuple(str(row["id"]) for row in rows)
    for row in rows:
        if int(row["teams_min"]) > int(row["teams_max"]):
            raise BadInstance("challenge_order", challenge=row["id"], min=row["teams_min"], max=row["teams_max"])
    if len(set(challenges)) < len(challenges) or not challenges:
        raise BadInstance("challenges_unclear")
    seeds = _seeds(instance.get("locked", ()) if locked is None else locked, students, challenges)
    together = tuple(sorted(tuple(sorted(set(group) & students.keys())) for group in instance["together"]))
    units, fixed = _units(students, [group for group in together if len(group) > 1], seeds)
    unit_of = {student: number for number, unit in enumerate(units) for student in unit}
    pairs = [(a, b) for a, b in instance["apart"] if a in students and b in students]
    wishes = [(a, b) for a, b in instance["wish_together"] if a in students and b in students]
    link = np.zeros((len(units), len(units)))
    for some, price in ((pairs, rules.hard), (wishes, -rules.wish_split)):
        for a, b in some:
            if unit_of[a] != unit_of[b]:
                link[unit_of[a], unit_of[b]] += price
                link[unit_of[b], unit_of[a]] += price
    schools = sorted({student.school for student in students.values()})
    members = [[students[one] for one in unit] for unit in units]
    shape = (len(units), -1)
    return Problem(
        rules=rules,
        students=students,
        challenges=challenges,
        teams_min=tuple(int(row["teams_min"]) for row in rows),
        teams_max=tuple(int(row["teams_max"]) for row in rows),
        together=together,
        wishes=tuple(sorted((a, b) for a, b in wishes)),
        apart=tuple(sorted((a, b) for a, b in pairs)),
        locked=fixed,
        units=units,
        unit_size=np.array([len(unit) for unit in units], dtype=float),
        unit_preference=_table(shape, [[sum(rules.preference(one, c) for one in unit) for c in challenges] for unit in members]),
        unit_school=_table(shape, [[sum(one.school == school for one in unit) for school in schools] for unit in members]),
        unit_skill=_table(shape, [[sum(q in one.skills for one in unit) for q in rules.required_skills] for unit in members]),
        link=link,
        has_links=bool(link.any()),
    )


def _table(shape: tuple[int, int], rows: list[list[Any]]) -> Numbers:
    return np.array(rows, dtype=float).reshape(shape) if rows and rows[0] else np.zeros((shape[0], 0))


def _seeds(locked: Iterable[Data], students: Mapping[str, Student], challenges: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Locked places: per team its challenge and who stays in it. People who are not present are left out."""
    seeds, seen = [], set[str]()
    for team in locked:
        if team["challenge"] not in challenges:
            raise BadInstance("challenge_unknown", challenge=team["challenge"])
        people = [one for one in team["students"] if one in students]
        if twice := seen.intersection(people):
            raise BadInstance("locked_twice", student=min(twice))
        seen.update(people)
        if people:
            seeds.append((challenges.index(team["challenge"]), sorted(people)))
    return sorted(seeds, key=lambda seed: seed[1])


def _units(
    students: Mapping[str, Student], together: Sequence[Sequence[str]], seeds: Sequence[tuple[int, list[str]]]
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[int, int], ...]]:
    """Join who must stay together; a locked team is one unit. Two locks on one group win over the group."""
    leader = {one: one for one in students}

    def find(one: str) -> str:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    seat = {one: number for number, (_, people) in enumerate(seeds) for one in people}
    for _, people in seeds:
        for one in people[1:]:
            leader[find(one)] = find(people[0])
    place = {find(people[0]): number for number, (_, people) in enumerate(seeds)}
    for group in together:
        for one in group[1:]:
            a, b = find(group[0]), find(one)
            if a == b or (a in place and b in place):
                continue
            if b in place:
                a, b = b, a
            leader[b] = a
    gathered: dict[str, list[str]] = {}
    for one in students:
        gathered.setdefault(find(one), []).append(one)
    units = tuple(sorted(tuple(sorted(unit)) for unit in gathered.values()))
    fixed = sorted(
        (number, seeds[next(seat[one] for one in unit if one in seat)][0])
        for number, unit in enumerate(units)
        if any(one in seat for one in unit)
    )
    return units, tuple(fixed)
