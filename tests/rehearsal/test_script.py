"""The stories: order, ends, and scores that the scale allows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from estrade.rehearsal.script import (
    AFTERNOON,
    Criterion,
    PlannedDelivery,
    PlannedDraft,
    Story,
    plan_pitches,
    plan_scores,
    whole_story,
)

pytestmark = pytest.mark.embedded

STORIES = [AFTERNOON, *(whole_story(length, freezes=freezes) for length in (5.0, 300.0, 2700.0) for freezes in (True, False))]


@pytest.mark.parametrize("story", STORIES)
def test_acts_come_in_order_and_everything_is_scored_before_the_last(story: Story) -> None:
    times = [act.at for act in story.acts]

    assert times == sorted(times)
    assert len({act.key for act in story.acts}) == len(story.acts)
    assert story.judging[0] < story.judging[1] < story.seats_filled_at < story.last_at
    assert story.judging[0] < story.offline[0] < story.offline[1] < story.lost_answer_at < story.judging[1]


@pytest.mark.parametrize("teams", [1, 3, 40])
@pytest.mark.parametrize("story", STORIES)
def test_every_juror_scores_every_criterion_of_every_team_within_the_time(story: Story, teams: int) -> None:
    criteria = [Criterion(1, Decimal(0), Decimal(5)), Criterion(2, Decimal(10), Decimal(20), Decimal("2.5"))]

    taps = plan_scores(
        seats=[(1, 0.0), (2, -0.4)],
        teams=[(team, [3.0, 15.0]) for team in range(teams)],
        criteria=criteria,
        barred={1: {0}},
        during=story.judging,
    )

    assert len(taps) == (2 * teams - 1) * 2
    assert not [tap for tap in taps if (tap.seat, tap.team_id) == (1, 0)]
    assert story.judging[0] < taps[0].at
    assert taps[-1].at < story.judging[1]


@pytest.mark.parametrize("points", [-3.0, 0.0, 2.4, 2.6, 11.3, 99.0])
@pytest.mark.parametrize(
    "criterion",
    [
        Criterion(1, Decimal(0), Decimal(5)),
        Criterion(1, Decimal(1), Decimal(2), Decimal("0.3")),
        Criterion(1, Decimal(-2), Decimal(12), Decimal("2.5")),
    ],
)
def test_a_score_is_one_that_the_scale_allows(criterion: Criterion, points: float) -> None:
    value = criterion.nearest(points)

    assert criterion.lowest <= value <= criterion.highest
    assert (value - criterion.lowest) % criterion.step == 0


@pytest.mark.parametrize(("teams", "late", "never"), [(1, [], []), (2, [], [2]), (3, [2], [3]), (8, [7], [8])])
def test_one_team_comes_late_and_one_never_hands_in_where_there_are_enough(teams: int, late: list[int], never: list[int]) -> None:
    story = whole_story(300, freezes=True)

    plan = plan_pitches(captains=[(100 + team, team) for team in range(1, teams + 1)], story=story)

    deliveries = {deed.team_id: deed.at for deed in plan if isinstance(deed, PlannedDelivery)}
    assert [team for team, at in deliveries.items() if at > 0.40 * 300] == late
    assert sorted(set(range(1, teams + 1)) - set(deliveries)) == never
    drafts = [(deed.team_id, deed.step) for deed in plan if isinstance(deed, PlannedDraft)]
    assert sorted(drafts) == [(team, step) for team in range(1, teams + 1) for step in (1, 2)]
    assert all(deed.at < deliveries.get(deed.team_id, 999) for deed in plan if isinstance(deed, PlannedDraft))


def test_nobody_writes_in_the_last_afternoon() -> None:
    assert plan_pitches(captains=[(1, 1)], story=AFTERNOON) == []
