"""What must hold of every ranking, whatever the ballots: properties, edge cases and seeded simulations."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from itertools import combinations, product
from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judging.ranking import Ballot, Criterion, Ranking, Unrankable, fit, rank, standings, table, update
from judging.ranking.design import design_of
from judging.ranking.marks import filled
from judging.ranking.standings import linked_groups

pytestmark = pytest.mark.embedded

METHODS = ["adjusted", "mean", "fixed", "shrunk"]
Row = tuple[Any, Any, float]


@st.composite
def ballots(draw: st.DrawFn, jurors: int = 6, teams: int = 8) -> list[Row]:
    """Half points from 0 to 10, about half of the table filled."""
    cells = draw(st.lists(st.sampled_from(list(product(range(jurors), range(teams)))), unique=True, min_size=1, max_size=40))
    return [(f"J{j}", f"T{i}", draw(st.integers(0, 20)) / 2) for j, i in cells]


def an_event(
    seed: int, *, teams: int = 40, jurors: int = 20, per_team: int = 4, severity: float = 0.7, noise: float = 1.0
) -> list[Row]:
    """A random event: every juror about as often as the others."""
    chance = np.random.default_rng(seed)
    quality, offset = chance.normal(0, 1, teams), chance.normal(0, severity, jurors)
    loads = np.zeros(jurors)
    rows = []
    for i in range(teams):
        chosen = np.argsort(loads + chance.random(jurors), kind="stable")[:per_team]
        loads[chosen] += 1
        rows += [(f"J{j:02d}", f"T{i:02d}", float(quality[i] + offset[j] + chance.normal(0, noise))) for j in chosen.tolist()]
    return rows


def complete(seed: int, teams: int = 7, jurors: int = 4) -> list[Row]:
    chance = random.Random(seed)
    return [(f"J{j}", f"T{i}", chance.randint(0, 20) / 2) for j, i in product(range(jurors), range(teams))]


def at_penalty(rows: list[Row], penalty: float) -> dict[Any, float]:
    """Adjusted scores at a strength of shrinkage that is given, not estimated."""
    design = design_of(rows)
    right = design.by_juror(design.weight * (design.score - design.entrant_means[design.entrant]))
    offsets = fit.solve(design, penalty, right)
    rest = design.score - offsets[design.juror]
    found = design.by_entrant(design.weight * rest) / design.entrant_weight
    return dict(zip(design.entrants, found.tolist(), strict=True))


def close(one: dict[Any, float], other: dict[Any, float], within: float = 1e-9) -> bool:
    return one.keys() == other.keys() and all(abs(one[key] - other[key]) <= within for key in one)


# --- What must not matter -----------------------------------------------------------------------------------------


@given(rows=ballots(), method=st.sampled_from(METHODS), seed=st.integers(0, 99))
def test_same_ballots_in_another_order_give_the_same_bytes(rows: list[Row], method: str, seed: int) -> None:
    shuffled = rows[:]
    random.Random(seed).shuffle(shuffled)

    first, second = rank(rows, method), rank(shuffled, method)

    assert json.dumps([first.scores, first.offsets, first.certificate()]) == json.dumps(
        [second.scores, second.offsets, second.certificate()]
    )


@given(rows=ballots(), method=st.sampled_from(["adjusted", "mean", "fixed"]), seed=st.integers(0, 99))
def test_renaming_jurors_and_teams_changes_nothing(rows: list[Row], method: str, seed: int) -> None:
    chance = random.Random(seed)
    new = {name: f"X{chance.random()}" for row in rows for name in row[:2]}

    before, after = rank(rows, method), rank([(new[j], new[i], y) for j, i, y in rows], method)

    assert close({new[team]: score for team, score in before.scores.items()}, after.scores)
    assert close({new[juror]: offset for juror, offset in before.offsets.items()}, after.offsets)


@given(rows=ballots(), a=st.sampled_from([0.1, 3.0, 20.0]), b=st.sampled_from([-50.0, 7.5]), method=st.sampled_from(METHODS[:3]))
def test_another_scale_gives_the_same_picture(rows: list[Row], a: float, b: float, method: str) -> None:
    before, after = rank(rows, method), rank([(j, i, a * y + b) for j, i, y in rows], method)

    assert close({team: a * score + b for team, score in before.scores.items()}, after.scores, 1e-9 * a + 1e-8)
    assert after.var_error == pytest.approx(a * a * before.var_error, rel=1e-6, abs=1e-9)
    errors = [[-1.0 if error is None else error for error in found.standard_errors.values()] for found in (before, after)]
    assert errors[1] == pytest.approx([error if error < 0 else a * error for error in errors[0]], rel=1e-6, abs=1e-9)
    assert after.ranks == before.ranks


@given(seed=st.integers(0, 10**6), method=st.sampled_from(["adjusted", "fixed"]))
def test_complete_table_is_the_mean(seed: int, method: str) -> None:
    rows = complete(seed)

    assert rank(rows, method).scores == rank(rows, "mean").scores == rank(rows).raw_means


@given(seed=st.integers(0, 10**6))
def test_shrinkage_leads_from_fixed_to_the_mean(seed: int) -> None:
    rows = an_event(seed, teams=8, jurors=5, per_team=3)

    fixed = rank(rows, "fixed")

    assert fixed.estimator == "least_squares"
    assert close(at_penalty(rows, 1e12), rank(rows, "mean").scores, 1e-6)
    assert close(at_penalty(rows, 0.0), fixed.scores, 1e-6)


@given(seed=st.integers(0, 10**6), one=st.sampled_from(["J00", "J03"]))
def test_fixed_ignores_a_constant_and_a_repetition(seed: int, one: str) -> None:
    """A constant added by one juror moves no pair that can be compared; each ballot counted twice moves nothing."""
    rows = an_event(seed, teams=8, jurors=5, per_team=3)
    before = rank(rows, "fixed")

    lenient = rank([(j, i, y + 3 * (j == one)) for j, i, y in rows], "fixed")
    doubled = rank([(*row, 2.0) for row in rows], "fixed")

    for component in before.components:
        for a, b in combinations(component.entrants, 2):
            assert lenient.scores[a] - lenient.scores[b] == pytest.approx(before.scores[a] - before.scores[b], abs=1e-8)
    assert close(doubled.scores, before.scores, 1e-8)


def test_constant_of_one_juror_has_at_most_forty_percent_of_its_effect_on_the_mean() -> None:
    shares = []
    for seed in range(60):
        rows = an_event(seed, teams=30, jurors=20, per_team=4)
        lenient = [(j, i, y + (j == "J03")) for j, i, y in rows]
        moved = [
            np.std(
                [
                    after - before
                    for before, after in zip(*(rank(some, method).scores.values() for some in (rows, lenient)), strict=True)
                ]
            )
            for method in ("adjusted", "mean")
        ]
        shares.append(moved[0] / moved[1])

    assert median(shares) < 0.40


@given(rows=ballots(), data=st.data(), penalty=st.sampled_from([0.05, 1.0, 20.0]))
def test_a_better_ballot_raises_its_team_most(rows: list[Row], data: st.DataObject, penalty: float) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    juror, team, score = rows[place]
    before = at_penalty(rows, penalty)

    after = at_penalty([*rows[:place], (juror, team, score + 2), *rows[place + 1 :]], penalty)

    gains = {one: after[one] - before[one] for one in before}
    assert gains[team] > 0
    assert all(gain <= gains[team] + 1e-9 for gain in gains.values())


def test_a_better_ballot_raises_its_team_also_where_shrinkage_is_estimated_anew() -> None:
    violations = 0
    for seed in range(120):
        rows = an_event(seed, teams=12, jurors=8, per_team=3)
        place = random.Random(seed).randrange(len(rows))
        juror, team, score = rows[place]
        before, after = rank(rows), rank(rows).with_ballot(juror, team, score + 1)
        gains = {one: after.scores[one] - before.scores[one] for one in before.scores}
        violations += gains[team] <= 0 or max(gains.values()) > gains[team] + 1e-9

    assert violations == 0


@given(seed=st.integers(0, 10**6), value=st.integers(0, 10))
def test_juror_who_gives_everybody_the_same_leaves_the_order_of_a_complete_table(seed: int, value: int) -> None:
    rows = complete(seed)

    assert rank([*rows, *(("J9", f"T{i}", float(value)) for i in range(7))]).ranks == rank(rows).ranks


@given(rows=ballots())
def test_swapping_two_teams_swaps_their_results(rows: list[Row]) -> None:
    other: dict[Any, Any] = {"T0": "T1", "T1": "T0"}
    swapped = rank([(j, other.get(i, i), y) for j, i, y in rows])

    assert close({other.get(team, team): score for team, score in rank(rows).scores.items()}, swapped.scores)


# --- Draws --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_chances_add_up(method: str) -> None:
    found = rank(an_event(4, teams=9, jurors=6, per_team=3), method, seed=11)

    above = found.pairwise()

    assert above is not None
    assert np.array_equal(above + above.T, np.ones((9, 9)))
    assert above[2, 5] == found.chance_above("T02", "T05")
    assert sum((found.chance_in_top(1) or {}).values()) == pytest.approx(1)
    assert sum((found.chance_in_top(3) or {}).values()) == pytest.approx(3)


def test_draws_spread_as_the_standard_errors_say() -> None:
    """The share of draws that put one above another is the one that a t distribution with these errors gives."""
    rows = an_event(2, teams=20, jurors=10, per_team=4)
    found = rank(rows, seed=5)
    chance = np.random.default_rng(1)

    for one, other in [("T00", "T01"), ("T03", "T17"), ("T05", "T06")]:
        apart, error = found.scores[one] - found.scores[other], found.difference_error(one, other)
        drawn = apart + (error or 0) * chance.standard_t(found.degrees, 200_000)
        assert found.chance_above(one, other) == pytest.approx(float((drawn > 0).mean()), abs=0.035)


def test_seed_gives_the_same_draws_and_another_seed_others() -> None:
    rows = an_event(1)

    first, again, other = (rank(rows, seed=seed).rank_intervals() for seed in (7, 7, 8))

    assert first == again
    assert first != other


def test_brackets_join_neighbours_and_cover_everybody() -> None:
    found = rank(an_event(3))

    brackets = found.ties_within_error() or []

    assert tuple(one for bracket in brackets for one in bracket) == found.order
    for bracket in brackets:
        assert all((found.chance_above(a, b) or 0) < 0.90 for a, b in zip(bracket, bracket[1:], strict=False))
    for above, below in zip(brackets, brackets[1:], strict=False):
        assert found.verdict(above[-1], below[0]) in ("clearly", "probably")


def test_clear_difference_is_said_clearly() -> None:
    rows = [
        (f"J{j}", team, level + 0.1 * ((j + shift) % 3))
        for j in range(6)
        for shift, (team, level) in enumerate([("a", 9), ("b", 2), ("c", 9)])
    ]

    found = rank(rows)

    assert (found.verdict("a", "b"), found.verdict("b", "a")) == ("clearly", "not")
    assert found.verdict("a", "c") == "tied"


# --- Many jurors --------------------------------------------------------------------------------------------------


def test_moments_and_conjugate_gradients_come_close_to_likelihood(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = an_event(6, teams=60, jurors=30)
    likely = rank(rows)

    monkeypatch.setattr(fit, "MANY_JURORS", 10)
    found = rank(rows)

    assert (likely.estimator, found.estimator) == ("reml", "moments")
    assert found.var_error == pytest.approx(rank(rows, "fixed").var_error)
    assert found.var_juror == pytest.approx(likely.var_juror, rel=0.35)
    assert close(found.scores, at_penalty(rows, found.shrinkage))
    assert np.corrcoef(list(found.scores.values()), list(likely.scores.values()))[0, 1] > 0.999
    assert rank(rows, "shrunk").var_entrant == pytest.approx(1, rel=0.6)


def test_solution_without_a_matrix_equals_that_of_the_matrix() -> None:
    rows = [*an_event(8), ("J90", "T90", 3.0), ("J91", "T90", 5.0)]
    design = design_of(rows)
    right = design.by_juror(design.score - design.entrant_means[design.entrant])
    matrix = fit.shared_matrix(design)

    found = fit.solve(design, 0.7, right)
    free = fit.solve(design, 0.0, right)

    assert design.groups == 2
    assert np.allclose(found, np.linalg.solve(matrix + 0.7 * np.eye(len(right)), right), atol=1e-8)
    assert np.allclose(free, np.linalg.pinv(matrix) @ right, atol=1e-8)


# --- One ballot more ----------------------------------------------------------------------------------------------


@given(
    rows=ballots(),
    juror=st.sampled_from(["J0", "J5", "J9"]),
    team=st.sampled_from(["T0", "T7", "T9"]),
    weight=st.sampled_from([0, 1, 2]),
)
def test_update_equals_a_new_fit(rows: list[Row], juror: str, team: str, weight: int) -> None:
    rest = [row for row in rows if row[:2] != (juror, team)]
    before = rank(rows)
    afresh = rank([*rest, (juror, team, 4.5, weight)])

    for after in (before.with_ballot(juror, team, 4.5, weight), update(before, (juror, team, 4.5, weight))):
        assert close(after.scores, afresh.scores)
        assert (after.notes, after.design.groups, after.ranks) == (afresh.notes, afresh.design.groups, afresh.ranks)


def test_update_keeps_those_without_a_ballot_in_sight() -> None:
    found = rank([("A", "x", 3), ("B", "x", 4)], entrants=["x", "y", "z"])

    after = found.with_ballot("A", "y", 5).with_ballot("A", "x", 0, 0).with_ballot("B", "x", 0, 0)

    assert (found.unranked, after.unranked, after.scores) == (("y", "z"), ("x", "z"), {"y": 5.0})


def test_without_a_juror_is_the_ranking_of_the_others() -> None:
    rows = an_event(9)

    assert rank(rows).without_juror("J01").scores == rank([row for row in rows if row[0] != "J01"]).scores


# --- Edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        [("A", "x", 3), ("A", "y", 5), ("A", "z", 4)],
        [("A", "x", 3), ("B", "y", 5), ("C", "z", 4)],
        [("A", "x", 3), ("A", "y", 5), ("B", "y", 3), ("B", "z", 4)],
    ],
    ids=["one juror", "one ballot each", "a chain"],
)
@pytest.mark.parametrize("method", METHODS)
def test_too_few_ballots_give_raw_means_without_errors(rows: list[Row], method: str) -> None:
    found = rank(rows, method)

    assert found.scores == found.raw_means
    if method != "mean" or len(rows) == 3:
        assert set(found.standard_errors.values()) == {None}
        assert (found.pairwise(), found.ties_within_error(), "too_few_ballots" in found.notes) == (None, None, True)
    assert set(found.rank_intervals().values()) == {None}


@pytest.mark.parametrize("method", METHODS)
def test_equal_scores_share_the_first_rank_with_no_error(method: str) -> None:
    found = rank([(j, i, 0.1 + 0.2) for j, i in product("ABC", "xyz")], method)

    assert set(found.ranks.values()) == {1}
    assert set(found.standard_errors.values()) == {0.0}
    above = found.pairwise()
    assert above is not None
    assert np.array_equal(above + above.T, np.ones((3, 3)))


def test_jurors_who_do_not_differ_are_not_corrected() -> None:
    """Noise alone, no severity: adjusted is the mean, and says why."""
    found = rank(an_event(2, severity=0.0))

    assert found.scores == pytest.approx(found.raw_means, abs=1e-12)
    assert (found.var_juror, found.shrinkage, "jurors_do_not_differ" in found.notes) == (0.0, float("inf"), True)


def test_additive_ballots_without_noise_are_taken_apart() -> None:
    quality, offset = {"x": 1.0, "y": 5.0, "z": 8.0}, {"A": -2.0, "B": 0.0, "C": 2.0}
    rows = [(j, i, quality[i] + offset[j]) for j, i in product("ABC", "xyz") if (j, i) not in (("A", "z"), ("C", "x"))]

    assert rank(rows).scores == pytest.approx(quality, abs=0.01)
    assert rank(rows, "fixed").scores == pytest.approx(quality, abs=1e-9)
    assert rank(rows, "fixed").offsets == pytest.approx(offset, abs=1e-9)


def test_panels_without_a_link_are_told_apart() -> None:
    rows = [(j, i, float(n)) for n, (j, i) in enumerate([*product("AB", "xy"), *product("CD", "uv")])]
    rows += [("A", "w", 3.5)]

    found = rank(rows)

    assert [(one.jurors, one.entrants) for one in found.components] == [(("C", "D"), ("u", "v")), (("A", "B"), ("w", "x", "y"))]
    assert "groups_not_linked" in found.notes
    assert found.certificate()["groups"] == 2


def test_team_without_a_ballot_is_unranked_and_a_ballot_of_weight_zero_is_none() -> None:
    found = rank([("A", "x", 3), ("B", "x", 5), ("B", "y", 9, 0)], entrants=["x", "y", "z"])

    assert (found.ranks, found.unranked, list(found.offsets)) == ({"x": 1}, ("y", "z"), ["A", "B"])


def test_nothing_is_no_error() -> None:
    found = rank([], entrants=["x"])

    assert (found.scores, found.ranks, found.order, found.components, found.unranked) == ({}, {}, (), (), ("x",))
    assert (found.standard_errors, found.pairwise(), found.rank_intervals()) == ({}, None, {})


def test_weights_of_jurors_and_of_ballots_are_the_same_thing() -> None:
    rows = an_event(3, teams=10, jurors=6)

    by_juror = rank(rows, weights={"J02": 3.0})
    by_ballot = rank(rows, weights=[3.0 if row[0] == "J02" else 1.0 for row in rows])
    in_row = rank([(*row, 3.0) if row[0] == "J02" else row for row in rows])
    as_mapping = rank([{"juror": j, "entrant": i, "score": y, "weight": 3 if j == "J02" else 1} for j, i, y in rows])

    assert by_juror.scores == by_ballot.scores == in_row.scores == as_mapping.scores
    assert by_juror.scores != rank(rows).scores


def test_scaling_all_weights_changes_no_score() -> None:
    rows = an_event(5, teams=10, jurors=6)

    assert close(rank(rows, weights=[7.0] * len(rows)).scores, rank(rows).scores)


@pytest.mark.parametrize(
    ("rows", "changes", "code", "figures"),
    [
        ([("A", "x", "7,5")], {}, "score_not_a_number", {"juror": "A", "entrant": "x"}),
        ([("A", "x", "7.5")], {}, "score_not_a_number", {"juror": "A", "entrant": "x"}),
        ([("A", "x", float("nan"))], {}, "score_not_a_number", {"juror": "A", "entrant": "x"}),
        ([("A", "x", float("inf"))], {}, "score_not_a_number", {"juror": "A", "entrant": "x"}),
        ([("A", "x", Decimal("sNaN"))], {}, "score_not_a_number", {"juror": "A", "entrant": "x"}),
        ([("A", "x", True)], {}, "score_not_a_number", {"juror": "A", "entrant": "x"}),
        ([("A", "x", None)], {}, "score_not_a_number", {"juror": "A", "entrant": "x"}),
        ([("A", "x", 1), ("A", "x", 2)], {}, "ballot_twice", {"juror": "A", "entrant": "x"}),
        ([("A", "x", 1), ("A", "y")], {}, "row_malformed", {"row": 1}),
        ([{"juror": "A", "score": 1}], {}, "row_malformed", {"row": 0}),
        ([5], {}, "row_malformed", {"row": 0}),
        ([("A", "x", 1, -1)], {}, "weight_invalid", {"juror": "A", "entrant": "x"}),
        ([("A", "x", 1)], {"weights": {"A": float("nan")}}, "weight_invalid", {"juror": "A", "entrant": "x"}),
        ([("A", "x", 1)], {"weights": [1.0, 2.0]}, "weight_invalid", {"weights": 2, "ballots": 1}),
        ([("A", "x", 1)], {"entrants": ["y"]}, "unknown_entrant", {"entrant": "x"}),
        ([("A", "x", 1)], {"method": "median"}, "unknown_method", {"method": "median"}),
    ],
)
def test_bad_rows_are_refused_by_code_and_name(
    rows: list[Any], changes: dict[str, Any], code: str, figures: dict[str, Any]
) -> None:
    with pytest.raises(Unrankable) as caught:
        rank(rows, **changes)

    assert (caught.value.code, caught.value.figures) == (code, figures)


# --- Marks on criteria --------------------------------------------------------------------------------------------

CRITERIA = [Criterion(id=n, weight=Decimal(w), lowest=Decimal(0), highest=Decimal(10)) for n, w in ((1, 60), (2, 40))]


def marked(*rows: tuple[int, int, int | None, int | None]) -> list[Ballot]:
    return [Ballot(juror=j, team=t, marks={n: Decimal(x) for n, x in ((1, a), (2, b)) if x is not None}) for j, t, a, b in rows]


@pytest.mark.parametrize(
    ("ballots", "criteria", "code"),
    [
        (marked((1, 1, 11, 5)), CRITERIA, "mark_off_scale"),
        (marked((1, 1, -1, 5)), CRITERIA, "mark_off_scale"),
        ([Ballot(juror=1, team=1, marks={1: Decimal("NaN"), 2: Decimal(1)})], CRITERIA, "mark_not_a_number"),
        (marked((1, 1, 1, 5), (1, 1, 2, 5)), CRITERIA, "ballot_twice"),
        ([], [Criterion(id=1, weight=Decimal(0), lowest=Decimal(0), highest=Decimal(5))], "weights_all_zero"),
        ([], [Criterion(id=1, weight=Decimal(-1), lowest=Decimal(0), highest=Decimal(5))], "weight_invalid"),
        ([], [Criterion(id=1, weight=Decimal(1), lowest=Decimal(5), highest=Decimal(5))], "scale_without_length"),
    ],
)
def test_bad_marks_are_refused(ballots: list[Ballot], criteria: list[Criterion], code: str) -> None:
    with pytest.raises(Unrankable) as caught:
        table(ballots, criteria, teams=[1])

    assert caught.value.code == code


def test_gap_is_filled_by_the_criterion_and_the_jurors_other_marks() -> None:
    """Complete ballots average 6 and 3; this juror gave 2 more than average on the first criterion, so 5 on the second."""
    given_marks = marked((1, 1, 4, 2), (2, 1, 8, 4), (3, 1, 8, None), (4, 2, None, None))

    found = filled(given_marks, CRITERIA)
    row = table(given_marks, CRITERIA, teams=[1, 2], method="mean", partial=True).standings[0]

    assert [dict(own) for _ballot, own in found][2] == {1: 8, 2: 5}
    assert row.ballots == 3
    assert row.score == pytest.approx((32 + 64 + 68) / 3)
    assert standings(given_marks, CRITERIA, teams=[1, 2])[0].ballots == 2
    assert filled(marked((3, 1, 8, None)), CRITERIA) == []


def test_same_relative_marks_on_any_scale_give_the_same_ranking() -> None:
    chance = random.Random(2)
    shares = [(j, t, chance.randint(0, 4), chance.randint(0, 4)) for j, t in product(range(6), range(8)) if chance.random() < 0.6]
    found = []
    for lowest, step in ((1, "1"), (0, "2.5"), (0, "5")):
        scale = [
            Criterion(id=c.id, weight=c.weight, lowest=Decimal(lowest), highest=lowest + 4 * Decimal(step)) for c in CRITERIA
        ]
        rows = [
            Ballot(juror=j, team=t, marks={1: lowest + a * Decimal(step), 2: lowest + b * Decimal(step)}) for j, t, a, b in shares
        ]
        found.append([(row.team, row.rank, round(row.score or 0, 9)) for row in table(rows, scale, teams=range(8)).standings])

    assert found[0] == found[1] == found[2]


def test_table_says_which_method_came_to_bear() -> None:
    everybody = marked(*((j, t, j + t, t) for j, t in product((1, 2, 3), (1, 2, 3))))
    some = everybody[:-1]
    few = marked((1, 1, 3, 4), (2, 1, 5, 5), (1, 2, 1, 1))

    tables = [table(ballots, CRITERIA, teams=[1, 2, 3]) for ballots in (everybody, some, few)]

    assert [one.method for one in tables] == ["mean", "adjusted", "mean"]
    assert [one.certificate["estimator"] for one in tables] == ["mean", "reml", "mean"]
    assert tables[0].standings == standings(everybody, CRITERIA, teams=[1, 2, 3])
    assert tables[1].standings[0].raw != tables[1].standings[0].score


def test_withdrawn_team_that_some_have_scored_moves_nobody() -> None:
    """Jurors 1 and 2 scored team 4 before it left; the others had the same three jurors and keep order and means."""
    stay = [(j, t, (3 * j + 2 * t) % 8, t) for j, t in product((1, 2, 3), (1, 2, 3))]
    ballots = marked(*stay, (1, 4, 9, 9), (2, 4, 8, 9))

    with_it, without = (table(ballots, CRITERIA, teams=teams) for teams in ([1, 2, 3, 4], [1, 2, 3]))

    assert [row.team for row in with_it.standings if row.team != 4] == [row.team for row in without.standings]
    assert (with_it.method, without.method) == ("adjusted", "mean")
    assert without.standings == standings(marked(*stay), CRITERIA, teams=[1, 2, 3])


def test_equal_adjusted_scores_are_split_by_the_adjusted_heavy_criterion() -> None:
    """Teams 1 and 2 mirror each other on both criteria of equal pull; team 1 has the better heavy one."""
    even = [Criterion(id=n, weight=Decimal(w), lowest=Decimal(0), highest=Decimal(h)) for n, w, h in ((1, 60, 6), (2, 40, 4))]
    rows = [
        (1, 1, 5, 1),
        (2, 1, 4, 2),
        (1, 2, 2, 4),
        (2, 2, 3, 3),
        (1, 3, 1, 1),
        (3, 1, 2, 2),
        (3, 2, 2, 2),
        (2, 4, 5, 4),
        (3, 4, 1, 2),
    ]

    found = table(marked(*rows), even, teams=[1, 2, 3, 4])

    assert found.method == "adjusted"
    first, second = (next(row for row in found.standings if row.team == team) for team in (1, 2))
    assert first.score == pytest.approx(second.score, abs=1e-7)
    assert first.rank is not None
    assert second.rank == first.rank + 1


@given(rows=ballots())
def test_groups_are_those_of_the_components(rows: list[Row]) -> None:
    teams = sorted({row[1] for row in rows})

    groups = linked_groups([row[:2] for row in rows], teams)

    assert groups == [list(component.entrants) for component in rank(rows).components]


def test_ranking_is_one_object_with_lazy_errors() -> None:
    found = rank(an_event(1))

    assert isinstance(found, Ranking)
    assert "errors" not in found.__dict__
    assert found.standard_errors["T00"]
    assert "drawn_ranks" not in found.__dict__
