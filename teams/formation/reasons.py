"""Why is this person here? By plain arithmetic on the plan, as codes and figures; no search.

Codes: `locked` (an organiser keeps the place), `no_choice` (none was stated), `first_choice`, and for a lower
choice or one that was not listed what stands between the person and the first choice:
`full` (every place there is taken, figures `places`, `teams`), `rule` (every move and every exchange breaks a
hard rule), `dearer` (the best exchange or move would gain the person `gain` and cost the others `price`; `other`
is the person to exchange with), `better` (figures as `dearer`, but it would pay: the plan was changed by hand).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from teams.formation.problem import Data
from teams.formation.scoring import Evaluation, evaluate
from teams.formation.standing import Standing, read_standing


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One person's placement. `rank` counts from 1, None: not listed. `wanted` is the first choice where it was missed."""

    student: str
    code: str
    rank: int | None
    wanted: str | None = None
    friends: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)


def reasons(instance: Data, plan: Data, *, locked: Iterable[str] = ()) -> dict[str, Reason]:
    """A reason for everybody who sits in a team of the plan, by id."""
    result, held = evaluate(instance, plan), set(locked)
    standing = read_standing(instance, plan, held=held)
    unit_of = {one: number for number, unit in enumerate(standing.problem.units) for one in unit}
    found = {}
    for one, person in result.people.items():
        wanted = None
        figures: dict[str, Any] = {}
        if one in held:
            code = "locked"
        elif not person.stated:
            code = "no_choice"
        elif person.rank == 1:
            code = "first_choice"
        else:
            wanted = standing.problem.students[one].preferences[0]
            code, figures = _what_is_between(standing, result, one, unit_of[one])
        found[one] = Reason(
            student=one,
            code=code,
            rank=person.rank,
            wanted=wanted,
            friends=person.friends,
            brings=person.only_skills,
            figures=figures,
        )
    return found


def _what_is_between(standing: Standing, result: Evaluation, one: str, unit: int) -> tuple[str, dict[str, Any]]:
    problem, tables = standing.problem, standing.tables
    student = problem.students[one]
    wanted = student.preferences[0]
    if wanted not in problem.challenges:
        return "rule", {}
    challenge = problem.challenges.index(wanted)
    rows = [row for row in tables.active if tables.challenge[row] == challenge]
    sizes = [len(result.teams[row].students) for row in rows]
    full = len(rows) >= problem.teams_max[challenge] and all(size >= problem.rules.size_max for size in sizes)
    seats = {"places": sum(sizes), "teams": len(rows)}
    change, other = _best_way(standing, unit, rows)
    if full and other is None and change >= problem.rules.hard / 2:
        return "full", seats
    if change >= problem.rules.hard / 2:
        return "rule", seats
    gain = result.people[one].cost - problem.rules.preference(student, wanted)
    figures = {**seats, "full": full, "gain": gain, "price": gain + change, "other": other}
    return ("dearer" if change > -1e-9 else "better"), figures


def _best_way(standing: Standing, unit: int, rows: Iterable[int]) -> tuple[float, str | None]:
    """The best change of cost that brings the unit into one of the rows, and with whom it would change places."""
    problem, tables, home = standing.problem, standing.tables, int(standing.home[unit])
    best: tuple[float, str | None] = (float("inf"), None)
    tables.lift(unit, home)
    stay = float(tables.price_of([unit], [home])[0])
    for row in rows:
        moved = float(tables.price_of([unit], [row])[0]) - stay
        best = min(best, (moved, None), key=lambda way: way[0])
        for other in list(tables.members[row]):
            if other in tables.fixed:
                continue
            tables.lift(other, row)
            there = tables.price_of([unit], [home, row])
            back = tables.price_of([other], [home, row])
            swapped = float(there[1] + back[0] - there[0] - back[1])
            best = min(best, (swapped, problem.units[other][0]), key=lambda way: way[0])
            tables.seat(other, row)
    tables.seat(unit, home)
    return best
