"""Copies of everything, made by the serving process itself: soon after the start, every hour, at the end, on request.

Owns when a copy is due, how many are kept, and the word about one that failed. What is in a copy is the archive's.
A copy that fails is told to people and stops nothing.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from estrade.archive.backup import backups_in, prune_backups, write_backup
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
FIRST_AFTER = timedelta(seconds=30)
KEPT = 48
# How often the thread looks at the clock; a laptop that slept is noticed at the next look.
LOOK_SECONDS = 5.0
OVERDUE = timedelta(hours=2)


@dataclass(frozen=True)
class Copy:
    """One finished copy: its file, when it was made, its size in bytes."""

    file: Path
    at: datetime
    size: int


class CopyFailed(Exception):
    """No copy was made; `sentence` says why and what to do, in the language of whoever reads it."""

    def __init__(self, sentence: "StrOrPromise") -> None:
        super().__init__(sentence)
        self.sentence = sentence


def last_copy(folder: Path) -> Copy | None:
    """The newest copy in a folder; None for an empty folder and one that is not there."""
    for file in backups_in(folder):
        try:
            facts = file.stat()
        except OSError:
            continue
        return Copy(file, datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size)
    return None


def copy_to(folder: Path) -> Path:
    """Write one copy and let go of the oldest. The folder's parent must exist: a stick that is not in is no folder.

    Raises CopyFailed.
    """
    try:
        folder.mkdir(exist_ok=True)
        file = write_backup(folder=folder)
        prune_backups(folder, KEPT)
    except OSError as error:
        raise CopyFailed(why_not(folder, error.strerror or str(error))) from error
    except Refused as refusal:
        reason = refusal.__cause__
        raise CopyFailed(why_not(folder, getattr(reason, "strerror", None) or str(reason))) from refusal
    except Exception as error:
        # Whatever it was, people must know that there is no copy, and the server goes on.
        logger.exception("The copy to %s failed", folder)
        sentence = _("The copy to {folder} failed ({reason}). The data are safe on this disk; the next try is in an hour.")
        raise CopyFailed(format_lazy(sentence, folder=folder, reason=error)) from error
    return file


def why_not(folder: Path, reason: str) -> "StrOrPromise":
    """What to say of a folder that takes no copy."""
    sentence = _(
        "Cannot write copies to {folder} ({reason}). Plug the disk in, make room, or start again with another COPIES=folder."
    )
    return format_lazy(sentence, folder=folder, reason=reason)


class Copies:
    """The copies of this process. `start()` once, `stop()` once; `make()` from any thread, one at a time."""

    def __init__(self) -> None:
        self.failure: StrOrPromise = ""
        self._tell: Callable[[StrOrPromise], None] = lambda sentence: None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._due_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    def start(self, *, tell: "Callable[[StrOrPromise], None]") -> None:
        """Begin; `tell` gets a sentence whenever copies begin or cease to fail."""
        self._tell, self._due_at = tell, db_now() + FIRST_AFTER
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="copies", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and make the last copy."""
        if self._thread is None:
            return
        self._ended.set()
        # A copy under way is finished by its thread; waiting for it keeps both from writing at once.
        self._thread.join()
        self._thread = None
        self.try_now()

    def make(self) -> Path:
        """One copy now. Raises CopyFailed."""
        with self._lock:
            try:
                file = copy_to(settings.COPIES_FOLDER)
            except CopyFailed as failed:
                self._set(failed.sentence)
                raise
            self._set("")
            return file

    def try_now(self) -> None:
        """One copy now; a failure is told and remembered."""
        try:
            self.make()
        except CopyFailed as failed:
            logger.debug("No copy: %s", failed.sentence)

    def _set(self, failure: "StrOrPromise") -> None:
        before, self.failure = self.failure, failure
        if failure and str(failure) != str(before):
            self._tell(failure)
        elif before and not failure:
            self._tell(_("Copies work again."))

    def _run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            now = db_now()
            # A clock that was set back must not put the next copy off for longer than an hour.
            if self._due_at is None or now >= self._due_at or self._due_at - now > EVERY:
                self.try_now()
                self._due_at = now + EVERY
                connection.close()


copies = Copies()
