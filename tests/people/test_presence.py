"""Whose pages are open: told when it changes, and only then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from estrade.editions.models import Edition
from estrade.journal.models import Event
from estrade.kernel.clock import db_now
from estrade.people.models import Presence
from estrade.people.presence import mark_gone, mark_heard, sweep
from tests.builders import a_role, an_edition

pytestmark = pytest.mark.django_db


def told(edition: Edition) -> list[tuple[str, int]]:
    events = Event.objects.filter(edition=edition, stream="organisers", kind__startswith="person.").order_by("seq")
    return [(event.kind, event.payload["person"]) for event in events]


def test_somebody_comes_stays_falls_silent_and_comes_back() -> None:
    edition = an_edition()
    juror, now = a_role(edition, "juror"), db_now()
    here: dict[str, Any] = {"edition_id": edition.pk, "person_ids": [juror.pk]}

    mark_heard(**here, now=now)
    mark_heard(**here, now=now + timedelta(seconds=4))
    swept = [sweep(now + timedelta(seconds=after)) for after in (13, 14, 14.1, 16)]
    mark_heard(**here, now=now + timedelta(seconds=20))

    assert swept == [0, 0, 1, 0]
    assert told(edition) == [("person.online", juror.pk), ("person.offline", juror.pk), ("person.online", juror.pk)]
    row = Presence.objects.get()
    assert (row.is_online, row.changed_at) == (True, now + timedelta(seconds=20))


def test_a_closed_page_is_known_at_once() -> None:
    edition, now = an_edition(), db_now()
    juror = a_role(edition, "juror")
    mark_heard(edition_id=edition.pk, person_ids=[juror.pk], now=now)

    for _ in range(2):
        mark_gone(edition_id=edition.pk, person_ids=[juror.pk], now=now)

    assert told(edition) == [("person.online", juror.pk), ("person.offline", juror.pk)]


def test_presence_is_told_to_organisers_only() -> None:
    edition = an_edition()

    mark_heard(edition_id=edition.pk, person_ids=[a_role(edition, "juror").pk], now=db_now())

    assert set(Event.objects.filter(kind="person.online").values_list("stream", flat=True)) == {"organisers"}


def test_many_are_heard_with_as_many_questions_as_one(django_assert_num_queries: Any) -> None:
    edition, now = an_edition(), db_now()
    one, many = [a_role(edition, "juror").pk], [a_role(edition, "juror").pk for _ in range(5)]
    for people in (one, many):
        mark_heard(edition_id=edition.pk, person_ids=people, now=now)

    for people in (one, many):
        with django_assert_num_queries(4):  # two of them hold the savepoint
            mark_heard(edition_id=edition.pk, person_ids=people, now=now)


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_two_processes_that_hear_somebody_at_once_tell_it_once() -> None:
    edition, now = an_edition(), db_now()
    people, start = [a_role(edition, "juror").pk for _ in range(5)], Barrier(8)

    def hear(number: int) -> None:
        start.wait()
        try:
            mark_heard(edition_id=edition.pk, person_ids=people[:: 1 if number % 2 else -1], now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hear, range(8)))

    assert sorted(told(edition)) == [("person.online", pk) for pk in sorted(people)]
