"""The six phases and the windows they open: pure functions over stored instants.

The only place that compares times. No database, no clock of its own: `now` is always handed in,
read from `estrade.kernel.clock.db_now` inside the verb that decides.
A window is open from its first instant on and closed from its last instant on (half-open interval).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum


class Phase(IntEnum):
    """What an edition allows. Numbers are those of the permission matrix."""

    BEFORE = 0
    OPEN = 1
    CLOSED = 2
    JUDGING = 3
    FROZEN = 4
    PUBLISHED = 5


@dataclass(frozen=True, kw_only=True)
class Times:
    """The stored instants of an edition, all aware. `floor`: the last moment already carried out."""

    opens_at: datetime
    submissions_close_at: datetime
    judging_opens_at: datetime
    freeze_at: datetime | None = None
    published_at: datetime | None = None
    floor: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """An answer about one window: is it open, and which closing time was applied."""

    is_open: bool
    closes_at: datetime
    late_by: timedelta


def phase_at(times: Times, now: datetime) -> Phase:
    """The phase at `now`. A clock that jumps back never reopens what was carried out (`times.floor`)."""
    now = _not_before(times.floor, now)
    if times.published_at is not None and now >= times.published_at:
        return Phase.PUBLISHED
    if now < times.opens_at:
        return Phase.BEFORE
    if now < times.submissions_close_at:
        return Phase.OPEN
    if now < times.judging_opens_at:
        return Phase.CLOSED
    if times.freeze_at is not None and now >= times.freeze_at:
        return Phase.FROZEN
    return Phase.JUDGING


def submission_window(times: Times, now: datetime, *, extended_until: datetime | None = None) -> Window:
    """May a submission be handed in at `now`? Strictly before the closing time, which an extension moves."""
    closes_at = max(times.submissions_close_at, extended_until) if extended_until else times.submissions_close_at
    at = _not_before(times.floor, now)
    return Window(is_open=times.opens_at <= at < closes_at, closes_at=closes_at, late_by=max(at - closes_at, timedelta(0)))


def next_instant(times: Times, now: datetime) -> tuple[str, datetime] | None:
    """The next stored instant after `now` and its name, or None when nothing more is planned."""
    named = [
        ("opens", times.opens_at),
        ("submissions_close", times.submissions_close_at),
        ("judging_opens", times.judging_opens_at),
        ("freeze", times.freeze_at),
    ]
    ahead = [(name, at) for name, at in named if at is not None and at > now]
    return min(ahead, key=lambda pair: pair[1], default=None)


def _not_before(floor: datetime | None, now: datetime) -> datetime:
    return now if floor is None else max(floor, now)
