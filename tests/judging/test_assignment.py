"""Jurors to teams: what every plan keeps, how good plans are, and what is said when there is none."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from judging.assignment import Plan, Unassignable, assign, next_team, quality

pytestmark = pytest.mark.embedded

KINDS = ("school", "partner", "authority")


def a_jury(teams: int, jurors: int, *, kinds: int = 0, conflicts: float = 0.0, seed: int = 0) -> dict[str, Any]:
    chance = random.Random(seed)
    names, people = [f"T{n:02d}" for n in range(teams)], [f"J{n:02d}" for n in range(jurors)]
    return {
        "teams": names,
        "jurors": people,
        "kinds": {one: KINDS[n % kinds] for n, one in enumerate(people)} if kinds else None,
        "conflicts": [(one, team) for one in people for team in names if chance.random() < conflicts],
        "seed": seed,
    }


def links_by_hand(plan: Plan, jurors: list[str], teams: list[str], lost: str | None) -> int:
    """Groups of teams when one juror is gone, by joining sets."""
    groups = [{team} for team in teams]
    for juror in jurors:
        own = {team for one, team in plan.ballots if one == juror != lost}
        joined = [group for group in groups if group & own]
        groups = [group for group in groups if not group & own] + ([set().union(*joined)] if joined else [])
    return len(groups)


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize(("teams", "jurors", "per_team", "kinds"), [(16, 9, 3, 3), (24, 12, 4, 0), (40, 15, 3, 3), (20, 8, 5, 2)])
def test_plan_keeps_every_rule(teams: int, jurors: int, per_team: int, kinds: int, seed: int) -> None:
    jury = a_jury(teams, jurors, kinds=kinds, conflicts=0.04, seed=seed)

    plan = assign(**jury, per_team=per_team)

    given = Counter(team for _juror, team in plan.ballots)
    assert given == dict.fromkeys(jury["teams"], per_team)
    assert len(set(plan.ballots)) == len(plan.ballots)
    assert not set(plan.ballots) & set(jury["conflicts"])
    kind_of = jury["kinds"] or dict.fromkeys(jury["jurors"], "")
    for kind in set(kind_of.values()):
        loads = [len(own) for juror, own in plan.lists.items() if kind_of[juror] == kind]
        assert max(loads) - min(loads) <= 1
        assert {team for juror, team in plan.ballots if kind_of[juror] == kind} == set(jury["teams"])
    assert [links_by_hand(plan, jury["jurors"], jury["teams"], lost) for lost in (None, *jury["jurors"])] == [1] * (jurors + 1)
    assert (plan.quality.components, plan.quality.pillars, plan.warnings) == (1, (), ())


@pytest.mark.parametrize(
    ("teams", "jurors", "per_team", "kinds", "at_least"),
    [(40, 20, 4, 0, 0.95), (40, 15, 3, 3, 0.95), (200, 50, 4, 0, 0.95), (200, 75, 3, 3, 0.93), (2000, 400, 4, 3, 0.95)],
)
def test_plan_is_nearly_as_precise_as_any(teams: int, jurors: int, per_team: int, kinds: int, at_least: float) -> None:
    plan = assign(**a_jury(teams, jurors, kinds=kinds), per_team=per_team)

    assert at_least < plan.quality.ratio <= 1
    assert plan.quality.loads[1] - plan.quality.loads[0] <= 1


def test_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    jury = a_jury(20, 10)

    first, again, other = (assign(**{**jury, "seed": seed}, per_team=3) for seed in (5, 5, 6))

    assert (first.ballots, first.lists) == (again.ballots, again.lists)
    assert first.ballots != other.ballots


def test_fewer_jurors_than_kinds_still_mix_them() -> None:
    jury = a_jury(30, 12, kinds=3)

    plan = assign(**jury, per_team=2)

    kinds = {team: {jury["kinds"][juror] for juror, on in plan.ballots if on == team} for team in jury["teams"]}
    assert {len(some) for some in kinds.values()} == {2}
    assert plan.quality.loads == (5, 5)


def test_limits_of_jurors_are_kept() -> None:
    jury = a_jury(20, 8)

    plan = assign(**jury, per_team=3, limits={"J00": 2, "J01": 0})

    loads = {juror: len(own) for juror, own in plan.lists.items()}
    assert (loads["J00"], loads["J01"]) == (2, 0)
    assert max(loads.values()) == 10
    assert {"code": "juror_without_teams", "juror": "J01"} in plan.warnings


@pytest.mark.parametrize("gone", ["J00", "J07"])
def test_drop_out_changes_only_that_jurors_ballots(gone: str) -> None:
    jury = a_jury(24, 12, kinds=2, conflicts=0.05)
    plan = assign(**jury, per_team=4)
    stay = [pair for pair in plan.ballots if pair[0] != gone]
    rest = {**jury, "jurors": [one for one in jury["jurors"] if one != gone]}
    rest["kinds"] = {juror: kind for juror, kind in jury["kinds"].items() if juror != gone}

    later = assign(**rest, per_team=4, kept=stay)

    assert set(stay) <= set(later.ballots)
    assert len(later.ballots) == len(plan.ballots)
    loads = [len(own) for juror, own in later.lists.items() if rest["kinds"][juror] == jury["kinds"][gone]]
    assert max(loads) - min(loads) <= 1


def test_conflicts_are_worked_around_along_chains() -> None:
    """Each team has exactly two jurors left of four, and each juror exactly the load: one plan exists, greedy or not."""
    teams, jurors = [f"T{n}" for n in range(4)], [f"J{n}" for n in range(4)]
    free = {(f"J{n}", f"T{(n + step) % 4}") for n in range(4) for step in (0, 1)}
    conflicts = [(juror, team) for juror in jurors for team in teams if (juror, team) not in free]

    plan = assign(teams, jurors, per_team=2, conflicts=conflicts)

    assert set(plan.ballots) == free


def test_plan_that_hangs_on_one_juror_says_so() -> None:
    """Five jurors, one ballot a team: nothing can link the teams of two jurors."""
    plan = assign([f"T{n}" for n in range(5)], ["A", "B"], per_team=1)
    bridge = assign(["x", "y", "z"], ["A", "B"], per_team=1, kept=[("A", "x"), ("A", "y"), ("B", "y"), ("B", "z")])

    assert plan.warnings[0] == {"code": "not_linked", "components": 2}
    assert (plan.quality.efficiency, plan.quality.ratio) == (0.0, 0.0)
    assert bridge.quality.pillars == ("A", "B")
    assert {"code": "rests_on_juror", "juror": "A"} in bridge.warnings


def test_only_juror_of_a_kind_is_pointed_out() -> None:
    plan = assign(list("abcd"), ["A", "B", "C"], per_team=2, kinds={"A": "partner", "B": "school", "C": "school"})

    assert {"code": "single_juror_of_kind", "kind": "partner", "juror": "A"} in plan.warnings


@pytest.mark.parametrize(
    ("changes", "code", "figures"),
    [
        ({"per_team": 5}, "too_few_jurors", {"wanted": 5, "jurors": 4}),
        ({"per_team": 0}, "count_invalid", {"per_team": 0}),
        ({"teams": ["a", "b", "a"]}, "team_twice", {"team": "a"}),
        ({"jurors": ["A", "B", "A"]}, "juror_twice", {"juror": "A"}),
        ({"conflicts": [("A", "z")]}, "unknown_team", {"team": "z"}),
        ({"kinds": {"Z": "school"}}, "unknown_juror", {"juror": "Z"}),
        ({"kept": [("Z", "a")]}, "unknown_juror", {"juror": "Z"}),
        ({"limits": {"A": -1}}, "count_invalid", {"juror": "A", "limit": -1}),
        ({"limits": {"A": 1, "B": 1, "C": 1, "D": 1}}, "limits_too_low", {"wanted": 6, "possible": 4}),
        (
            {"conflicts": [("A", "b"), ("B", "b"), ("C", "b")]},
            "team_without_jurors",
            {"team": "b", "wanted": 2, "allowed": 1},
        ),
        (
            {"kinds": {"A": "x", "B": "x", "C": "y", "D": "y"}, "conflicts": [("C", "b"), ("D", "b")]},
            "kind_without_jurors",
            {"team": "b", "kind": "y", "wanted": 1, "allowed": 0},
        ),
        (
            {"kinds": {"A": "x", "B": "y", "C": "y", "D": "y"}, "limits": {"A": 2}},
            "limits_of_kind_too_low",
            {"kind": "x", "wanted": 3, "possible": 2},
        ),
    ],
)
def test_impossible_wishes_name_the_rule_and_both_numbers(changes: dict[str, Any], code: str, figures: dict[str, Any]) -> None:
    wishes: dict[str, Any] = {"teams": ["a", "b", "c"], "jurors": ["A", "B", "C", "D"], "per_team": 2}

    with pytest.raises(Unassignable) as caught:
        assign(**{**wishes, **changes})

    assert (caught.value.code, caught.value.figures) == (code, figures)


def test_conflicts_and_limits_together_name_the_team_left_over() -> None:
    """Teams a and b have juror B alone, who takes one team; the others have room that helps nobody."""
    conflicts = [(juror, team) for juror in "CD" for team in "ab"]

    with pytest.raises(Unassignable) as caught:
        assign(list("abcd"), list("BCD"), per_team=1, conflicts=conflicts, limits={"B": 1})

    assert (caught.value.code, caught.value.figures["wanted"], caught.value.figures["given"]) == ("team_unserved", 1, 0)
    assert caught.value.figures["team"] in ("a", "b")


def test_quality_of_known_designs() -> None:
    """Closed panels compare nothing; three jurors around three teams reach the bound; everybody on everything is 1."""
    panels = quality([("A", 1), ("A", 2), ("B", 3), ("B", 4)], teams=[1, 2, 3, 4], jurors=["A", "B"])
    ring = quality([("A", 1), ("A", 2), ("B", 2), ("B", 3), ("C", 3), ("C", 1)], teams=[1, 2, 3], jurors=["A", "B", "C"])
    whole = quality([(j, i) for j in "AB" for i in "xyz"], teams="xyz", jurors="AB")

    assert (panels.components, panels.efficiency, panels.ratio) == (2, 0.0, 0.0)
    assert (ring.components, ring.pillars) == (1, ())
    assert (ring.ratio, ring.efficiency) == pytest.approx((1, 0.75))
    assert (whole.efficiency, whole.bound) == pytest.approx((1, 1))
    assert (whole.ballots, whole.loads) == ((2, 2), (3, 3))


def test_efficiency_is_the_same_from_jurors_and_from_teams() -> None:
    """With one ballot more on one team the other way is taken; both stay close to each other."""
    jury = a_jury(30, 10)
    plan = assign(**jury, per_team=3)
    extra = next((juror, "T00") for juror in jury["jurors"] if (juror, "T00") not in plan.ballots)

    even = quality(plan.ballots, teams=jury["teams"], jurors=jury["jurors"])
    uneven = quality([*plan.ballots, extra], teams=jury["teams"], jurors=jury["jurors"])

    assert even == plan.quality
    assert uneven.efficiency == pytest.approx(even.efficiency, abs=0.01)


def test_next_team_is_the_one_that_has_waited_most() -> None:
    facts: dict[str, Any] = {
        "teams": ["a", "b", "c", "d"],
        "ballots": [("A", "a"), ("B", "b"), ("C", "b"), ("A", "d"), ("B", "d")],
    }

    assert next_team("A", **facts) == "c"
    assert next_team("A", **facts, busy=["c"]) == "b"
    assert next_team("A", **facts, conflicts=[("A", "c"), ("A", "b")]) is None
    assert next_team("C", **facts, busy=["c"]) == "a"


def test_next_team_prefers_jurors_met_less_often() -> None:
    """A has met B twice and C never; both open teams have one ballot."""
    ballots = [("A", "a"), ("B", "a"), ("A", "b"), ("B", "b"), ("B", "c"), ("C", "d")]

    assert next_team("A", teams=list("abcd"), ballots=ballots) == "d"


def test_pairs_that_cost_are_avoided_and_every_rule_is_kept() -> None:
    teams, jurors = [f"t{n}" for n in range(24)], [f"j{n}" for n in range(12)]
    costs = {(juror, team): 3.0 for j, juror in enumerate(jurors) for t, team in enumerate(teams) if (j + t) % 3 == 0}

    blind, easy = (assign(teams, jurors, per_team=4, costs=some, seed=5) for some in ({}, costs))

    assert (len(costs.keys() & set(blind.ballots)) > 20, costs.keys() & set(easy.ballots)) == (True, set())
    assert {len(own) for own in easy.lists.values()} == {8}
    assert (easy.quality.components, easy.quality.pillars) == (1, blind.quality.pillars)
    assert assign(teams, jurors, per_team=4, seed=5).ballots == blind.ballots
    # A wish, never a rule: where only dear jurors are left, they are taken.
    assert len(assign(["a"], ["x", "y"], per_team=2, costs={("x", "a"): 9.0}).ballots) == 2


def test_next_team_is_rather_one_that_costs_nothing() -> None:
    facts: dict[str, Any] = {"teams": ["a", "b", "c"], "ballots": [("J2", "c")]}

    assert next_team("J1", **facts, costs={"a": 3.0}) == "b"
    assert next_team("J1", **facts, costs={"a": 3.0, "b": 1.0, "c": 0.0}) == "b"
