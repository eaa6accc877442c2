"""Letters: written once per cause and person, sent by whoever comes first, and never to nobody."""

import smtplib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import translation

from challenges.challenges import publish_challenge, send_back, submit_challenge
from estrade.editions.deadlines import move_deadline
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.notifications import postman
from estrade.notifications.checks import letters_leave
from estrade.notifications.models import Letter
from estrade.notifications.postman import make_round, send_waiting
from estrade.people.mail_codes import ask_mail_code, digits_of
from estrade.people.models import Person
from teams.extensions import extend_team
from teams.models import Team
from teams.questions import answer_question, ask_question, hide_question
from tests.builders import (
    a_challenge,
    a_delivered_submission,
    a_participant,
    a_person,
    a_role,
    a_team,
    an_edition,
    an_organisation,
    captain_of,
    organiser_of,
)
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_server(settings: Any) -> None:
    settings.MAIL = "smtp"
    settings.BASE_URL = "https://estrade.example.org"
    settings.DEFAULT_FROM_EMAIL = "estrade@example.org"


def a_team_with_addresses(**edition: Any) -> Team:
    """Two members: a captain who reads English and has an address, and a pupil without one."""
    team = a_team(an_edition(**edition), name="Canopy", members=2)
    captain = captain_of(team)
    captain.email, captain.language = "captain@example.org", "en"
    captain.save()
    return team


def kinds() -> list[str]:
    return sorted(Letter.objects.values_list("kind", flat=True))


def test_a_delivery_is_receipted_by_mail_once_to_who_has_an_address() -> None:
    receipt = a_delivered_submission(a_team_with_addresses())

    make_round()
    make_round()

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["captain@example.org"], f"Receipt {receipt.reference}: Canopy")
    assert f"https://estrade.example.org/e/{receipt.submission.team.edition.slug}/receipts/{receipt.reference}/" in sent.body
    assert receipt.fingerprint in sent.body


def test_a_letter_is_in_the_language_of_who_reads_it() -> None:
    team = a_team_with_addresses()
    Person.objects.filter(email="captain@example.org").update(language="fr")
    a_delivered_submission(team)

    make_round()

    assert mail.outbox[0].subject.startswith("Reçu ")
    assert "a été reçue à temps" in mail.outbox[0].body


def test_what_people_write_is_plain_text_in_a_letter() -> None:
    team = a_team_with_addresses()
    Team.objects.filter(pk=team.pk).update(name="<b>x</b> http://evil.example\r\nBcc: all@example.org")
    a_delivered_submission(Team.objects.get(pk=team.pk))

    make_round()

    sent: Any = mail.outbox[0]
    html = sent.alternatives[0][0]
    assert "\n" not in sent.subject
    assert "<b>x</b>" in sent.body
    assert ("<b>x</b>" in html, 'href="http://evil.example' in html) == (False, False)


def test_extra_time_is_told_to_the_team() -> None:
    team = a_team_with_addresses()
    extend_team(person=organiser_of(team.edition), team_id=team.pk, minutes=10, reason="A power cut")

    make_round()
    make_round()

    assert [sent.subject for sent in mail.outbox if "time" in sent.subject] == ["More time for Canopy"]


def test_reminders_go_out_once_each_although_the_deadline_moves_and_two_schedulers_run(monkeypatch: Any) -> None:
    now = db_now()
    close = now + timedelta(hours=30)
    later = {"judging_opens_at": close + timedelta(hours=5), "freeze_at": close + timedelta(hours=8)}
    team = a_team_with_addresses(submissions_close_at=close, **later)
    steps = []
    for before in (timedelta(hours=25), timedelta(hours=23), timedelta(minutes=59), timedelta(minutes=9)):
        stop_clock(monkeypatch, close - before)
        make_round()
        make_round()
        steps.append(len(mail.outbox))

    move_deadline(
        person=organiser_of(team.edition), edition_id=team.edition_id, name="submissions_close",
        at=close + timedelta(hours=2), reason="Lunch came late",
    )  # fmt: skip
    for before in (timedelta(minutes=50), timedelta(minutes=5)):
        stop_clock(monkeypatch, close + timedelta(hours=2) - before)
        make_round()

    assert steps == [0, 1, 2, 3]
    assert kinds() == ["reminder_day", "reminder_hour", "reminder_minutes"]


def test_who_was_late_to_be_reminded_hears_of_the_time_that_is_left_and_who_handed_in_hears_nothing() -> None:
    now = db_now()
    later = {"judging_opens_at": now + timedelta(hours=1), "freeze_at": now + timedelta(hours=2)}
    team = a_team_with_addresses(submissions_close_at=now + timedelta(minutes=8), **later)
    done = a_team(team.edition, name="Done")
    Person.objects.filter(pk=captain_of(done).pk).update(email="done@example.org")
    a_delivered_submission(done)

    make_round()

    assert kinds() == ["receipt", "reminder_minutes"]
    reminder = Letter.objects.get(kind="reminder_minutes")
    assert (reminder.address, "the title, the text" in reminder.text) == ("captain@example.org", True)


def test_a_team_with_extra_time_is_reminded_of_its_own_end(monkeypatch: Any) -> None:
    now = db_now()
    later = {"judging_opens_at": now + timedelta(hours=3), "freeze_at": now + timedelta(hours=4)}
    team = a_team_with_addresses(submissions_close_at=now + timedelta(minutes=70), **later)
    extend_team(person=organiser_of(team.edition), team_id=team.pk, minutes=60, reason="A power cut")
    stop_clock(monkeypatch, now + timedelta(minutes=125))

    make_round()

    assert kinds() == ["extension", "reminder_minutes"]


def test_without_a_mail_server_nothing_is_written(settings: Any) -> None:
    settings.MAIL = ""
    a_delivered_submission(a_team_with_addresses())

    make_round()

    assert (Letter.objects.count(), mail.outbox) == (0, [])


def test_a_mail_server_that_is_away_is_tried_again_and_nothing_is_lost(monkeypatch: Any) -> None:
    a_delivered_submission(a_team_with_addresses())

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", _away)
        make_round()
    first = Letter.objects.get()
    send_waiting()
    stop_clock(monkeypatch, first.try_at)
    make_round()

    assert (first.sent_at, first.tries, first.problem) == (None, 1, "SMTPServerDisconnected")
    assert len(mail.outbox) == 1
    assert Letter.objects.get().sent_at is not None


def test_two_postmen_never_carry_the_same_letter() -> None:
    a_delivered_submission(a_team_with_addresses())
    make_round()
    Letter.objects.update(sent_at=None, try_at=db_now())
    pk = Letter.objects.get().pk

    claims = [postman._claim(pk), postman._claim(pk)]

    assert [claim is None for claim in claims] == [False, True]


def test_what_opens_a_door_is_not_kept_after_it_was_sent() -> None:
    a_person("Maud", email="maud@example.org", language="en")
    code = digits_of(ask_mail_code(email="maud@example.org"))

    make_round()

    letter = Letter.objects.get()
    assert code in mail.outbox[0].body
    assert (letter.sent_at is not None, letter.text, letter.html) == (True, "", "")


@pytest.mark.parametrize("host", ["evil.example", "estrade.example.org:1@evil.example", "testserver.evil.example"])
def test_a_forged_host_stands_in_no_letter_a6(host: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    a_person("Maud", email="maud@example.org")
    Client(headers={"host": host, "x-forwarded-host": host}).post("/sign-in/mail/", {"email": "maud@example.org"})
    a_delivered_submission(a_team_with_addresses())

    make_round()

    assert {sent.to[0] for sent in mail.outbox} >= {"captain@example.org"}
    assert [sent for sent in mail.outbox if "evil" in str(sent.message())] == []


def test_authors_hear_that_their_challenge_came_back_and_that_it_is_published() -> None:
    edition = an_edition(Phase.BEFORE)
    organiser, partner = organiser_of(edition), an_organisation("SNCF")
    challenge = a_challenge(edition, partner=partner, published=False)
    author, colleague = (a_role(edition, "partner", organisation=partner) for _ in range(2))
    a_role(edition, "partner", organisation=an_organisation("EDF"))
    Person.objects.update(language="en")
    for number, person in enumerate(Person.objects.exclude(pk=colleague.pk)):
        Person.objects.filter(pk=person.pk).update(email=f"person{number}@example.org")
    author.refresh_from_db()
    submit_challenge(person=author, challenge_id=challenge.pk, revision=challenge.revision)
    send_back(person=organiser, challenge_id=challenge.pk, remark="Say which data teams get.")
    make_round()
    make_round()
    submit_challenge(person=author, challenge_id=challenge.pk, revision=challenge.revision)

    publish_challenge(person=organiser, challenge_id=challenge.pk, revision=challenge.revision)
    make_round()
    make_round()

    back, published = mail.outbox
    assert [back.to, published.to] == [[author.email], [author.email]]
    assert "Say which data teams get." in back.body
    assert f"/e/{edition.slug}/challenges/{challenge.slug}/edit/" in back.body
    assert published.subject.startswith("Your challenge is published")
    assert kinds() == ["challenge_published", "challenge_sent_back"]


def test_the_whole_team_hears_of_an_answer_without_its_words_v4() -> None:
    team = a_team_with_addresses()
    challenge = a_challenge(team.edition)
    alone, other = a_participant(team.edition), a_team(team.edition)
    Person.objects.filter(pk__in=[alone.pk, captain_of(other).pk]).update(language="en")
    Person.objects.filter(pk=alone.pk).update(email="alone@example.org")
    Person.objects.filter(pk=captain_of(other).pk).update(email="other@example.org")
    pupil = team.memberships.exclude(person=team.captain).get().person
    for asker, to_all in ((pupil, False), (alone, True)):
        asked = ask_question(person=asker, challenge_id=challenge.pk, text="Which streets?", client_id=uuid4())
        answer_question(person=organiser_of(team.edition), question_id=asked.pk, text="The shady ones.", to_all=to_all)
    hidden = ask_question(person=alone, challenge_id=challenge.pk, text="Which café?", client_id=uuid4())
    answer_question(person=organiser_of(team.edition), question_id=hidden.pk, text="None.", to_all=True)
    hide_question(person=organiser_of(team.edition), question_id=hidden.pk, hidden=True)

    make_round()
    make_round()

    answers = [sent for sent in mail.outbox if sent.subject.startswith("Your question")]
    assert [sent.to for sent in answers] == [["captain@example.org"], ["alone@example.org"]]
    assert ["Which streets?" in sent.body for sent in answers] == [True, True]
    assert [word for sent in mail.outbox for word in ("shady", "Which café") if word in str(sent.message())] == []


def test_letters_that_wait_too_long_are_a_problem_that_organisers_see(monkeypatch: Any, settings: Any) -> None:
    a_delivered_submission(a_team_with_addresses())
    monkeypatch.setattr(EmailBackend, "send_messages", _away)
    make_round()
    fresh = letters_leave()

    stop_clock(monkeypatch, db_now() + timedelta(minutes=6))
    late = letters_leave()
    settings.MAIL = "mailbox"

    assert late is not None
    assert (fresh, late.code, letters_leave()) == (None, "letters_wait", None)
    with translation.override("en"):
        assert str(late.sentence).startswith("One letter has waited for more than 5 minutes.")
    assert "estrade.notifications.checks.letters_leave" in settings.HEALTH_CHECKS


def _away(*_: Any) -> int:
    raise smtplib.SMTPServerDisconnected("gone")
