"""A table as CSV. Owns how each kind of value is written there, and the titles of all spreadsheets.

No cell can become a formula: a risky text carries an apostrophe that our own import takes away again
(`estrade.kernel.cells`). Instants are dates in the edition's time zone with UTC beside.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from estrade.archive.tables import DAY, INSTANT, NUMBER, YES, Column, Row, Table
from estrade.kernel.cells import safe_cell

BOM = "\ufeff"


def csv_pieces(table: Table, rows: Iterable[Row], *, zone: tzinfo) -> Iterator[str]:
    """A table as CSV: `;` and decimal commas for French readers, `,` and points for others, a BOM for Excel."""
    french = (get_language() or "fr").startswith("fr")
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if french else ",", lineterminator="\r\n")
    yield BOM
    writer.writerow([safe_cell(title) for title in titles(table)])
    for row in rows:
        writer.writerow(_csv_cells(table, row, zone, comma=french))
        if buffer.tell() > 64 * 1024:
            yield _taken_from(buffer)
    yield _taken_from(buffer)


def titles(table: Table) -> Iterator[str]:
    """The header as people read it; an instant has two columns."""
    for column in table.columns:
        yield str(column.label)
        if column.kind == INSTANT:
            yield f"{column.label} (UTC)"


def typed(table: Table, row: Row) -> Iterator[tuple[Column, Any]]:
    return iter(zip(table.columns, row, strict=True))


def _csv_cells(table: Table, row: Row, zone: tzinfo, *, comma: bool) -> Iterator[str]:
    for column, value in typed(table, row):
        if column.kind == INSTANT:
            yield value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if value else ""
            yield value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""
        elif value is None:
            yield ""
        elif column.kind == NUMBER:
            yield _figure(value).replace(".", "," if comma else ".")
        elif column.kind == YES:
            yield _("yes") if value else _("no")
        elif column.kind == DAY:
            yield value.isoformat()
        else:
            yield safe_cell(str(value))


def _figure(value: int | float | Decimal) -> str:
    text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _taken_from(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
