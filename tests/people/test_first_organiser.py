"""The first person of an installation: created once, asked for or given, and nobody else is touched."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import Client

from estrade.kernel.refusal import Refused
from estrade.people.first_organiser import ensure_first_organiser
from estrade.people.models import Person
from tests.builders import a_person

pytestmark = pytest.mark.django_db
PASSWORD = "une phrase assez longue"


@pytest.fixture(autouse=True)
def _nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ESTRADE_FIRST_ORGANISER", "ESTRADE_FIRST_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("name", "username"), [("ada", "ada"), ("ada@example.org", "ada")])
def test_the_first_person_can_sign_in_and_create_an_edition(name: str, username: str) -> None:
    person = ensure_first_organiser(name=name, password=PASSWORD)

    assert person is not None
    assert person.username == username
    assert authenticate(username=username, password=PASSWORD) == person
    client = Client()
    client.force_login(person)
    assert client.get("/editions/new/").status_code == 200


def test_once_is_enough() -> None:
    first = ensure_first_organiser(name="ada", password=PASSWORD)

    again = ensure_first_organiser(name="ada", password="another long phrase")
    other = ensure_first_organiser(name="grace", password=PASSWORD)

    assert (again, other) == (None, None)
    assert list(Person.objects.all()) == [first]
    assert authenticate(username="ada", password=PASSWORD) == first


def test_somebody_known_is_given_no_rights() -> None:
    known = a_person(username="ada", email="ada@example.org")

    with pytest.raises(Refused, match="name_taken"):
        ensure_first_organiser(name="ada", password=PASSWORD)
    with pytest.raises(Refused, match="email_taken"):
        ensure_first_organiser(name="ada@example.org", password=PASSWORD)
    person = ensure_first_organiser(name="ada@other.example.org", password=PASSWORD)

    known.refresh_from_db()
    assert not known.is_superuser
    assert person is not None
    assert person.username == "ada@other.example.org"


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("", PASSWORD, "name_missing"),
        ("ada@", PASSWORD, "fields_invalid"),
        ("ada", "short", "password_refused"),
        ("ada", "password123", "password_refused"),
        ("adalovelace", "adalovelace", "password_refused"),
    ],
)
def test_what_cannot_be_used_creates_nobody(name: str, password: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        ensure_first_organiser(name=name, password=password)

    assert not Person.objects.exists()


def test_the_command_reads_two_variables_and_bears_repetition(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("ESTRADE_FIRST_ORGANISER", "ada@example.org")
    monkeypatch.setenv("ESTRADE_FIRST_PASSWORD", PASSWORD)

    call_command("first_organiser")
    call_command("first_organiser")

    assert Person.objects.get().email == "ada@example.org"
    said = capsys.readouterr().out
    assert "ada can sign in now" in said
    assert "already" in said
    assert PASSWORD not in said


def test_the_command_asks_on_a_terminal_until_both_passwords_agree(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    passwords = iter([PASSWORD, "mistyped", PASSWORD, PASSWORD])
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", lambda prompt: "ada")
    monkeypatch.setattr("estrade.people.management.commands.first_organiser.getpass", lambda prompt: next(passwords))

    call_command("first_organiser")

    assert authenticate(username="ada", password=PASSWORD) == Person.objects.get()
    assert "differ" in capsys.readouterr().err


def test_without_a_terminal_the_command_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(CommandError, match="ESTRADE_FIRST_ORGANISER and ESTRADE_FIRST_PASSWORD"):
        call_command("first_organiser")
