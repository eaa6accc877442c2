"""What an edition asks of its teams, field by field. Pure: plain data in, plain data out.

Title, summary, text and link belong to every submission; an edition may require the summary and the link, and ask for
more. Words: a *field* is one further question (a short text, a long one, a link) or a place for files; an *answer* is
what a team wrote, by the key of the field.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from estrade.editions.edition_file import FIELD_KINDS, MAY_BE_REQUIRED
from estrade.files.kinds import KINDS, names_of
from estrade.kernel.cleantext import many_lines, not_longer, one_line
from estrade.kernel.refusal import Refused

SHORT, LONG, LINK, FILE = FIELD_KINDS
MOST_FIELDS = 20
LONGEST_LABEL = 80
# The highest limit of each kind: characters, and megabytes of one file.
HIGHEST = {SHORT: 300, LONG: 6000, LINK: 300, FILE: 100}
USUAL = {SHORT: 180, LONG: 2000, LINK: 300, FILE: 50}
MOST_FILES = 10
QUOTA_MB, HIGHEST_QUOTA_MB = 200, 2000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAKEN = frozenset({"title", "summary", "text", "link", "base_revision", "client_id"})
_is_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One further field. `limit`: characters, or megabytes of one file; `accepts`: kinds of files, empty for all."""

    key: str
    kind: str
    label: dict[str, str]
    hint: dict[str, str]
    is_required: bool = False
    limit: int = 0
    most: int = 1
    accepts: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        return self.kind == FILE

    @property
    def formats(self) -> str:
        return names_of(self.accepts)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The whole form of an edition. `required`: which of summary and link must be filled."""

    fields: tuple[FormField, ...]
    required: tuple[str, ...] = ()
    quota_mb: int = QUOTA_MB

    @property
    def questions(self) -> list[FormField]:
        return [field for field in self.fields if not field.is_file]

    @property
    def places(self) -> list[FormField]:
        return [field for field in self.fields if field.is_file]

    def named(self, key: str) -> FormField | None:
        return next((field for field in self.fields if field.key == key), None)


_PITCH = FormField(
    key="pitch",
    kind=FILE,
    label={"fr": "Support du pitch", "en": "Slides of the pitch"},
    hint={"fr": "La version projetée pendant votre passage.", "en": "What is projected while you pitch."},
    limit=20,
    accepts=("pdf", "pptx", "odp"),
)
_POSTER = FormField(
    key="poster",
    kind=FILE,
    label={"fr": "Affiche ou photo du panneau", "en": "Poster, or a photo of it"},
    hint={"fr": "Une photo prise au téléphone suffit.", "en": "A photo taken with a telephone will do."},
    limit=20,
    accepts=("pdf", "jpeg", "png", "webp"),
)
_MORE = FormField(
    key="more", kind=FILE, label={"fr": "Autres fichiers", "en": "Other files"}, hint={}, limit=100, most=5
)  # fmt: skip


def default_form(kind: str) -> Asked:
    """What is asked where an organiser has chosen nothing: no file is compulsory."""
    return Asked(fields=(_POSTER,) if kind == "ideathon" else (_PITCH, _MORE))


def form_of_rows(required: Collection[str], fields: Sequence[Mapping[str, Any]], quota_mb: int) -> Asked:
    """The form as it was stored."""
    known = [FormField(**{**row, "accepts": tuple(row.get("accepts", ()))}) for row in fields]
    return Asked(fields=tuple(known), required=tuple(required), quota_mb=quota_mb)


def rows_of(fields: Sequence[FormField]) -> list[dict[str, Any]]:
    """The fields as they are stored."""
    return [{**asdict(field), "accepts": list(field.accepts)} for field in fields]


def checked_form(asked: Asked) -> Asked:
    """The form with clean words. Refused: form_field_invalid (number of the field), form_too_long."""
    if len(asked.fields) > MOST_FIELDS:
        raise Refused("form_too_long", limit=MOST_FIELDS)
    if not 1 <= asked.quota_mb <= HIGHEST_QUOTA_MB or not set(asked.required) <= set(MAY_BE_REQUIRED):
        raise Refused("form_field_invalid", number=0)
    fields = tuple(_checked(field, number) for number, field in enumerate(asked.fields, start=1))
    if len({field.key for field in fields}) != len(fields):
        raise Refused("form_field_invalid", number=len(fields))
    return Asked(fields=fields, required=tuple(n for n in MAY_BE_REQUIRED if n in asked.required), quota_mb=asked.quota_mb)


def _checked(field: FormField, number: int) -> FormField:
    label = {language: not_longer("label", one_line(words), LONGEST_LABEL) for language, words in field.label.items()}
    hint = {language: not_longer("hint", one_line(words), 200) for language, words in field.hint.items()}
    sound = (
        _KEY.fullmatch(field.key)
        and field.key not in _TAKEN
        and field.kind in FIELD_KINDS
        and any(label.values())
        and 1 <= (field.limit or 1) <= HIGHEST.get(field.kind, 0)
        and 1 <= field.most <= MOST_FILES
        and set(field.accepts) <= set(KINDS)
    )
    if not sound:
        raise Refused("form_field_invalid", number=number)
    return FormField(
        key=field.key, kind=field.kind, label=label, hint=hint, is_required=field.is_required,
        limit=field.limit or USUAL[field.kind], most=field.most if field.is_file else 1,
        accepts=field.accepts if field.is_file else (),
    )  # fmt: skip


def clean_answers(asked: Asked, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers to the questions of the form, clean; anything else is left out. Refused: too_long, link_invalid."""
    clean: dict[str, str] = {}
    for field in asked.questions:
        typed = answers.get(field.key, "")
        words = not_longer(field.key, many_lines(typed) if field.kind == LONG else one_line(typed), field.limit)
        if words and field.kind == LINK:
            check_link(words, field.key)
        if words:
            clean[field.key] = words
    return clean


def check_link(words: str, field: str) -> None:
    """Refused("link_invalid") for anything but an address on the web."""
    try:
        _is_web_address(words)
    except ValidationError as invalid:
        raise Refused("link_invalid", field=field) from invalid


def missing_from(
    asked: Asked, *, words: Mapping[str, str], answers: Mapping[str, str], files: Collection[str]
) -> list[str]:  # fmt: skip
    """Keys of what is required and not there. `files`: the fields under which at least one file lies."""
    empty = [name for name in ("title", "summary", "text", "link") if not words[name]]
    core = [name for name in empty if name in ("title", "text") or name in asked.required]
    there = {*answers, *files}
    return core + [field.key for field in asked.fields if field.is_required and field.key not in there]
