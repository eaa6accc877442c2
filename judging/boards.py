"""Boards: the order of the teams as it stands, for those who may know it, and the public copy of it.

Owns the snapshots `jury.board` (the true board) and `public` (what the room sees) and the freeze.
Never changes a ballot. While the board is frozen, or the edition has no live board, nothing is
written to the public stream: freezing means not writing there.
Words: the *true board* counts every complete ballot that is not barred; *progress* counts complete
ballots against expected ones; a row's *move* is how many ranks the team rose when ranks last changed.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.log import JURY_BOARD, PUBLIC, lock_stream, record, snapshot
from estrade.journal.models import Snapshot
from estrade.kernel.clock import db_now
from estrade.kernel.soon import soon
from judging.events import BoardChanged
from judging.models import Ballot, Criterion, Round, Score, ScoreRevision
from judging.ranking import Ballot as Marks
from judging.ranking import Criterion as Dimension
from judging.ranking import Standing, standings
from teams.models import Team

METHOD = "mean"
TOP = 3

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Everything a board is made of, read once. `revisions`: how many scores ever arrived, so that a stale board shows."""

    teams: list[Team]
    standings: list[Standing]
    expected: Counter[int]
    complete: Counter[int]
    revisions: int
    marks: list[Marks]


def ask_board(round_id: int) -> None:
    """Have the round's board refreshed once the open transaction has committed; many requests become few runs."""
    refresh = partial(refresh_board, round_id=round_id)
    ask = partial(soon.ask, ("board", round_id), refresh, interval=settings.BOARD_INTERVAL_SECONDS)
    transaction.on_commit(ask, robust=True)


def refresh_board(*, round_id: int) -> bool:
    """Recompute the boards of a round and record what changed. Whether anything did."""
    edition_id = Round.objects.values_list("edition_id", flat=True).get(pk=round_id)
    with transaction.atomic():
        lock_stream(edition_id=edition_id, stream=JURY_BOARD)
        # Held before the phase is read: a freeze cannot come in between and be followed by an older board.
        lock_stream(edition_id=edition_id, stream=PUBLIC)
        now = db_now()
        edition = Edition.objects.get(pk=edition_id)
        tally = tally_of(round_id)
        changed = _store(edition_id, JURY_BOARD, _true_body(edition, tally, now))
        if edition.live_board and edition.phase(now) == Phase.JUDGING:
            changed |= _store(edition_id, PUBLIC, public_body(edition, tally, now))
    return changed


def refresh_stale_boards() -> int:
    """Refresh the boards that miss a score or were never made. How many were stale. The sweep behind `ask_board`."""
    stale = [round_id for round_id in _current_rounds() if board_stale(round_id=round_id)]
    for round_id in stale:
        refresh_board(round_id=round_id)
    return len(stale)


def board_stale(*, round_id: int) -> bool:
    """Does the board lack a score that is in the database, or the public a board it may see?"""
    edition = Edition.objects.get(rounds=round_id)
    true = snapshot(edition_id=edition.pk, name=JURY_BOARD)
    # A count, because scores commit in another order than their times say.
    if true is None or true.body["revisions"] != _revisions(round_id):
        return True
    live = edition.live_board and edition.phase(db_now()) == Phase.JUDGING
    return live and snapshot(edition_id=edition.pk, name=PUBLIC) is None


def _current_rounds() -> list[int]:
    """The open rounds of editions in judging, frozen or not."""
    now = db_now()
    rounds = Round.objects.filter(closed_at=None, edition__judging_opens_at__lte=now).select_related("edition")
    return [round_.pk for round_ in rounds if Phase.JUDGING <= round_.edition.phase(now) <= Phase.FROZEN]


def tally_of(round_id: int) -> Tally:
    """Read and rank a round in a fixed number of queries. Withdrawn teams have no row; their ballots stay in."""
    round_ = Round.objects.get(pk=round_id)
    teams = list(
        Team.objects.filter(edition=round_.edition_id, withdrawn_at=None).select_related("challenge__partner").order_by("number")
    )
    expected: Counter[int] = Counter()
    complete: dict[int, tuple[int, int]] = {}
    ballots = Ballot.objects.filter(seat__round=round_id, barred_reason="")
    for pk, seat, team, completed_at in ballots.values_list("pk", "seat_id", "team_id", "completed_at"):
        expected[team] += 1
        if completed_at is not None:
            complete[pk] = (seat, team)
    marks = _marks(round_id, complete)
    criteria = [
        Dimension(id=criterion.pk, weight=criterion.weight, lowest=criterion.lowest, highest=criterion.highest)
        for criterion in Criterion.objects.filter(rubric=round_.rubric_id).order_by("position", "pk")
    ]
    return Tally(
        teams=teams,
        standings=standings(marks, criteria, teams=[team.pk for team in teams], method=METHOD),
        expected=expected,
        complete=Counter(team for _seat, team in complete.values()),
        revisions=_revisions(round_id),
        marks=marks,
    )


def _marks(round_id: int, complete: dict[int, tuple[int, int]]) -> list[Marks]:
    values: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
    scores = Score.objects.filter(ballot__seat__round=round_id, ballot__barred_reason="", value__isnull=False)
    for ballot, criterion, value in scores.values_list("ballot_id", "criterion_id", "value"):
        if ballot in complete and value is not None:
            values[ballot][criterion] = value
    return [Marks(juror=seat, team=team, marks=values[ballot]) for ballot, (seat, team) in complete.items()]


def _revisions(round_id: int) -> int:
    return ScoreRevision.objects.filter(ballot__seat__round=round_id).count()


# --- What a board looks like --------------------------------------------------------------------------------------


def _true_body(edition: Edition, tally: Tally, now: datetime) -> Body:
    body = board_body(tally, mode=Edition.BoardMode.FULL, at=now, decimals=2)
    return {**_with_moves(edition.pk, JURY_BOARD, body), "revisions": tally.revisions}


def public_body(edition: Edition, tally: Tally, now: datetime) -> Body:
    """The board as the edition shows it to everybody: full, order without points, first places, or progress only."""
    body = board_body(tally, mode=edition.board_mode, at=now, decimals=1)
    return _with_moves(edition.pk, PUBLIC, body)


def board_body(tally: Tally, *, mode: str, at: datetime, decimals: int) -> Body:
    """Rows best first and the progress. Points appear in the full mode only."""
    by_id = {team.pk: team for team in tally.teams}
    rows = [
        {
            "id": standing.team,
            "name": by_id[standing.team].name,
            "challenge": _partner_of(by_id[standing.team]),
            "rank": standing.rank,
            "pos": standing.position,
            "score": _points(standing, mode, decimals),
            "ballots": tally.complete[standing.team],
            "expected": tally.expected[standing.team],
            "move": 0,
        }
        for standing in tally.standings
        if _is_shown(standing, mode)
    ]
    done, expected = (sum(count[team] for team in by_id) for count in (tally.complete, tally.expected))
    # Rounded down: 100 % means that the last ballot is in.
    progress = {"ballots": done, "expected": expected, "percent": 100 * done // expected if expected else 0}
    return {"rows": rows, "progress": progress, "mode": str(mode), "at": at.isoformat()}


def _partner_of(team: Team) -> str:
    return team.challenge.partner.short_name if team.challenge else ""


def _points(standing: Standing, mode: str, decimals: int) -> float | None:
    if standing.score is None or mode != Edition.BoardMode.FULL:
        return None
    return round(standing.score, decimals)


def _is_shown(standing: Standing, mode: str) -> bool:
    if mode == Edition.BoardMode.TOP:
        return standing.rank is not None and standing.rank <= TOP
    return mode != Edition.BoardMode.OFF


def _with_moves(edition_id: int, name: str, body: Body) -> Body:
    """Fill in the moves against the last board with other ranks; while ranks stand, moves stand."""
    before = snapshot(edition_id=edition_id, name=name)
    was = {row["id"]: row for row in before.body["rows"]} if before else {}
    same = all(row["id"] in was and was[row["id"]]["rank"] == row["rank"] for row in body["rows"])
    for row in body["rows"]:
        old = was.get(row["id"])
        if old is None:
            continue
        row["move"] = old["move"] if same else (old["rank"] or 0) - (row["rank"] or 0)
        if not same and (old["rank"] is None or row["rank"] is None):
            row["move"] = 0
    return body


def _store(edition_id: int, stream: str, body: Body) -> bool:
    """Record the difference to the last board on the stream of the same name. Whether there was one."""
    before = snapshot(edition_id=edition_id, name=stream)
    change = difference(before.body if before else None, body)
    if change is not None:
        record(change, edition_id=edition_id, on=[stream], snapshots={stream: body})
        return True
    if before is not None and before.body.get("revisions") != body.get("revisions"):
        # Nothing that anybody sees: only how far the board has read moves on.
        Snapshot.objects.filter(pk=before.pk).update(body={**before.body, "revisions": body["revisions"]})
    return False


def difference(before: Body | None, after: Body) -> BoardChanged | None:
    """The event that leads from one board to the next; None when they show the same."""
    old = {row["id"]: row for row in before["rows"]} if before else {}
    rows = [row for row in after["rows"] if old.get(row["id"]) != row]
    gone = sorted(old.keys() - {row["id"] for row in after["rows"]})
    same = before is not None and all(before[name] == after[name] for name in ("progress", "mode"))
    if same and not rows and not gone:
        return None
    return BoardChanged(rows=rows, gone=gone, progress=after["progress"], mode=after["mode"], at=after["at"])
