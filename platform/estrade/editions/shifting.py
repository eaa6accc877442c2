"""What happens to the lines of a programme when one of them begins later: pure, no database, no clock of its own.

Later steps of the same day move along. A step that keeps its time is an *anchor*: what stands before it gives up
minutes in proportion to what it can spare, and when that is not enough nothing moves and it is said by how much. The
night is nobody's step: the first step of another day is an anchor that the evening before may come close to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One step as the arithmetic sees it. `least`: it may be shortened to this."""

    key: int
    starts_at: datetime
    is_fixed: bool
    least: timedelta


class DoesNotFit(Exception):
    """There is no room before an anchor. `missing`: how much more than can be spared."""

    def __init__(self, anchor: Slot, missing: timedelta) -> None:
        super().__init__(anchor.key, missing)
        self.anchor, self.missing = anchor, missing


def delayed(slots: Sequence[Slot], first: int, by: timedelta, zone: tzinfo) -> dict[int, datetime]:
    """Key to new start of every slot that moves when `slots[first]` begins `by` later; `slots` are in order of time.

    `slots[first]` itself moves even where it is an anchor: somebody decided it. Raises DoesNotFit.
    """
    day = _day(slots[first], zone)
    end = next((n for n in range(first + 1, len(slots)) if slots[n].is_fixed or _day(slots[n], zone) != day), len(slots))
    run = slots[first:end]
    if end == len(slots):
        return {slot.key: slot.starts_at + by for slot in run}
    anchor = slots[end]
    if _day(anchor, zone) != day:
        missing = run[-1].starts_at + by + run[-1].least - anchor.starts_at
        if missing > timedelta(0):
            raise DoesNotFit(anchor, missing)
        return {slot.key: slot.starts_at + by for slot in run}
    return _squeezed(run, anchor, by)


def _squeezed(run: Sequence[Slot], anchor: Slot, by: timedelta) -> dict[int, datetime]:
    ends = [*(slot.starts_at for slot in run[1:]), anchor.starts_at]
    spare = [max(end - slot.starts_at - slot.least, timedelta(0)) for slot, end in zip(run, ends, strict=True)]
    total = sum(spare, timedelta(0))
    if by > total:
        raise DoesNotFit(anchor, by - total)
    starts, given = {}, timedelta(0)
    for slot, own in zip(run, spare, strict=True):
        # Whole minutes, because people read them; what is left over stays with the last step.
        starts[slot.key] = slot.starts_at + by - given * (by / total) // MINUTE * MINUTE
        given += own
    return starts


def _day(slot: Slot, zone: tzinfo) -> object:
    return slot.starts_at.astimezone(zone).date()
