"""One instant of the database, read while others go on writing.

Owns the second connection that sees it. Never writes, never makes a writer wait: PostgreSQL reads in a
transaction that repeats, SQLite in a deferred one of the write-ahead log. Our usual SQLite
transactions are immediate, which would hold up every juror (docs/decisions/0008).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

HOUR = 3_600_000


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything this thread reads in the block is true at one and the same instant.

    For the length of the block the thread's connection is another one, so every read of the rooms below
    sees the instant without knowing of it. Inside an open transaction its own view is the instant.
    """
    usual = connections[DEFAULT_DB_ALIAS]
    if usual.in_atomic_block:
        yield
        return
    reader = _reader(usual)
    connections[DEFAULT_DB_ALIAS] = reader
    try:
        with transaction.atomic():
            _begin(reader)
            yield
    finally:
        connections[DEFAULT_DB_ALIAS] = usual
        reader.close()


def _reader(usual: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    reader = usual.copy()
    options = reader.settings_dict.setdefault("OPTIONS", {})
    # The pool belongs to the requests; this connection lives as long as one copy.
    options.pop("pool", None)
    if reader.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"
    return reader


def _begin(reader: BaseDatabaseWrapper) -> None:
    with reader.cursor() as cursor:
        if reader.vendor == "postgresql":
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            allow_long_work(reader)
        # The instant is fixed by the first read, not by BEGIN.
        cursor.execute("SELECT count(*) FROM editions_edition")


def allow_long_work(connection: BaseDatabaseWrapper) -> None:
    """Lift the limits of a request until the open transaction ends: a whole installation takes longer than a page."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {HOUR}; SET LOCAL idle_in_transaction_session_timeout = {HOUR}")
