"""The journal over HTTP: in order, without gaps, with the rights of now."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client

from estrade.editions.announcements import announce
from estrade.editions.models import Edition
from estrade.people.models import Role
from estrade.people.people import take_role
from tests.api.test_scores import signed_in
from tests.builders import a_participant, a_role, a_team, an_edition, captain_of, organiser_of

pytestmark = pytest.mark.django_db


def said(edition: Edition, *texts: str) -> None:
    for text in texts:
        with transaction.atomic():
            announce(person=organiser_of(edition), edition_id=edition.pk, text=text)


def address(edition: Edition, query: str = "") -> str:
    return f"/api/v1/editions/{edition.slug}/events/?{query}"


def test_what_followed_a_number_comes_in_order() -> None:
    edition = an_edition()
    said(edition, "one", "two", "three")
    head = Client().get(address(edition)).json()["head"]

    answer = Client().get(address(edition, f"stream=public&since={head - 2}"))

    assert answer.status_code == 200
    assert [event["n"] for event in answer.json()["events"]] == [head - 1, head]
    assert {event["k"] for event in answer.json()["events"]} == {"announcement.made"}
    assert set(answer.json()["events"][0]) == {"n", "k", "d", "at"}


def test_nothing_new_is_an_empty_list() -> None:
    edition = an_edition()
    said(edition, "one")
    head = Client().get(address(edition)).json()["head"]

    answer = Client().get(address(edition, f"since={head}&wait=25"))

    assert answer.json() == {"head": head, "events": []}


def test_the_limit_holds() -> None:
    edition = an_edition()
    said(edition, "one", "two", "three")

    answer = Client().get(address(edition, "limit=2"))

    assert len(answer.json()["events"]) == 2


def test_each_hears_what_is_theirs() -> None:
    edition = an_edition()
    team = a_team(edition)
    askers = {
        "nobody": Client(),
        "other": signed_in(a_participant(edition)),
        "captain": signed_in(captain_of(team)),
        "juror": signed_in(a_role(edition, Role.Name.JUROR)),
        "organiser": signed_in(organiser_of(edition)),
        "elsewhere": signed_in(organiser_of(an_edition())),
    }

    statuses = {
        stream: [name for name, client in askers.items() if client.get(address(edition, f"stream={stream}")).status_code == 200]
        for stream in ("public", "participants", "organisers", "jury.board", f"team.{team.pk}")
    }

    assert statuses == {
        "public": list(askers),
        "participants": ["other", "captain", "organiser"],
        "organisers": ["organiser"],
        "jury.board": [],
        f"team.{team.pk}": ["captain", "organiser"],
    }


def test_who_lost_the_role_hears_no_more() -> None:
    edition = an_edition()
    second = a_role(edition, Role.Name.ORGANISER)
    client = signed_in(second)
    before = client.get(address(edition, "stream=organisers")).status_code

    take_role(person=organiser_of(edition), edition_id=edition.pk, of=second, role=Role.Name.ORGANISER)

    assert (before, client.get(address(edition, "stream=organisers")).status_code) == (200, 404)
