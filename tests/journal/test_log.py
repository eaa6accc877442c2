"""The journal: numbers without gaps, in the order of commits, inside the transaction only."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any, ClassVar

import pytest
from django.db import connection, connections, transaction

from estrade.editions.models import Edition
from estrade.journal import log
from estrade.journal.log import DomainEvent, heads_of, lock_stream, record, since, snapshot
from estrade.journal.models import Event
from tests.builders import an_edition

pytestmark = pytest.mark.django_db
_loose = count()


@dataclass(frozen=True, kw_only=True)
class BellRang(DomainEvent):
    """Somebody rang."""

    kind: ClassVar[str] = "bell.rang"
    times: int


def ring(edition: Edition, times: int = 1, on: tuple[str, ...] = ("public",), **more: Any) -> dict[str, int]:
    with transaction.atomic():
        return record(BellRang(times=times), edition_id=edition.pk, on=on, **more)


def test_each_stream_counts_for_itself_from_one() -> None:
    edition, other = an_edition(), an_edition()

    heads = [ring(edition, on=("public", "jury")), ring(edition), ring(other), ring(edition, on=("jury", "public", "jury"))]

    assert heads == [{"jury": 1, "public": 1}, {"public": 2}, {"public": 1}, {"jury": 2, "public": 3}]
    assert heads_of(edition_id=edition.pk, streams=["public", "jury", "team.1"]) == {"public": 3, "jury": 2, "team.1": 0}


def test_a_reader_gets_what_came_after_its_number() -> None:
    edition = an_edition()
    for times in range(1, 6):
        ring(edition, times)

    events = since(edition_id=edition.pk, stream="public", number=2, limit=2)

    assert [(event.seq, event.kind, event.payload) for event in events] == [
        (3, "bell.rang", {"times": 3}),
        (4, "bell.rang", {"times": 4}),
    ]


def test_a_transaction_that_fails_leaves_no_gap() -> None:
    edition = an_edition()
    ring(edition)

    def fails() -> None:
        with transaction.atomic():
            record(BellRang(times=2), edition_id=edition.pk, on=["public"])
            raise LookupError

    with pytest.raises(LookupError):
        fails()

    assert ring(edition) == {"public": 2}


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused() -> None:
    edition = an_edition()

    with pytest.raises(RuntimeError, match="transaction"):
        record(BellRang(times=1), edition_id=edition.pk, on=["public"])

    assert not Event.objects.filter(kind="bell.rang").exists()


def test_a_snapshot_carries_the_number_it_was_true_at() -> None:
    edition = an_edition()
    ring(edition, snapshots={"public": {"rows": [1]}, "results": {"done": False}})
    ring(edition, snapshots={"public": {"rows": [1, 2]}})

    public, results = snapshot(edition_id=edition.pk, name="public"), snapshot(edition_id=edition.pk, name="results")

    assert public is not None
    assert results is not None
    assert (public.seq, public.body) == (2, {"rows": [1, 2]})
    assert (results.seq, results.body) == (1, {"done": False})
    assert snapshot(edition_id=edition.pk, name="jury.board") is None


def test_an_event_knows_its_fields_only() -> None:
    with pytest.raises(TypeError):
        BellRang(times=1, score=5)  # type: ignore[call-arg]  # that is the point


def test_holding_a_stream_takes_no_number() -> None:
    edition = an_edition()

    with transaction.atomic():
        lock_stream(edition_id=edition.pk, stream="public")

    assert heads_of(edition_id=edition.pk, streams=["public"]) == {"public": 0}


def test_listeners_are_woken_after_the_commit_only(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    edition, woken = an_edition(), []
    monkeypatch.setattr(log, "wake_listeners", lambda **message: woken.append(message))

    with django_capture_on_commit_callbacks(execute=True):
        ring(edition, 3)
        before_commit = list(woken)

    assert before_commit == []
    assert [(message["heads"], message["payload"]) for message in woken] == [({"public": 1}, {"times": 3})]


def _record_loosely(edition: Edition, random: Random) -> None:
    """What a straightforward log does: a row, whose id is the cursor, somewhere in the transaction."""
    Event.objects.create(
        edition_id=edition.pk, stream=f"loose.{next(_loose)}", seq=1, kind="bell.rang", payload={}, at=edition.opens_at
    )
    time.sleep(random.random() * 0.004)


def _record_in_turn(edition: Edition, random: Random) -> None:
    """What the journal does: the number is taken last."""
    time.sleep(random.random() * 0.004)
    record(BellRang(times=1), edition_id=edition.pk, on=["public"])


def _missed_by_a_reader(edition: Edition, cursor_field: str, write: Callable[[Edition, Random], None]) -> int:
    """Eight writers with short transactions, one reader that asks for what is newer. How much it never saw."""
    rings, stop = Event.objects.filter(edition=edition, kind="bell.rang"), threading.Event()
    seen: set[int] = set()

    def keep_writing(seed: int) -> None:
        random = Random(seed)
        try:
            while not stop.is_set():
                with transaction.atomic():
                    write(edition, random)
        finally:
            connections.close_all()

    def read() -> None:
        newer = rings.filter(**{f"{cursor_field}__gt": max(seen, default=0)})
        seen.update(newer.values_list(cursor_field, flat=True))

    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(keep_writing, seed) for seed in range(8)]
        until = time.monotonic() + 2
        while time.monotonic() < until:
            read()
            time.sleep(0.02)
        stop.set()
        for writer in writers:
            writer.result()
    read()
    return len(set(rings.values_list(cursor_field, flat=True)) - seen)


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_m3_a_reader_of_the_stream_misses_nothing() -> None:
    edition = an_edition()

    missed = _missed_by_a_reader(edition, "seq", _record_in_turn)

    numbers = list(Event.objects.filter(edition=edition, stream="public").order_by("seq").values_list("seq", flat=True))
    assert missed == 0
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 100


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_m2_a_reader_of_ordinary_ids_misses_some() -> None:
    """The twin: were this to find nothing missed, the test above would prove nothing."""
    edition = an_edition()

    missed = _missed_by_a_reader(edition, "pk", _record_loosely)

    assert missed > 0
    assert connection.vendor == "postgresql"
