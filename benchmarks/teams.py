"""Forming teams: the two public instances against the best known plans and a simple greedy, and the morning's repair.

`python -m benchmarks.teams` prints a table. Costs are compared with what is recorded beside the instances and
with the greedy of the same run (people in random order take their best challenge with a place, then teams are
filled school by school): those ratios do not depend on the machine, the seconds do.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "platform" / "estrade" / "demo" / "data"
NAMES = ("hackathon-72", "ideathon-204")
SECONDS, SEED = 10.0, 1


def main() -> None:
    """Print costs, ratios and times."""
    sys.path[:0] = [str(ROOT)] * (str(ROOT) not in sys.path)
    print(f"Teams: composed within {SECONDS:.0f} s (seed {SEED})")
    for name in NAMES:
        instance, known = _read(f"{name}.json"), _read(f"{name}.best.json")
        _compose(name, instance, known)
        _repair(instance, known)


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return data


def _compose(name: str, instance: dict[str, Any], known: dict[str, Any]) -> None:
    from teams.formation import compose, evaluate  # noqa: PLC0415 - the path is set by main

    cpu = time.process_time()
    answer = compose(instance, SEED, SECONDS)
    cpu = time.process_time() - cpu
    by_hand = evaluate(instance, greedy(instance, SEED))
    figures, timing = answer["figures"], answer["timing"]
    print(f"\n{name}: {len(instance['students'])} people, {figures['teams']} teams")
    print(f"  hard rules broken   {len(answer['hard_rules_broken'])} (greedy {len(by_hand.broken)})")
    print(f"  cost                {answer['cost']:g} (best known {known['best_cost']:g}, bound {known['lower_bound']:g})")
    print(f"  cost / best known   {answer['cost'] / known['best_cost']:.3f}")
    print(f"  cost / bound        {answer['cost'] / known['lower_bound']:.3f}")
    print(f"  cost / greedy       {answer['cost'] / by_hand.cost:.3f} (greedy {by_hand.cost:g})")
    print(f"  first two choices   {figures['first_two_share']:.3f}, mixing {figures['mixing']:.3f}")
    print(
        f"  first valid plan    {timing['first_valid_after']:.2f} s; {timing['seconds']:.1f} s in all, {cpu:.1f} s of processor"
    )


def _repair(instance: dict[str, Any], known: dict[str, Any]) -> None:
    from teams.formation import repair  # noqa: PLC0415 - the path is set by main

    day, hard = instance["day_of"], known["hard_morning"]
    mornings = [
        ("usual", day["no_shows"], day["late_arrivals"], known["day_of"]["minimum_moves"], known["day_of"]["cost_after"]),
        ("hard", hard["no_shows"], [], hard["best_moves"], hard["cost_after"]),
    ]
    for label, absent, late, moves, cost in mornings:
        began = time.monotonic()
        answer = repair(instance, known["plan"], absent, late)
        seconds = time.monotonic() - began
        found = [answer["without_dissolving"], *filter(None, [answer["with_dissolving"]])]
        ways = " or ".join(f"{one['moves']} moves, {len(one['dissolved'])} dissolved, cost {one['cost']:g}" for one in found)
        print(f"  {label} morning: {ways} (recorded: {moves} moves, cost {cost:g}) in {seconds:.2f} s")
        cards = ", ".join(
            f"at most {one['limit']}: {one['answer']['cost']:g}" if one["answer"] else "-" for one in answer["cards"]
        )
        print(f"    price of few moves: {cards}")


def greedy(instance: dict[str, Any], seed: int) -> dict[str, Any]:
    """What a careful person does by hand; breaks rules where they get in the way."""
    size = instance["rules"]["team_size"]
    people = list(instance["students"])
    random.Random(seed).shuffle(people)
    places = {row["id"]: row["teams_max"] * size["max"] for row in instance["challenges"]}
    working: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in instance["challenges"]}
    for one in people:
        open_ones = [row for row in (*one["preferences"], *places) if places[row]]
        places[open_ones[0]] -= 1
        working[open_ones[0]].append(one)
    teams = []
    for row in instance["challenges"]:
        here = sorted(working[row["id"]], key=lambda one: one["school"])
        wanted = -(-len(here) // size["max"])
        count = min(max(row["teams_min"], wanted), row["teams_max"])
        teams += [{"challenge": row["id"], "students": [one["id"] for one in here[number::count]]} for number in range(count)]
    return {"teams": teams}


if __name__ == "__main__":
    main()
