"""An independent scorer and generator: nothing of the solver is used here, only the definition of the format.

Cost = rank costs + same_school_extra * (members - distinct schools) + missing_skill * required skills nobody
holds + soft_together_split * wishes split. Hard rules: see `broken_rules`.
"""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import estrade

DATA = Path(estrade.__path__[0]) / "demo" / "data"
CHALLENGES = ("c1", "c2", "c3")
SKILLS = ("dev", "design")


def public_instance(name: str) -> dict[str, Any]:
    instance: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return instance


def best_known(name: str) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((DATA / f"{name}.best.json").read_text(encoding="utf-8"))
    return known


def price(instance: dict[str, Any], plan: dict[str, Any]) -> float:
    people = {one["id"]: one for one in instance["students"]}
    weights, total = instance["weights"], 0.0
    seat: dict[str, int] = {}
    for number, team in enumerate(plan["teams"]):
        members = [people[one] for one in team["students"]]
        total += weights["same_school_extra"] * (len(members) - len({one["school"] for one in members}))
        held = {skill for one in members for skill in one["skills"]}
        total += weights["missing_skill"] * len(set(instance["rules"]["required_skills"]) - held)
        for one in members:
            seat[one["id"]] = number
            total += rank_cost(weights, one["preferences"], team["challenge"])
    total += weights["soft_together_split"] * sum(
        seat[a] != seat[b] for a, b in instance["wish_together"] if a in people and b in people
    )
    return float(total)


def rank_cost(weights: dict[str, Any], choices: list[str], challenge: str) -> float:
    if not choices:
        return 0
    if challenge not in choices:
        return float(weights["preference_unlisted"])
    by_rank: list[float] = weights["preference_rank"]
    return by_rank[min(choices.index(challenge), len(by_rank) - 1)]


def broken_rules(instance: dict[str, Any], plan: dict[str, Any]) -> Counter[str]:
    """Names of the hard rules that a plan breaks, and how often."""
    rules, broken = instance["rules"], Counter[str]()
    people = {one["id"]: one for one in instance["students"]}
    placed = Counter(one for team in plan["teams"] for one in team["students"])
    broken["placed_once"] = sum(placed[one] != 1 for one in people) + sum(one not in people for one in placed)
    seat = {one: number for number, team in enumerate(plan["teams"]) for one in team["students"]}
    for team in plan["teams"]:
        broken["team_size"] += not rules["team_size"]["min"] <= len(team["students"]) <= rules["team_size"]["max"]
        schools = Counter(people[one]["school"] for one in team["students"])
        broken["max_same_school"] += sum(count > rules["max_same_school"] for count in schools.values())
    teams = Counter(team["challenge"] for team in plan["teams"])
    for row in instance["challenges"]:
        broken["teams_per_challenge"] += not row["teams_min"] <= teams[row["id"]] <= row["teams_max"]
    broken["together"] = sum(len({seat.get(one) for one in group if one in people}) > 1 for group in instance["together"])
    broken["apart"] = sum(a in people and b in people and seat.get(a) == seat.get(b) for a, b in instance["apart"])
    return +broken


def small_instance(seed: int, people: int) -> dict[str, Any]:
    """A random small instance; some of them have no valid plan."""
    rng = Random(seed)
    ids = [f"P{number:02d}" for number in range(people)]
    challenges = CHALLENGES[: rng.randint(1, 3)]
    low = rng.randint(2, 3)
    groups = [sorted(rng.sample(ids, rng.choice([2, 2, 3])))] if rng.random() < 0.5 else []
    pairs = [pair for pair in combinations(ids, 2) if rng.random() < 0.3 / people]
    return {
        "format": "team-formation/1",
        "event": {"slug": f"small-{seed}", "kind": "hackathon", "seed": seed},
        "rules": {
            "team_size": {"min": low, "max": low + rng.randint(1, 3)},
            "max_same_school": rng.randint(2, 3),
            "required_skills": list(SKILLS),
            "together": "hard",
            "apart": "hard",
        },
        "weights": {
            "preference_rank": [0, 1, 3],
            "preference_unlisted": 9,
            "same_school_extra": 2,
            "missing_skill": 5,
            "soft_together_split": 4,
        },
        "schools": [{"id": name, "name": name} for name in ("x", "y", "z")],
        "skills": list(SKILLS),
        "challenges": [
            {"id": one, "name": one, "teams_min": rng.choice([0, 0, 1]), "teams_max": rng.randint(1, 3)} for one in challenges
        ],
        "students": [
            {
                "id": one,
                "school": rng.choice("xyz"),
                "level": "",
                "skills": [skill for skill in SKILLS if rng.random() < 0.4],
                "preferences": rng.sample(challenges, rng.randint(0, len(challenges))),
            }
            for one in ids
        ],
        "together": groups,
        "wish_together": [rng.sample(ids, 2) for _ in range(rng.randint(0, 2))],
        "apart": [list(pair) for pair in pairs],
        "day_of": {"no_shows": [], "late_arrivals": []},
    }


def least_cost(instance: dict[str, Any]) -> float | None:
    """The optimum by looking at every partition into teams and every choice of challenges; None: no valid plan."""
    size = instance["rules"]["team_size"]
    names = [row["id"] for row in instance["challenges"]]
    most = sum(row["teams_max"] for row in instance["challenges"])
    found: list[float] = []
    for teams in _partitions([one["id"] for one in instance["students"]], size["min"], size["max"]):
        if len(teams) > most or any(broken_rules(instance, _on(teams, names[0])).keys() - {"teams_per_challenge"}):
            continue
        found += _with_challenges(instance, teams, names)
    return min(found, default=None)


def _on(teams: list[list[str]], name: str) -> dict[str, Any]:
    return {"teams": [{"challenge": name, "students": team} for team in teams]}


def _with_challenges(instance: dict[str, Any], teams: list[list[str]], names: list[str]) -> list[float]:
    plans: list[list[dict[str, Any]]] = [[]]
    for team in teams:
        plans = [[*plan, {"challenge": name, "students": team}] for plan in plans for name in names]
    valid = ({"teams": plan} for plan in plans)
    return [price(instance, plan) for plan in valid if not broken_rules(instance, plan)]


def _partitions(people: list[str], low: int, high: int) -> Any:
    if not people:
        yield []
        return
    first, rest = people[0], people[1:]
    for size in range(low, min(high, len(people)) + 1):
        for others in combinations(rest, size - 1):
            left = [one for one in rest if one not in others]
            for teams in _partitions(left, low, high):
                yield [[first, *others], *teams]
