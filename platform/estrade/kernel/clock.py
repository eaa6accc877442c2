"""The one clock: the database's.

Every decision about time is taken on `db_now()`, read once inside the verb after its locks.
On SQLite the database runs in this process, so its clock and ours are the same one.
"""

from datetime import UTC, datetime

from django.db import connection


def db_now() -> datetime:
    """The current instant in UTC, from the database server (not the start of the transaction)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            row = cursor.fetchone()
            assert row is not None
            now: datetime = row[0]
            return now
    return datetime.now(UTC)
