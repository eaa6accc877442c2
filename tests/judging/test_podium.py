"""Does it matter? Every "safe" is checked against brute force, every example is carried out again."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from itertools import product

import pytest

from judging.ranking import Ballot, Criterion, table
from judging.ranking.podium import COULD_CHANGE, SAFE, UNPROVEN, Scale, does_it_matter, legal_ballots, podium_of

pytestmark = pytest.mark.embedded

IDEA = Criterion(id=1, weight=Decimal(1), lowest=Decimal(0), highest=Decimal(3))
SCALES = [Scale(criterion=IDEA, step=Decimal(1))]
TEAMS = [1, 2, 3, 4]


def marked(*rows: tuple[int, int, int]) -> list[Ballot]:
    return [Ballot(juror=juror, team=team, marks={1: Decimal(mark)}) for juror, team, mark in rows]


def podium(ballots: list[Ballot], places: int) -> object:
    return podium_of(table(ballots, [IDEA], teams=TEAMS), places)


def a_case(seed: int) -> tuple[list[Ballot], list[tuple[int, int]]]:
    """Three jurors, four teams, up to three ballots to come; on odd seeds nobody saw everything."""
    chance = random.Random(seed)
    pairs = list(product((1, 2, 3), TEAMS))
    chance.shuffle(pairs)
    missing = pairs[: chance.randint(1, 3)]
    left_out = pairs[3:5] if seed % 2 else []
    quality = {team: chance.uniform(0, 3) for team in TEAMS}
    rows = [
        (juror, team, max(0, min(3, round(quality[team] + chance.gauss(0, 0.5)))))
        for juror, team in sorted(pairs)
        if (juror, team) not in missing and (juror, team) not in left_out
    ]
    return marked(*rows), missing


def test_safe_is_safe_whatever_the_missing_ballots_say_and_examples_change_the_podium() -> None:
    verdicts: Counter[str] = Counter()
    for seed in range(14):
        ballots, missing = a_case(seed)
        now = podium(ballots, 1)

        answer = does_it_matter(ballots, SCALES, teams=TEAMS, missing=missing, places=1)[0]

        verdicts[answer.verdict] += 1
        if answer.verdict == SAFE:
            for marks in product(range(4), repeat=len(missing)):
                more = marked(*((juror, team, mark) for (juror, team), mark in zip(missing, marks, strict=True)))
                assert podium([*ballots, *more], 1) == now
        elif answer.verdict == COULD_CHANGE:
            more = [Ballot(juror=j, team=t, marks=own) for (j, t), own in answer.figures["marks"].items()]
            assert podium([*ballots, *more], 1) == answer.figures["podium"] != now
    assert verdicts[SAFE] >= 3
    assert verdicts[COULD_CHANGE] >= 3


def test_one_missing_ballot_on_the_last_team_cannot_reach_the_podium() -> None:
    rows = [(j, t, mark) for j in (1, 2, 3) for t, mark in ((1, 3), (2, 2), (3, 1), (4, 0)) if (j, t) != (3, 4)]

    answers = does_it_matter(marked(*rows), SCALES, teams=TEAMS, missing=[(3, 4)], places=2)

    # (0 + 0 + 3) / 3 is the most that team 4 can reach: below 2.
    assert answers[0].verdict == SAFE
    assert answers[0].figures["proof"] == "bounds"
    assert [one.verdict for one in answers] == [SAFE, SAFE, SAFE, SAFE]


def test_example_goes_no_further_from_what_is_expected_than_it_takes() -> None:
    """Juror 3 has yet to score team 2, which has 8 and 8 of 20; team 1 has 10 three times: at 14 they are equal
    and more jurors prefer team 1, so 15 is the least that changes the podium."""
    scale = Scale(criterion=Criterion(id=1, weight=Decimal(1), lowest=Decimal(0), highest=Decimal(20)), step=Decimal(1))
    rows = [(1, 1, 10), (2, 1, 10), (3, 1, 10), (1, 2, 8), (2, 2, 8), (1, 3, 0), (2, 3, 0), (3, 3, 0)]

    answer = does_it_matter(marked(*rows), [scale], teams=[1, 2, 3], missing=[(3, 2)], places=1)[0]

    assert (answer.verdict, answer.figures["as_expected"]) == (COULD_CHANGE, False)
    assert answer.figures["given"] == [(3, 2, 75.0)]


def test_strictest_juror_and_method_that_decide_are_named() -> None:
    """Juror 1 alone keeps team 2 down; teams 3 and 4 tell that this juror is strict."""
    rows = [(1, 2, 0), (1, 3, 1), (1, 4, 0), (2, 1, 2), (2, 3, 2), (2, 4, 1), (3, 2, 3), (3, 3, 2), (3, 4, 1), (2, 2, 3)]

    found = {one.question: one for one in does_it_matter(marked(*rows), SCALES, teams=TEAMS, missing=[], places=2)}

    assert found["strictest"].figures["juror"] == 1
    assert found["missing"].verdict == SAFE


def test_equal_points_on_the_podium_hang_on_the_rule() -> None:
    rows = [(1, 1, 3), (1, 2, 2), (2, 1, 2), (2, 2, 3), (1, 3, 0), (2, 3, 0)]

    answer = does_it_matter(marked(*rows), SCALES, teams=[1, 2, 3], missing=[], places=1)[3]

    assert (answer.verdict, answer.figures) == (COULD_CHANGE, {"teams": [1, 2]})


def test_nothing_scored_proves_nothing() -> None:
    answers = does_it_matter([], SCALES, teams=TEAMS, missing=[(1, 1)])

    assert [one.verdict for one in answers[:2]] == [UNPROVEN, UNPROVEN]


def test_legal_totals_are_listed_once_and_not_where_they_are_too_many() -> None:
    two = [
        Scale(criterion=Criterion(id=n, weight=Decimal(1), lowest=Decimal(0), highest=Decimal(5)), step=Decimal(1))
        for n in (1, 2)
    ]

    assert len(legal_ballots(two) or []) == 11
    assert legal_ballots(two, limit=35) is None


def test_chair_decides_between_equals_and_about_nobody_else() -> None:
    ballots = marked((1, 1, 3), (1, 2, 3), (1, 3, 1))

    def order(*decided: list[int]) -> list[tuple[int, int | None]]:
        return [(row.team, row.rank) for row in table(ballots, [IDEA], teams=[1, 2, 3], decided=decided).standings]

    assert order() == [(1, 1), (2, 1), (3, 3)]
    assert order([2, 1]) == [(2, 1), (1, 2), (3, 3)]
    assert order([2, 1], [1, 2]) == [(1, 1), (2, 2), (3, 3)]
    assert order([3, 1]) == order([3, 2, 1]) == order()


def test_team_below_the_minimum_has_no_place_and_its_ballots_stay_in() -> None:
    ballots = marked((1, 1, 3), (2, 1, 3), (1, 2, 2), (2, 2, 1), (1, 3, 3))

    rows = {row.team: row for row in table(ballots, [IDEA], teams=[1, 2, 3], minimum=2).standings}

    assert (rows[3].rank, rows[3].score, rows[3].ballots) == (None, None, 1)
    assert [rows[team].rank for team in (1, 2)] == [1, 2]
