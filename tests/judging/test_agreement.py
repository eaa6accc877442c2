"""Agreement and comparisons: textbook figures, second ways to the same number, and data that cannot be compared."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import combinations, product
from typing import Any

import pytest

from judging.ranking import Unrankable
from judging.ranking.agreement import icc, kendall_w, krippendorff_alpha
from judging.ranking.pairwise import bradley_terry, comparisons_of

# Four observers, twelve units: the worked example in Krippendorff's own teaching note on computing alpha.
OBSERVED = ["123321412   ", "1233224125 3", " 3332342251 ", "12332441251 "]
UNITS = [
    (observer, unit, float(value))
    for observer, values in enumerate(OBSERVED)
    for unit, value in enumerate(values)
    if value != " "
]


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)])
def test_alpha_of_the_worked_example(level: str, alpha: float) -> None:
    assert krippendorff_alpha(UNITS, level) == pytest.approx(alpha, abs=0.0005)


def test_alpha_is_one_less_observed_over_expected_disagreement() -> None:
    """The definition, by all pairs of values."""
    chance = random.Random(5)
    rows = [(j, i, float(chance.randint(0, 4))) for j, i in product(range(4), range(9)) if chance.random() < 0.8]
    units = [[score for _j, unit, score in rows if unit == i] for i in range(9)]
    units = [unit for unit in units if len(unit) > 1]
    values = [score for unit in units for score in unit]
    observed = sum(sum((a - b) ** 2 for a, b in combinations(unit, 2)) / (len(unit) - 1) for unit in units) / len(values)
    expected = sum((a - b) ** 2 for a, b in combinations(values, 2)) / (len(values) * (len(values) - 1))

    assert krippendorff_alpha(rows) == pytest.approx(1 - observed / expected)


def test_concordance_counts_ties() -> None:
    """The corrected formula, written out."""
    chance = random.Random(3)
    rows = [(j, i, float(chance.randint(0, 3))) for j, i in product(range(4), range(8))]
    alike = [(j, i, float(i)) for j, i in product(range(3), range(5))]

    found = kendall_w(rows)

    assert kendall_w(alike).w == 1
    assert 0 < found.w < 1
    assert found.w == pytest.approx(by_hand(rows))


def by_hand(rows: list[tuple[int, int, float]]) -> float:
    jurors, entrants = sorted({j for j, _i, _x in rows}), sorted({i for _j, i, _x in rows})
    score = {(j, i): x for j, i, x in rows}

    def place(j: int, i: int) -> float:
        mine = score[j, i]
        return sum(score[j, k] < mine for k in entrants) + (sum(score[j, k] == mine for k in entrants) + 1) / 2

    sums = [sum(place(j, i) for j in jurors) for i in entrants]
    m, n = len(jurors), len(entrants)
    ties = sum(
        t**3 - t for j in jurors for v in {score[j, i] for i in entrants} if (t := [score[j, i] for i in entrants].count(v))
    )
    spread = sum((total - sum(sums) / n) ** 2 for total in sums)
    return 12 * spread / (m * m * (n**3 - n) - m * ties)


@pytest.mark.parametrize(
    ("call", "code", "figures"),
    [
        (lambda: icc([("A", 1, 3), ("A", 2, 4)]), "nothing_to_compare", {"jurors": 1, "entrants": 2}),
        (lambda: icc([("A", 1, 3), ("A", 2, 4), ("B", 1, 3)]), "table_incomplete", {"juror": "B", "entrant": 2}),
        (lambda: icc([(j, i, 3) for j in "AB" for i in "xy"]), "nothing_to_compare", {}),
        (lambda: kendall_w([(j, i, 3) for j in "AB" for i in "xy"]), "nothing_to_compare", {}),
        (lambda: krippendorff_alpha([("A", 1, 3), ("B", 2, 4)]), "nothing_to_compare", {}),
        (lambda: krippendorff_alpha(UNITS, "cardinal"), "unknown_level", {"level": "cardinal"}),
        (lambda: krippendorff_alpha([("A", 1, -1), ("B", 1, 2)], "ratio"), "unknown_level", {"level": "ratio"}),
        (lambda: bradley_terry([("a", "a")]), "row_malformed", {"row": 0}),
        (lambda: bradley_terry([("a", "b", 2)]), "score_not_a_number", {"row": 0}),
        (lambda: bradley_terry([("a", "b")], ridge=-1), "weight_invalid", {"ridge": -1}),
        (lambda: bradley_terry([("a", "b"), ("b", "c")], ridge=0), "strengths_unbounded", {"above": ["a"], "below": ["b", "c"]}),
        (lambda: bradley_terry([("b", "a"), ("a", "b"), ("d", "c")], ridge=0), "strengths_unbounded", None),
    ],
)
def test_what_cannot_be_compared_is_refused(call: Callable[[], Any], code: str, figures: dict[str, Any] | None) -> None:
    with pytest.raises(Unrankable) as caught:
        call()

    assert caught.value.code == code
    if figures is not None:
        assert caught.value.figures == figures


def games(seed: int, players: str = "abcdef") -> list[tuple[str, str, float]]:
    chance = random.Random(seed)
    return [(one, other, chance.choice([0.0, 0.5, 1.0])) for one, other in combinations(players, 2) for _round in range(4)]


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_strengths_solve_the_equations_of_the_maximum(ridge: float) -> None:
    """At the maximum everybody's wins are those to be expected, but for the pull of the ridge."""
    played = games(1)

    found = bradley_terry(played, ridge=ridge)

    for one in found.entrants:
        won = sum(share if a == one else 1 - share for a, b, share in played if one in (a, b))
        awaited = sum(found.chance(one, b if a == one else a) for a, b, _share in played if one in (a, b))
        assert won - awaited == pytest.approx(ridge * found.strengths[one], abs=1e-8)
    assert sum(found.strengths.values()) == pytest.approx(0, abs=1e-9)


def test_two_players_without_ridge_have_the_odds_of_their_wins() -> None:
    found = bradley_terry([("a", "b")] * 3 + [("b", "a")], ridge=0)

    assert found.strengths["a"] - found.strengths["b"] == pytest.approx(math.log(3))
    assert found.chance("a", "b") == pytest.approx(0.75)
    # Half of the difference, whose variance is 1/3 + 1/1.
    assert found.standard_errors["a"] == pytest.approx(math.sqrt(1 / 3 + 1) / 2)


def test_ridge_orders_what_has_no_maximum() -> None:
    found = bradley_terry([("a", "b"), ("b", "c")])

    assert found.ranks == {"a": 1, "b": 2, "c": 3}
    assert found.chance("a", "b") + found.chance("b", "a") == pytest.approx(1)


def test_weight_of_a_comparison_counts_as_so_many_comparisons() -> None:
    once = bradley_terry([("a", "b", 1, 3), ("b", "a", 1, 1)])
    often = bradley_terry([("a", "b")] * 3 + [("b", "a")])

    assert once.strengths == pytest.approx(often.strengths)


def test_comparisons_come_from_each_jurors_own_list() -> None:
    rows = [("A", "x", 7), ("A", "y", 7), ("A", "z", 5), ("B", "x", 1), ("C", "z", 2), ("C", "y", 3)]

    assert comparisons_of(rows) == [("x", "y", 0.5), ("x", "z", 1.0), ("y", "z", 1.0), ("y", "z", 1.0)]
