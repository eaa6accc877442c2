"""The order of the teams: properties, ties, and a second implementation that knows nothing of the first (S10)."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judging.ranking import Ballot, Criterion, Standing, ballot_points, standings
from judging.ranking.marks import Scored
from judging.ranking.ties import groups_in_order

pytestmark = pytest.mark.embedded

CRITERIA = [
    Criterion(id=1, weight=Decimal(25), lowest=Decimal(0), highest=Decimal(5)),
    Criterion(id=2, weight=Decimal(25), lowest=Decimal(1), highest=Decimal(5)),
    Criterion(id=3, weight=Decimal(50), lowest=Decimal(0), highest=Decimal(20)),
]


@st.composite
def juries(draw: st.DrawFn) -> list[Ballot]:
    """Up to 5 jurors and 6 teams, few distinct marks so that ties happen, some marks and some ballots missing."""
    ballots = []
    for juror in range(draw(st.integers(0, 5))):
        for team in range(1, draw(st.integers(1, 6)) + 1):
            marks = {}
            for criterion in CRITERIA:
                if draw(st.integers(0, 9)):
                    spread = int(criterion.highest - criterion.lowest)
                    marks[criterion.id] = criterion.lowest + draw(st.sampled_from([0, spread // 2, spread]))
            if draw(st.integers(0, 5)):
                ballots.append(Ballot(juror=juror, team=team, marks=marks))
    return ballots


TEAMS = [3, 1, 2, 6, 5, 4]


def rank(ballots: list[Ballot], criteria: list[Criterion] = CRITERIA, teams: list[int] = TEAMS) -> list[Standing]:
    return standings(ballots, criteria, teams=teams)


def second_implementation(ballots: list[Ballot]) -> dict[int, tuple[int | None, float | None]]:
    """Team to rank and score, written from the definition alone, by comparing every pair of teams."""
    whole = [b for b in ballots if len(b.marks) == len(CRITERIA)]

    def points(ballot: Ballot) -> Fraction:
        share = {c.id: Fraction(ballot.marks[c.id] - c.lowest) / Fraction(c.highest - c.lowest) for c in CRITERIA}
        return share[1] * 25 + share[2] * 25 + share[3] * 50

    def mean(values: list[Fraction]) -> Fraction:
        return sum(values) / Fraction(len(values))

    judged = sorted({b.team for b in whole})
    score = {t: mean([points(b) for b in whole if b.team == t]) for t in judged}
    primary = {
        t: (round(score[t], 6), *(round(mean([Fraction(b.marks[c]) for b in whole if b.team == t]), 6) for c in (3, 1, 2)))
        for t in judged
    }

    def duel(t: int, group: list[int]) -> int:
        mine = {b.juror: points(b) for b in whole if b.team == t}
        others = [(mine[b.juror], points(b)) for b in whole if b.team in group and b.juror in mine]
        return sum(a > b for a, b in others) - sum(a < b for a, b in others)

    def places(t: int) -> list[int]:
        got = []
        for own in (b for b in whole if b.team == t):
            got.append(sum(points(b) > points(own) for b in whole if b.juror == own.juror))
        return [got.count(place) for place in range(len(judged))]

    keys = {}
    for t in judged:
        first = [o for o in judged if primary[o] == primary[t]]
        keys[t] = (primary[t], duel(t, first), places(t))
    found: dict[int, tuple[int | None, float | None]] = dict.fromkeys(TEAMS, (None, None))
    for t in judged:
        found[t] = (1 + sum(keys[o] > keys[t] for o in judged), float(score[t]))
    return found


@given(ballots=juries())
def test_order_equals_a_second_implementation_s10(ballots: list[Ballot]) -> None:
    rows = rank(ballots)

    assert {row.team: (row.rank, row.score) for row in rows} == second_implementation(ballots)
    assert [row.position for row in rows] == list(range(1, len(TEAMS) + 1))
    assert [row.rank or 99 for row in rows] == sorted(row.rank or 99 for row in rows)


@given(ballots=juries(), seed=st.integers())
def test_order_of_the_ballots_changes_nothing(ballots: list[Ballot], seed: int) -> None:
    shuffled = ballots[:]
    random.Random(seed).shuffle(shuffled)

    assert rank(shuffled) == rank(ballots)


@given(ballots=juries(), factor=st.sampled_from(["0.01", "0.07", "3", "1000"]))
def test_unit_of_the_weights_changes_nothing(ballots: list[Ballot], factor: str) -> None:
    scaled = [Criterion(id=c.id, weight=c.weight * Decimal(factor), lowest=c.lowest, highest=c.highest) for c in CRITERIA]

    assert rank(ballots, scaled) == rank(ballots)


@given(ballots=juries(), stretch=st.sampled_from(["1", "2", "4", "0.2"]), shift=st.integers(-3, 20))
def test_same_relative_marks_on_another_scale_give_the_same_ranking(ballots: list[Ballot], stretch: str, shift: int) -> None:
    def moved(value: Decimal) -> Decimal:
        return value * Decimal(stretch) + shift

    criteria = [Criterion(id=c.id, weight=c.weight, lowest=moved(c.lowest), highest=moved(c.highest)) for c in CRITERIA]
    relabelled = [Ballot(juror=b.juror, team=b.team, marks={key: moved(mark) for key, mark in b.marks.items()}) for b in ballots]

    assert rank(relabelled, criteria) == rank(ballots)


@given(ballots=juries(), data=st.data())
def test_criterion_of_weight_zero_has_no_effect(ballots: list[Ballot], data: st.DataObject) -> None:
    shown = Criterion(id=9, weight=Decimal(0), lowest=Decimal(0), highest=Decimal(5))
    marked = [
        Ballot(juror=b.juror, team=b.team, marks={**b.marks, **data.draw(st.sampled_from([{}, {9: Decimal(5)}]))})
        for b in ballots
    ]

    assert rank(marked, [shown, *CRITERIA]) == rank(ballots)


@given(ballots=juries(), gone=st.sampled_from(TEAMS))
def test_withdrawn_team_moves_nobody_against_anybody(ballots: list[Ballot], gone: int) -> None:
    before = [(row.team, row.score) for row in rank(ballots) if row.team != gone]

    after = rank(ballots, teams=[team for team in TEAMS if team != gone])

    assert [(row.team, row.score) for row in after] == before


@given(ballots=juries(), up=st.sampled_from(TEAMS))
def test_a_better_ballot_never_lowers_its_team(ballots: list[Ballot], up: int) -> None:
    best = {c.id: c.highest for c in CRITERIA}
    full = [b for b in ballots if len(b.marks) == len(CRITERIA)]
    raised = [Ballot(juror=b.juror, team=b.team, marks=best) if b.team == up else b for b in full]

    before, after = ({row.team: row.rank for row in rank(some)} for some in (full, raised))

    assert (after[up] or 0) <= (before[up] or 0)


def marks(*values: int) -> dict[int, Decimal]:
    return {number: Decimal(value) for number, value in enumerate(values, start=1)}


def two_criteria(first: int, second: int) -> list[Criterion]:
    return [
        Criterion(id=n, weight=Decimal(weight), lowest=Decimal(0), highest=Decimal(10))
        for n, weight in enumerate((first, second), start=1)
    ]


def places(ballots: list[tuple[int, int, dict[int, Decimal]]], criteria: list[Criterion]) -> list[tuple[int, int | None]]:
    rows = standings([Ballot(juror=j, team=t, marks=m) for j, t, m in ballots], criteria, teams=[1, 2, 3, 4])
    return [(row.team, row.rank) for row in rows]


def test_equal_scores_share_the_rank_1_2_2_4_s10() -> None:
    ballots = [(1, 1, marks(9, 9)), (1, 2, marks(5, 5)), (1, 3, marks(5, 5)), (1, 4, marks(1, 1))]

    assert places(ballots, two_criteria(50, 50)) == [(1, 1), (2, 2), (3, 2), (4, 4)]


def test_tie_goes_to_the_heaviest_criterion_first() -> None:
    ballots = [(1, 1, marks(4, 8)), (1, 2, marks(6, 5))]

    assert places(ballots, two_criteria(60, 40))[:2] == [(2, 1), (1, 2)]


def test_tie_on_equal_weights_goes_by_the_order_of_the_rubric() -> None:
    ballots = [(1, 1, marks(4, 6)), (1, 2, marks(6, 4))]

    assert places(ballots, two_criteria(50, 50))[:2] == [(2, 1), (1, 2)]


def test_tie_on_every_criterion_goes_head_to_head() -> None:
    ballots = [
        (1, 1, marks(5, 5)), (2, 1, marks(5, 5)), (3, 1, marks(5, 5)),
        (1, 2, marks(6, 6)), (2, 2, marks(6, 6)), (3, 2, marks(3, 3)),
    ]  # fmt: skip

    assert places(ballots, two_criteria(50, 50))[:2] == [(2, 1), (1, 2)]


def test_tie_head_to_head_goes_to_more_first_places() -> None:
    """Team 2 was first on its juror's own list, team 1 only second; no juror scored both."""
    ballots = [(1, 1, marks(5, 5)), (1, 3, marks(8, 8)), (2, 2, marks(5, 5)), (2, 4, marks(1, 1))]

    assert places(ballots, two_criteria(50, 50)) == [(3, 1), (2, 2), (1, 3), (4, 4)]


def test_tie_on_first_places_goes_to_more_second_places() -> None:
    """Teams 1 and 2 have the same points and one first place each; only team 1 was ever second."""
    ballots = [
        (1, 1, marks(9, 9)), (1, 3, marks(1, 1)),
        (2, 2, marks(9, 9)), (2, 4, marks(1, 1)),
        (3, 5, marks(9, 9)), (3, 1, marks(3, 3)), (3, 6, marks(2, 2)),
        (4, 5, marks(9, 9)), (4, 6, marks(5, 5)), (4, 2, marks(3, 3)),
    ]  # fmt: skip

    assert places(ballots, two_criteria(50, 50))[:2] == [(1, 1), (2, 2)]


def test_tie_to_the_last_goes_to_the_higher_raw_mean_and_without_one_is_shared() -> None:
    criteria = two_criteria(50, 50)
    scored = [
        Scored(juror=juror, team=team, score=50, marks={one.id: Decimal(5) for one in criteria})
        for juror, team in ((1, 1), (2, 2))
    ]
    facts: dict[str, Any] = {
        "points": {1: Fraction(50), 2: Fraction(50)},
        "method": lambda _b, _v: {1: Fraction(5), 2: Fraction(5)},
    }

    split = groups_in_order(scored, criteria, **facts, raw={1: Fraction(50), 2: Fraction(51)})
    shared = groups_in_order(scored, criteria, **facts, raw={1: Fraction(50), 2: Fraction(50)})

    assert (split, shared) == ([[2], [1]], [[1, 2]])


def test_team_without_a_complete_ballot_has_no_rank() -> None:
    ballots = [(1, 2, marks(0, 0)), (1, 1, {1: Decimal(10)})]

    assert places(ballots, two_criteria(50, 50)) == [(2, 1), (1, None), (3, None), (4, None)]


def test_team_with_one_juror_fewer_is_not_marked_down_s10() -> None:
    ballots = [(1, 1, marks(8, 8)), (2, 1, marks(8, 8)), (1, 2, marks(9, 9))]

    assert places(ballots, two_criteria(50, 50))[:2] == [(2, 1), (1, 2)]


def test_nothing_scored_is_no_error_s10() -> None:
    assert {row.rank for row in rank([])} == {None}


@pytest.mark.parametrize(
    ("criteria", "method", "message"),
    [
        (two_criteria(50, 50), "median", "unknown method"),
        (two_criteria(0, 0), "mean", "weights are zero"),
        ([Criterion(id=1, weight=Decimal(1), lowest=Decimal(5), highest=Decimal(5))], "mean", "no length"),
    ],
)
def test_configuration_that_cannot_rank_raises(criteria: list[Criterion], method: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        standings([], criteria, teams=[1], method=method)


@pytest.mark.parametrize(
    ("given_marks", "points"),
    [({}, 0.0), ({1: 5}, 25.0), ({1: 5, 2: 1}, 25.0), ({1: 5, 2: 5, 3: 20}, 100.0), ({3: 13}, 32.5)],
)
def test_points_of_a_ballot_count_what_is_marked(given_marks: dict[int, Any], points: float) -> None:
    assert ballot_points({key: Decimal(mark) for key, mark in given_marks.items()}, CRITERIA) == points


def test_score_is_the_mean_of_the_ballots() -> None:
    scores = [(4, 2, 11), (0, 5, 20), (5, 1, 7)]
    by_hand = [25 * a / 5 + 25 * (b - 1) / 4 + 50 * c / 20 for a, b, c in scores]

    row = rank([Ballot(juror=n, team=1, marks=marks(*values)) for n, values in enumerate(scores)])[0]

    assert (row.team, row.ballots) == (1, 3)
    assert row.score == pytest.approx(fmean(by_hand), abs=1e-9)
