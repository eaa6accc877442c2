"""An installation at a glance, for who keeps it running: figures, never what somebody wrote or scored."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Count, OuterRef, Subquery

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.people.models import Attempt, Person, Role
from estrade.web.health import Problem, problems
from teams.models import Team

LATEST = 12


@dataclass(frozen=True)
class EditionRow:
    """One edition: its phase now, and how many take part."""

    edition: Edition
    phase: Phase
    people: int
    teams: int


@dataclass(frozen=True)
class Overview:
    """What the first page of the administration shows. Sizes in bytes; `database` is None where it cannot be told."""

    problems: list[Problem]
    editions: list[EditionRow]
    people: int
    closed: int
    sessions: int
    failed: int
    database: int | None
    free: int


def installation() -> Overview:
    """Read it in a number of questions that does not grow."""
    now = db_now()
    known = Edition.objects.select_related("network").order_by("-starts_on", "-pk")
    people = Role.objects.order_by().values("edition").annotate(n=Count("person", distinct=True))
    counted: Any = known.annotate(
        people_there=Subquery(people.filter(edition=OuterRef("pk")).values("n")),
        teams_there=Subquery(
            Team.objects.filter(edition=OuterRef("pk"), withdrawn_at=None)
            .order_by()
            .values("edition")
            .annotate(n=Count("pk"))
            .values("n")
        ),
    )
    rows = [EditionRow(one, one.phase(now), one.people_there or 0, one.teams_there or 0) for one in counted[:LATEST]]
    return Overview(
        problems=problems(),
        editions=rows,
        people=Person.objects.filter(is_active=True).count(),
        closed=Person.objects.filter(is_active=False).count(),
        sessions=Session.objects.filter(expire_date__gt=now).count(),
        failed=Attempt.objects.filter(hour__gte=now - timedelta(days=1)).count(),
        database=_database_size(),
        free=shutil.disk_usage(settings.DATA_DIR).free,
    )


def _database_size() -> int | None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        row = cursor.fetchone()
    return int(row[0]) if row else None
