"""The morning: some are absent, some come late, the teams stand. As few people as possible change team.

A *move* is a person who already sits in a team and goes to another one; placing somebody who arrives late is
none. Dissolving a team is allowed down to the least number of teams of its challenge; its people count as moves.
In order of weight: no broken rule, then few moves, then cost. Counts its own steps, so it is repeatable.
"""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import numpy as np

from teams.formation.problem import Data, read_rules
from teams.formation.scoring import evaluate, on_the_day
from teams.formation.search import TINY, seat_all
from teams.formation.standing import read_standing
from teams.formation.tables import Tables, exchange
from teams.formation.telling import broken_as_data

# Exchanges in all, the cards aside: a morning that cannot be mended must end too.
BUDGET = 8000
STEPS, FINAL_STEPS = 200, 150
# How far the search for few moves may climb, in moves.
HEATS = (1.0, 0.5, 0.25, 0.5)
CANDIDATES, HOT_ROWS, WIDTH = 8, 6, 12
LIMITS = (0, 3, 6)
# What a move may cost at most while looking for cheaper plans: from dear to almost free.
MOVE_PRICES, CARD_STEPS = (12.0, 6.0, 3.0, 1.5), 200


class _Morning:
    """The plan with the people of today, the late ones where they cost least, and the search from there."""

    def __init__(self, instance: Data, plan: Data, locked: Iterable[str], seed: int) -> None:
        self.instance, self.plan = instance, plan
        self.rng = Random(seed)  # noqa: S311 - repeatable by its seed, guards nothing
        # No gain in cost pays for a move, no gain in moves for a broken rule.
        self.move = read_rules(instance).hard
        self.left = BUDGET
        standing = read_standing(instance, plan, held=locked, hard=20 * self.move)
        self.problem, self.home, self.placed, self.home_of = standing.problem, standing.home, standing.placed, standing.home_of
        self.start = standing.tables
        self.set_move_price(self.start, self.move)
        seat_all(self.start, [unit for unit, row in enumerate(self.home) if row < 0])

    def set_move_price(self, tables: Tables, price: float) -> None:
        """From now on a move costs `price` per person."""
        for row in range(len(self.plan["teams"])):
            tables.place_price[:, row] = self.problem.unit_preference[:, tables.challenge[row]]
            away = (self.home >= 0) & (self.home != row)
            tables.place_price[away, row] += price * self.placed[away]

    def moves(self, tables: Tables) -> int:
        """How many people sit elsewhere than in the plan."""
        here = np.nonzero(self.home >= 0)[0]
        return int((self.placed[here] * (1 - tables.seated[here, self.home[here]])).sum())

    def settle(self, tables: Tables, steps: int, heat: float, goal: float = -1.0) -> tuple[Tables, float]:
        """Cool down from `heat`, at most until the price is below `goal`; the best on the way and its price."""
        price = tables.price()
        best, least = tables.copy(), price
        for step in range(steps):
            if least < goal or self.left <= 0:
                break
            self.left -= 1
            price += exchange(tables, self._rows(tables), self.rng, heat * (1 - step / steps) ** 2)
            if price < least - TINY:
                best, least = tables.copy(), price
        return best, least

    def least_moves(self, tables: Tables) -> int:
        """No way from here has fewer moves: whoever was in a dissolved team moves, and empty places must be filled."""
        homeless = np.array([home >= 0 and home not in tables.active for home in self.home])
        arrivals = float(self.problem.unit_size[self.home < 0].sum())
        sizes = [float(self.problem.unit_size[self.home == row].sum()) for row in tables.active]
        rules = self.problem.rules
        short = sum(max(0.0, rules.size_min - size) for size in sizes) - arrivals
        over = sum(max(0.0, size - rules.size_max) for size in sizes)
        gone = float(self.placed[homeless].sum()) if len(homeless) else 0.0
        return int(max(short, over, gone, 0.0))

    def _rows(self, tables: Tables) -> list[int]:
        """Teams for one exchange: those in trouble, those that somebody left or entered, and others by chance."""
        rules = self.problem.rules
        picked: list[int] = []
        hot = [row for row in tables.active if not rules.size_min <= tables.size[row] <= rules.size_max]
        here = np.nonzero(self.home >= 0)[0]
        away = here[tables.seated[here, self.home[here]] == 0]
        at = [int(row) for row in np.nonzero(tables.seated[away].any(axis=0))[0]] if len(away) else []
        warm = [
            row for row in dict.fromkeys([*at, *(int(row) for row in self.home[away])]) if row in tables.active and row not in hot
        ]
        for group, most in ((hot, HOT_ROWS), (warm, WIDTH - 3)):
            picked += self.rng.sample(group, min(len(group), max(0, most - len(picked))))
        rest = [row for row in tables.active if row not in picked]
        return picked + self.rng.sample(rest, min(len(rest), WIDTH - len(picked)))

    def fewest(self, tables: Tables) -> tuple[Tables, float]:
        """Fewest moves among these teams, then the least cost for that."""
        goal = self.move * (self.least_moves(tables) + 1)
        best, price = tables.copy(), tables.price()
        for heat in HEATS:
            if price < goal:
                break
            found, value = self.settle(tables.copy(), STEPS, heat * self.move, goal)
            if value < price - TINY:
                best, price = found, value
        return self.settle(best, FINAL_STEPS, 1.0)

    def dissolve(self, tables: Tables, price: float) -> tuple[Tables, float] | None:
        """Fewer moves than `price` where teams may be dissolved, one after the other as long as that helps."""
        best: tuple[Tables, float] | None = None
        start = tables
        while True:
            trials = []
            for row in self._dissolvable(start):
                trial = start.copy()
                seat_all(trial, trial.close_team(row))
                trials.append((self.least_moves(trial), row, trial))
            trials.sort(key=lambda one: one[:2])
            next_start = None
            for least, _, trial in trials[:CANDIDATES]:
                if self.move * least >= price:
                    break
                found, value = self.fewest(trial)
                if value < price - TINY:
                    best, price, next_start = (found, value), value, trial
            if next_start is None:
                return best
            start = next_start

    def _dissolvable(self, tables: Tables) -> list[int]:
        """Teams of challenges that have more than they must."""
        spare = [
            row for row in tables.active
            if tables.teams_on(tables.challenge[row]) > self.problem.teams_min[tables.challenge[row]] and not tables.is_fixed(row)
        ]  # fmt: skip
        return spare if len(tables.active) > 1 else []

    def cheaper(self, start: Tables) -> "dict[int, tuple[float, Tables]]":
        """From one answer: for each number of moves (up to the largest limit) the cheapest valid teams seen."""
        seen: dict[int, tuple[float, Tables]] = {}
        self._note(seen, start, start.price(), self.move)
        for move_price in MOVE_PRICES:
            tables = start.copy()
            self.set_move_price(tables, move_price)
            price = tables.price()
            for step in range(CARD_STEPS):
                change = exchange(tables, self._rows(tables), self.rng, 1.0 - step / CARD_STEPS)
                price += change
                if abs(change) > TINY:
                    self._note(seen, tables, price, move_price)
        return seen

    def _note(self, seen: dict[int, tuple[float, Tables]], tables: Tables, price: float, move_price: float) -> None:
        moves = self.moves(tables)
        if moves > max(*LIMITS, *seen, 0):
            return
        price -= move_price * moves
        if price < self.problem.rules.hard / 2 and (moves not in seen or price < seen[moves][0] - TINY):
            twin = tables.copy()
            self.set_move_price(twin, self.move)
            seen[moves] = (price, twin)

    def cards(self, seen: Sequence[dict[int, tuple[float, Tables]]]) -> list[dict[str, Any]]:
        """For each limit of moves the cheapest valid plan seen."""
        cards: list[dict[str, Any]] = []
        for limit in LIMITS:
            within = [
                (cost, moves, number) for number, one in enumerate(seen) for moves, (cost, _) in one.items() if moves <= limit
            ]
            best = min(within) if within else None
            cards.append({"limit": limit, "answer": self.answer(seen[best[2]][best[1]][1]) if best else None})
        return cards

    def answer(self, tables: Tables) -> dict[str, Any]:
        """One way through the morning, as plain data."""
        rows = [row for row in range(len(self.plan["teams"])) if row in tables.active]
        teams = [
            {
                "challenge": self.problem.challenges[tables.challenge[row]],
                "students": sorted(one for unit in tables.members[row] for one in self.problem.units[unit]),
            }
            for row in rows
        ]
        now = {one: row for row, team in zip(rows, teams, strict=True) for one in team["students"]}
        result = evaluate(self.instance, {"teams": teams})
        return {
            "status": "valid" if result.is_valid else "broken",
            "moves": sum(now[one] != row for one, row in self.home_of.items() if one in now),
            "moved": [
                {"student": one, "from": row, "to": now[one]}
                for one, row in sorted(self.home_of.items())
                if one in now and now[one] != row
            ],
            "placed": [{"student": one, "to": now[one]} for one in sorted(now.keys() - self.home_of.keys())],
            "dissolved": [row for row in range(len(self.plan["teams"])) if row not in rows],
            "cost": result.cost,
            "hard_rules_broken": [broken_as_data(one) for one in result.broken],
            "team_numbers": rows,
            "plan": {"teams": teams},
        }


def repair(
    instance: Data,
    plan: Data,
    absent: Iterable[str],
    late: Iterable[Data],
    *,
    locked: Iterable[str] | None = None,
    seed: int = 1,
    cards: bool = True,
) -> dict[str, Any]:
    """Fewest moves after a morning: `absent` are ids, `late` are people in the format of `students`.

    `locked` are ids of people who stay where they are (default: those of the instance's `locked`). Team numbers
    count from 0 and are those of `plan`. Keys: `people`, `teams_below_minimum`, `places_short`,
    `without_dissolving`, `with_dissolving` (None where that saves no move), `cards`: for at most 0, 3 and 6 moves
    the cheapest valid answer, or None. Raises BadInstance.
    """
    today = on_the_day(instance, absent, late)
    held = [one for seed_team in instance.get("locked", ()) for one in seed_team["students"]] if locked is None else locked
    morning = _Morning(today, plan, held, seed)
    present = {student["id"] for student in today["students"]}
    sizes = [sum(one in present for one in team["students"]) for team in plan["teams"]]
    least = morning.problem.rules.size_min
    start = morning.start
    without, price = morning.fewest(start)
    short = price >= morning.move
    dissolved = morning.dissolve(start, price) if short else None
    found = [without] if dissolved is None else [without, dissolved[0]]
    seen = [morning.cheaper(one) for one in found] if cards else []
    # The search for the cards may have found the same number of moves for less.
    found = [near[min(near)][1] if near else one for one, near in zip(found, seen, strict=True)] if cards else found
    return {
        "people": len(present),
        "teams_below_minimum": sum(size < least for size in sizes),
        "places_short": sum(max(0, least - size) for size in sizes),
        "without_dissolving": morning.answer(found[0]),
        "with_dissolving": morning.answer(found[1]) if dissolved else None,
        "cards": morning.cards(seen),
    }
