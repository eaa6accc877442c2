"""Letters as they are written: words for one person in that person's language, as text and as HTML.

Owns the rows: one letter per cause and person, however often and by however many it is asked for. What people
wrote stands in a letter as plain text, escaped in the HTML, and never becomes a link. Sends nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from estrade.editions.models import Edition
from estrade.kernel.cleantext import one_line
from estrade.kernel.clock import db_now
from estrade.notifications.models import Letter
from estrade.people.models import Person


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a letter says: paragraphs, perhaps a code to be typed, perhaps one link (label, path), and what stands below."""

    subject: str
    lines: list[str]
    code: str = ""
    link: tuple[str, str] | None = None
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A letter that is wanted. `write` is called in the language of the person and the time of the edition."""

    kind: Letter.Kind
    about: str
    address: str
    person: Person | None
    edition: Edition | None
    expires_at: datetime
    write: Callable[[], Words]
    language: str = ""

    @property
    def cause(self) -> str:
        return f"{self.kind} {self.about} {self.person.pk if self.person else self.address.lower()}"


def write_letters(drafts: Iterable[Draft]) -> None:
    """Keep those letters that were not written before. Bears any repetition, also at the same moment."""
    rows = [_letter(draft) for draft in drafts]
    Letter.objects.bulk_create(rows, ignore_conflicts=True)


def absolute(path: str) -> str:
    """A path of this site for who reads it elsewhere. Its beginning is configured, never taken from a request."""
    return settings.BASE_URL + path


def _letter(draft: Draft) -> Letter:
    language = draft.language or (draft.person.language if draft.person else "")
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    zone = draft.edition.zone if draft.edition else timezone.get_default_timezone()
    with translation.override(language), timezone.override(zone):
        words = draft.write()
        sender = draft.edition.name if draft.edition else "Estrade"
        link = (words.link[0], absolute(words.link[1])) if words.link else None
        html = render_to_string(
            "notifications/letter.html", {"words": words, "link": link, "sender": sender, "language": language}
        )
    now = db_now()
    return Letter(
        kind=draft.kind,
        about=draft.about,
        cause=draft.cause,
        edition=draft.edition,
        person=draft.person,
        address=draft.address,
        language=language,
        # One line: a subject with a line break in it would be a header of its own.
        subject=one_line(words.subject)[:200],
        text=_text(words, link, sender),
        html=html,
        written_at=now,
        try_at=now,
        expires_at=draft.expires_at,
    )


def _text(words: Words, link: tuple[str, str] | None, sender: str) -> str:
    parts = [*words.lines, *([f"    {words.code}"] if words.code else []), *(["\n".join(link)] if link else []), *words.after]
    return "\n\n".join([*parts, f"-- \n{sender}"]) + "\n"
