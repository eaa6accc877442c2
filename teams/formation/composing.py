"""`compose`: from an instance to a plan.

Repeatable: the same instance, seed and `iterations` give the same plan, whatever the machine. The clock is a
ceiling only; a run that it cut says so (`stopped_by: "seconds"`) and is not promised to be repeatable.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from teams.formation.obstacles import find_obstacles
from teams.formation.problem import Data, read_problem
from teams.formation.scoring import evaluate
from teams.formation.search import Search, plan_of
from teams.formation.telling import broken_as_data, figures_as_data

Progress = Callable[[str, float, float, int, float, float], None]
"""Called with phase, seconds since the start, cost, hard rules broken, share of first two choices, mixing index.

Phases: checking, sharing, first, improving, done. The figures are those of the best plan so far.
"""


class _Watch:
    """Knows why a run must end, and tells how far it is."""

    def __init__(self, instance: Data, locked: Sequence[Data] | None, seconds: float, on_progress: Progress | None) -> None:
        self.instance, self.locked, self.seconds, self.on_progress = instance, locked, seconds, on_progress
        self.began = time.monotonic()
        self.stopped_by = "iterations"
        self.phase = "checking"
        self.first_after: float | None = None
        self.last_told = -1.0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def must_stop(self, asked: Callable[[], bool] | None) -> bool:
        if self.stopped_by == "iterations":
            if asked is not None and asked():
                self.stopped_by = "asked"
            elif self.elapsed >= self.seconds:
                self.stopped_by = "seconds"
        return self.stopped_by != "iterations"

    def better(self, search: Search) -> None:
        """A better plan: the first valid one is told at once, later ones at most twice a second."""
        if search.is_valid and self.first_after is None:
            self.first_after = self.elapsed
            self.tell("first", search)
        elif self.elapsed - self.last_told >= 0.5:
            self.tell(self.phase, search)

    def tell(self, phase: str, search: Search) -> None:
        self.phase, self.last_told = phase, self.elapsed
        if self.on_progress is None:
            return
        if search.best is None:
            self.on_progress(phase, self.elapsed, 0.0, 0, 0.0, 0.0)
            return
        now = evaluate(self.instance, plan_of(search.best), locked=self.locked)
        self.on_progress(phase, self.elapsed, now.cost, len(now.broken), now.first_two_share, now.mixing)


def compose(
    instance: Data,
    seed: int,
    seconds: float,
    *,
    iterations: int | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    locked: Sequence[Data] | None = None,
) -> dict[str, Any]:
    """The best valid plan found, or the least broken one with what it breaks; plain data.

    `seconds` is a ceiling. `iterations` counts rounds; None: as many as fit. `should_stop` is asked often and
    ends the run within a fraction of a second, with the best plan so far. `locked`: partial teams that must be
    kept, see `read_problem`. Raises BadInstance for data that no plan could fit.

    Keys: `instance` (slug), `seed`, `status` ("valid" or "broken"), `cost`, `figures`, `hard_rules_broken`,
    `plan` ({"teams": [{"challenge", "students"}]}), `obstacles` (for a broken plan: which rules, once relaxed,
    would allow a valid one), `iterations`, `stopped_by` ("iterations", "seconds" or "asked") and `timing`.
    """
    watch = _Watch(instance, locked, seconds, on_progress)
    problem = read_problem(instance, locked=locked)
    search: Search

    def stop() -> bool:
        return search.best is not None and watch.must_stop(should_stop)

    search = Search(problem, seed, stop, lambda: watch.better(search))
    watch.tell("checking", search)
    watch.phase = "sharing"
    rounds = 0
    if problem.units:
        search.first()
        watch.phase = "improving"
        while not stop() and (iterations is None or rounds < iterations):
            search.round()
            rounds += 1
    plan = plan_of(search.best) if search.best else {"teams": []}
    result = evaluate(instance, plan, locked=locked)
    obstacles = [] if result.is_valid else find_obstacles(instance, seed, locked=locked)
    watch.tell("done", search)
    return {
        "instance": instance["event"]["slug"],
        "seed": seed,
        "status": "valid" if result.is_valid else "broken",
        "cost": result.cost,
        "figures": figures_as_data(result),
        "hard_rules_broken": [broken_as_data(one) for one in result.broken],
        "plan": plan,
        "obstacles": obstacles,
        "iterations": rounds,
        "stopped_by": watch.stopped_by,
        "timing": {"seconds": round(watch.elapsed, 3), "first_valid_after": watch.first_after and round(watch.first_after, 3)},
    }
