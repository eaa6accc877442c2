"""What every page has in common: headers, language, and pages for everything that goes wrong."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from estrade.config import settings as house
from estrade.editions.phases import Phase
from estrade.kernel.refusal import Refused
from estrade.web import errors
from estrade.web.middleware import RefusalPages
from tests import builders

pytestmark = pytest.mark.django_db
ROOT = house.BASE_DIR


def reader(language: str = "en") -> Client:
    return Client(headers={"accept-language": language})


# --- Headers ------------------------------------------------------------------------------------------------------


def test_every_answer_carries_the_policies() -> None:
    answer = reader().get("/sign-in/")

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'" in policy
    assert "'unsafe-eval'" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer["Permissions-Policy"]


def test_signed_in_answers_stay_out_of_caches() -> None:
    edition = builders.an_edition()
    client = reader()
    page = reverse("editions:edition", args=[edition.slug])

    anonymous = client.get(page)
    client.force_login(builders.a_person())
    signed_in = client.get(page)

    assert not anonymous.has_header("Cache-Control")
    assert signed_in["Cache-Control"] == "private, no-store"


# --- Language -----------------------------------------------------------------------------------------------------


def test_language_follows_the_browser_then_the_choice() -> None:
    client = reader("en")

    before = client.get("/sign-in/")
    switch = client.get("/language/fr/?next=/sign-in/")
    after = client.get("/sign-in/")

    assert '<html lang="en"' in before.text
    assert (switch.status_code, switch["Location"]) == (302, "/sign-in/")
    assert '<html lang="fr"' in after.text


def test_language_switch_knows_two_languages_and_stays_here() -> None:
    assert reader().get("/language/xx/").status_code == 404
    assert reader().get("/language/fr/?next=//evil.example/")["Location"] == "/"


# --- What goes wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
def test_unknown_address_has_a_page_with_a_way_back(language: str) -> None:
    answer = reader(language).get("/nothing/here/")

    assert answer.status_code == 404
    assert f'<html lang="{language}"' in answer.text
    assert 'href="/"' in answer.text
    assert len(re.findall("<h1", answer.text)) == 1


def test_unknown_edition_has_the_same_page() -> None:
    assert reader().get("/e/nowhere/").status_code == 404


def test_wrong_method_says_what_is_allowed() -> None:
    answer = reader().get("/sign-out/")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "<h1" in answer.text


def test_form_without_its_token_is_refused_in_words() -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = client.post("/sign-in/", {"name": "x", "password": "y"})

    assert answer.status_code == 403
    assert "reload the page" in answer.text


def test_too_much_is_413(settings: "pytest.FixtureRequest") -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100  # type: ignore[attr-defined]  # the fixture of pytest-django

    answer = reader().post("/sign-in/", "name=" + "x" * 200, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 413
    assert "<h1" in answer.text


def test_strange_host_is_400() -> None:
    answer = reader().get("/sign-in/", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "<h1" in answer.text


def test_page_of_last_resort_asks_nobody(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    request = RequestFactory().get("/e/x/", headers={"accept-language": "en"})

    with django_assert_num_queries(0):
        answer = errors.server_error(request)

    assert answer.status_code == 500
    assert b"<h1" in answer.content
    assert b'href="/"' in answer.content


@pytest.mark.parametrize(
    ("handler", "status", "code"),
    [
        (lambda request: errors.server_error(request), 500, "server_error"),
        (lambda request: errors.bad_request(request, RequestDataTooBig()), 413, "too_large"),
        (lambda request: errors.not_found(request, Exception()), 404, "not_found"),
        (lambda request: errors.csrf_failure(request), 403, "csrf_failed"),
        (lambda request: errors.refused(request, Refused("wrong_phase")), 403, "wrong_phase"),
    ],
)
def test_programs_get_a_problem(handler: Callable[[HttpRequest], object], status: int, code: str) -> None:
    request = RequestFactory().post("/e/x/", headers={"accept": "application/json"})

    answer = handler(request)

    assert answer["Content-Type"] == "application/problem+json"  # type: ignore[index]  # an HttpResponse
    assert f'"status": {status}'.encode() in answer.content  # type: ignore[attr-defined]  # an HttpResponse
    assert f'"code": "{code}"'.encode() in answer.content  # type: ignore[attr-defined]  # an HttpResponse


def test_a_missing_row_is_404_and_a_missing_relation_is_a_bug() -> None:
    person = builders.a_person()
    middleware = RefusalPages(lambda request: None)  # type: ignore[arg-type,return-value]  # never called
    request = RequestFactory().get("/")
    request.user = person

    missing = middleware.process_exception(request, type(person).DoesNotExist())
    bug = middleware.process_exception(request, type("Related", (type(person).DoesNotExist, AttributeError), {})())

    assert missing is not None
    assert missing.status_code == 404
    assert bug is None


def test_who_must_sign_in_first_comes_back_to_the_page() -> None:
    edition = builders.an_edition()

    answer = reader().get(f"/e/{edition.slug}/me/?tab=1")

    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next=%2Fe%2F{edition.slug}%2Fme%2F%3Ftab%3D1")


# --- The menu -----------------------------------------------------------------------------------------------------


def test_menu_shows_only_what_opens() -> None:
    edition = builders.bring_to(builders.an_edition(), Phase.JUDGING)
    organiser, juror, nobody = builders.organiser_of(edition), builders.a_role(edition, "juror"), builders.a_person()
    pages = {"control": "/control/", "jury": "/jury/", "home": "/me/", "partner": "/partner/", "board": "/board/"}

    def shown(person: object) -> set[str]:
        client = reader()
        client.force_login(person)  # type: ignore[arg-type]  # a Person
        text = client.get(f"/e/{edition.slug}/").text
        menu = text[text.index("<nav") : text.index("</nav>")]
        return {name for name, path in pages.items() if f'href="/e/{edition.slug}{path}"' in menu}

    assert shown(nobody) == {"board"}
    assert shown(juror) == {"jury", "board"}
    assert shown(organiser) == {"control", "jury", "board"}


# --- Templates ----------------------------------------------------------------------------------------------------

TEMPLATES = sorted(
    path
    for room in ("platform", "challenges", "teams", "judging", "realtime")
    for path in (ROOT / room).rglob("*.html")
    # A letter is no page: mail programs read no style sheet, and know nothing of a policy.
    if "/templates/" in path.as_posix() and path.name != "letter.html"
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_keep_to_the_content_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    for style in re.findall(r'\sstyle="([^"]*)"', text):
        properties = [part.split(":")[0].strip() for part in style.split(";") if part.strip()]
        assert [name for name in properties if not name.startswith(("--", "{%"))] == []
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text) == [] or 'type="application/json"' in text
    assert re.findall(r"\son[a-z]+=", text) == []
    assert re.findall(r"<style|\|safe\b|autoescape off|https?://(?!www\.w3\.org)", text) == []
