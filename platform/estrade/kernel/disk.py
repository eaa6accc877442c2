"""A disk that is full, or will be soon: how it is recognised, and when to warn before."""

import errno
import shutil
import sqlite3
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# The second one: no room for the file through which SQLite's processes share the write-ahead log.
FULL_IN_SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
FULL_IN_POSTGRESQL = "53100"
LITTLE_SPACE = 500 * 1024 * 1024
LITTLE_SHARE = 0.05
# A twentieth of a large disk is plenty: above this nobody is warned.
ENOUGH = 5 * 1024**3


def is_full_disk(error: BaseException | None) -> bool:
    """Whether this error, or what caused it, is a disk without room: a file's, SQLite's or PostgreSQL's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) in FULL_IN_SQLITE:
            return True
        if getattr(error, "sqlstate", None) == FULL_IN_POSTGRESQL:
            return True
        error = error.__cause__
    return False


def little_space(folder: Path) -> int | None:
    """The bytes that are left on the folder's disk when they are few (500 MB, or 5 % of a small disk); else None.

    Raises OSError when the folder cannot be read.
    """
    disk = shutil.disk_usage(folder)
    is_little = disk.free < LITTLE_SPACE or (disk.free < disk.total * LITTLE_SHARE and disk.free < ENOUGH)
    return disk.free if is_little else None
