"""What a stage leaves in an empty database, kept as rows: the verbs that make one cost more than most tests that want one."""

from __future__ import annotations

import functools
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction

from estrade.editions.models import Edition
from estrade.people.models import Person

# A table, its columns, its rows.
Rows = list[tuple[type[models.Model], list[str], list[tuple[Any, ...]]]]


@functools.cache
def _tables() -> list[type[models.Model]]:
    ours = [one for one in apps.get_models(include_auto_created=True) if one._meta.managed and not one._meta.proxy]
    return [one for one in ours if one._meta.app_label not in {"contenttypes", "auth"}]


def is_untouched() -> bool:
    """Whether nobody and no edition is there yet."""
    return not Person.objects.exists() and not Edition.objects.exists()


def take_rows() -> Rows:
    """Every row of every table of ours."""
    found: Rows = []
    with connection.cursor() as cursor:
        for model in _tables():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608 - our own names
            if rows := cursor.fetchall():
                found.append((model, [column[0] for column in cursor.description], rows))
    return found


def lay_rows(rows: Rows) -> None:
    """Put them back as they were; references are checked at the end of the test's transaction, as always."""
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        for model, columns, lines in rows:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) VALUES ({places})",  # noqa: S608 - our own names
                lines,
            )
        # A test that restored a copy has set the counters back; what comes next must not take these numbers.
        for statement in connection.ops.sequence_reset_sql(no_style(), [model for model, _, _ in rows]):
            cursor.execute(statement)
