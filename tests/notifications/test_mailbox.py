"""The mailbox of the demonstration, and nowhere else."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from estrade.notifications.models import Letter
from estrade.notifications.postman import make_round
from tests.builders import a_delivered_submission, a_team, an_edition, captain_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.notifications.urls")]


def a_kept_letter(settings: Any) -> Letter:
    settings.MAIL = "mailbox"
    team = a_team(an_edition(), name="<i>Canopy</i>")
    captain = captain_of(team)
    captain.email = "captain@example.org"
    captain.save()
    a_delivered_submission(team)
    make_round()
    return Letter.objects.get()


def test_the_demonstration_keeps_its_letters_and_sends_none(settings: Any) -> None:
    letter = a_kept_letter(settings)
    reader = Client(headers={"accept-language": "en"})

    listed, opened = reader.get("/mailbox/"), reader.get(f"/mailbox/{letter.pk}/")

    page = opened.content.decode()
    assert mail.outbox == []
    assert f"/mailbox/{letter.pk}/" in listed.content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<i>Canopy</i>" not in page
    assert f'href="{settings.BASE_URL}/e/' in page


def test_a_developers_mailbox_is_read_on_that_machine_alone(settings: Any) -> None:
    letter = a_kept_letter(settings)

    answers = [Client(REMOTE_ADDR=address).get(f"/mailbox/{letter.pk}/").status_code for address in ("127.0.0.1", "192.168.1.7")]

    assert answers == [200, 404]


@pytest.mark.urls("estrade.config.urls")
def test_elsewhere_there_is_no_mailbox() -> None:
    assert Client().get("/mailbox/").status_code == 404
