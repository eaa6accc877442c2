"""What an organiser should know about this laptop, beside what is wrong with every installation. Named in the settings."""

from datetime import timedelta

from django.conf import settings
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from estrade.kernel.clock import db_now
from estrade.kernel.disk import little_space
from estrade.venue import clocks
from estrade.venue.copies import OVERDUE, copies, last_copy
from estrade.web.health import Problem


def clock_of_the_journal() -> Problem | None:
    """Nothing in the journal is later than now."""
    ahead = clocks.behind_the_journal(db_now())
    if ahead is None:
        return None
    sentence = _("The journal has entries from {duration} in the future. Set the clock of the server, then start it again.")
    return Problem("clock_behind_journal", format_lazy(sentence, duration=in_words_lazy(ahead)))


def clock_of_the_devices() -> Problem | None:
    """The jurors' devices have the same time as the server."""
    ahead = clocks.apart_from_devices(db_now())
    if ahead is None:
        return None
    fast = _("The server's clock is {duration} ahead of the jurors' devices. Deadlines follow the server: set its clock.")
    slow = _("The server's clock is {duration} behind the jurors' devices. Deadlines follow the server: set its clock.")
    sentence = fast if ahead > timedelta(0) else slow
    return Problem("clock_apart_from_devices", format_lazy(sentence, duration=in_words_lazy(abs(ahead))))


def copies_made() -> Problem | None:
    """Where copies are made, they succeed and are not old."""
    if not copies.is_running:
        return None
    if copies.failure:
        return Problem("copies_failing", copies.failure)
    last, now = last_copy(settings.COPIES_FOLDER), db_now()
    if last is None or now - last.at <= OVERDUE:
        return None
    sentence = _("The last copy is {duration} old. Press “Copy now” on the page “On site”.")
    return Problem("copies_old", format_lazy(sentence, duration=in_words_lazy(now - last.at)))


def disk_of_the_copies() -> Problem | None:
    """There is room where the copies go, when that is another disk."""
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
    sentence = _("Only {megabytes} MB are left where the copies lie. Make room before it is full.")
    return Problem("copies_disk_low", format_lazy(sentence, megabytes=free // 2**20))


def in_words(duration: timedelta) -> str:
    """ "3 hours", "12 minutes": as coarse as people say it."""
    minutes = round(duration.total_seconds() / 60)
    if minutes >= 120:
        hours = round(minutes / 60)
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


in_words_lazy = lazy(in_words, str)
