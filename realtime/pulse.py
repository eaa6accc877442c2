"""What a heartbeat reads from the database and what it tells it, once per process: off the event loop."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from estrade.journal.log import heads_of
from estrade.kernel.clock import db_now
from estrade.people.presence import mark_gone, mark_heard
from realtime.visitors import ended_sessions, existing_editions, still_heard


@dataclass(frozen=True)
class Check:
    """Whose rights to look at again: a session, who it was, and the streams it hears."""

    edition_id: int
    session_key: str | None
    person_id: int | None
    streams: frozenset[str]


@dataclass(frozen=True)
class Facts:
    """The heads of every existing edition, the sessions that are over, and what each check may still hear."""

    heads: dict[int, dict[str, int]]
    ended_sessions: frozenset[str]
    may_hear: dict[Check, frozenset[str]]


def read(*, places: Mapping[int, Collection[str]], sessions: Collection[str], checks: Collection[Check]) -> Facts:
    """One look for all sockets of the process: one query for the heads of each edition, one for all sessions."""
    return Facts(
        heads={pk: heads_of(edition_id=pk, streams=places[pk]) for pk in existing_editions(places)},
        ended_sessions=ended_sessions(sessions),
        may_hear={
            check: still_heard(
                edition_id=check.edition_id, session_key=check.session_key, person_id=check.person_id, streams=check.streams
            )
            for check in checks
        },
    )


def tell_presence(*, heard: Mapping[int, Collection[int]], gone: Mapping[int, Collection[int]]) -> None:
    """Pass on, by edition, whose pages spoke and whose last page was closed."""
    now = db_now()
    for edition_id in existing_editions(heard):
        mark_heard(edition_id=edition_id, person_ids=heard[edition_id], now=now)
    for edition_id in existing_editions(gone):
        mark_gone(edition_id=edition_id, person_ids=gone[edition_id], now=now)
