"""A plan that stands, as tables: where each unit sits now. A group that the plan splits counts as people alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teams.formation.problem import BadInstance, Data, Problem, read_problem
from teams.formation.tables import Tables


@dataclass(frozen=True)
class Standing:
    """`home` has the row of each unit in the plan, -1 for who has none; `placed` how many of its people the plan seats."""

    problem: Problem
    tables: Tables
    home: NDArray[np.int_]
    placed: NDArray[np.float64]
    home_of: Mapping[str, int]


def read_standing(instance: Data, plan: Data, *, held: Iterable[str] = (), hard: float | None = None) -> Standing:
    """Everybody present in the rows of the plan, which are numbered as its teams. `held` people never move."""
    home_of = {one: row for row, team in enumerate(plan["teams"]) for one in team["students"]}
    whole = [group for group in instance["together"] if len({home_of[one] for one in group if one in home_of}) < 2]
    problem = read_problem({**instance, "together": whole}, locked=(), hard=hard)
    seats = [[home_of[one] for one in unit if one in home_of] for unit in problem.units]
    home = np.array([rows[0] if rows else -1 for rows in seats], dtype=int)
    staying = set(held)
    fixed = [number for number, unit in enumerate(problem.units) if staying.intersection(unit) and home[number] >= 0]
    tables = Tables(problem, max(1, len(plan["teams"])), fixed=fixed)
    for team in plan["teams"]:
        if team["challenge"] not in problem.challenges:
            raise BadInstance("challenge_unknown", challenge=team["challenge"])
        tables.open_team(problem.challenges.index(team["challenge"]))
    for unit, row in enumerate(home):
        if row >= 0:
            tables.seat(unit, int(row))
    return Standing(problem, tables, home, np.array([len(rows) for rows in seats], dtype=float), home_of)
