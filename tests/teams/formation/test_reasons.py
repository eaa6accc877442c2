"""Why somebody is where they are, checked by the scorer."""

import copy
from typing import Any

import pytest

from teams.formation import evaluate, reasons
from tests.teams.formation.scorer import best_known, price, public_instance

pytestmark = pytest.mark.embedded


def swapped(plan: dict[str, Any], one: str, other: str) -> dict[str, Any]:
    exchange = {one: other, other: one}
    return {"teams": [{**team, "students": [exchange.get(who, who) for who in team["students"]]} for team in plan["teams"]]}


@pytest.mark.parametrize("name", ["hackathon-72", "ideathon-204"])
def test_everybody_has_a_reason_that_the_plan_bears_out(name: str) -> None:
    instance, plan = public_instance(name), best_known(name)["plan"]

    found = reasons(instance, plan)

    challenge = {one: team["challenge"] for team in plan["teams"] for one in team["students"]}
    choices = {one["id"]: one["preferences"] for one in instance["students"]}
    assert found.keys() == choices.keys()
    for one, reason in found.items():
        listed = challenge[one] in choices[one]
        assert reason.rank == (choices[one].index(challenge[one]) + 1 if listed else None)
        assert (reason.code == "first_choice") == (reason.rank == 1)
        assert (reason.code == "no_choice") == (not choices[one])


def test_the_price_of_an_exchange_is_what_it_would_change() -> None:
    instance, plan = public_instance("hackathon-72"), best_known("hackathon-72")["plan"]
    alone = {one["id"] for one in instance["students"]} - {one for group in instance["together"] for one in group}

    found = [
        one for one in reasons(instance, plan).values() if one.code == "dearer" and {one.student, one.figures["other"]} <= alone
    ]

    assert found
    for reason in found:
        after = swapped(plan, reason.student, reason.figures["other"])
        assert price(instance, after) - price(instance, plan) == reason.figures["price"] - reason.figures["gain"]


def test_friends_and_rare_skills_are_named() -> None:
    instance, plan = public_instance("hackathon-72"), best_known("hackathon-72")["plan"]

    found = reasons(instance, plan)

    a, b = instance["together"][1]
    assert b in found[a].friends
    assert found["S0024"].brings == ("communication",)


def test_a_held_place_says_so() -> None:
    instance, plan = public_instance("hackathon-72"), best_known("hackathon-72")["plan"]

    assert reasons(instance, plan, locked=["S0001"])["S0001"].code == "locked"


def test_hand_changes_are_told_by_rule() -> None:
    instance, plan = public_instance("hackathon-72"), copy.deepcopy(best_known("hackathon-72")["plan"])
    who = plan["teams"][0]["students"].pop()
    plan["teams"][2]["students"].append(who)

    broken = {(one.rule, one.team) for one in evaluate(instance, plan).broken}

    assert ("team_size", 0) in broken
    assert ("team_size", 2) in broken
