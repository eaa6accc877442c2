"""What organisers say to everybody."""

import pytest

from estrade.editions.announcements import announce
from estrade.editions.models import Announcement
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from tests.builders import a_role, an_edition, organiser_of

pytestmark = pytest.mark.django_db


def test_an_announcement_reaches_everybody_with_its_words() -> None:
    edition = an_edition()

    made = announce(person=organiser_of(edition), edition_id=edition.pk, text={"fr": " À table ! ", "en": "", "de": "Essen"})

    assert made.text == {"fr": "À table !", "de": "Essen"}
    told = Event.objects.filter(kind="announcement.made")
    assert sorted(told.values_list("stream", flat=True)) == ["jury", "organisers", "participants", "public"]
    assert told[0].payload == {"announcement": made.pk, "text": made.text}
    assert AuditEntry.objects.get(action="announcement.send").after == made.text


def test_plain_words_are_in_the_first_language_of_the_edition() -> None:
    edition = an_edition(languages=["en", "fr"])

    assert announce(person=organiser_of(edition), edition_id=edition.pk, text="Lunch").text == {"en": "Lunch"}


@pytest.mark.parametrize(("text", "code"), [("", "text_missing"), (" \u200b\n", "text_missing"), ("x" * 10_000, "too_long")])
def test_an_announcement_has_words(text: str, code: str) -> None:
    edition = an_edition()

    with pytest.raises(Refused, match=code):
        announce(person=organiser_of(edition), edition_id=edition.pk, text=text)

    assert not Announcement.objects.exists()


def test_organisers_announce_and_nobody_else() -> None:
    edition = an_edition()

    for role in ("participant", "partner", "juror", "facilitator"):
        with pytest.raises(Refused, match="wrong_role"):
            announce(person=a_role(edition, role), edition_id=edition.pk, text="Hello")
