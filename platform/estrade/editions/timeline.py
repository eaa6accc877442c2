"""The six phases as people read them: what is over, what is now and until when, what comes."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from estrade.editions.models import Edition
from estrade.editions.phases import Phase, next_instant

NAMES: dict[Phase, Promise | str] = {
    Phase.BEFORE: _("Preparation"),
    Phase.OPEN: _("Work and submission"),
    Phase.CLOSED: _("Submissions closed"),
    Phase.JUDGING: _("Pitches and scores"),
    Phase.FROZEN: _("Deliberation"),
    Phase.PUBLISHED: _("Results"),
}
COUNTDOWNS: dict[str, Promise | str] = {
    "opens": _("The event opens in"),
    "submissions_close": _("Submissions close in"),
    "judging_opens": _("Pitches start in"),
    "freeze": _("The leaderboard freezes in"),
}


@dataclass(frozen=True)
class Step:
    """One phase on the line: `state` is "done", "now" or "ahead"; an instant is None where none is planned."""

    name: str
    state: str
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class Countdown:
    """The next planned instant and the words in front of the time left."""

    name: str
    words: str
    at: datetime


def timeline(edition: Edition, now: datetime) -> list[Step]:
    """The phases of an edition in order. The judging phase ends at the freeze, when one is planned."""
    current = edition.phase(now)
    starts = [
        None,
        edition.opens_at,
        edition.submissions_close_at,
        edition.judging_opens_at,
        edition.freeze_at,
        edition.published_at,
    ]
    ends = [*starts[1:], None]
    return [
        Step(str(NAMES[phase]), _state(phase, current), starts[phase], ends[phase])
        for phase in Phase
        # Without a planned freeze the jury deliberates in the open.
        if phase != Phase.FROZEN or edition.freeze_at is not None
    ]


def countdown(edition: Edition, now: datetime) -> Countdown | None:
    """What everybody waits for, or None when nothing more is planned."""
    ahead = None if edition.phase(now) == Phase.PUBLISHED else next_instant(edition.times, now)
    return None if ahead is None else Countdown(ahead[0], str(COUNTDOWNS[ahead[0]]), ahead[1])


def _state(phase: Phase, current: Phase) -> str:
    if phase == current:
        return "now"
    return "done" if phase < current else "ahead"
