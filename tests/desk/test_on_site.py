"""The page "On site" and its poster."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from estrade.venue import installation
from estrade.venue.copies import copies
from estrade.venue.installation import Running
from estrade.venue.steady_name import SteadyName
from estrade.web import health
from estrade.web.health import Problem
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As the serving command sets it: numbers allowed, copies made, a name told."""
    settings.VENUE, settings.VENUE_HOSTS, settings.ALLOWED_HOSTS = True, ["localhost", "estrade.local"], ["*"]
    settings.COPIES_FOLDER = tmp_path / "copies"
    name = SteadyName("estrade", 8000)
    name.is_announced = True
    monkeypatch.setattr(installation, "running", Running("192.168.1.20", 8000, name))
    monkeypatch.setattr(copies, "_thread", threading.current_thread())
    return settings


def organiser(edition: Any, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language, "host": "localhost:8000"})
    client.force_login(builders.organiser_of(edition))
    return client


def test_the_hall_gets_the_laptops_number_and_its_name_whatever_the_organiser_typed(venue: Any) -> None:
    edition = builders.an_edition()
    page = f"/e/{edition.slug}/on-site/"

    shown = organiser(edition).get(page).text
    numbers = organiser(edition).get(f"{page}poster/").text
    named = organiser(edition).get(f"{page}poster/?by=name").text
    french = organiser(edition, "fr").get(f"{page}poster/").text

    assert f"192.168.1.20:8000/e/{edition.slug}" in shown
    assert f"estrade.local:8000/e/{edition.slug}" in shown
    assert poster_address(numbers) == f"192.168.1.20:8000/e/{edition.slug}"
    assert poster_address(named) == f"estrade.local:8000/e/{edition.slug}"
    assert "Rejoignez le wifi de la salle." in french
    assert edition.name in numbers


def poster_address(page: str) -> str:
    found = re.search(r'<p class="poster__address">([^<]*)</p>', page)
    assert found is not None
    return found[1]


def test_outside_a_venue_it_shows_the_sites_address_and_no_copies(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["estrade.example.org"]
    edition = builders.an_edition()
    client = Client(headers={"host": "estrade.example.org", "accept-language": "en"})
    client.force_login(builders.organiser_of(edition))

    page = client.get(f"/e/{edition.slug}/on-site/")
    poster = client.get(f"/e/{edition.slug}/on-site/poster/?by=name")
    copied = client.post(f"/e/{edition.slug}/on-site/copy/")

    assert f"estrade.example.org/e/{edition.slug}" in page.text
    assert "Copy now" not in page.text
    assert poster_address(poster.text) == f"estrade.example.org/e/{edition.slug}"
    assert copied.status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.embedded
def test_a_copy_at_once_is_made_and_named(venue: Any) -> None:
    edition = builders.an_edition()
    client = organiser(edition)

    answer = client.post(f"/e/{edition.slug}/on-site/copy/", follow=True)
    [made] = venue.COPIES_FOLDER.glob("*.zip")

    assert f"Copied: {made.name}" in answer.text
    assert "Last copy" in answer.text


@pytest.mark.embedded
def test_a_copy_that_fails_is_a_sentence_and_something_to_do(venue: Any, tmp_path: Path) -> None:
    venue.COPIES_FOLDER = tmp_path / "stick" / "copies"
    edition = builders.an_edition()
    client = organiser(edition)

    answer = client.post(f"/e/{edition.slug}/on-site/copy/", follow=True)
    health.forget()
    control = client.get(f"/e/{edition.slug}/control/")
    copies.failure = ""
    health.forget()

    assert answer.status_code == 200
    assert "Plug the disk in" in answer.text
    assert "Plug the disk in" in control.text


def test_what_is_wrong_with_the_installation_waits_for_the_organiser(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = builders.an_edition()
    client = Client(headers={"accept-language": "en"})
    client.force_login(builders.organiser_of(edition))
    address = f"/e/{edition.slug}/control/"
    monkeypatch.setattr(health, "CHECKS", (lambda: Problem("disk_low", "Only 12 MB are left."),))
    health.forget()

    warned = client.get(address).text
    monkeypatch.setattr(health, "CHECKS", ())
    health.forget()
    calm = client.get(address).text
    health.forget()

    assert "Only 12 MB are left." in warned
    assert "Only 12 MB are left." not in calm


@pytest.mark.parametrize("part", ["", "poster/", "copy/"])
def test_it_is_the_organisers(venue: Any, part: str) -> None:
    edition = builders.an_edition()
    client = Client(headers={"host": "localhost"})
    client.force_login(builders.a_participant(edition))

    method = client.post if part == "copy/" else client.get

    assert method(f"/e/{edition.slug}/on-site/{part}").status_code == 403
