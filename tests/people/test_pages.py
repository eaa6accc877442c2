"""Signing in and out, at the HTTP edge."""

import pytest
from django.test import Client

from tests import builders

pytestmark = pytest.mark.django_db


def reader() -> Client:
    return Client(headers={"accept-language": "en"})


def credentials(name: str, password: str = builders.PASSWORD, **more: str) -> dict[str, str]:
    return {"name": name, "password": password, **more}


def test_sign_in_leads_on_to_the_page_that_asked() -> None:
    person = builders.a_person(username="ines", email="ines@example.org")
    client = reader()

    answer = client.post("/sign-in/", credentials("INES@example.org", next="/language/fr/"))

    assert (answer.status_code, answer["Location"]) == (302, "/language/fr/")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_who_has_a_part_in_one_event_comes_to_their_page_of_it() -> None:
    edition = builders.an_edition()
    builders.a_role(edition, "participant", person=builders.a_person(username="ines"))

    answer = reader().post("/sign-in/", credentials("ines"))

    assert answer["Location"] == f"/e/{edition.slug}/me/"


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example"])
def test_sign_in_never_leads_away(address: str) -> None:
    builders.a_person(username="ines")

    answer = reader().post("/sign-in/", credentials("ines", next=address))

    assert answer["Location"] == "/"


def test_wrong_password_and_unknown_name_read_the_same() -> None:
    builders.a_person(username="ines")
    client = reader()

    wrong = client.post("/sign-in/", credentials("ines", "not it"))
    unknown = client.post("/sign-in/", credentials("nobody", "not it"))

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert "do not belong together" in wrong.text
    assert "do not belong together" in unknown.text
    assert "not it" not in wrong.text
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("standing_clock")
def test_ten_failures_close_the_account_for_the_hour() -> None:
    builders.a_person(username="ines")
    client = reader()
    for _ in range(10):
        client.post("/sign-in/", credentials("ines", "not it"))

    answer = client.post("/sign-in/", credentials("ines"))

    assert answer.status_code == 429
    assert "<h1" in answer.text
    assert "_auth_user_id" not in client.session


def test_sign_out_takes_a_form() -> None:
    client = reader()
    client.force_login(builders.a_person())

    by_link = client.get("/sign-out/")
    still_in = "_auth_user_id" in client.session
    by_form = client.post("/sign-out/")

    assert (by_link.status_code, still_in) == (405, True)
    assert (by_form.status_code, by_form["Location"]) == (302, "/")
    assert "_auth_user_id" not in client.session


def test_a_name_of_ten_thousand_characters_is_a_mistake_not_an_error() -> None:
    answer = reader().post("/sign-in/", credentials("x" * 10_000))

    assert answer.status_code == 422
