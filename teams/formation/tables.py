"""Teams while they are being shaped, and the exchange that shapes them.

One *exchange* takes some teams, lifts a bundle of units (none, one or two) out of each, and puts every
bundle into one of these teams by the cheapest assignment. As every bundle goes to another team, prices
add up exactly: moves, swaps and chains through a dozen teams are one and the same step.
"""

from collections.abc import Iterable, Sequence
from random import Random

import numpy as np

from teams.formation.assignment import cheapest_assignment
from teams.formation.problem import Numbers, Problem

# Of 100 lifted bundles this many are empty (so that a team may shrink) and this many hold two units.
EMPTY, DOUBLE = 0.12, 0.16


class Tables:
    """Teams as rows of numbers: challenge, size, people per school, holders per skill, units.

    `place_price[u, row]` is what it costs that unit u sits in that row: its preference for the row's challenge,
    and in a repair the price of leaving its team.
    """

    def __init__(self, problem: Problem, rows: int, *, fixed: Iterable[int] = ()) -> None:
        self.problem = problem
        self.place_price = np.zeros((len(problem.units), rows))
        self.members: list[list[int]] = [[] for _ in range(rows)]
        self.challenge = [0] * rows
        self.active: list[int] = []
        self.fixed = frozenset(fixed) | {unit for unit, _ in problem.locked}
        self.size = np.zeros(rows)
        self.school = np.zeros((rows, problem.unit_school.shape[1]))
        self.skill = np.zeros((rows, problem.unit_skill.shape[1]))
        self.seated = np.zeros((len(problem.units), rows))

    def copy(self) -> "Tables":
        """An independent copy."""
        twin = Tables.__new__(Tables)
        twin.problem, twin.fixed = self.problem, self.fixed
        twin.members = [list(row) for row in self.members]
        twin.challenge, twin.active = list(self.challenge), list(self.active)
        twin.size, twin.school = self.size.copy(), self.school.copy()
        twin.skill, twin.seated = self.skill.copy(), self.seated.copy()
        twin.place_price = self.place_price.copy()
        return twin

    def open_team(self, challenge: int) -> int:
        """A new empty team."""
        row = next(row for row in range(len(self.members)) if row not in self.active)
        self.active.append(row)
        self.work_on(row, challenge)
        return row

    def work_on(self, row: int, challenge: int) -> None:
        """Give a team another challenge."""
        self.challenge[row] = challenge
        self.place_price[:, row] = self.problem.unit_preference[:, challenge]

    def close_team(self, row: int) -> list[int]:
        """Dissolve a team; returns its units, which sit nowhere now."""
        units = list(self.members[row])
        for unit in units:
            self.lift(unit, row)
        self.active.remove(row)
        return units

    def seat(self, unit: int, row: int) -> None:
        self._change(unit, row, 1.0)
        self.members[row].append(unit)

    def lift(self, unit: int, row: int) -> None:
        self._change(unit, row, -1.0)
        self.members[row].remove(unit)

    def _change(self, unit: int, row: int, sign: float) -> None:
        problem = self.problem
        self.size[row] += sign * problem.unit_size[unit]
        self.school[row] += sign * problem.unit_school[unit]
        self.skill[row] += sign * problem.unit_skill[unit]
        self.seated[unit, row] += sign

    def teams_on(self, challenge: int) -> int:
        return sum(self.challenge[row] == challenge for row in self.active)

    def is_fixed(self, row: int) -> bool:
        return any(unit in self.fixed for unit in self.members[row])

    def price(self) -> float:
        """Soft cost (less a constant for the wishes) plus the price of broken rules, of all teams."""
        rows = np.array(self.active, dtype=int)
        problem, rules = self.problem, self.problem.rules
        placed = self.seated[:, rows]
        total = float((placed * self.place_price[:, rows]).sum())
        total += float(_team_prices(self, self.size[rows], self.school[rows], self.skill[rows]).sum())
        if problem.has_links:
            total += float((placed * (problem.link @ placed)).sum()) / 2
        for challenge, (low, high) in enumerate(zip(problem.teams_min, problem.teams_max, strict=True)):
            teams = self.teams_on(challenge)
            total += rules.hard * (max(0, low - teams) + max(0, teams - high))
        return float(total)

    def price_of(self, units: Sequence[int], rows: Sequence[int]) -> Numbers:
        """The price of each row with `units` added to it, less the row's price without them."""
        problem = self.problem
        at = np.array(rows, dtype=int)
        picked = list(units)
        extra = self.place_price[picked][:, at].sum(axis=0)
        with_them = _team_prices(
            self,
            self.size[at] + problem.unit_size[picked].sum(),
            self.school[at] + problem.unit_school[picked].sum(axis=0),
            self.skill[at] + problem.unit_skill[picked].sum(axis=0),
        )
        without = _team_prices(self, self.size[at], self.school[at], self.skill[at])
        linked = problem.link[picked].sum(axis=0) @ self.seated[:, at]
        return np.asarray(extra + with_them - without + linked)


def _team_prices(tables: Tables, size: Numbers, school: Numbers, skill: Numbers) -> Numbers:
    rules = tables.problem.rules
    price = rules.same_school * np.maximum(school - 1, 0).sum(axis=-1)
    price += rules.hard * np.maximum(school - rules.max_same_school, 0).sum(axis=-1)
    price += rules.missing_skill * (skill == 0).sum(axis=-1)
    price += rules.hard * (np.maximum(rules.size_min - size, 0) + np.maximum(size - rules.size_max, 0))
    return np.asarray(price)


def exchange(tables: Tables, rows: Sequence[int], rng: Random, heat: float) -> float:
    """One exchange among `rows`; returns by how much the price changed. `heat` > 0 lets it climb a little."""
    bundles = [_bundle(tables, row, rng) for row in rows]
    if not any(bundles):
        return 0.0
    cost = _prices_of_exchange(tables, rows, bundles)
    count = len(rows)
    wanted = cost.tolist()
    noisy = [[value - heat * rng.random() for value in line] for line in wanted] if heat > 0 else wanted
    chosen = cheapest_assignment(noisy)
    change = float(sum(wanted[i][chosen[i]] - wanted[i][i] for i in range(count)))
    for i, target in enumerate(chosen):
        if target != i:
            for unit in bundles[i]:
                tables.lift(unit, rows[i])
    for i, target in enumerate(chosen):
        if target != i:
            for unit in bundles[i]:
                tables.seat(unit, rows[target])
    return change


def _bundle(tables: Tables, row: int, rng: Random) -> list[int]:
    units = [unit for unit in tables.members[row] if unit not in tables.fixed]
    draw = rng.random()
    if draw < EMPTY or not units:
        return []
    if draw < EMPTY + DOUBLE and len(units) > 1:
        return rng.sample(units, 2)
    return [rng.choice(units)]


def _prices_of_exchange(tables: Tables, rows: Sequence[int], bundles: Sequence[Sequence[int]]) -> Numbers:
    """cost[i, j]: bundle i in team j, which lent its own bundle; without what stays the same whoever comes."""
    problem = tables.problem
    lifted = np.zeros((len(bundles), len(problem.units)))
    for i, bundle in enumerate(bundles):
        lifted[i, bundle] = 1.0
    at = np.array(rows, dtype=int)
    sizes, schools, skills = lifted @ problem.unit_size, lifted @ problem.unit_school, lifted @ problem.unit_skill
    cost = _team_prices(
        tables,
        (tables.size[at] - sizes)[None, :] + sizes[:, None],
        (tables.school[at] - schools)[None, :, :] + schools[:, None, :],
        (tables.skill[at] - skills)[None, :, :] + skills[:, None, :],
    )
    cost = cost + lifted @ tables.place_price[:, at]
    if problem.has_links:
        cost = cost + (lifted @ problem.link) @ (tables.seated[:, at] - lifted.T)
    return np.asarray(cost)
