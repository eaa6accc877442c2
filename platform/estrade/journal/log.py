"""The journal: the only way a fact becomes known to anybody else.

Owns streams, their gapless numbers and snapshots. Never decides who may read (that is
`realtime.streams`), never sends anything before the transaction has committed.
Words: an *event* is a domain event, a *stream* is one audience of one edition, a *head* is the
last number of a stream.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, transaction

from estrade.journal.models import Event, Snapshot, Stream
from estrade.journal.wake import wake_listeners
from estrade.kernel.clock import db_now

PUBLIC = "public"
PARTICIPANTS = "participants"
JURY = "jury"
JURY_BOARD = "jury.board"
ORGANISERS = "organisers"


def team_stream(team_id: int) -> str:
    return f"team.{team_id}"


def challenge_stream(challenge_id: int) -> str:
    return f"challenge.{challenge_id}"


def person_stream(person_id: int) -> str:
    return f"person.{person_id}"


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """A fact in the past tense. Fields are ids and plain values fit for every listener of its streams."""

    kind: ClassVar[str]


def record(
    event: DomainEvent,
    *,
    edition_id: int,
    on: Iterable[str],
    actor_id: int | None = None,
    snapshots: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> dict[str, int]:
    """Write `event` on each stream of `on`, with the next number of that stream, inside the open transaction.

    `snapshots` maps a snapshot's name to its new whole body; the snapshot is stored with the number of
    the stream of the same name, or of the first stream. `at`: the instant that the verb has read.
    Returns stream name to number. Listeners are woken after commit. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("record() belongs inside the transaction that makes the fact true")
    now = at or db_now()
    payload = asdict(event)
    heads = _next_numbers(edition_id, sorted(set(on)))
    _write(edition_id, heads, event.kind, payload, actor_id, now)
    for name, body in (snapshots or {}).items():
        seq = heads.get(name, next(iter(heads.values())))
        Snapshot.objects.update_or_create(edition_id=edition_id, name=name, defaults={"seq": seq, "body": body})
    transaction.on_commit(
        lambda: wake_listeners(edition_id=edition_id, heads=heads, kind=event.kind, payload=payload, at=now), robust=True
    )
    return heads


def _next_numbers(edition_id: int, streams: list[str]) -> dict[str, int]:
    """The next number of each stream. One statement, which takes the rows in the order that is handed in."""
    if not streams:
        return {}
    rows = ", ".join(["(%s, %s, 1)"] * len(streams))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO journal_stream (edition_id, name, head) VALUES {rows}"  # noqa: S608 - only placeholders
            " ON CONFLICT (edition_id, name) DO UPDATE SET head = journal_stream.head + 1 RETURNING name, head",
            [part for stream in streams for part in (edition_id, stream)],
        )
        taken = dict(cursor.fetchall())
    return {stream: int(taken[stream]) for stream in streams}


def _write(  # noqa: PLR0913 - the columns of one table
    edition_id: int, heads: dict[str, int], kind: str, payload: dict[str, Any], actor_id: int | None, at: datetime
) -> None:
    """One row per stream, in one statement."""
    if not heads:
        return
    body, instant = json.dumps(payload), connection.ops.adapt_datetimefield_value(at)
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(heads))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "journal_event" (edition_id, stream, seq, kind, payload, actor_id, at) VALUES {rows}',  # noqa: S608 - only placeholders
            [part for stream, number in heads.items() for part in (edition_id, stream, number, kind, body, actor_id, instant)],
        )


def lock_stream(*, edition_id: int, stream: str) -> None:
    """Hold a stream's counter until the transaction ends, without taking a number."""
    Stream.objects.get_or_create(edition_id=edition_id, name=stream)
    Stream.objects.select_for_update().get(edition_id=edition_id, name=stream)


def heads_of(*, edition_id: int, streams: Iterable[str]) -> dict[str, int]:
    """The last number of each stream; 0 for a stream that has not spoken yet."""
    names = list(streams)
    known = dict(Stream.objects.filter(edition_id=edition_id, name__in=names).values_list("name", "head"))
    return {name: known.get(name, 0) for name in names}


def since(*, edition_id: int, stream: str, number: int, limit: int = 500) -> list[Event]:
    """The events of a stream after `number`, in order, at most `limit`."""
    return list(Event.objects.filter(edition_id=edition_id, stream=stream, seq__gt=number).order_by("seq")[:limit])


def snapshot(*, edition_id: int, name: str) -> Snapshot | None:
    """The last whole body stored under `name`, with the number it was true at. One row, so always consistent."""
    return Snapshot.objects.filter(edition_id=edition_id, name=name).first()
