"""What an organiser should know about this laptop, beside what is wrong with every installation."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from estrade.kernel.clock import db_now
from estrade.kernel.disk import little_space
from estrade.venue import clocks
from estrade.venue.copies import OVERDUE, copies, last_copy
from estrade.web import health
from estrade.web.health import Problem


def all_problems() -> list[Problem]:
    """What is wrong with the installation, the serious first, then what concerns clocks and copies."""
    now = db_now()
    found = [*health.problems(), _clock_of_the_journal(now), _clock_of_the_devices(now), _copies(now), _disk_of_the_copies()]
    return [problem for problem in found if problem is not None]


def _clock_of_the_journal(now: datetime) -> Problem | None:
    ahead = clocks.behind_the_journal(now)
    if ahead is None:
        return None
    sentence = _("The journal has entries from %(duration)s in the future: set the clock of the server, then start it again.")
    return Problem("clock_behind_journal", sentence % {"duration": in_words(ahead)})


def _clock_of_the_devices(now: datetime) -> Problem | None:
    ahead = clocks.apart_from_devices(now)
    if ahead is None:
        return None
    fast = _("The server's clock is %(duration)s ahead of the jurors' devices. Deadlines follow the server: set its clock.")
    slow = _("The server's clock is %(duration)s behind the jurors' devices. Deadlines follow the server: set its clock.")
    return Problem("clock_apart_from_devices", (fast if ahead > timedelta(0) else slow) % {"duration": in_words(abs(ahead))})


def _copies(now: datetime) -> Problem | None:
    if not copies.is_running:
        return None
    if copies.failure:
        return Problem("copies_failing", copies.failure)
    last = last_copy(settings.COPIES_FOLDER)
    if last is not None and now - last.at > OVERDUE:
        sentence = _("The last copy is %(duration)s old. Press “Copy now” on the page “On site”.")
        return Problem("copies_old", sentence % {"duration": in_words(now - last.at)})
    return None


def _disk_of_the_copies() -> Problem | None:
    if not copies.is_running:
        return None
    try:
        if settings.COPIES_FOLDER.stat().st_dev == settings.DATA_DIR.stat().st_dev:
            return None
        free = little_space(settings.COPIES_FOLDER)
    except OSError:
        # The copy that fails says it better.
        return None
    if free is None:
        return None
    sentence = _("Only %(megabytes)s MB are left where the copies lie. Make room before it is full.")
    return Problem("copies_disk_low", sentence % {"megabytes": free // 2**20})


def in_words(duration: timedelta) -> str:
    """ "3 hours", "12 minutes": as coarse as people say it."""
    minutes = round(duration.total_seconds() / 60)
    if minutes >= 120:
        hours = round(minutes / 60)
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
