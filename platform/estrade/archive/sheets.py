"""Tables as spreadsheets: CSV for one, a workbook for many. Owns how each kind of value is written there.

No cell can become a formula: in CSV a risky text carries an apostrophe that our own import takes away again
(`estrade.kernel.cells`), in a workbook it is text by its type. Numbers are numbers, instants are dates in the
edition's time zone with UTC beside.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from estrade.archive.tables import DAY, INSTANT, NUMBER, YES, Column, Row, Table
from estrade.kernel.cells import is_risky, safe_cell

BOM = "\ufeff"
LONGEST_CELL = 32_767
DATE_AND_TIME = "yyyy-mm-dd hh:mm:ss"


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


def write_workbook(file: IO[bytes], tables: Iterable[tuple[Table, Iterable[Row]]], *, zone: tzinfo) -> None:
    """One workbook with a sheet per table."""
    book = Workbook(write_only=True)
    for table, rows in tables:
        sheet = book.create_sheet(_sheet_title(str(table.label)))
        sheet.freeze_panes = "A2"
        sheet.append([_text_cell(sheet, title) for title in titles(table)])
        for row in rows:
            sheet.append([cell for column, value in _typed(table, row) for cell in _cells(sheet, column, value, zone)])
    book.save(file)


def titles(table: Table) -> Iterator[str]:
    """The header as people read it; an instant has two columns."""
    for column in table.columns:
        yield str(column.label)
        if column.kind == INSTANT:
            yield f"{column.label} (UTC)"


def _typed(table: Table, row: Row) -> Iterator[tuple[Column, Any]]:
    return iter(zip(table.columns, row, strict=True))


def _csv_cells(table: Table, row: Row, zone: tzinfo, *, comma: bool) -> Iterator[str]:
    for column, value in _typed(table, row):
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


def _cells(sheet: Any, column: Column, value: Any, zone: tzinfo) -> Iterator[Any]:
    if column.kind == INSTANT:
        yield _date_cell(sheet, value.astimezone(zone) if value else None)
        yield _date_cell(sheet, value.astimezone(UTC) if value else None)
    elif value is None:
        yield None
    elif column.kind == NUMBER:
        yield value
    elif column.kind == YES:
        yield bool(value)
    elif column.kind == DAY:
        yield _date_cell(sheet, value)
    else:
        yield _text_cell(sheet, str(value))


def _date_cell(sheet: Any, moment: datetime | date | None) -> Any:
    if moment is None:
        return None
    # A workbook knows no time zones: the clock of the place stands there, and that of UTC beside.
    cell = WriteOnlyCell(sheet, value=moment.replace(tzinfo=None) if isinstance(moment, datetime) else moment)
    cell.number_format = DATE_AND_TIME if isinstance(moment, datetime) else "yyyy-mm-dd"
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)[:LONGEST_CELL]
    # Said outright, or the library takes "=1+1" for a formula and "#N/A" for an error.
    cell.data_type = "s"
    # And it stays text when somebody edits the cell.
    cell.quotePrefix = is_risky(text)
    return cell


def _sheet_title(label: str) -> str:
    return "".join(" " if character in r"[]:*?/\\" else character for character in label)[:31]


def _taken_from(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
