"""SQL that is composed once per process, for the few paths that a whole hall takes at once.

Owns nothing but the way from a row to its models and back. Never decides who may see or write a row.

Why: of the processor time of a score, half went into composing the same statements again for each request; the
database's own share was a tenth.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection, models

Row = TypeVar("Row", bound=models.Model)
Value = int | str | UUID
# No row has such a number.
MARK = 2**62
Reader = Callable[[Any], models.Model]
Column: TypeAlias = "models.Field[Any, Any]"


class Written:
    """A SELECT with a placeholder such as `{seat}` for all columns of each model, named like the alias of its table.

    `Written("SELECT {seat} FROM judging_seat AS seat WHERE seat.id = %s", seat=Seat).rows(12)` is a list of tuples,
    each with one model per placeholder, in the order of the keywords, made as a queryset would make them. No relation
    is filled in: the caller knows which ones it has read.
    """

    def __init__(self, sql: str, **tables: type[models.Model]) -> None:
        self._sql, self._tables = sql, tables

    def rows(self, *values: Value) -> list[tuple[Any, ...]]:
        """Each row as its models. `values`: numbers, texts and UUIDs for the `%s` of the question."""
        sql, readers = self._ready
        with connection.cursor() as cursor:
            cursor.execute(sql, [_sent(value) for value in values])
            found = cursor.fetchall()
        return [tuple(read(row) for read in readers) for row in found]

    @cached_property
    def _ready(self) -> tuple[str, list[Reader]]:
        columns, readers, first = {}, list[Reader](), 0
        for alias, model in self._tables.items():
            fields = model._meta.concrete_fields
            columns[alias] = ", ".join(f'{alias}."{field.column}"' for field in fields)
            readers.append(_reader(model, first))
            first += len(fields)
        return self._sql.format(**columns), readers


class Composed(Generic[Row]):
    """A queryset that depends on numbers alone and is put together once per process, from a function of those numbers.

    `Composed(lambda team: Ballot.objects.counting().filter(team_id=team)).rows(team=12)` is what a list of the queryset
    would be. For questions whose conditions belong to a queryset and must not be written twice. The function may not
    look at its numbers, because it is given marks in their place, and may not ask for related rows.
    """

    def __init__(self, make: Callable[..., models.QuerySet[Row]]) -> None:
        self._make = make
        self._ready: tuple[str, list[Any], list[tuple[int, str]], Reader] | None = None

    def rows(self, **numbers: int) -> list[Row]:
        """The rows for these numbers, in the order of the queryset."""
        if self._ready is None:
            self._ready = self._prepare(list(numbers))
        sql, parameters, places, read = self._ready
        values = list(parameters)
        for place, name in places:
            # PostgreSQL's driver is given numbers that know their size.
            values[place] = type(parameters[place])(numbers[name])
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            found = cursor.fetchall()
        return [read(row) for row in found]  # type: ignore[misc]  # of the model that the queryset has

    def _prepare(self, names: list[str]) -> tuple[str, list[Any], list[tuple[int, str]], Reader]:
        marks = {MARK + n: name for n, name in enumerate(names)}
        queryset = self._make(**{name: mark for mark, name in marks.items()})
        sql, parameters = queryset.query.sql_with_params()
        places = [(place, marks[value]) for place, value in enumerate(parameters) if isinstance(value, int) and value in marks]
        assert {name for _, name in places} == set(names), "every number is a condition of the queryset"
        return sql, list(parameters), places, _reader(queryset.model, 0)


class Insert(Generic[Row]):
    """An INSERT of one row of a model: what `save(force_insert=True)` does, without signals.

    `Insert(Score).save(score)` gives the score its number. For models whose columns all come from their fields' values.
    """

    def __init__(self, model: type[Row]) -> None:
        self._model = model

    def save(self, row: Row) -> None:
        """Raises IntegrityError as any INSERT does."""
        sql, fields = self._ready
        with connection.cursor() as cursor:
            cursor.execute(sql, _stored(row, fields))
            (row.pk,) = cursor.fetchone()
        row._state.adding, row._state.db = False, connection.alias

    @cached_property
    def _ready(self) -> tuple[str, list[Column]]:
        fields = [field for field in self._model._meta.concrete_fields if not field.primary_key]
        columns, marks = ", ".join(_quoted(field) for field in fields), ", ".join("%s" for _ in fields)
        number = _quoted(_number(self._model))
        return f"INSERT INTO {_table(self._model)} ({columns}) VALUES ({marks}) RETURNING {number}", fields  # noqa: S608 - names of our own columns


class Update(Generic[Row]):
    """An UPDATE of the named fields of one row: what `save(update_fields=...)` does, without signals."""

    def __init__(self, model: type[Row], *names: str) -> None:
        self._model, self._names = model, names

    def save(self, row: Row) -> None:
        """Raises DatabaseError if the row is gone."""
        sql, fields = self._ready
        with connection.cursor() as cursor:
            cursor.execute(sql, _stored(row, fields))
            if cursor.rowcount != 1:
                raise DatabaseError(f"no row {row.pk} of {self._model.__name__} to change")

    @cached_property
    def _ready(self) -> tuple[str, list[Column]]:
        number = _number(self._model)
        fields = [field for field in self._model._meta.concrete_fields if field.name in self._names]
        changes = ", ".join(f"{_quoted(field)} = %s" for field in fields)
        return f"UPDATE {_table(self._model)} SET {changes} WHERE {_quoted(number)} = %s", [*fields, number]  # noqa: S608 - names of our own columns


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _number(model: type[models.Model]) -> Column:
    number = model._meta.pk
    assert number is not None
    return number


def _quoted(field: Column) -> str:
    assert field.column is not None
    return connection.ops.quote_name(field.column)


def _stored(row: models.Model, fields: list[Column]) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


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
