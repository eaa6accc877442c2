"""From the bytes of a spreadsheet export to rows with numbers. Pure: no Django, no tables.

Owns encoding, separator, quoting and where the header is. It knows nothing about people: the
caller says which header cells it recognises.

Row: one record of the file, counted from 1 as a spreadsheet counts; a cell may hold line breaks.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from estrade.kernel.cells import read_cell

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 5_000
MAX_CELL_BYTES = 10 * 1024
HEADER_WITHIN = 20
SEPARATORS = (";", "\t", ",")


class Unreadable(Exception):
    """The file as a whole cannot be read. `code` is stable, `figures` go into the sentence."""

    def __init__(self, code: str, **figures: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`above`: rows before the header that were not empty (titles)."""

    header: Row
    rows: tuple[Row, ...]
    above: tuple[Row, ...]
    encoding: str
    separator: str


def read_table(data: bytes, *, recognises: Callable[[str], bool]) -> Table:
    """Find encoding, separator and header, and return all rows below it.

    The header is the row with the most recognised cells among the first 20; two are needed.
    Raises Unreadable for a file that is no text export, is too large or has no header.
    """
    text, encoding = _decode(data)
    separator, header_number = _find_header(text, recognises)
    above: list[Row] = []
    rows: list[Row] = []
    header = Row(header_number, ())
    for row in _records(text, separator):
        if row.number > header_number + MAX_ROWS:
            raise Unreadable("too_many_lines", limit=MAX_ROWS)
        if row.number == header_number:
            header = row
        elif row.number > header_number:
            rows.append(row)
        elif any(cell.strip() for cell in row.cells):
            above.append(row)
    return Table(header, tuple(rows), tuple(above), encoding, separator)


def _decode(data: bytes) -> tuple[str, str]:
    if len(data) > MAX_BYTES:
        raise Unreadable("file_too_large", limit=MAX_BYTES // (1024 * 1024))
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable("file_is_workbook")
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
        try:
            for row in islice(_records(text, separator), HEADER_WITHIN):
                score = sum(recognises(cell) for cell in row.cells)
                if score > best[0]:
                    best = (score, separator, row.number)
        except Unreadable:
            # Quoting is judged again, and reported, with the separator that wins.
            continue
    if not best[1]:
        raise Unreadable("header_not_found", rows=HEADER_WITHIN)
    return best[1], best[2]


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
