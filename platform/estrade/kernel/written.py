"""Questions written in SQL, for the few paths that a whole hall takes at once; their rows become models.

Owns nothing but the way from a row to its models. Never writes, never decides who may see a row.

Why: of the processor time of a score, half went into composing the same SELECTs again for each request; the
database's own share was a tenth. A question that is written here is composed once per process.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection, models

Value = int | str | UUID
Reader = Callable[[Any], models.Model]


class Written:
    """A SELECT with a placeholder such as `{seat}` for all columns of each model, named like the alias of its table.

    `Written("SELECT {seat} FROM judging_seat AS seat WHERE seat.id = %s", seat=Seat).rows(12)` is a list of tuples,
    each with one model per placeholder, in the order of the keywords, made as a queryset would make them. No relation
    is filled in: the caller knows which ones it has read.
    """

    def __init__(self, sql: str, **tables: type[models.Model]) -> None:
        self._sql, self._tables = sql, tables
        self._ready: tuple[str, list[Reader]] | None = None

    def rows(self, *values: Value) -> list[tuple[Any, ...]]:
        """Each row as its models. `values`: numbers, texts and UUIDs for the `%s` of the question."""
        if self._ready is None:
            self._ready = self._prepare()
        sql, readers = self._ready
        with connection.cursor() as cursor:
            cursor.execute(sql, [_sent(value) for value in values])
            found = cursor.fetchall()
        return [tuple(read(row) for read in readers) for row in found]

    def _prepare(self) -> tuple[str, list[Reader]]:
        columns, readers, first = {}, list[Reader](), 0
        for alias, model in self._tables.items():
            fields = model._meta.concrete_fields
            columns[alias] = ", ".join(f'{alias}."{field.column}"' for field in fields)
            readers.append(_reader(model, first))
            first += len(fields)
        return self._sql.format(**columns), readers


def _reader(model: type[models.Model], first: int) -> Reader:
    """Makes the model out of those columns of a row that begin at `first`."""
    fields = model._meta.concrete_fields
    names = [field.attname for field in fields]
    # Kept with the thread's connection that came first: converters ask it for the time zone alone, which is always UTC.
    converted: list[tuple[int, Any, list[Any]]] = []
    for place, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)
        if converters := connection.ops.get_db_converters(column) + column.get_db_converters(connection):
            converted.append((place, column, converters))

    def read(row: Any) -> models.Model:
        values = list(row[first : first + len(names)])
        for place, column, converters in converted:
            for convert in converters:
                values[place] = convert(values[place], column, connection)
        return model.from_db(connection.alias, names, values)

    return read


def _sent(value: Value) -> Value:
    """A value as the database takes it: SQLite has no type for a UUID."""
    return value.hex if isinstance(value, UUID) and not connection.features.has_native_uuid_field else value
