"""How often somebody may guess: a counter per account (or edition) and hour, in the database.

Never per network address: a whole school shares one, and an attacker has thousands. One statement
counts and decides, so that guesses made at the same moment count as many.
"""

from datetime import datetime, timedelta

from django.db import connection

from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused

SIGN_INS_PER_ACCOUNT = 10
CODES_PER_ACCOUNT = 10
CODES_PER_EDITION = 100


def count_attempt(key: str, *, limit: int) -> None:
    """Count one attempt before it is made; Refused("too_many_attempts") when this hour's are used up.

    Call it outside the transaction of what is attempted, or a refusal takes the count back.
    """
    now = db_now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_attempt (key, hour, count) VALUES (%s, %s, 1)"
            " ON CONFLICT (key, hour) DO UPDATE SET count = people_attempt.count + 1"
            " WHERE people_attempt.count < %s RETURNING count",
            [key, _stored(_hour(now)), limit],
        )
        if cursor.fetchone() is None:
            raise Refused("too_many_attempts", minutes=60 - now.minute)


def forgive_attempt(key: str) -> None:
    """Take back one counted attempt of this hour: it succeeded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_attempt SET count = count - 1 WHERE key = %s AND hour = %s AND count > 0",
            [key, _stored(_hour(db_now()))],
        )


def _hour(now: datetime) -> datetime:
    return now - timedelta(minutes=now.minute, seconds=now.second, microseconds=now.microsecond)


def _stored(instant: datetime) -> str | None:
    """The instant as the database takes it: SQLite has no type for it."""
    return connection.ops.adapt_datetimefield_value(instant)
