"""The morning: who is absent, who is late, and how few people change team."""

from typing import Any

import pytest

from teams.formation import compose, on_the_day, repair
from tests.teams.formation.scorer import best_known, broken_rules, price, public_instance, small_instance

pytestmark = pytest.mark.embedded

PUBLIC = ["hackathon-72", "ideathon-204"]


def moved(plan: dict[str, Any], answer: dict[str, Any]) -> int:
    """People of the plan who sit in another team than before, counted anew."""
    before = {one: number for number, team in enumerate(plan["teams"]) for one in team["students"]}
    after = {
        one: number
        for number, team in zip(answer["team_numbers"], answer["plan"]["teams"], strict=True)
        for one in team["students"]
    }
    return sum(after[one] != before[one] for one in after if one in before)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_morning_without_news_moves_nobody(name: str) -> None:
    instance, plan = public_instance(name), best_known(name)["plan"]

    answer = repair(instance, plan, [], [])

    assert (answer["without_dissolving"]["moves"], answer["with_dissolving"]) == (0, None)
    assert [sorted(team["students"]) for team in answer["without_dissolving"]["plan"]["teams"]] == [
        sorted(team["students"]) for team in plan["teams"]
    ]


@pytest.mark.parametrize("name", PUBLIC)
def test_the_recorded_day_needs_no_move(name: str) -> None:
    instance, known = public_instance(name), best_known(name)
    day = instance["day_of"]

    answer = repair(instance, known["plan"], day["no_shows"], day["late_arrivals"])

    today, found = on_the_day(instance, day["no_shows"], day["late_arrivals"]), answer["without_dissolving"]
    assert broken_rules(today, found["plan"]) == {}
    assert moved(known["plan"], found) == found["moves"] == known["day_of"]["minimum_moves"] == 0
    assert found["cost"] == price(today, found["plan"])


@pytest.mark.parametrize("name", PUBLIC)
def test_the_hard_morning_needs_as_few_moves_as_recorded(name: str) -> None:
    instance, known = public_instance(name), best_known(name)
    hard = known["hard_morning"]

    answer = repair(instance, known["plan"], hard["no_shows"], [])

    today = on_the_day(instance, hard["no_shows"], [])
    assert (answer["teams_below_minimum"], answer["places_short"]) == (hard["teams_below_minimum"], hard["places_short"])
    both = [answer["without_dissolving"], answer["with_dissolving"]]
    assert [broken_rules(today, one["plan"]) for one in both] == [{}, {}]
    assert [moved(known["plan"], one) for one in both] == [one["moves"] for one in both]
    assert [len(one["dissolved"]) for one in both] == [0, hard["teams_dissolved"]]
    assert answer["with_dissolving"]["moves"] == hard["best_moves"] < answer["without_dissolving"]["moves"]


def test_cards_say_what_few_moves_cost() -> None:
    instance, known = public_instance("hackathon-72"), best_known("hackathon-72")
    day = instance["day_of"]

    answer = repair(instance, known["plan"], day["no_shows"], day["late_arrivals"])

    cards = [(one["limit"], one["answer"]) for one in answer["cards"]]
    assert [limit for limit, _ in cards] == [0, 3, 6]
    assert all(found["moves"] <= limit and found["status"] == "valid" for limit, found in cards)
    assert cards[0][1]["cost"] > cards[1][1]["cost"] >= cards[2][1]["cost"]


def test_locked_people_stay() -> None:
    instance, known = public_instance("hackathon-72"), best_known("hackathon-72")
    hard = known["hard_morning"]
    free = repair(instance, known["plan"], hard["no_shows"], [], cards=False)["without_dissolving"]
    mover = free["moved"][0]["student"]

    held = repair(instance, known["plan"], hard["no_shows"], [], locked=[mover], cards=False)["without_dissolving"]

    assert mover not in {one["student"] for one in held["moved"]}
    assert held["status"] == "valid"


def test_a_morning_that_cannot_be_mended_names_what_stays_broken() -> None:
    instance = small_instance(2, 9)
    plan = compose(instance, 1, 600.0, iterations=1)["plan"]
    away = [one["id"] for one in instance["students"][1:]]

    answer = repair(instance, plan, away, [], cards=False)

    assert answer["without_dissolving"]["status"] == "broken"
    assert {one["rule"] for one in answer["without_dissolving"]["hard_rules_broken"]} >= {"team_size"}
