"""Sign-in by six digits that come by mail."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.mail_codes import CODES_PER_HOUR, TRIES_PER_CODE, TRIES_PER_HOUR, ask_mail_code, digits_of, use_mail_code
from estrade.people.models import MailCode, Person
from tests.builders import a_person
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_server(settings: Any) -> None:
    settings.MAIL = "smtp"


def maud() -> Person:
    return a_person("Maud", username="maud", email="maud@example.org")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def reader() -> Client:
    return Client(headers={"accept-language": "en"})


def test_three_screens_lead_from_the_address_to_the_page_that_asked() -> None:
    person, browser = maud(), reader()

    asked = browser.post("/sign-in/mail/", {"email": " MAUD@example.org", "next": "/language/fr/"})
    entered = browser.post("/sign-in/mail/code/", {"code": digits_of(MailCode.objects.get())})

    assert (asked.status_code, asked["Location"]) == (302, "/sign-in/mail/code/")
    assert (entered.status_code, entered["Location"]) == (302, "/language/fr/")
    assert browser.session["_auth_user_id"] == str(person.pk)


def test_a_code_serves_once_for_ten_minutes_and_ends_older_ones_a2(monkeypatch: Any) -> None:
    person = maud()
    older, newer = ask_mail_code(email="maud@example.org"), ask_mail_code(email="maud@example.org")

    with pytest.raises(Refused, match="mail_code_wrong"):
        use_mail_code(token=older.token, code=digits_of(older))
    assert use_mail_code(token=newer.token, code=digits_of(newer)) == person
    with pytest.raises(Refused, match="mail_code_wrong"):
        use_mail_code(token=newer.token, code=digits_of(newer))
    third = ask_mail_code(email="maud@example.org")
    stop_clock(monkeypatch, db_now() + timedelta(minutes=10, seconds=1))
    with pytest.raises(Refused, match="mail_code_wrong"):
        use_mail_code(token=third.token, code=digits_of(third))


def test_a_program_that_follows_addresses_uses_no_code_up_a2() -> None:
    maud()
    browser = reader()
    browser.post("/sign-in/mail/", {"email": "maud@example.org"})
    code = digits_of(MailCode.objects.get())

    looks = [browser.get("/sign-in/mail/code/", {"code": code}).status_code for _ in range(3)]
    elsewhere = reader().post("/sign-in/mail/code/", {"code": code})

    assert looks == [200, 200, 200]
    assert elsewhere["Location"] == "/sign-in/"
    assert MailCode.objects.get().used_at is None


@pytest.mark.django_db(transaction=True)
def test_of_many_who_type_it_at_once_one_comes_in_a4() -> None:
    maud()
    asked = ask_mail_code(email="maud@example.org")
    # More hands than tries of one code: what is not counted must not come in either.
    code = digits_of(asked)

    def use(_: int) -> bool:
        try:
            use_mail_code(token=asked.token, code=code)
        except Refused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        let_in = list(pool.map(use, range(16)))

    assert sum(let_in) == 1


def test_five_wrong_tries_end_a_code_a1() -> None:
    maud()
    asked = ask_mail_code(email="maud@example.org")
    code = digits_of(asked)
    for _ in range(TRIES_PER_CODE):
        with pytest.raises(Refused, match="mail_code_wrong"):
            use_mail_code(token=asked.token, code=wrong(code))

    with pytest.raises(Refused, match="mail_code_wrong"):
        use_mail_code(token=asked.token, code=code)


def test_guesses_from_a_thousand_addresses_count_as_those_of_one_account_a1_a3() -> None:
    maud()
    answers = []
    for number in range(TRIES_PER_HOUR + 5):
        if number % TRIES_PER_CODE == 0:
            asked = ask_mail_code(email="maud@example.org")
        browser = Client(REMOTE_ADDR=f"10.0.{number}.1", headers={"x-forwarded-for": f"203.0.113.{number}"})
        session = browser.session
        session["mail_code"] = {"token": asked.token, "next": "/"}
        session.save()
        answers.append(browser.post("/sign-in/mail/code/", {"code": wrong(digits_of(asked))}).status_code)

    assert answers == [422] * TRIES_PER_HOUR + [429] * 5


def test_one_address_of_a_school_keeps_nobody_out_a3() -> None:
    people = [a_person(email=f"pupil{number}@example.org") for number in range(40)]

    came_in = [
        use_mail_code(token=asked.token, code=digits_of(asked)) for asked in (ask_mail_code(email=p.email or "") for p in people)
    ]

    assert came_in == people


def test_somebody_and_nobody_get_the_same_answer_a7() -> None:
    maud()
    seen = []
    for email in ("maud@example.org", "nobody@example.org"):
        browser = reader()
        asked = browser.post("/sign-in/mail/", {"email": email})
        page = browser.get("/sign-in/mail/code/").content
        tried = browser.post("/sign-in/mail/code/", {"code": "000000"})
        seen.append((asked.status_code, asked["Location"], len(page), tried.status_code, len(tried.content)))

    assert seen[0] == seen[1]


def test_somebody_and_nobody_cost_the_same_statements_a7() -> None:
    maud()
    counted = []
    for email in ("maud@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            asked = ask_mail_code(email=email)
            with pytest.raises(Refused):
                use_mail_code(token=asked.token, code="0000000")
        counted.append(len(queries))

    assert counted[0] == counted[1]


def test_asking_again_and_again_is_refused_for_somebody_and_nobody_alike_a7() -> None:
    maud()
    for email in ("maud@example.org", "nobody@example.org"):
        for _ in range(CODES_PER_HOUR):
            ask_mail_code(email=email)
        with pytest.raises(Refused, match="too_many_attempts"):
            ask_mail_code(email=email.upper())


def test_no_table_holds_the_digits() -> None:
    maud()
    asked = ask_mail_code(email="maud@example.org")

    assert [value for value in MailCode.objects.values().get().values() if digits_of(asked) in str(value)] == []


def test_a_closed_account_gets_no_code() -> None:
    person = maud()
    asked = ask_mail_code(email="maud@example.org")
    Person.objects.filter(pk=person.pk).update(is_active=False)

    with pytest.raises(Refused, match="mail_code_wrong"):
        use_mail_code(token=asked.token, code=digits_of(asked))
    assert ask_mail_code(email="maud@example.org").person is None


def test_without_a_mail_server_the_page_says_that_paper_is_the_way(settings: Any) -> None:
    settings.MAIL = ""

    page = reader().get("/sign-in/").content.decode()
    asked = reader().post("/sign-in/mail/", {"email": "maud@example.org"})

    assert ("Send me a code" in page, "This site sends no mail: the code on paper is the way in." in page) == (False, True)
    assert (asked.status_code, MailCode.objects.count()) == (422, 0)
