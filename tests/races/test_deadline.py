"""A thousand deliveries around the deadline, from many threads at once, and a twin whose rule is off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from estrade.editions.models import Edition
from estrade.editions.phases import Window
from estrade.people.models import Person
from teams import submissions
from teams.extensions import window_of
from teams.models import Receipt, Submission, Team
from teams.submissions import deliver_submission
from tests.builders import a_draft, a_team, an_edition, captain_of

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

TEAMS, THREADS = 10, 8


def storm(monkeypatch: pytest.MonkeyPatch, edition: Edition, teams: list[tuple[Person, Team]], count: int) -> None:
    """`count` deliveries, spread evenly over half a second before and after the deadline, as the database's clock says."""
    here = threading.local()
    monkeypatch.setattr(submissions, "db_now", lambda: here.now)
    step = timedelta(seconds=1) / count
    instants = [edition.submissions_close_at - timedelta(milliseconds=500) + number * step for number in range(count)]
    assert edition.submissions_close_at in instants

    def deliver(number: int) -> None:
        captain, team = teams[number % TEAMS]
        # Neighbours in time are far apart in order: each thread meets both sides of the deadline all the time.
        here.now = instants[number * 7 % count]
        deliver_submission(person=captain, team_id=team.pk, client_id=uuid4())

    def work(first: int) -> None:
        try:
            for number in range(first, count, THREADS):
                deliver(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))


def a_field(count: int = TEAMS) -> tuple[Edition, list[tuple[Person, Team]]]:
    edition = an_edition()
    teams = [a_draft(a_team(edition)) for _ in range(count)]
    edition.refresh_from_db()
    return edition, [(captain_of(team), team) for team in teams]


def misclassified() -> int:
    """Receipts whose state is not what their own instants say."""
    rows = Receipt.objects.values_list("state", "received_at", "closes_at")
    return sum((state == "late") != (received >= closes) for state, received, closes in rows)


def test_a_thousand_deliveries_around_the_deadline_are_all_classified_d1(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, teams = a_field()

    storm(monkeypatch, edition, teams, 1000)

    assert (Receipt.objects.count(), misclassified()) == (1000, 0)
    assert Receipt.objects.filter(state="late").count() == 500
    for submission in Submission.objects.select_related("current"):
        in_time = submission.receipts.filter(state="delivered").order_by("-number").first()
        assert (submission.current, submission.receipts.count()) == (in_time, 100)


def test_twin_that_believes_a_device_misclassifies(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, teams = a_field()

    def by_the_device(team: Any, now: datetime, rule: Callable[..., Window] = window_of) -> Window:
        return rule(team, now - timedelta(milliseconds=200))

    monkeypatch.setattr(submissions, "window_of", by_the_device)
    storm(monkeypatch, edition, teams, 100)

    assert misclassified() == 20
