"""What is wrong with this installation right now, for organisers and for whoever watches over the servers.

Owns the list of checks and a short memory of their answers. Repairs nothing and refuses nothing.
Words: a problem is *serious* when this process cannot keep what people send, so that a proxy should ask another one;
every other problem leaves saving whole and only makes the rest slower or less certain.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from estrade.kernel.clock import db_now
from estrade.kernel.disk import little_space

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)

SECONDS_REMEMBERED = 5.0
REDIS_SECONDS = 0.25
MOST_CLOCK_DIFFERENCE = timedelta(seconds=2)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a stable code, a sentence that says what to do, in the reader's language when it is shown."""

    code: str
    sentence: "StrOrPromise"
    is_serious: bool = False


def database() -> Problem | None:
    """The database answers, and its tables are those of this version."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated():
            sentence = _("The database belongs to another version. Run `python manage.py migrate`.")
            return Problem("database_not_migrated", sentence, is_serious=True)
    except DatabaseError:
        sentence = _("The database does not answer. Nothing can be saved until it does; pages keep what was typed.")
        return Problem("database_away", sentence, is_serious=True)
    return None


def messages() -> Problem | None:
    """Redis answers, where there is one."""
    if not settings.REDIS_URL:
        return None
    import redis  # noqa: PLC0415 - takes a tenth of a second to read, and a laptop has none

    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, OSError):
        return Problem("redis_away", _("Redis does not answer. Everything is saved; screens follow a few seconds later."))
    return None


def clock() -> Problem | None:
    """This machine's clock and the database's say the same."""
    try:
        before = datetime.now(UTC)
        theirs = db_now()
        ours = before + (datetime.now(UTC) - before) / 2
    except DatabaseError:
        return None
    difference = abs(theirs - ours)
    if difference <= MOST_CLOCK_DIFFERENCE:
        return None
    seconds = round(difference.total_seconds())
    sentence = format_lazy(
        _("The clocks of the web server and of the database differ by {seconds} s. The database's counts; set the other one."),
        seconds=seconds,
    )
    return Problem("clock_differs", sentence)


def disk() -> Problem | None:
    """There is room left where the data lie."""
    try:
        free = little_space(settings.DATA_DIR)
    except OSError:
        return Problem("data_folder_away", _("The data folder cannot be read. Check that its disk is there."))
    if free is None:
        return None
    sentence = format_lazy(_("Only {megabytes} MB are left on the disk. Make room before it is full."), megabytes=free // 2**20)
    return Problem("disk_low", sentence)


# Each answers within a moment, raises nothing it can name, and returns what is wrong or None.
CHECKS: tuple[Callable[[], Problem | None], ...] = (database, messages, clock, disk)


def checks() -> list[Callable[[], Problem | None]]:
    """These, and those of the rooms above, which the settings name."""
    return [*CHECKS, *map(import_string, settings.HEALTH_CHECKS)]


def problems() -> list[Problem]:
    """What is wrong now, the serious first. Looked at again after five seconds; one process asks once for everybody."""
    return _memory.read()


class _Memory:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._found: list[Problem] = []

    def read(self) -> list[Problem]:
        with self._lock:
            if time.monotonic() - self._at >= SECONDS_REMEMBERED:
                self._found = sorted(_look(), key=lambda problem: not problem.is_serious)
                self._at = time.monotonic()
            return list(self._found)

    def forget(self) -> None:
        """Look again at the next question."""
        with self._lock:
            self._at = float("-inf")


_memory = _Memory()
forget = _memory.forget


def _look() -> list[Problem]:
    found = []
    for check in checks():
        try:
            problem = check()
        except Exception:
            # A check that breaks must not take the page down that wanted to show it.
            logger.exception("The health check %s failed", check.__name__)
            continue
        if problem is not None:
            found.append(problem)
    return found


_migrated: list[bool] = []


def _is_migrated() -> bool:
    """Once the tables are right they stay so: reading all migrations takes too long for each look."""
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.append(True)
    return True
