"""The second factor of organisers and of who keeps the installation running."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from estrade.kernel import clock
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.accounts import reset_second_factor
from estrade.people.codes import issue_codes
from estrade.people.mail_codes import digits_of
from estrade.people.models import MailCode, Person, PersonalCode, RecoveryCode, SecondFactor
from estrade.people.second_factor import (
    begin_set_up,
    check_second_factor,
    confirm_set_up,
    digits_at,
    is_set_up,
    step_at,
)
from tests.builders import PASSWORD, a_participant, a_person, an_administrator, an_edition, organiser_of
from tests.clocks import stop_clock

# A code lasts thirty seconds of the clock, which may turn during a test.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("standing_clock")]


@pytest.fixture(autouse=True)
def _second_factor(settings: Any) -> None:
    settings.SECOND_FACTOR = True
    where = settings.MIDDLEWARE.index("estrade.editions.middleware.CurrentEdition")
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:where], "estrade.people.middleware.AskForSecondFactor", *settings.MIDDLEWARE[where:]
    ]  # fmt: skip


def digits(person: Person, *, later: int = 0) -> str:
    # By the clock that stands, which this module's own name for it does not know of.
    return digits_at(SecondFactor.objects.get(person=person).secret, step_at(clock.db_now()) + later)


def set_up(person: Person) -> list[str]:
    begin_set_up(person)
    return confirm_set_up(person=person, code=digits(person, later=-1))


def sign_in(person: Person) -> tuple[Client, Any]:
    browser = Client(headers={"accept-language": "en"})
    return browser, browser.post("/sign-in/", {"name": person.username, "password": PASSWORD, "next": "/language/en/"})


@pytest.mark.parametrize(("step", "expected"), [(1, "287082"), (37037036, "081804"), (41152263, "005924"), (66666666, "279037")])
def test_the_digits_are_those_of_the_standard(step: int, expected: str) -> None:
    # RFC 6238, appendix B, the last six of its eight digits.
    assert digits_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", step) == expected


def test_an_organiser_sets_it_up_before_the_first_page_opens_a11() -> None:
    edition = an_edition()
    organiser = a_person()
    edition_organiser = organiser_of(edition)
    edition_organiser.set_password(PASSWORD)
    edition_organiser.save()

    browser, answer = sign_in(edition_organiser)
    refused = [browser.get(where).status_code for where in (f"/e/{edition.slug}/control/", "/admin/")]
    page = browser.get("/sign-in/second/new/").content.decode()
    confirmed = browser.post("/sign-in/second/new/", {"code": digits(edition_organiser)})

    assert answer["Location"] == "/sign-in/second/new/"
    assert 200 not in refused
    assert SecondFactor.objects.get(person=edition_organiser).secret in page
    assert confirmed.content.decode().count("<li><code>") == 10
    assert browser.get(f"/e/{edition.slug}/control/").status_code == 200
    assert sign_in(organiser)[1]["Location"] == "/language/en/"


def test_the_second_question_stands_at_every_door_a11() -> None:
    organiser = organiser_of(an_edition())
    set_up(organiser)

    browser, answer = sign_in(organiser)
    before = "_auth_user_id" in browser.session
    wrong = browser.post("/sign-in/second/", {"code": "000000"})
    right = browser.post("/sign-in/second/", {"code": digits(organiser)})

    assert (answer["Location"], before, wrong.status_code) == ("/sign-in/second/", False, 422)
    assert (right["Location"], browser.session["_auth_user_id"]) == ("/language/en/", str(organiser.pk))


def test_a_code_on_paper_is_only_the_first_key_of_an_organiser_and_the_second_adds_nothing_to_it_a11() -> None:
    edition = an_edition()
    lea = a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    PersonalCode.objects.update(expires_at=db_now() + timedelta(hours=2))
    lea.roles.create(edition=edition, role="organiser")
    set_up(lea)
    browser = Client()

    answer = browser.post(f"/c/{code}/")
    before = "_auth_user_id" in browser.session
    second = browser.post("/sign-in/second/", {"code": digits(lea)})
    # An instant stays where it is when the session changes.
    ends = browser.session.get_expiry_date()
    held_back = dict(browser.session)
    renewed = browser.post("/account/second/", {"code": digits(lea, later=1)})

    assert (answer["Location"], before) == ("/sign-in/second/", False)
    assert (second.status_code, renewed.status_code) == (302, 302), renewed.text
    assert renewed["Location"] == "/sign-in/second/new/"
    kept = browser.session["half_way"]["worth"]
    assert ends == PersonalCode.objects.get().expires_at
    assert (held_back["only_edition"], held_back["owns_address"]) == (edition.pk, False)
    assert kept == {"owns_address": False, "only_edition": edition.pk, "until": ends.timestamp()}


@pytest.mark.embedded
def test_who_came_by_mail_may_choose_a_password_after_the_second_factor_too_a11(settings: Any) -> None:
    settings.MAIL = "smtp"
    organiser = a_person("Ada", email="ada@example.org")
    organiser.roles.create(edition=an_edition(), role="organiser")
    set_up(organiser)
    browser = Client()
    browser.post("/sign-in/mail/", {"email": "ada@example.org"})
    browser.post("/sign-in/mail/code/", {"code": digits_of(MailCode.objects.get())})

    browser.post("/sign-in/second/", {"code": digits(organiser)})

    assert browser.session["owns_address"] is True
    assert browser.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


def test_a_session_of_before_is_held_back_and_a_program_is_told_to_sign_in_a11() -> None:
    edition = an_edition()
    browser, program = Client(), Client()
    browser.force_login(organiser_of(edition))
    program.force_login(organiser_of(edition))

    page = browser.get(f"/e/{edition.slug}/control/")
    answer = program.get(f"/api/v1/editions/{edition.slug}/teams/")

    assert page["Location"] == "/sign-in/second/new/"
    assert "_auth_user_id" not in browser.session
    assert "_auth_user_id" not in program.session
    assert answer.status_code != 302


def test_the_same_half_minute_serves_once_a11() -> None:
    organiser = organiser_of(an_edition())
    set_up(organiser)
    code = digits(organiser)

    check_second_factor(person=organiser, code=f"{code[:3]} {code[3:]}")

    with pytest.raises(Refused, match="second_factor_wrong"):
        check_second_factor(person=organiser, code=code)


def test_a_recovery_code_serves_once_and_is_stored_as_a_hash_a11() -> None:
    organiser = organiser_of(an_edition())
    codes = set_up(organiser)

    check_second_factor(person=organiser, code=f"{codes[0][:4]}-{codes[0][4:8]}-{codes[0][8:].lower()}")

    with pytest.raises(Refused, match="second_factor_wrong"):
        check_second_factor(person=organiser, code=codes[0])
    check_second_factor(person=organiser, code=codes[1])
    assert [row for row in RecoveryCode.objects.values_list("digest", flat=True) if row in codes] == []


def test_ten_wrong_digits_are_enough_for_an_hour_a1(monkeypatch: Any) -> None:
    organiser = organiser_of(an_edition())
    set_up(organiser)
    for _ in range(10):
        with pytest.raises(Refused, match="second_factor_wrong"):
            check_second_factor(person=organiser, code="0000000")

    with pytest.raises(Refused, match="too_many_attempts"):
        check_second_factor(person=organiser, code=digits(organiser))


def test_a_half_way_sign_in_is_forgotten_after_ten_minutes(monkeypatch: Any) -> None:
    organiser = organiser_of(an_edition())
    set_up(organiser)
    browser, _ = sign_in(organiser)
    stop_clock(monkeypatch, db_now() + timedelta(minutes=11))

    assert browser.post("/sign-in/second/", {"code": digits(organiser)})["Location"] == "/sign-in/"


def test_a_lost_telephone_is_forgotten_by_an_administrator_with_a_reason() -> None:
    edition = an_edition()
    organiser, admin = organiser_of(edition), an_administrator()
    set_up(organiser)

    with pytest.raises(Refused, match="reason_required"):
        reset_second_factor(person=admin, account_id=organiser.pk, reason=" ")
    with pytest.raises(Refused, match="wrong_role"):
        reset_second_factor(person=a_person(), account_id=organiser.pk, reason="Mine now")
    reset_second_factor(person=admin, account_id=organiser.pk, reason="The telephone fell into the lake")

    assert not is_set_up(organiser)
