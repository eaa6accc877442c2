"""Why no valid plan exists: which rule, relaxed, would allow one.

Arithmetic first, with exact figures; what arithmetic cannot see is found by searching the instance with one
rule relaxed after the other, so whatever is named here has been seen to work.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from teams.formation.problem import Data, read_problem
from teams.formation.scoring import evaluate
from teams.formation.search import Search, plan_of

# In the order in which an organiser would rather give way.
RULES = ("locked", "teams_per_challenge", "team_size", "max_same_school", "together", "apart")
TRIALS = 3


def relaxed(instance: Data, rule: str, *, locked: Sequence[Data] | None = None) -> tuple[dict[str, Any], Sequence[Data]]:
    """The instance and its locked places without one rule: nothing is asked there any more."""
    count = max(1, len(instance["students"]))
    rules, locks = dict(instance["rules"]), instance.get("locked", ()) if locked is None else locked
    change: dict[str, Any] = {}
    if rule == "team_size":
        rules["team_size"] = {"min": 1, "max": count}
    elif rule == "max_same_school":
        rules["max_same_school"] = count
    elif rule == "teams_per_challenge":
        change["challenges"] = [{**row, "teams_min": 0, "teams_max": count} for row in instance["challenges"]]
    elif rule in ("together", "apart"):
        change[rule] = []
    else:
        locks = ()
    return {**instance, **change, "rules": rules, "locked": list(locks)}, locks


def find_obstacles(instance: Data, seed: int, *, locked: Sequence[Data] | None = None) -> list[dict[str, Any]]:
    """Each entry names the `rules` that, relaxed together, allow a valid plan, with exact `figures` where counting shows why.

    One entry per rule that is enough alone; otherwise one entry with several rules, none of which can be left out.
    """
    counted = list(_counted(instance))
    alone: list[tuple[str, ...]] = [(rule,) for rule in RULES if _works_without(instance, (rule,), seed, locked)]
    chosen = alone or [_needed(instance, seed, locked)]
    return [{"rules": list(rules), "figures": [row for row in counted if row["rule"] in rules]} for rules in chosen]


def _needed(instance: Data, seed: int, locked: Sequence[Data] | None) -> tuple[str, ...]:
    """Without any rule every plan is valid: take each rule back in where that still leaves a valid plan."""
    needed: tuple[str, ...] = RULES
    for rule in reversed(RULES):
        fewer = tuple(one for one in needed if one != rule)
        if fewer and _works_without(instance, fewer, seed, locked):
            needed = fewer
    return needed


def _works_without(instance: Data, rules: Sequence[str], seed: int, locked: Sequence[Data] | None) -> bool:
    locks: Sequence[Data] = instance.get("locked", ()) if locked is None else locked
    if not locks and rules == ("locked",):
        return False
    without: Data = instance
    for rule in rules:
        without, locks = relaxed(without, rule, locked=locks)
    if any(_counted(without)):
        return False
    search: Search
    search = Search(read_problem(without, locked=locks), seed, lambda: search.is_valid, lambda: None)
    search.first()
    for _ in range(TRIALS):
        if search.is_valid:
            break
        search.first()
        search.mend()
    return search.best is not None and evaluate(without, plan_of(search.best), locked=locks).is_valid


def _counted(instance: Data) -> Iterator[dict[str, Any]]:
    """What counting alone proves, one row per finding: `rule`, `found`, and the figures."""
    size, limit = instance["rules"]["team_size"], instance["rules"]["max_same_school"]
    people = instance["students"]
    fewest = sum(row["teams_min"] for row in instance["challenges"])
    most = sum(row["teams_max"] for row in instance["challenges"])
    if people and fewest * size["min"] > len(people):
        for rule in ("teams_per_challenge", "team_size"):
            figures = {"people": len(people), "teams": fewest, "size": size["min"], "short": fewest * size["min"] - len(people)}
            yield {"rule": rule, "found": "too_few_people", **figures}
    if most * size["max"] < len(people):
        for rule in ("teams_per_challenge", "team_size"):
            figures = {"people": len(people), "teams": most, "size": size["max"], "over": len(people) - most * size["max"]}
            yield {"rule": rule, "found": "too_many_people", **figures}
    possible = min(most, len(people) // size["min"])
    for school, count in sorted(Counter(student["school"] for student in people).items()):
        if count > limit * possible:
            figures = {"school": school, "count": count, "limit": limit, "teams": possible}
            yield {"rule": "max_same_school", "found": "school_too_large", **figures}
    yield from _counted_groups(instance)


def _counted_groups(instance: Data) -> Iterator[dict[str, Any]]:
    size, limit = instance["rules"]["team_size"]["max"], instance["rules"]["max_same_school"]
    school = {student["id"]: student["school"] for student in instance["students"]}
    problem = read_problem(instance, locked=())
    apart = {frozenset(pair) for pair in problem.apart}
    for unit in problem.units:
        people = list(unit)
        if len(unit) > size:
            yield {"rule": "together", "found": "group_too_large", "students": people, "count": len(unit), "limit": size}
        name, count = Counter(school[one] for one in unit).most_common(1)[0]
        if count > limit:
            yield {
                "rule": "together",
                "found": "group_of_one_school",
                "students": people,
                "school": name,
                "count": count,
                "limit": limit,
            }
        for pair in combinations(people, 2):
            if frozenset(pair) in apart:
                for rule in ("together", "apart"):
                    yield {"rule": rule, "found": "together_and_apart", "students": list(pair)}
