"""Boards: the order of the teams as it stands, for those who may know it, and the public copy of it.

Owns the snapshots `jury.board` (the true board) and `public` (what the room sees) and the freeze.
Never changes a ballot. While the board is frozen, or the edition has no live board, nothing is
written to the public stream: freezing means not writing there.
Words: the *true board* counts every complete ballot that is not barred; *progress* counts complete
ballots against expected ones; a row's *move* is how many ranks the team rose when ranks last changed.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from estrade.access.policy import require
from estrade.editions.deadlines import EVERYBODY, carry_out, change_instants, locked_edition
from estrade.editions.events import PhaseChanged
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.journal.log import JURY, JURY_BOARD, ORGANISERS, PUBLIC, lock_stream, record, snapshot
from estrade.journal.models import AuditEntry, Snapshot
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.kernel.soon import soon
from estrade.people.models import Person
from judging.events import BoardChanged, BoardFrozen, BoardThawed
from judging.models import Round
from judging.ranking import Standing
from judging.tallies import Tally, revisions_of, tally_of
from teams.models import Team

TOP = 3
UNDO = timedelta(minutes=2)
# The public board as it stood when it was frozen, kept for the record.
PINNED = "public.frozen"

Body = dict[str, Any]


def ask_board(round_id: int) -> None:
    """Have the round's board refreshed once the open transaction has committed; many requests become few runs."""
    refresh = partial(refresh_board, round_id=round_id)
    transaction.on_commit(lambda: soon.ask(("board", round_id), refresh, interval=settings.BOARD_INTERVAL_SECONDS), robust=True)


def refresh_board(*, round_id: int) -> bool:
    """Recompute the boards of the edition's latest round and record what changed. Whether anything did.

    An earlier round has no board any more: a correction there changes its record only.
    """
    edition_id, number = Round.objects.values_list("edition_id", "number").get(pk=round_id)
    with transaction.atomic():
        lock_stream(edition_id=edition_id, stream=JURY_BOARD)
        # Held before the phase is read: a freeze cannot come in between and be followed by an older board.
        lock_stream(edition_id=edition_id, stream=PUBLIC)
        if Round.objects.filter(edition=edition_id, number__gt=number).exists():
            return False
        now = db_now()
        stored = [_store(edition_id, name, body) for name, body in boards_now(round_id=round_id, now=now).items()]
    return any(stored)


def boards_now(*, round_id: int, now: datetime) -> dict[str, Body]:
    """The boards as the ballots make them, by the name they are stored under; the public one only while it is live."""
    round_ = Round.objects.select_related("edition").get(pk=round_id)
    tally = tally_of(round_id=round_id)
    boards = {JURY_BOARD: _true_body(round_, tally, now)}
    return boards | ({PUBLIC: _public_body(round_.edition, tally, now)} if _is_live(round_, now) else {})


def refresh_stale_boards() -> int:
    """Refresh the boards that miss a score or were never made. How many were stale. The sweep behind `ask_board`."""
    stale = [round_id for round_id in current_rounds() if board_stale(round_id=round_id)]
    for round_id in stale:
        refresh_board(round_id=round_id)
    return len(stale)


def board_stale(*, round_id: int) -> bool:
    """Does the board lack a score that is in the database, or the public a board it may see?"""
    round_ = Round.objects.select_related("edition").get(pk=round_id)
    edition = round_.edition
    true = snapshot(edition_id=edition.pk, name=JURY_BOARD)
    # A count, because scores commit in another order than their times say.
    if true is None or true.body["revisions"] != revisions_of(round_id=round_id):
        return True
    if true.body.get("rubric", round_.rubric_id) != round_.rubric_id:
        return True
    present = round_.teams().filter(withdrawn_at=None).values_list("pk", flat=True)
    if {row["id"] for row in true.body["rows"]} != set(present):
        return True
    return _is_live(round_, db_now()) and snapshot(edition_id=edition.pk, name=PUBLIC) is None


def _is_live(round_: Round, now: datetime) -> bool:
    """Whether the public may see this round's board move."""
    return round_.closed_at is None and round_.edition.live_board and round_.edition.phase(now) == Phase.JUDGING


def current_rounds() -> list[int]:
    """The open rounds of editions in judging, frozen or not."""
    now = db_now()
    rounds = Round.objects.filter(closed_at=None, edition__judging_opens_at__lte=now).select_related("edition")
    return [round_.pk for round_ in rounds if Phase.JUDGING <= round_.edition.phase(now) <= Phase.FROZEN]


# --- Freezing -----------------------------------------------------------------------------------------------------


def freeze_board(*, person: Person, edition_id: int, reason: str = "") -> Edition:
    """Freeze the public board now. Jurors go on scoring. Refused: `board_frozen`."""
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        edition = locked_edition(edition_id)
        now = db_now()
        require(person, "board.freeze", edition, at=now)
        if edition.phase(now) == Phase.FROZEN:
            raise Refused("board_frozen")
        freeze_locked(person=person, edition=edition, now=now, reason=reason)
    return edition


def freeze_locked(*, person: Person, edition: Edition, now: datetime, reason: str) -> None:
    """The freeze itself, for verbs that hold the edition's lock and have written their own rows."""
    planned = _iso(edition.freeze_at)
    change_instants(edition, now=now, freeze_at=now)
    audit(
        edition_id=edition.pk,
        actor_id=person.pk,
        action="board.freeze",
        thing="board",
        before=planned,
        after=_iso(now),
        reason=reason,
    )
    carry_out_freeze(edition_id=edition.pk, due_at=now)


def carry_out_freeze(*, edition_id: int, due_at: datetime) -> bool:
    """Announce, once, a freeze that has begun, and keep the board as it stood. False when that was done before."""
    return carry_out(edition_id=edition_id, key="freeze", due_at=due_at, tell=partial(_tell_frozen, edition_id, due_at))


def _tell_frozen(edition_id: int, at: datetime) -> None:
    last = snapshot(edition_id=edition_id, name=PUBLIC)
    pinned = {PINNED: {**last.body, "seq": last.seq}} if last else {}
    record(BoardFrozen(at=at.isoformat()), edition_id=edition_id, on=[JURY, ORGANISERS, PUBLIC], snapshots=pinned)


def thaw_board(*, person: Person, edition_id: int, reason: str = "") -> Edition:
    """Take a freeze back: the planned freeze stands again if it lies ahead. Later than two minutes it needs a reason.

    Refused: `board_not_frozen`, `reason_required`, `round_closed` once the results are signed.
    """
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        edition = locked_edition(edition_id)
        now = db_now()
        require(person, "board.freeze", edition, at=now)
        frozen_at = edition.freeze_at
        if edition.phase(now) != Phase.FROZEN or frozen_at is None:
            raise Refused("board_not_frozen")
        round_ = edition.rounds.order_by("number").last()
        if round_ is not None and round_.closed_at is not None:
            raise Refused("round_closed")
        if now - frozen_at > UNDO and not reason:
            raise Refused("reason_required", field="reason")
        planned = _planned_before(edition_id, frozen_at)
        change_instants(edition, now=now, freeze_at=planned if planned and planned > now else None)
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="board.thaw",
            thing="board",
            before=_iso(frozen_at),
            after=_iso(edition.freeze_at),
            reason=reason,
        )
        record(PhaseChanged(phase=int(Phase.JUDGING)), edition_id=edition_id, on=EVERYBODY, actor_id=person.pk)
        record(BoardThawed(), edition_id=edition_id, on=[JURY, ORGANISERS, PUBLIC], actor_id=person.pk)
        if round_ is not None:
            ask_board(round_.pk)
    return edition


def _planned_before(edition_id: int, frozen_at: datetime) -> datetime | None:
    """The instant the freeze was planned for, when it was brought forward by hand."""
    last = AuditEntry.objects.filter(edition=edition_id, action="board.freeze").order_by("-number").first()
    if last is None or last.after != _iso(frozen_at) or last.before is None:
        return None
    return datetime.fromisoformat(last.before)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


# --- What a board looks like --------------------------------------------------------------------------------------


def _true_body(round_: Round, tally: Tally, now: datetime) -> Body:
    body = _body(tally, mode=Edition.BoardMode.FULL, at=now, decimals=2)
    raw = {one.team: None if one.raw is None else round(one.raw, 2) for one in tally.standings}
    for row in body["rows"]:
        # Empty where the points are the raw mean.
        row["raw"] = raw[row["id"]] if tally.method == "adjusted" else None
    return {**_with_moves(round_.edition_id, JURY_BOARD, body), "revisions": tally.revisions, "rubric": round_.rubric_id}


def _public_body(edition: Edition, tally: Tally, now: datetime) -> Body:
    """The board as the edition shows it to everybody: full, order without points, first places, or progress only."""
    body = _body(tally, mode=edition.board_mode, at=now, decimals=1)
    return _with_moves(edition.pk, PUBLIC, body)


def record_final_board(*, edition_id: int, standings: list[dict[str, Any]], now: datetime) -> None:
    """Put the signed order on the public board, whatever its mode was: the results are out."""
    rows = [
        {
            **{name: row[name] for name in ("id", "name", "rank", "pos", "ballots", "expected")},
            "challenge": row["partner"],
            "score": None if row["score"] is None else round(row["score"], 1),
            "move": 0,
        }
        for row in standings
    ]
    done, expected = (sum(row[name] for row in rows) for name in ("ballots", "expected"))
    body = _whole(rows, done, expected, mode=Edition.BoardMode.FULL, at=now)
    _store(edition_id, PUBLIC, _with_moves(edition_id, PUBLIC, body))


def _body(tally: Tally, *, mode: str, at: datetime, decimals: int) -> Body:
    """Rows best first and the progress. Points appear in the full mode only."""
    by_id = {team.pk: team for team in tally.teams}
    # Nobody is ranked across groups of teams that no juror will link, whatever arrives.
    is_linked = len(tally.planned_groups) <= 1
    places = tally.standings if is_linked else [replace(standing, rank=None) for standing in tally.standings]
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
        for standing in places
        if _is_shown(standing, mode)
    ]
    done, expected = (sum(count[team] for team in by_id) for count in (tally.complete, tally.expected))
    return _whole(rows, done, expected, mode=mode, at=at)


def _whole(rows: list[Body], done: int, expected: int, *, mode: str, at: datetime) -> Body:
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
    stand = all(row["id"] in was and was[row["id"]]["rank"] == row["rank"] for row in body["rows"])
    for row in body["rows"]:
        old = was.get(row["id"])
        if stand and old:
            row["move"] = old["move"]
        elif old and old["rank"] and row["rank"]:
            row["move"] = old["rank"] - row["rank"]
    return body


def _store(edition_id: int, stream: str, body: Body) -> bool:
    """Record the difference to the last board on the stream of the same name. Whether there was one."""
    before = snapshot(edition_id=edition_id, name=stream)
    change = difference(before.body if before else None, body)
    if change is not None:
        record(change, edition_id=edition_id, on=[stream], snapshots={stream: body})
        return True
    read = {name: body[name] for name in ("revisions", "rubric") if name in body}
    if before is not None and any(before.body.get(name) != value for name, value in read.items()):
        # Nothing that anybody sees: only what the board has read moves on.
        Snapshot.objects.filter(pk=before.pk).update(body={**before.body, **read})
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
