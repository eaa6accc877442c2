"""What organisers say to everybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.events import EVERYBODY, AnnouncementMade
from estrade.editions.models import Announcement, Edition
from estrade.journal.audit import audit
from estrade.journal.log import record
from estrade.kernel.cleantext import many_lines, not_longer
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused

if TYPE_CHECKING:
    from estrade.people.models import Person

LIMIT = 500


def announce(*, person: "Person", edition_id: int, text: Mapping[str, str] | str) -> Announcement:
    """Say something to everybody, at once. `text` maps languages to it; a plain one is in the edition's first language.

    Refused: text_missing, too_long.
    """
    with transaction.atomic():
        edition = Edition.objects.filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        now = db_now()
        require(person, "announcement.send", edition, at=now)
        texts = {(edition.languages or ["fr"])[0]: text} if isinstance(text, str) else text
        said = {lang: clean for lang, words in texts.items() if (clean := not_longer("text", many_lines(words), LIMIT))}
        if not said:
            raise Refused("text_missing", field="text")
        return tell_everybody(person=person, edition=edition, said=said, now=now)


def tell_everybody(*, person: "Person", edition: Edition, said: dict[str, str], now: datetime) -> Announcement:
    """Announce inside the transaction of another verb, which has asked the policy. `said` maps languages to sentences."""
    announcement = Announcement.objects.create(edition=edition, text=said, author=person, at=now)
    audit(
        edition_id=edition.pk,
        actor_id=person.pk,
        action="announcement.send",
        thing=f"announcement {announcement.pk}",
        after=said,
    )
    record(AnnouncementMade(announcement=announcement.pk, text=said), edition_id=edition.pk, on=EVERYBODY, actor_id=person.pk)
    return announcement
