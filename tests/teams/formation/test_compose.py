"""Plans for whole instances, judged by a scorer that shares nothing with the search."""

import copy
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from teams.formation import BadInstance, compose, evaluate, relaxed
from tests.teams.formation.scorer import best_known, broken_rules, least_cost, price, public_instance, small_instance

pytestmark = pytest.mark.embedded

PUBLIC = ["hackathon-72", "ideathon-204"]
LONG = 600.0


@pytest.mark.parametrize("name", PUBLIC)
def test_best_known_plans_cost_what_was_recorded(name: str) -> None:
    instance, known = public_instance(name), best_known(name)

    result = evaluate(instance, known["plan"])

    assert (result.cost, price(instance, known["plan"])) == (known["best_cost"], known["best_cost"])
    assert result.broken == ()


@pytest.mark.parametrize("name", PUBLIC)
def test_public_instances_get_valid_plans_near_the_best_known(name: str) -> None:
    instance, known = public_instance(name), best_known(name)

    costs: list[float] = []

    answer = compose(
        instance,
        1,
        LONG,
        on_progress=lambda phase, elapsed, cost, hard_broken, *shares: costs.append(cost if not hard_broken else float("inf")),
        should_stop=lambda: 0 < costs[-1] <= 1.3 * known["best_cost"],
    )

    assert (answer["status"], answer["obstacles"]) == ("valid", [])
    assert broken_rules(instance, answer["plan"]) == {}
    assert answer["cost"] == price(instance, answer["plan"])
    assert answer["cost"] <= 1.3 * known["best_cost"]


def test_same_seed_and_iterations_give_the_same_plan_in_any_order_of_lines() -> None:
    instance = small_instance(4, 9)
    shuffled = {**instance, **{key: instance[key][::-1] for key in ("students", "challenges", "wish_together", "apart")}}

    answers = [compose(one, 7, LONG, iterations=1)["plan"] for one in (instance, instance, shuffled)]

    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("chunk", range(4))
def test_small_instances_get_a_valid_plan_or_the_rule_that_forbids_one(chunk: int) -> None:
    for seed in range(chunk * 6, chunk * 6 + 6):
        instance = small_instance(seed, 4 + seed % 4)

        answer = compose(instance, 1, LONG, iterations=1)

        optimum = least_cost(instance)
        assert (answer["status"] == "valid") == (not broken_rules(instance, answer["plan"])), seed
        assert (answer["status"] == "valid") == (optimum is not None), seed
        assert sorted(one for team in answer["plan"]["teams"] for one in team["students"]) == [
            one["id"] for one in instance["students"]
        ]
        if optimum is not None:
            assert answer["cost"] >= optimum, seed
        else:
            assert answer["obstacles"], seed
            assert all(least_cost(without(instance, one["rules"])) is not None for one in answer["obstacles"]), seed


def without(instance: dict[str, Any], rules: list[str]) -> dict[str, Any]:
    """Relax rules, in the test's own words."""
    free = copy.deepcopy(instance)
    everybody = len(instance["students"])
    for rule in rules:
        if rule == "team_size":
            free["rules"]["team_size"] = {"min": 1, "max": everybody}
        elif rule == "max_same_school":
            free["rules"]["max_same_school"] = everybody
        elif rule == "teams_per_challenge":
            for row in free["challenges"]:
                row.update(teams_min=0, teams_max=everybody)
        else:
            free[rule] = []
    return free


@pytest.mark.parametrize("seed", range(4))
def test_small_instances_reach_the_optimum(seed: int) -> None:
    instance = small_instance(300 + seed, 9 if seed % 2 else 8)
    optimum = least_cost(instance)

    answer = compose(instance, 1, LONG, iterations=3)

    assert (answer["cost"] if answer["status"] == "valid" else None) == optimum


def test_other_names_cost_the_same() -> None:
    instance = small_instance(2, 9)
    names = {one["id"]: f"Z{99 - number}" for number, one in enumerate(instance["students"])}
    renamed = {
        **instance,
        "students": [{**one, "id": names[one["id"]]} for one in instance["students"]],
        **{key: [[names[one] for one in group] for group in instance[key]] for key in ("together", "wish_together", "apart")},
    }
    plan = compose(instance, 1, LONG, iterations=1)["plan"]
    same = {"teams": [{**team, "students": [names[one] for one in team["students"]]} for team in plan["teams"]]}

    assert evaluate(renamed, same).cost == evaluate(instance, plan).cost
    assert least_cost(renamed) == least_cost(instance)


@pytest.mark.parametrize("weight", ["preference_unlisted", "same_school_extra", "missing_skill", "soft_together_split"])
def test_a_lower_weight_never_raises_the_optimum(weight: str) -> None:
    instance = small_instance(6, 8)
    lower = {**instance, "weights": {**instance["weights"], weight: 1}}
    optimum = least_cost(instance)
    assert optimum is not None

    answer = compose(lower, 1, LONG, iterations=2)

    assert answer["cost"] <= optimum


ONE_RULE: dict[str, Callable[[dict[str, Any]], object]] = {
    "team_size": lambda one: one["rules"].update(team_size={"min": 3, "max": 3}),
    "teams_per_challenge": lambda one: one["challenges"][0].update(teams_min=5, teams_max=5),
    "max_same_school": lambda one: [row.update(school="x") for row in one["students"]],
    "together": lambda one: one.update(together=[[row["id"] for row in one["students"][:5]]]),
    "apart": lambda one: one.update(apart=[list(pair) for pair in combinations([row["id"] for row in one["students"][:4]], 2)]),
}  # fmt: skip


@pytest.mark.parametrize("rule", sorted(ONE_RULE))
def test_an_instance_that_one_rule_forbids_names_that_rule(rule: str) -> None:
    instance = roomy_instance()
    ONE_RULE[rule](instance)

    answer = compose(instance, 1, LONG, iterations=1)

    assert answer["status"] == "broken"
    assert [rule] in [one["rules"] for one in answer["obstacles"]]
    assert least_cost(relaxed(instance, rule)[0]) is not None


def test_without_that_rule_nothing_stands_in_the_way() -> None:
    assert compose(roomy_instance(), 1, LONG, iterations=1)["status"] == "valid"


def roomy_instance() -> dict[str, Any]:
    """Eight people of four schools, two challenges, teams of 2 to 4: nothing stands in the way."""
    base = small_instance(1, 8)
    return {
        **base,
        "rules": {**base["rules"], "team_size": {"min": 2, "max": 4}, "max_same_school": 2},
        "challenges": [{"id": one, "name": one, "teams_min": 0, "teams_max": 1 if one == "c1" else 2} for one in ("c1", "c2")],
        "students": [
            {**one, "school": "wxyz"[number % 4], "preferences": ["c1", "c2"][: number % 3]}
            for number, one in enumerate(base["students"])
        ],
        "together": [],
        "wish_together": [],
        "apart": [],
    }


def test_counting_explains_with_figures() -> None:
    instance = roomy_instance()
    instance["rules"]["team_size"] = {"min": 1, "max": 2}

    answer = compose(instance, 1, LONG, iterations=1)

    figures = {"found": "too_many_people", "people": 8, "teams": 3, "size": 2, "over": 2}
    assert answer["obstacles"][0] == {"rules": ["teams_per_challenge"], "figures": [{"rule": "teams_per_challenge", **figures}]}


def test_locked_places_are_kept() -> None:
    instance = roomy_instance()
    locked = [{"challenge": "c2", "students": ["P00", "P05"]}, {"challenge": "c2", "students": ["P01"]}]

    answer = compose(instance, 1, LONG, iterations=1, locked=locked)

    seats = {one: (number, team["challenge"]) for number, team in enumerate(answer["plan"]["teams"]) for one in team["students"]}
    assert answer["status"] == "valid"
    assert seats["P00"] == seats["P05"]
    assert {seats["P00"][1], seats["P01"][1]} == {"c2"}
    assert seats["P00"] != seats["P01"]


def test_a_lock_against_a_separation_is_broken_and_named() -> None:
    instance = roomy_instance()
    instance["apart"] = [["P00", "P05"]]

    answer = compose(instance, 1, LONG, iterations=1, locked=[{"challenge": "c1", "students": ["P00", "P05"]}])

    assert [one["rule"] for one in answer["hard_rules_broken"]] == ["apart"]
    assert [one["rules"] for one in answer["obstacles"]] == [["locked"], ["apart"]]


def test_asking_to_stop_keeps_the_plan_found() -> None:
    instance, told = public_instance("hackathon-72"), []

    answer = compose(instance, 1, LONG, on_progress=lambda *now: told.append(now), should_stop=lambda: told[-1][0] == "first")

    assert (answer["status"], answer["stopped_by"]) == ("valid", "asked")
    assert broken_rules(instance, answer["plan"]) == {}
    assert [one[0] for one in told if one[0] != "sharing"] == ["checking", "first", "done"]
    assert told[-1][2:4] == (answer["cost"], 0)


def test_the_clock_is_a_ceiling_and_says_so() -> None:
    answer = compose(public_instance("hackathon-72"), 1, 0.0)

    assert answer["stopped_by"] == "seconds"
    assert answer["plan"]["teams"]


def test_nobody_to_place_is_an_empty_plan() -> None:
    instance = {**roomy_instance(), "students": []}

    answer = compose(instance, 1, LONG)

    assert (answer["plan"], answer["status"], answer["cost"]) == ({"teams": []}, "valid", 0)


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("size_order", lambda one: one["rules"].update(team_size={"min": 5, "max": 4})),
        ("school_limit", lambda one: one["rules"].update(max_same_school=0)),
        ("challenge_order", lambda one: one["challenges"][0].update(teams_min=3, teams_max=2)),
        ("challenges_unclear", lambda one: one.update(challenges=[])),
        ("student_twice", lambda one: one["students"].append(one["students"][0])),
        ("weight_negative", lambda one: one["weights"].update(missing_skill=-1)),
        ("challenge_unknown", lambda one: one.update(locked=[{"challenge": "gone", "students": ["P00"]}])),
        ("locked_twice", lambda one: one.update(locked=[{"challenge": "c1", "students": ["P00"]}] * 2)),
        ("pairs_are_hard", lambda one: one["rules"].update(apart="soft")),
    ],
)
def test_contradictions_are_refused_by_name(code: str, spoil: Callable[[dict[str, Any]], object]) -> None:
    instance = roomy_instance()
    spoil(instance)

    with pytest.raises(BadInstance) as refused:
        compose(instance, 1, LONG, iterations=1)

    assert refused.value.code == code
