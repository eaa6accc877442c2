"""The rows of one sheet of a workbook (.xlsx), as the person who opens it sees them. Pure.

Nothing is computed: of a cell with a formula the value that the spreadsheet stored is read. Before
anything is unpacked, the archive is measured: a small file that swells is refused.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from teams.intake_cells import MAX_ROWS, Row, Unreadable

WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
MAX_PARTS = 1_000
MAX_UNPACKED = 80 * 1024 * 1024
MAX_RATIO = 100
# Below this, a part may be as empty as it likes.
SMALL = 1024 * 1024
MAX_COLUMNS = 200
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")
_ZEROS = re.compile("0+")


@dataclass(frozen=True, slots=True)
class Workbook:
    """One sheet. `formulas`: how many of its cells hold one."""

    sheet: str
    sheets: tuple[str, ...]
    rows: tuple[Row, ...]
    formulas: int


def read_workbook(data: bytes, *, sheet: str = "") -> Workbook:
    """The rows of the sheet of that name, or of the first one that is not hidden.

    Raises Unreadable: file_is_workbook (an older or another kind, or damaged), workbook_too_large,
    sheet_unknown, formula_without_value, too_many_lines.
    """
    _measure(data)
    try:
        book = _loaded(data, values=True)
    except Exception:
        # A damaged archive fails anywhere in the library, in as many ways as there are parts.
        raise Unreadable("file_is_workbook") from None
    with closing(book):
        visible = tuple(one.title for one in book.worksheets if one.sheet_state == "visible")
        name = sheet or (visible[0] if visible else "")
        if name not in visible:
            raise Unreadable("sheet_unknown", text=name[:80])
        try:
            rows = tuple(_rows(book[name]))
            formulas = _formulas(data, book[name]) if rows else 0
        except Unreadable:
            raise
        except Exception:
            raise Unreadable("file_is_workbook") from None
    if formulas:
        _refuse_missing_values(data, name, rows)
    return Workbook(name, visible, rows, formulas)


def _loaded(data: bytes, *, values: bool) -> Any:
    """The library's workbook: with what the spreadsheet computed, or with the formulas."""
    # Reading the library takes a quarter of a second, and most processes never see a workbook.
    from openpyxl import load_workbook  # noqa: PLC0415 - see above

    return load_workbook(BytesIO(data), read_only=True, data_only=values, keep_links=False)


def _measure(data: bytes) -> None:
    """Refuse what would swell: parts, their sizes and how far they are packed are read without unpacking."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            swelling = any(part.file_size > max(SMALL, part.compress_size * MAX_RATIO) for part in parts)
            if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or swelling:
                raise Unreadable("workbook_too_large", limit=MAX_UNPACKED // (1024 * 1024))
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _refuse_entities(archive, part)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError, EOFError, zlib.error):
        raise Unreadable("file_is_workbook") from None


def _refuse_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A spreadsheet declares no document type: one that does wants its reader to unfold something."""
    rest = b""
    with archive.open(part) as stream:
        while block := stream.read(SMALL):
            window = rest + block
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window or b"\0" in block:
                raise Unreadable("file_is_workbook")
            rest = window[-16:]


def _rows(sheet: Any) -> Iterator[Row]:
    """Rows with their numbers; the empty ones at the end, which spreadsheets like to keep, are left out."""
    sheet.reset_dimensions()
    blank: list[Row] = []
    kept = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = Row(number, tuple(_shown(cell) for cell in cells[:MAX_COLUMNS]))
        if not any(cell.strip() for cell in row.cells):
            # A cell at the far end of a sheet makes a million empty rows of nothing.
            if len(blank) <= MAX_ROWS:
                blank.append(row)
            continue
        kept += len(blank) + 1
        if kept > MAX_ROWS + 20:
            raise Unreadable("too_many_lines", limit=MAX_ROWS)
        yield from blank
        blank.clear()
        yield row


def _shown(cell: Any) -> str:
    """What the cell shows: whole numbers without a point, with the zeros of their format; dates unmistakably."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        zeros = _ZEROS.fullmatch(str(cell.number_format or ""))
        return str(value).zfill(len(zeros[0])) if zeros else str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    # No database takes these; a spreadsheet can hold them all the same.
    return _UNSTORABLE.sub("", str(value))


def _formulas(data: bytes, sheet: Any) -> int:
    """How many formulas the sheet's own part holds, without reading them."""
    with zipfile.ZipFile(BytesIO(data)) as archive, archive.open(sheet._worksheet_path) as stream:
        found, rest = 0, b""
        while block := stream.read(SMALL):
            window = rest + block
            found += len(_FORMULA.findall(window))
            rest = window[-2:]
    return found


def _refuse_missing_values(data: bytes, name: str, rows: tuple[Row, ...]) -> None:
    """A formula that no spreadsheet has computed yet shows nothing: a row would lose a cell without a word."""
    shown = {row.number: row.cells for row in rows}
    with closing(_loaded(data, values=False)) as book:
        sheet = book[name]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            for place, cell in enumerate(cells[:MAX_COLUMNS]):
                values = shown.get(number, ())
                if cell.data_type == "f" and not (place < len(values) and values[place]):
                    raise Unreadable("formula_without_value", row=number)
