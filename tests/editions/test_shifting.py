"""The arithmetic of a programme that runs late, as tables."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from estrade.editions.shifting import DoesNotFit, Slot, delayed
from estrade.kernel.localtime import exists, readings

pytestmark = pytest.mark.embedded

PARIS = ZoneInfo("Europe/Paris")


def day(*steps: tuple[str, int, bool], on: int = 20) -> list[Slot]:
    """Steps of one day: when, how short at least, whether it keeps its time."""
    return [
        Slot(
            key=on * 100 + number,
            starts_at=datetime.fromisoformat(f"2027-03-{on}T{at}:00").replace(tzinfo=PARIS),
            is_fixed=fixed,
            least=timedelta(minutes=least),
        )
        for number, (at, least, fixed) in enumerate(steps)
    ]


def clocks(moved: dict[int, datetime]) -> list[str]:
    return [f"{at.astimezone(PARIS):%H:%M}" for at in moved.values()]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        # Prototyping may give 60 minutes, practice 30, submission 0: they share in that proportion.
        (0, ["13:00", "16:00", "16:45"]),
        (30, ["13:30", "16:10", "16:45"]),
        (90, ["14:30", "16:30", "16:45"]),
    ],
)
def test_what_stands_before_a_fixed_step_makes_room(minutes: int, expected: list[str]) -> None:
    slots = day(("13:00", 120, False), ("16:00", 15, False), ("16:45", 15, False), ("17:00", 30, True))

    assert clocks(delayed(slots, 0, timedelta(minutes=minutes), PARIS)) == expected


def test_a_delay_that_cannot_be_made_room_for_says_by_how_much() -> None:
    slots = day(("13:00", 120, False), ("16:00", 15, False), ("16:45", 15, False), ("17:00", 30, True))

    with pytest.raises(DoesNotFit) as no:
        delayed(slots, 0, timedelta(minutes=100), PARIS)

    assert (no.value.anchor, no.value.missing) == (slots[3], timedelta(minutes=10))


def test_without_a_fixed_step_all_move_and_the_next_day_does_not() -> None:
    slots = [*day(("19:00", 30, False), ("20:00", 60, False), on=19), *day(("09:00", 30, False), on=20)]

    assert clocks(delayed(slots, 0, timedelta(minutes=5), PARIS)) == ["19:05", "20:05"]
    with pytest.raises(DoesNotFit):
        delayed(slots, 0, timedelta(hours=13), PARIS)


@pytest.mark.parametrize(
    ("local", "offsets", "is_shown"),
    [
        # Spring: the clock goes from 02:00 to 03:00 in the night to the 28th of March 2027.
        ("2027-03-28T01:59", [1], True),
        ("2027-03-28T02:00", [1, 2], False),
        ("2027-03-28T02:30", [1, 2], False),
        ("2027-03-28T03:00", [2], True),
        # Autumn: it goes from 03:00 back to 02:00 in the night to the 31st of October 2027.
        ("2027-10-31T01:59", [2], True),
        ("2027-10-31T02:00", [2, 1], True),
        ("2027-10-31T02:30", [2, 1], True),
        ("2027-10-31T03:00", [1], True),
    ],
)
def test_a_local_time_has_one_reading_or_two_d7(local: str, offsets: list[int], is_shown: bool) -> None:
    found = readings(datetime.fromisoformat(local), PARIS)

    assert [at.utcoffset() for at in found] == [timedelta(hours=hours) for hours in offsets]
    assert found == sorted(found, key=lambda at: at.astimezone(UTC))
    assert exists(datetime.fromisoformat(local), PARIS) is is_shown
