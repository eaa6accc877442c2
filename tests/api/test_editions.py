"""Editions over HTTP: public for everybody, with the settings for who runs one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from estrade.editions.phases import Phase
from tests.api.test_scores import signed_in
from tests.builders import a_person, an_edition, organiser_of

pytestmark = pytest.mark.django_db

PUBLIC = {
    "slug", "number", "name", "network", "kind", "theme", "lead", "starts_on", "ends_on", "time_zone", "place", "languages",
    "is_fictional", "phase", "opens_at", "submissions_close_at", "judging_opens_at", "freeze_at", "published_at", "board_mode",
}  # fmt: skip


def test_anybody_reads_an_edition() -> None:
    edition = an_edition(Phase.JUDGING, name="Hack to Horizon")

    answer = Client().get(f"/api/v1/editions/{edition.slug}/")

    assert answer.status_code == 200
    assert set(answer.json()) == PUBLIC
    assert (answer.json()["name"], answer.json()["phase"]) == ("Hack to Horizon", 3)


def test_its_organiser_reads_the_settings_too() -> None:
    edition = an_edition()

    answer = signed_in(organiser_of(edition)).get(f"/api/v1/editions/{edition.slug}/")

    assert set(answer.json()) - PUBLIC == {"revision", "live_board"}


def test_somebody_with_an_account_reads_no_more_than_anybody() -> None:
    edition = an_edition()

    answer = signed_in(a_person()).get(f"/api/v1/editions/{edition.slug}/")

    assert set(answer.json()) == PUBLIC


def test_the_list_comes_in_pages() -> None:
    for _ in range(3):
        an_edition()

    answer = Client().get("/api/v1/editions/?limit=2&offset=1")

    page = answer.json()
    assert (page["count"], page["limit"], page["offset"], len(page["results"])) == (3, 2, 1, 2)


def test_an_empty_installation_has_an_empty_list() -> None:
    assert Client().get("/api/v1/editions/").json()["results"] == []


@pytest.mark.embedded
def test_the_list_costs_as_many_queries_for_three_as_for_one(django_assert_num_queries: Any) -> None:
    an_edition()
    with CaptureQueriesContext(connection) as one:
        Client().get("/api/v1/editions/")
    an_edition()
    an_edition()

    with django_assert_num_queries(len(one)):
        Client().get("/api/v1/editions/")


def test_a_signed_in_answer_stays_out_of_caches() -> None:
    edition = an_edition()

    answer = signed_in(a_person()).get(f"/api/v1/editions/{edition.slug}/")

    assert answer.headers["Cache-Control"] == "private, no-store"
