"""What a process asks of PostgreSQL and Redis before it works with them: once, when it starts, not when it is imported.

A server that is away is not refused: it comes back, and meanwhile `/ready` says so. A server that would lose what was
acknowledged is.
"""

import logging
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

REDIS_SECONDS = 1.0


@cache
def refuse_unsafe_servers() -> None:
    """ImproperlyConfigured, with the setting's name, when a server that answers is set in an unsafe way. Looks once."""
    try:
        if connection.vendor == "postgresql":
            look_at_database()
    except DatabaseError as error:
        logger.warning("The database does not answer, so its settings could not be checked: %s", error)
    finally:
        connection.close()
    if settings.REDIS_URL:
        look_at_redis()


def look_at_database() -> None:
    """Ask for what holds in our sessions, whoever set it."""
    names = ("synchronous_commit", "TimeZone", "server_encoding", "fsync")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(["current_setting(%s)"] * len(names)), names)
        row = cursor.fetchone()
    assert row is not None
    found = dict(zip(names, row, strict=True))
    if found["synchronous_commit"] == "off":
        raise ImproperlyConfigured(
            "DATABASE_URL: synchronous_commit is off, so a crash would lose scores that were acknowledged. "
            "Something between here and PostgreSQL overrides Estrade's setting: set it to on there."
        )
    if found["TimeZone"] != "UTC":
        raise ImproperlyConfigured(f"DATABASE_URL: TimeZone is {found['TimeZone']} and must be UTC.")
    if found["server_encoding"] != "UTF8":
        raise ImproperlyConfigured(f"DATABASE_URL: server_encoding is {found['server_encoding']} and must be UTF8.")
    if found["fsync"] == "off":
        logger.warning("PostgreSQL runs with fsync=off: if the machine crashes, the database is lost. Set it to on.")


def look_at_redis() -> None:
    """Ask what Redis throws away when its memory is full."""
    import redis  # noqa: PLC0415 - takes a tenth of a second to read, and a laptop has none

    seconds = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **seconds) as client:
            policy = client.info("memory").get("maxmemory_policy", "noeviction")
    except (redis.RedisError, OSError) as error:
        logger.warning("Redis does not answer, so its settings could not be checked: %s", error)
        return
    if policy != "noeviction":
        raise ImproperlyConfigured(f"REDIS_URL: maxmemory-policy is {policy} and must be noeviction, or tasks disappear.")
