"""Shape teams out of a sharing of the challenges: construction, annealed exchanges, other numbers of teams.

Owns no clock and no format: `Search` counts its own steps, so the same seed gives the same teams.
"""

from collections.abc import Callable
from random import Random

from teams.formation.problem import Problem
from teams.formation.sharing import Sharing, share_out
from teams.formation.tables import Tables, exchange

# How many teams one exchange takes in at most; more is slower, fewer find shorter chains (measured at 15 to 40 teams).
WIDTH = 20
HEAT = 1.2
MOST_STEPS_PER_UNIT, STEPS_PER_SQUARE = 1500, 25
EXCHANGES_PER_TEAM = 200
LEAST_EXCHANGES = 400
KICKS = 24
KICK_EXCHANGES_PER_TEAM, MOST_KICK_EXCHANGES = 6, 50
QUICK_STEPS_PER_UNIT = 60
QUICK_EXCHANGES_PER_TEAM = 15
TINY = 1e-9


class Search:
    """The best teams so far and the steps that look for better ones. `price` includes the wishes' constant."""

    def __init__(self, problem: Problem, seed: int, should_stop: Callable[[], bool], on_better: Callable[[], None]) -> None:
        self.problem = problem
        self.rng = Random(seed)  # noqa: S311 - repeatable by its seed, guards nothing
        self.should_stop = should_stop
        self.on_better = on_better
        self.rows = max(sum(max(0, most) for most in problem.teams_max), 1) + len(problem.locked) + 1
        self.best: Tables | None = None
        self.price = float("inf")

    @property
    def is_valid(self) -> bool:
        """Whether the best teams break no hard rule."""
        return self.price < self.problem.rules.hard

    def first(self) -> None:
        """A plan quickly: a short sharing, a short shaping."""
        sharing = share_out(self.problem, self.rng, QUICK_STEPS_PER_UNIT * len(self.problem.units), self.should_stop)
        tables = build(self.problem, sharing, self.rows)
        self._keep(tables, self._price_of(tables))
        self._anneal(tables, QUICK_EXCHANGES_PER_TEAM * len(tables.active), HEAT)

    def round(self) -> None:
        """One whole round: share out the challenges anew, shape the teams, then try other numbers of teams."""
        units = len(self.problem.units)
        steps = min(MOST_STEPS_PER_UNIT, STEPS_PER_SQUARE * units) * units
        sharing = share_out(self.problem, self.rng, steps, self.should_stop)
        tables = build(self.problem, sharing, self.rows)
        self._keep(tables, self._price_of(tables))
        self._anneal(tables, max(LEAST_EXCHANGES, EXCHANGES_PER_TEAM * len(tables.active)), HEAT)
        self.mend()

    def mend(self) -> None:
        """Other numbers of teams, from the best teams so far."""
        if self.best is not None:
            self._kick(self.best.copy(), KICKS)

    def _anneal(self, tables: Tables, steps: int, heat: float) -> float:
        """Exchanges while it cools; returns the last price."""
        price = self._price_of(tables)
        width = min(WIDTH, len(tables.active))
        if not width:
            return price
        for step in range(steps):
            if step % 16 == 0 and self.should_stop():
                break
            rows = self.rng.sample(tables.active, width)
            price += exchange(tables, rows, self.rng, heat * (1 - step / steps))
            self._keep(tables, price)
        return price

    def _kick(self, tables: Tables, times: int) -> None:
        """Open, close or turn a team, settle, and go on from there if that was no worse."""
        price = self._price_of(tables)
        for _ in range(times):
            if self.should_stop():
                return
            trial = tables.copy()
            if not self._change_a_team(trial):
                continue
            after = self._anneal(trial, min(MOST_KICK_EXCHANGES, KICK_EXCHANGES_PER_TEAM * len(trial.active)), HEAT / 2)
            if after <= price + TINY:
                tables, price = trial, after

    def _change_a_team(self, tables: Tables) -> bool:
        """One team more, one fewer, or one on another challenge; False where the draw allows none."""
        problem, rng = self.problem, self.rng
        counts = [tables.teams_on(challenge) for challenge in range(len(problem.challenges))]
        free = [c for c, count in enumerate(counts) if count < problem.teams_max[c]]
        spare = [row for row in tables.active if counts[tables.challenge[row]] > problem.teams_min[tables.challenge[row]]]
        spare = [row for row in spare if not tables.is_fixed(row)]
        kind = rng.randrange(3)
        if kind == 0 and free and len(tables.active) < self.rows:
            self._fill(tables, tables.open_team(rng.choice(free)))
        elif kind == 1 and spare and len(tables.active) > 1:
            seat_all(tables, tables.close_team(rng.choice(spare)))
        elif kind == 2 and spare and free:
            tables.work_on(rng.choice(spare), rng.choice(free))
        else:
            return False
        return True

    def _fill(self, tables: Tables, row: int) -> None:
        """Give a new team its least number of people, from the largest teams."""
        while tables.size[row] < self.problem.rules.size_min:
            givers = [r for r in tables.active if r != row and any(u not in tables.fixed for u in tables.members[r])]
            if not givers:
                return
            giver = max(givers, key=lambda r: (tables.size[r], -r))
            units = [unit for unit in tables.members[giver] if unit not in tables.fixed]
            unit = min(units, key=lambda u: (tables.place_price[u, row] - tables.place_price[u, giver], u))
            tables.lift(unit, giver)
            tables.seat(unit, row)

    def _price_of(self, tables: Tables) -> float:
        return tables.price() + self.problem.rules.wish_split * len(self.problem.wishes)

    def _keep(self, tables: Tables, price: float) -> None:
        if price < self.price - TINY:
            self.price, self.best = price, tables.copy()
            self.on_better()


def build(problem: Problem, sharing: Sharing, rows: int) -> Tables:
    """Seat everybody within the challenge of the sharing: the largest units first, each where it costs least."""
    tables = Tables(problem, rows)
    for unit, challenge in problem.locked:
        tables.seat(unit, tables.open_team(challenge))
    for challenge in range(len(problem.challenges)):
        for _ in range(sharing.teams(challenge) - tables.teams_on(challenge)):
            tables.open_team(challenge)
    free = [unit for unit in range(len(problem.units)) if unit not in tables.fixed]
    for unit in sorted(free, key=lambda u: (-problem.unit_size[u], -problem.unit_school[u].max(), u)):
        own = [row for row in tables.active if tables.challenge[row] == sharing.where[unit]]
        seat_all(tables, [unit], own)
    return tables


def seat_all(tables: Tables, units: list[int], rows: list[int] | None = None) -> None:
    """Seat units one after the other where that costs least, in the emptier team where it costs the same."""
    for unit in units:
        among = rows or tables.active
        if not among:
            among = [tables.open_team(int(tables.problem.unit_preference[unit].argmin()))]
        prices = tables.price_of([unit], among) + tables.size[among] * 1e-3
        tables.seat(unit, among[int(prices.argmin())])


def plan_of(tables: Tables) -> dict[str, list[dict[str, object]]]:
    """The teams in the format of a plan, by challenge and first member."""
    problem = tables.problem
    teams = [
        (problem.challenges[tables.challenge[row]], sorted(one for unit in tables.members[row] for one in problem.units[unit]))
        for row in tables.active
    ]
    return {"teams": [{"challenge": challenge, "students": people} for challenge, people in sorted(teams) if people]}
