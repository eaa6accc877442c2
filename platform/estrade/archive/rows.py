"""A row as plain JSON, and back, the same for both databases.

Owns how each kind of value is written: instants in UTC to the microsecond, decimals and identifiers as
text, pointers as the number they point at. Knows nothing of files. Rows go in by their own numbers and
with their own times, past everything that fills in values by itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import connection
from django.db.models import DateTimeField, Field, JSONField, Model, QuerySet

AT_ONCE = 2000
AnyField: TypeAlias = "Field[Any, Any]"
Plain = dict[str, Any]


class DoesNotFit(Exception):
    """A written row that this Estrade's table cannot take: `label` of the table, `field`, `row` counted from 1."""

    def __init__(self, label: str, field: str, row: int) -> None:
        super().__init__(f"{label} {field} {row}")
        self.label, self.field, self.row = label, field, row


def fields_of(model: type[Model]) -> list[AnyField]:
    """The columns of a table, the key first."""
    return list(model._meta.concrete_fields)


def plain_rows(rows: QuerySet[Any], *, without: Iterable[str] = ()) -> Iterator[Plain]:
    """The rows of a query, in the order of their keys, a few at a time."""
    left_out = set(without)
    names = [field.attname for field in fields_of(rows.model) if field.attname not in left_out]
    for values in rows.order_by("pk").values_list(*names).iterator(chunk_size=AT_ONCE):
        yield {name: plain(value) for name, value in zip(names, values, strict=True)}


def plain(value: Any) -> Any:
    """One value as JSON can hold it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return value


def line(row: Plain) -> str:
    """A row on one line. The order of the keys is fixed, since databases keep their own inside JSON columns."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def insert(model: type[Model], rows: Iterable[Plain], *, label: str) -> int:
    """Write plain rows into a table inside the open transaction. How many. Raises DoesNotFit.

    A column that a row lacks gets its default: rows of an older schema fit as long as there is one.
    """
    fields = fields_of(model)
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    statement = (
        f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({names})"  # noqa: S608 - names of our own tables
        f" VALUES ({', '.join(['%s'] * len(fields))})"
    )
    written = 0
    waiting: list[list[Any]] = []
    with connection.cursor() as cursor:
        for number, row in enumerate(rows, start=1):
            waiting.append(_stored(fields, row, label, number))
            if len(waiting) == AT_ONCE:
                cursor.executemany(statement, waiting)
                waiting.clear()
            written = number
        if waiting:
            cursor.executemany(statement, waiting)
    return written


def reset_numbers(models: Sequence[type[Model]]) -> None:
    """Let the next new row of each table get a number that no row has."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)


def value_of(field: AnyField, row: Mapping[str, Any]) -> Any:
    """A column's value as Python has it. Raises ValidationError, TypeError or ValueError."""
    if field.attname not in row:
        if field.has_default():
            return field.get_default()
        if field.null:
            return None
        if field.empty_strings_allowed and field.blank:
            return ""
        raise ValueError("no value and no default")
    value = row[field.attname]
    if isinstance(field, JSONField):
        return value
    if value is None:
        if not field.null:
            raise ValueError("empty")
        return None
    if isinstance(field, DateTimeField):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("an instant without its distance to UTC")
        return moment
    return field.to_python(value)


def _stored(fields: Sequence[AnyField], row: Plain, label: str, number: int) -> list[Any]:
    known = {field.attname for field in fields}
    if stranger := next((name for name in row if name not in known), None):
        raise DoesNotFit(label, stranger, number)
    stored = []
    for field in fields:
        try:
            stored.append(field.get_db_prep_save(value_of(field, row), connection))
        except (ValidationError, TypeError, ValueError, ArithmeticError):
            raise DoesNotFit(label, field.attname, number) from None
    return stored
