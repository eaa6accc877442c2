"""What a reader of a stream knows: the board before, with the events applied."""

from __future__ import annotations

from typing import Any

from estrade.journal.log import since, snapshot


def board_after(before: dict[str, Any] | None, payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply `board.changed` payloads, in order, to a board (None: nothing yet)."""
    body = {"rows": [], **(before or {})}
    for change in payloads:
        rows = {row["id"]: row for row in body["rows"]} | {row["id"]: row for row in change["rows"]}
        kept = [row for row in rows.values() if row["id"] not in change["gone"]]
        body = {**body, **change, "rows": sorted(kept, key=lambda row: row["pos"])}
    return {name: body[name] for name in ("rows", "progress", "mode", "at")}


def board_changes(edition_id: int, stream: str, number: int = 0) -> list[dict[str, Any]]:
    events = since(edition_id=edition_id, stream=stream, number=number)
    return [event.payload for event in events if event.kind == "board.changed"]


def stored_board(edition_id: int, name: str) -> dict[str, Any]:
    """A stored board as a reader of its stream can know it."""
    last = snapshot(edition_id=edition_id, name=name)
    assert last is not None
    return {key: last.body[key] for key in ("rows", "progress", "mode", "at")}
