"""The log: a line for each request, and nothing in it that opens a door."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from estrade.web.logs import GONE, JsonLines, PlainLines, client_address, without_secrets
from teams.membership import create_team
from tests.builders import PASSWORD, a_participant, a_person, an_edition, organiser_of

pytestmark = pytest.mark.django_db
CANARY = "cAnArY-7391-x"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that any logger says, from the lowest level on, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    loggers = [
        logging.getLogger(name) for name in ("", "estrade", "django", "django.request", "django.security", "estrade.request")
    ]
    before = [one.level for one in loggers]
    loggers[0].addHandler(handler)
    for one in loggers:
        one.setLevel(logging.DEBUG)
    yield stream
    loggers[0].removeHandler(handler)
    for one, level in zip(loggers, before, strict=True):
        one.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_request_is_one_line_with_names_instead_of_addresses(written: io.StringIO) -> None:
    edition = an_edition()
    organiser = organiser_of(edition)
    client = Client(headers={"X-Request-ID": "given-by-the-proxy-1"})
    client.force_login(organiser)
    written.truncate(0)

    answer = client.get(f"/e/{edition.slug}/control/", {"code": CANARY})

    line = next(line for line in lines(written) if line["logger"] == "estrade.request")
    assert answer.headers["X-Request-ID"] == "given-by-the-proxy-1"
    assert re.fullmatch(r"\d+\.\d", str(line.pop("ms")))
    del line["time"]
    assert line == {
        "level": "INFO", "logger": "estrade.request", "method": "GET", "route": "desk:control", "status": 200,
        "person": organiser.pk, "edition": edition.slug, "address": "127.0.0.1", "request": "given-by-the-proxy-1",
    }  # fmt: skip


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "with space in it", "line\u2028break-x", "<script>alert(1)"])
def test_a_strange_request_number_is_replaced(given: str) -> None:
    answer = Client().get("/", headers={"X-Request-ID": given.encode("ascii", "replace").decode()})

    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])


def test_o7_no_secret_of_a_story_is_in_any_line(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()
    team = create_team(person=a_participant(edition), edition_id=edition.pk, name="Reds", challenge_id=None)
    person = a_person(email="canary@example.org")
    client = Client(enforce_csrf_checks=True)
    client.raise_request_exception = False
    client.get("/sign-in/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value

    client.post("/sign-in/", {"name": "canary@example.org", "password": CANARY})
    client.post("/sign-in/", {"name": "canary@example.org", "password": CANARY, "csrfmiddlewaretoken": token})
    client.post("/sign-in/", {"name": person.username, "password": PASSWORD, "csrfmiddlewaretoken": token})
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.get(f"/e/{edition.slug}/join/?code={team.join_code}")
    client.get(f"/nothing/{team.join_code}/")

    def fails(*args: Any, **options: Any) -> None:
        raise RuntimeError(f"password={CANARY}; mail canary@example.org; Key (session_key)=({session}) of {team.join_code}")

    monkeypatch.setattr("estrade.desk.front_views.edition_page", fails, raising=False)
    monkeypatch.setattr("estrade.editions.views.all_editions", fails)
    broken = client.get(f"/?token={CANARY}")

    said = written.getvalue()
    canaries = {
        "password": CANARY, "real password": PASSWORD, "e-mail": "canary@example.org", "join code": team.join_code,
        "session": session, "token": token, "new token": client.cookies[settings.CSRF_COOKIE_NAME].value,
    }  # fmt: skip
    assert broken.status_code == 500
    # The failure itself is told, with its place.
    assert any("RuntimeError" in line.get("traceback", "") for line in lines(written))
    assert {name for name, canary in canaries.items() if canary in said} == set()


def test_without_the_formatter_the_same_line_would_tell() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 1, "sign-in with password=%s", (CANARY,), None)

    assert CANARY in logging.Formatter().format(record)
    assert CANARY not in PlainLines().format(record)
    assert CANARY not in JsonLines().format(record)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"password={CANARY}", f"password={GONE}"),
        (f"{{'password': '{CANARY}', 'name': 'Ada'}}", f"{{'password': '{GONE}', 'name': 'Ada'}}"),
        (f"Cookie: __Host-session={CANARY}; language=fr", f"Cookie: {GONE}; language=fr"),
        (f"X-CSRFToken: {CANARY}", f"X-CSRFToken: {GONE}"),
        (f"postgresql://estrade:{CANARY}@db:5432/estrade", f"postgresql://{GONE}@db:5432/estrade"),
        (f"GET /join/?code={CANARY} 404", f"GET /join/?{GONE} 404"),
        ("ada@example.org is known", "[e-mail] is known"),
        ("code BCDFGH2345 used", "code [code] used"),
        (f"DETAIL:  Key (lower(email::text))=({CANARY}) already exists.", f"DETAIL:  Key {GONE} already exists."),
        ("Key (email)=(x) already exists", f"Key {GONE} already exists"),
        ("2026-11-25 Nothing to hide: 1234567890 people", "2026-11-25 Nothing to hide: 1234567890 people"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, left: str) -> None:
    assert without_secrets(text) == left


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "'; DROP TABLE", "-"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_address_is_the_one_our_own_proxies_saw(settings: Any, proxies: int, forwarded: str, address: str) -> None:
    settings.PROXIES = proxies

    assert client_address(RequestFactory(headers={"X-Forwarded-For": forwarded}).get("/")) == address
