"""Cells of a spreadsheet export that no program mistakes for a formula, and the way back.

A text is *risky* when its first character after apostrophes, blanks and control characters is one that
spreadsheets evaluate (`=`, `+`, `-`, `@`, also in their full-width and small forms), or when a tab or a
line break comes before everything else. A risky text gets one apostrophe in front; `read_cell` takes
exactly that one away again, so every text survives the way out and back.
"""

import unicodedata

EVALUATED = frozenset("=+-@")
# They begin a cell anew in some programs, whatever follows.
BREAKS = frozenset("\t\r\n")


def safe_cell(text: str) -> str:
    """The text as it may stand in a CSV file."""
    return f"'{text}" if is_risky(text) else text


def read_cell(cell: str) -> str:
    """The text that `safe_cell` was given."""
    return cell[1:] if cell.startswith("'") and is_risky(cell) else cell


def is_risky(text: str) -> bool:
    """Whether a spreadsheet could evaluate the text."""
    rest = text.lstrip("'")
    if rest[:1] in BREAKS:
        return True
    first = next((character for character in rest if not _is_skipped(character)), "")
    # U+2212 and the dashes of compatibility fold to the hyphen only by hand.
    return bool(first) and (unicodedata.normalize("NFKC", first)[:1] in EVALUATED or first in "\u2212\ufe63\uff0d")


def _is_skipped(character: str) -> bool:
    # An apostrophe after blanks too: some programs drop what is invisible before they look.
    return character == "'" or character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}
