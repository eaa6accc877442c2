"""From the bytes of a spreadsheet export to rows with numbers. Pure: no Django, no tables.

Owns encoding, separator, quoting and where the header is. It knows nothing about people: the
caller says which header cells it recognises.

Row: one record of the file, counted from 1 as a spreadsheet counts; a cell may hold line breaks.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from estrade.kernel.cells import read_cell
from teams.intake_cells import MAX_ROWS, Row, Unreadable
from teams.intake_workbook import WORKBOOK_MARKS, read_workbook

MAX_BYTES = 10 * 1024 * 1024
MAX_CELL_BYTES = 10 * 1024
HEADER_WITHIN = 20
SEPARATORS = (";", "\t", ",")


@dataclass(frozen=True, slots=True)
class Table:
    """`above`: rows before the header that were not empty (titles). A workbook has sheets, a text has a separator."""

    header: Row
    rows: tuple[Row, ...]
    above: tuple[Row, ...]
    encoding: str
    separator: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    formulas: int = 0


def read_table(data: bytes, *, recognises: Callable[[str], bool], sheet: str = "") -> Table:
    """Find encoding, separator and header (of a workbook: the sheet), and return all rows below it.

    The header is the row with the most recognised cells among the first 20; two are needed.
    Raises Unreadable for a file that is no list, is too large or has no header.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable("file_too_large", limit=MAX_BYTES // (1024 * 1024))
    if data.startswith(WORKBOOK_MARKS):
        book = read_workbook(data, sheet=sheet)
        header_number = _best_header(book.rows, recognises)[1]
        if not header_number:
            raise Unreadable("header_not_found", rows=HEADER_WITHIN)
        header, rows, above = _apart(book.rows, header_number)
        return Table(header, rows, above, "xlsx", sheet=book.sheet, sheets=book.sheets, formulas=book.formulas)
    text, encoding = _decode(data)
    separator, header_number = _find_header(text, recognises)
    header, rows, above = _apart(_records(text, separator), header_number)
    return Table(header, rows, above, encoding, separator)


def _apart(records: Iterable[Row], header_number: int) -> tuple[Row, tuple[Row, ...], tuple[Row, ...]]:
    """The header, what stands below it, and the titles above."""
    above: list[Row] = []
    rows: list[Row] = []
    header = Row(header_number, ())
    for row in records:
        if len(rows) >= MAX_ROWS and row.number > header_number:
            raise Unreadable("too_many_lines", limit=MAX_ROWS)
        if row.number == header_number:
            header = row
        elif row.number > header_number:
            rows.append(row)
        elif any(cell.strip() for cell in row.cells):
            above.append(row)
    return header, tuple(rows), tuple(above)


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        order = ["utf-16"]
    elif data.startswith(b"\xef\xbb\xbf"):
        order = ["utf-8-sig"]
    else:
        order = ["utf-8", "cp1252"]
    for encoding in order:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if not text.strip():
            raise Unreadable("file_empty")
        return text, encoding
    raise Unreadable("encoding_unknown")


def _find_header(text: str, recognises: Callable[[str], bool]) -> tuple[str, int]:
    best = (1, "", 0)
    for separator in SEPARATORS:
        score, number = _best_header(_records(text, separator), recognises)
        if score > best[0]:
            best = (score, separator, number)
    if not best[1]:
        raise Unreadable("header_not_found", rows=HEADER_WITHIN)
    return best[1], best[2]


def _best_header(rows: Iterable[Row], recognises: Callable[[str], bool]) -> tuple[int, int]:
    """How many cells the best of the first rows has that name a column, and its number; (1, 0) below two."""
    best = (1, 0)
    try:
        for row in islice(rows, HEADER_WITHIN):
            score = sum(recognises(cell) for cell in row.cells)
            if score > best[0]:
                best = (score, row.number)
    except Unreadable:
        # Quoting is judged again, and reported, with the separator that wins.
        return best
    return best


def _records(text: str, separator: str) -> Iterator[Row]:
    # Not splitlines(): a cell may hold U+2028 or a vertical tab, which end no row.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Unreadable("quotes_unbalanced", row=number) from None
        # An export of ours marks what a spreadsheet could evaluate; here it is what it was.
        yield Row(number, tuple(map(read_cell, cells)))
