"""What a plan of jurors costs and is worth, beside one that gives jurors the next teams on the list.

`python -m benchmarks.assignment` prints a table. Ratio: A-efficiency against the bound of balanced designs; goals: 2,000 teams
and 400 jurors in 2 s, a ratio of 0.93, loads within 1.
"""

from __future__ import annotations

import random
import time

from judging.assignment import assign, quality

# Teams, jurors, jurors a team, kinds, share of pairs in conflict.
SIZES = (
    (16, 9, 3, 3, 0.0),
    (40, 20, 4, 0, 0.0),
    (40, 15, 3, 3, 0.0),
    (200, 50, 4, 0, 0.05),
    (200, 75, 3, 3, 0.05),
    (500, 187, 3, 3, 0.0),
    (2000, 400, 4, 0, 0.0),
    (2000, 400, 4, 3, 0.05),
)


def in_order(teams: list[str], jurors: list[str], per_team: int) -> list[tuple[str, str]]:
    """By hand: panels of as many jurors as a team needs, each with the next teams on the list."""
    panels = [jurors[n : n + per_team] for n in range(0, len(jurors) - per_team + 1, per_team)]
    return [(juror, team) for n, team in enumerate(teams) for juror in panels[n * len(panels) // len(teams)]]


def main() -> None:
    print("assignment: seconds, groups (in panels), jurors whose loss splits, ratio to the bound, loads")
    for teams, jurors, per_team, kinds, share in SIZES:
        chance = random.Random(1)
        names, people = [f"T{n}" for n in range(teams)], [f"J{n}" for n in range(jurors)]
        conflicts = [(juror, team) for juror in people for team in names if chance.random() < share]
        kind = {one: str(n % kinds) for n, one in enumerate(people)} if kinds else None
        begin = time.perf_counter()
        plan = assign(names, people, per_team=per_team, kinds=kind, conflicts=conflicts, seed=1)
        taken = time.perf_counter() - begin
        panels = quality(in_order(names, people, per_team), teams=names, jurors=people).components
        found = plan.quality
        wish = f"{teams:>5} x {jurors:<4} k={per_team} kinds={kinds} conflicts={share:.0%}"
        links = f"groups {found.components} ({panels}), {len(found.pillars)}"
        print(f"{wish}: {taken:6.2f} s, {links}, {found.ratio:.3f}, {found.loads[0]}-{found.loads[1]}")


if __name__ == "__main__":
    main()
