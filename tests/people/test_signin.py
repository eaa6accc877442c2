"""Who is this? And how often may one guess."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Attempt
from estrade.people.signin import identify
from tests.builders import PASSWORD, a_person
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["maud", " maud ", "Maud", "maud@example.org", "MAUD@example.org"])
def test_a_name_or_an_e_mail_with_the_password_is_the_person(name: str) -> None:
    maud = a_person("Maud", username="maud", email="maud@example.org")

    assert identify(name=name, password=PASSWORD) == maud


def test_an_account_made_with_capitals_signs_in() -> None:
    admin = a_person("Admin")
    admin.username = "Admin"
    admin.save()

    assert [identify(name=name, password=PASSWORD) for name in ("Admin", "admin")] == [admin, admin]


def test_a7_a_wrong_password_and_no_account_are_the_same_answer() -> None:
    a_person(username="maud")

    for name in ("maud", "nobody", "", "x" * 10_000):
        with pytest.raises(Refused) as refused:
            identify(name=name, password="wrong")
        assert (refused.value.code, refused.value.figures) == ("wrong_credentials", {})


def test_somebody_who_was_shut_out_cannot_sign_in() -> None:
    person = a_person(username="maud")
    person.is_active = False
    person.save()

    with pytest.raises(Refused, match="wrong_credentials"):
        identify(name="maud", password=PASSWORD)


@pytest.mark.parametrize("names", [["maud"], ["maud", "maud@example.org", "MAUD"], ["nobody"], ["nobody", "NOBODY "]])
@pytest.mark.usefixtures("standing_clock")
def test_ten_failures_of_one_account_are_enough_for_an_hour(names: list[str]) -> None:
    a_person(username="maud", email="maud@example.org")
    for number in range(10):
        with pytest.raises(Refused, match="wrong_credentials"):
            identify(name=names[number % len(names)], password="wrong")

    with pytest.raises(Refused, match="too_many_attempts") as refused:
        identify(name=names[0], password=PASSWORD)

    assert 0 < refused.value.figures["minutes"] <= 60


def test_the_failures_of_one_account_are_no_other_accounts() -> None:
    a_person(username="maud")
    lea = a_person(username="lea")
    for _ in range(10):
        with pytest.raises(Refused):
            identify(name="maud", password="wrong")

    assert identify(name="lea", password=PASSWORD) == lea


def test_the_next_hour_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    maud = a_person(username="maud")
    for _ in range(10):
        with pytest.raises(Refused):
            identify(name="maud", password="wrong")

    stop_clock(monkeypatch, db_now() + timedelta(hours=1))

    assert identify(name="maud", password=PASSWORD) == maud


@pytest.mark.usefixtures("standing_clock")
def test_success_is_not_counted() -> None:
    a_person(username="maud")

    for _ in range(12):
        identify(name="maud", password=PASSWORD)

    assert Attempt.objects.get().count == 0


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("standing_clock")
def test_a4_guesses_made_at_once_count_as_many() -> None:
    a_person(username="maud")
    start = Barrier(16)

    def guess(_: int) -> str:
        start.wait()
        try:
            identify(name="maud", password="wrong")
        except Refused as refused:
            return refused.code
        finally:
            connections.close_all()
        return "in"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(guess, range(16)))

    assert sorted(answers) == ["too_many_attempts"] * 6 + ["wrong_credentials"] * 10
