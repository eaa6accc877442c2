"""Which moment leads to what. A table: the rules are in the rooms.

Each entry carries out one moment, bears any repetition, and ends in `carry_out`, whose unique row says
that it is done. It answers whether this call was the one that finished it.
"""

from datetime import datetime
from functools import partial
from typing import Protocol

from estrade.editions.deadlines import Moment, carry_out
from judging.boards import carry_out_freeze
from judging.panels import assign_at_opening
from teams.submissions import close_submissions


class Consequence(Protocol):
    """What follows from one kind of moment."""

    def __call__(self, *, edition_id: int, due_at: datetime) -> bool: ...


MOMENTS: dict[str, Consequence] = {
    "opens": partial(carry_out, key="opens"),
    "submissions_close": close_submissions,
    "judging_opens": assign_at_opening,
    "freeze": carry_out_freeze,
}


def carry_out_moment(moment: Moment) -> bool:
    """All consequences of one moment of an edition."""
    return MOMENTS[moment.key](edition_id=moment.edition_id, due_at=moment.due_at)
