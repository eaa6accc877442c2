"""One's own account: a password, and an end to every session."""

from typing import Any

import pytest
from django.test import Client

from estrade.people.codes import issue_codes
from estrade.people.mail_codes import digits_of
from estrade.people.models import MailCode, Person
from estrade.people.people import create_person
from tests.builders import PASSWORD, a_participant, a_person, an_edition, organiser_of

pytestmark = pytest.mark.django_db

NEW = "quatre chevaux sans agrafes"


def signed_in(person: Person) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(person)
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/account/").status_code == 200


def test_a_sign_in_never_keeps_the_key_it_came_with_a8() -> None:
    person = a_person(username="maud")
    browser = Client()
    session = browser.session
    session["planted"] = True
    session.save()
    before = session.session_key

    browser.post("/sign-in/", {"name": "maud", "password": PASSWORD})

    assert before is not None
    assert browser.session.session_key != before
    assert browser.session["_auth_user_id"] == str(person.pk)
    browser.cookies["sessionid"] = before
    assert not is_in(browser)


def test_another_password_ends_every_other_session_a8() -> None:
    person = a_person()
    mine, tablet = signed_in(person), signed_in(person)
    key = mine.session.session_key

    wrong = mine.post("/account/", {"present": "guess", "new": NEW, "again": NEW}).status_code
    weak = mine.post("/account/", {"present": PASSWORD, "new": "12345678", "again": "12345678"}).status_code
    differs = mine.post("/account/", {"present": PASSWORD, "new": NEW, "again": "other"}).status_code
    kept = is_in(tablet)
    done = mine.post("/account/", {"present": PASSWORD, "new": NEW, "again": NEW})

    assert (wrong, weak, differs, kept) == (422, 422, 422, True)
    assert done["Location"] == "/account/"
    assert (is_in(mine), is_in(tablet), mine.session.session_key != key) == (True, False, True)
    assert Person.objects.get(pk=person.pk).check_password(NEW)


def test_signing_out_everywhere_ends_all_sessions_a8() -> None:
    person, other = a_person(), a_person()
    mine, tablet, theirs = signed_in(person), signed_in(person), signed_in(other)

    mine.post("/account/", {"everywhere": "1"})

    assert (is_in(mine), is_in(tablet), is_in(theirs)) == (False, False, True)


def test_a_borrowed_badge_chooses_no_password_and_a_code_by_mail_does(settings: Any) -> None:
    settings.MAIL = "smtp"
    edition = an_edition()
    lea = create_person(first_name="Lea", last_name="Roy", email="lea@example.org")
    lea.roles.create(edition=edition, role="participant")
    a_participant(edition)
    badges = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")
    code = next(badge.code for badge in badges if badge.person == lea)
    badge, mail = Client(), Client()

    badge.post(f"/c/{code}/")
    mail.post("/sign-in/mail/", {"email": "lea@example.org"})
    mail.post("/sign-in/mail/code/", {"code": digits_of(MailCode.objects.get())})
    answers = [browser.post("/account/", {"new": NEW, "again": NEW}).status_code for browser in (badge, mail)]

    assert answers == [403, 302]


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example", "/\\evil.example", "\\/evil.example", "https:evil.example", "https://evil.example", "///evil.example",
        "javascript:alert(1)", "/\tevil.example", "\t//evil.example", "http:///evil.example", "//evil.example/%2f..",
        " //evil.example",
        "data:text/html,x", "evil.example", "/\r\nLocation: //evil.example",
    ],
)  # fmt: skip
def test_no_door_leads_away_a10(address: str, settings: Any) -> None:
    settings.MAIL = "smtp"
    a_person(username="maud", email="maud@example.org")
    by_password, by_mail = Client(), Client()

    by_mail.post("/sign-in/mail/", {"email": "maud@example.org", "next": address})
    answers = [
        by_password.post("/sign-in/", {"name": "maud", "password": PASSWORD, "next": address}),
        by_mail.post("/sign-in/mail/code/", {"code": digits_of(MailCode.objects.get())}),
    ]

    assert [answer["Location"] for answer in answers] == ["/", "/"]


def test_a_shared_tablet_says_who_is_there_and_not_me_is_one_tap_a9() -> None:
    edition = an_edition()
    lea = a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    tablet = Client(headers={"accept-language": "en"})
    where = f"/e/{edition.slug}/me/"

    tablet.post(f"/c/{code}/", {"asks_shared": "1", "shared": "1"})
    page = tablet.get(where).content.decode()
    asked = tablet.post("/sign-out/", {"next": f"/sign-in/?next={where}"})
    question = tablet.get(asked["Location"]).content.decode()

    assert (f"<b>{lea.name}</b>" in page, 'data-lock="15"' in page, "web/lock.js" in page) == (True, True, True)
    assert asked["Location"] == f"/sign-in/?next={where}"
    assert lea.name not in question
    # The device stays a shared one for the next person; a telephone of one's own never locks.
    assert 'name="shared" value="1" checked' in question
    own = Client(headers={"accept-language": "en"})
    own.post(f"/c/{code}/", {"asks_shared": "1"})
    mine = own.get(where).content.decode()
    assert ("data-lock" in mine, "Not me" in mine) == (False, True)


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_signing_out_never_leads_away_a10(address: str) -> None:
    assert signed_in(a_person()).post("/sign-out/", {"next": address})["Location"] == "/"
