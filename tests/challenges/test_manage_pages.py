"""The organisers' pages of challenges: write, save as a draft, publish, change."""

import pytest
from django.test import Client
from django.urls import reverse

from challenges.models import Challenge
from estrade.editions.phases import Phase
from estrade.people.models import Organisation
from tests.builders import a_challenge, a_role, an_edition, an_organisation, organiser_of

pytestmark = pytest.mark.django_db

TYPED = {
    "partner": "Keolis",
    "title": "Rouler à vide",
    "question": "Comment éviter les trajets à vide ?",
    "body": "",
    "capacity": "3",
}


def organiser_at(edition: object, language: str = "fr") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(organiser_of(edition))  # type: ignore[arg-type]  # an edition
    return client


def test_a_challenge_is_written_and_published_in_one_press() -> None:
    edition = an_edition(Phase.BEFORE)
    client = organiser_at(edition)

    answer = client.post(reverse("challenges:new", args=[edition.slug]), {**TYPED, "publish": "1"})

    made = Challenge.objects.get()
    assert answer["Location"] == reverse("challenges:manage", args=[edition.slug])
    assert (made.title, made.slug, made.capacity, made.partner.name) == ({"fr": "Rouler à vide"}, "rouler-a-vide", 3, "Keolis")
    assert made.published_at is not None


def test_a_draft_is_published_later() -> None:
    edition = an_edition()
    client = organiser_at(edition)

    client.post(reverse("challenges:new", args=[edition.slug]), TYPED)
    draft = Challenge.objects.get()
    page = client.get(reverse("challenges:manage", args=[edition.slug])).content.decode()
    client.post(reverse("challenges:publish", args=[edition.slug, draft.slug]), {"revision": draft.revision})

    assert draft.published_at is None
    assert "brouillon" in page
    draft.refresh_from_db()
    assert draft.published_at is not None


def test_a_partner_known_by_name_is_met_again() -> None:
    edition = an_edition()
    known = an_organisation("Keolis")
    client = organiser_at(edition)

    client.post(reverse("challenges:new", args=[edition.slug]), {**TYPED, "partner": "  KEOLIS "})
    client.post(reverse("challenges:new", args=[edition.slug]), {**TYPED, "partner": "Métropole"})

    assert set(Organisation.objects.values_list("name", flat=True)) == {"Keolis", "Métropole"}
    assert [one.partner == known for one in Challenge.objects.order_by("pk")] == [True, False]
    assert [one.slug for one in Challenge.objects.order_by("pk")] == ["rouler-a-vide", "rouler-a-vide-2"]


@pytest.mark.parametrize("title", ["New", "Manage", "!!!", "新しい"])
def test_every_title_gets_an_address(title: str) -> None:
    edition = an_edition()
    client = organiser_at(edition)

    client.post(reverse("challenges:new", args=[edition.slug]), {**TYPED, "title": title})

    made = Challenge.objects.get()
    assert client.get(reverse("challenges:challenge", args=[edition.slug, made.slug])).status_code == 200
    assert made.slug not in {"new", "manage", ""}


def test_both_languages_stand_in_the_form_and_the_first_is_required() -> None:
    edition = an_edition(Phase.BEFORE, languages=["fr", "en"])
    known = a_challenge(edition, published=False)
    client, where = organiser_at(edition, "en"), reverse("challenges:edit", args=[edition.slug, known.slug])
    words = {"title": "Toits frais", "question": "Comment ?", "title_en": "Cool roofs", "question_en": "", "revision": "1"}

    shown = client.get(where).content.decode()
    without = client.post(where, {**words, "title": ""})
    client.post(where, words)

    before = known.title
    known.refresh_from_db()
    assert before["en"] in shown
    assert before["fr"] in shown
    assert without.status_code == 422
    assert known.title == {"fr": "Toits frais", "en": "Cool roofs"}
    assert known.question == {"fr": "Comment ?"}


def test_what_is_missing_is_said_at_its_field() -> None:
    edition = an_edition()

    answer = organiser_at(edition).post(reverse("challenges:new", args=[edition.slug]), {**TYPED, "title": "", "capacity": "0"})

    assert answer.status_code == 422
    assert answer.content.decode().count("field--error") == 2
    assert Challenge.objects.count() == 0


@pytest.mark.parametrize("role", ["participant", "juror", "facilitator"])
def test_the_pages_are_the_organisers(role: str) -> None:
    edition = an_edition()
    known = a_challenge(edition)
    client = Client()
    client.force_login(a_role(edition, role))

    answers = [
        client.get(reverse("challenges:manage", args=[edition.slug])),
        client.post(reverse("challenges:new", args=[edition.slug]), TYPED),
        client.post(reverse("challenges:edit", args=[edition.slug, known.slug]), TYPED),
        client.post(reverse("challenges:publish", args=[edition.slug, known.slug])),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert Challenge.objects.count() == 1
