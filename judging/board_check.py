"""The stored board against the ballots: a check that computes it again, puts it right and tells the organisers (S5).

A board that merely lags behind its scores is no alarm, `judging.boards` sees to it. Here is about figures that no score
explains: a spoiled row, a hand in the database. What differs once may be on its way; what differs twice in a row is wrong.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY_BOARD, ORGANISERS, PUBLIC, lock_stream, record, snapshot
from estrade.journal.models import AuditEntry
from estrade.kernel.clock import db_now
from judging.boards import boards_now, current_rounds, refresh_board
from judging.events import BoardRepaired
from judging.models import Round

SECONDS_BETWEEN_CHECKS = 30
SHOWN_FOR = timedelta(minutes=30)
ACTION = "board.repair"
FIGURES = ("id", "rank", "score", "ballots", "expected")
logger = logging.getLogger(__name__)

_last_check = 0.0
# Round to the numbers of the boards that differed at the last look.
_suspects: dict[int, tuple[int, ...]] = {}


def check_boards_sometimes() -> None:
    """`check_boards`, every half minute in the process that ticks."""
    global _last_check  # noqa: PLW0603 - one clock per process
    if _last_check and time.monotonic() - _last_check < SECONDS_BETWEEN_CHECKS:
        return
    _last_check = time.monotonic()
    check_boards()


def check_boards() -> int:
    """Compute every current board again. How many were wrong for the second time: they are put right, and said to be so."""
    repaired = 0
    for round_id in current_rounds():
        wrong, seen = _wrong(round_id)
        if not wrong:
            _suspects.pop(round_id, None)
        elif _suspects.get(round_id) != seen:
            _suspects[round_id] = seen
        else:
            _repair(round_id, wrong)
            del _suspects[round_id]
            repaired += 1
    return repaired


def last_repair(*, edition: Edition, now: datetime) -> datetime | None:
    """When a wrong board was last put right; None when that is long ago or never was."""
    entries = AuditEntry.objects.filter(edition=edition, action=ACTION, at__gt=now - SHOWN_FOR)
    at: datetime | None = entries.order_by("-number").values_list("at", flat=True).first()
    return at


def _wrong(round_id: int) -> tuple[list[str], tuple[int, ...]]:
    """The boards whose figures no score explains, and the numbers at which the boards stood."""
    edition_id = Round.objects.values_list("edition_id", flat=True).get(pk=round_id)
    with transaction.atomic():
        for stream in sorted((JURY_BOARD, PUBLIC)):
            lock_stream(edition_id=edition_id, stream=stream)
        stored = {name: snapshot(edition_id=edition_id, name=name) for name in (JURY_BOARD, PUBLIC)}
        right = boards_now(round_id=round_id, now=db_now())
        true = stored[JURY_BOARD]
        if true is None or true.body.get("revisions") != right[JURY_BOARD]["revisions"]:
            return [], ()
        wrong = [name for name, body in right.items() if _differs(stored[name], body)]
    return wrong, tuple(one.seq if one else 0 for one in stored.values())


def _differs(stored: Any, right: dict[str, Any]) -> bool:
    if stored is None or stored.body["mode"] != right["mode"]:
        # Made at the next refresh: a setting changed, nothing was spoiled.
        return False
    return _figures(stored.body) != _figures(right)


def _figures(body: dict[str, Any]) -> list[list[Any]]:
    return [[row.get(name) for name in FIGURES] for row in body["rows"]]


def _repair(round_id: int, wrong: list[str]) -> None:
    edition_id = Round.objects.values_list("edition_id", flat=True).get(pk=round_id)
    logger.error("the stored board of round %s was not that of its ballots: %s", round_id, ", ".join(wrong))
    with transaction.atomic():
        audit(edition_id=edition_id, actor_id=None, action=ACTION, thing=f"round {round_id}", after=wrong)
        record(BoardRepaired(round=round_id), edition_id=edition_id, on=[ORGANISERS])
    refresh_board(round_id=round_id)
