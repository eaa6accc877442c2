"""The six phases as a table that an organiser can read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estrade.editions.phases import Phase, Times, next_instant, phase_at, submission_window

pytestmark = pytest.mark.embedded

DAY = datetime(2027, 3, 21, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def at(hour: int, minute: int = 0) -> datetime:
    return DAY + timedelta(hours=hour, minutes=minute)


TIMES = Times(opens_at=at(9), submissions_close_at=at(15), judging_opens_at=at(16), freeze_at=at(18), published_at=at(20))
UNPLANNED = Times(opens_at=at(9), submissions_close_at=at(15), judging_opens_at=at(15))


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        (at(9) - TICK, Phase.BEFORE), (at(9), Phase.OPEN), (at(15) - TICK, Phase.OPEN), (at(15), Phase.CLOSED),
        (at(16) - TICK, Phase.CLOSED), (at(16), Phase.JUDGING), (at(18) - TICK, Phase.JUDGING), (at(18), Phase.FROZEN),
        (at(20) - TICK, Phase.FROZEN), (at(20), Phase.PUBLISHED),
    ],
)  # fmt: skip
def test_a_phase_begins_with_its_first_instant(now: datetime, phase: Phase) -> None:
    assert phase_at(TIMES, now) == phase


@pytest.mark.parametrize(("now", "phase"), [(at(15), Phase.JUDGING), (at(23), Phase.JUDGING)])
def test_without_a_freeze_and_a_pause_judging_goes_on(now: datetime, phase: Phase) -> None:
    assert phase_at(UNPLANNED, now) == phase


@given(st.lists(st.integers(0, 24 * 60), min_size=2, max_size=12))
def test_d8_with_the_floor_no_order_of_clock_readings_goes_back(minutes: list[int]) -> None:
    floor, phases = None, []
    for minute in minutes:
        now = at(0, minute)
        times = Times(**{**vars(TIMES), "floor": floor})
        phases.append(phase_at(times, now))
        reached = [instant for instant in (at(9), at(15), at(16), at(18), at(20)) if instant <= now]
        floor = max([*reached, *([floor] if floor else [])], default=None)

    assert phases == sorted(phases)


@pytest.mark.parametrize(
    ("now", "extended_until", "is_open", "closes_at", "late_by"),
    [
        (at(9) - TICK, None, False, at(15), timedelta(0)),
        (at(9), None, True, at(15), timedelta(0)),
        (at(15) - TICK, None, True, at(15), timedelta(0)),
        (at(15), None, False, at(15), timedelta(0)),
        (at(15, 1), None, False, at(15), timedelta(minutes=1)),
        (at(15, 1), at(15, 10), True, at(15, 10), timedelta(0)),
        (at(15, 10), at(15, 10), False, at(15, 10), timedelta(0)),
        (at(15, 11), at(15, 10), False, at(15, 10), timedelta(minutes=1)),
        (at(14), at(13), True, at(15), timedelta(0)),
    ],
)
def test_the_window_for_handing_in(
    now: datetime, extended_until: datetime | None, is_open: bool, closes_at: datetime, late_by: timedelta
) -> None:
    window = submission_window(TIMES, now, extended_until=extended_until)

    assert (window.is_open, window.closes_at, window.late_by) == (is_open, closes_at, late_by)


@pytest.mark.parametrize(
    ("now", "following"),
    [(at(8), ("opens", at(9))), (at(9), ("submissions_close", at(15))), (at(17), ("freeze", at(18))), (at(18), None)],
)
def test_the_next_instant(now: datetime, following: tuple[str, datetime] | None) -> None:
    assert next_instant(TIMES, now) == following
