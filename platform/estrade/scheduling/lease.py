"""One scheduler leads, however many are started.

Owns the row that says whose turn it is and until when. A turn is taken by one UPDATE that finds the row free, kept up
while the work lasts, and ends a pause after it began, so that ticks of several schedulers together come as often as
those of one. Who is killed leaves the row taken: it becomes free by itself.
What is carried out bears repetition in any case; the lease spares the work, it does not make it right.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from estrade.kernel.clock import db_now
from estrade.scheduling.models import Lease
from estrade.web.health import Problem

TICK = "tick"
# How long a killed leader keeps the others waiting.
LEASE = timedelta(seconds=6)
RENEW_AFTER = timedelta(seconds=2)
# A little less than a second, which is how often one scheduler asks.
PAUSE = timedelta(seconds=0.9)
SILENCE = timedelta(seconds=15)


class Turn:
    """A turn that was taken: `keep()` it while the work lasts, `end()` it afterwards."""

    def __init__(self, holder: str, began: datetime) -> None:
        self._holder, self._began, self._kept = holder, began, began

    def keep(self) -> None:
        """Between two pieces of work. Asks the database only now and then."""
        now = db_now()
        if now - self._kept > RENEW_AFTER:
            self._mine().update(until=now + LEASE)
            self._kept = now

    def end(self) -> None:
        """Free from a pause after the beginning on. Nothing happens when another took over meanwhile."""
        self._mine().update(until=self._began + PAUSE, done_at=db_now())

    def _mine(self) -> "QuerySet[Lease]":
        return Lease.objects.filter(name=TICK, holder=self._holder)


def take_turn() -> Turn | None:
    """The turn, if it is free now; otherwise None: somebody ticks, or did so a moment ago."""
    holder, now = uuid4().hex, db_now()
    # A time much further ahead than any lease was written before a clock was set back. Much: another may have asked the
    # clock after us and written before us.
    free = Lease.objects.filter(Q(until__lte=now) | Q(until__gt=now + 2 * LEASE), name=TICK)
    if free.update(holder=holder, until=now + LEASE):
        return Turn(holder, now)
    if Lease.objects.filter(name=TICK).exists():
        return None
    Lease.objects.bulk_create([Lease(name=TICK, holder="", until=now)], ignore_conflicts=True)
    return Turn(holder, now) if free.update(holder=holder, until=now + LEASE) else None


def in_turn(work: Callable[[Callable[[], None]], None]) -> bool:
    """Do `work` if it is our turn, handing it what keeps the turn. Was it?"""
    turn = take_turn()
    if turn is None:
        return False
    try:
        work(turn.keep)
    finally:
        turn.end()
    return True


def silence() -> Problem | None:
    """A health check: somebody ticks. Without a row nobody ever did, which one process alone cannot know of itself."""
    lease = Lease.objects.filter(name=TICK).first()
    if lease is None or lease.done_at is None:
        if not settings.REDIS_URL:
            return None
        sentence = _("No scheduler has worked yet. Deadlines hold; captures and announcements wait. Start worker and beat.")
        return Problem("scheduler_silent", sentence)
    silent = db_now() - lease.done_at
    if silent <= SILENCE:
        return None
    sentence = format_lazy(
        _("No scheduler has worked for {seconds} s. Deadlines hold; captures and announcements wait. Check worker and beat."),
        seconds=round(silent.total_seconds()),
    )
    return Problem("scheduler_silent", sentence)
