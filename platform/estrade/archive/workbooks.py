"""Tables as a workbook, a sheet for each. Owns how each kind of value is written there.

No cell can become a formula: a risky text is text by its type. Numbers are numbers, instants are dates in the
edition's time zone with UTC beside.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, tzinfo
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from estrade.archive.sheets import titles, typed
from estrade.archive.tables import DAY, INSTANT, NUMBER, YES, Column, Row, Table
from estrade.kernel.cells import is_risky

LONGEST_CELL = 32_767
DATE_AND_TIME = "yyyy-mm-dd hh:mm:ss"


def write_workbook(file: IO[bytes], tables: Iterable[tuple[Table, Iterable[Row]]], *, zone: tzinfo) -> None:
    """One workbook with a sheet per table."""
    book = Workbook(write_only=True)
    for table, rows in tables:
        sheet = book.create_sheet(_sheet_title(str(table.label)))
        sheet.freeze_panes = "A2"
        sheet.append([_text_cell(sheet, title) for title in titles(table)])
        for row in rows:
            sheet.append([cell for column, value in typed(table, row) for cell in _cells(sheet, column, value, zone)])
    book.save(file)


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
