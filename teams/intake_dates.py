"""When a line was sent, from text. Pure.

`03/11/2025` is the 3rd of November in a French form and the 11th of March in an American one. The
order is taken from the form's language or from a value that leaves no choice; where neither
decides, the date is not read at all.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import Enum

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?")
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:\s+(\d{1,2})[:h](\d\d)(?::(\d\d))?)?")


class DateOrder(Enum):
    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    UNDECIDED = "undecided"


def order_of_dates(texts: Iterable[str], *, day_first: bool) -> DateOrder:
    """The order that all values of a column allow. `day_first`: what the form's language says."""
    pairs = [(int(found[1]), int(found[2])) for text in texts if (found := _SLASHED.fullmatch(text))]
    must_be_day_first = any(first > 12 for first, _ in pairs)
    must_be_month_first = any(second > 12 for _, second in pairs)
    if must_be_month_first and (must_be_day_first or day_first):
        return DateOrder.UNDECIDED
    if must_be_month_first:
        return DateOrder.MONTH_FIRST
    return DateOrder.DAY_FIRST if must_be_day_first or day_first else DateOrder.UNDECIDED


def read_date(text: str, order: DateOrder) -> datetime | None:
    """The local instant a text names (without zone: lines of one form share it), or None where it cannot be known."""
    if iso := _ISO.fullmatch(text):
        parts = [int(part or 0) for part in iso.groups()]
    elif slashed := _SLASHED.fullmatch(text):
        first, second, year, *clock = (int(part or 0) for part in slashed.groups())
        day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
        if order is DateOrder.UNDECIDED and first != second:
            return None
        parts = [year, month, day, *clock]
    else:
        return None
    try:
        return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - six numbers, compared with each other only
    except ValueError:
        return None
