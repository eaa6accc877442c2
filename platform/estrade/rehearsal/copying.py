"""A copy of an edition in the same database: its set-up under new numbers, its people as doubles.

Owns the list of what is copied. Never writes to the original. Nothing that happened comes along, and no way in: a
double has no e-mail and no password.
Words: a *double* stands for somebody in one copy only; organisers stand for themselves.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import ForeignKey, Model

from estrade.archive.scope import OF_AN_EDITION, SHARED, in_order, label_of
from estrade.editions.models import Edition
from estrade.kernel.tokens import new_token as new_file_token
from estrade.kernel.tokens import readable_code
from estrade.people.models import Person, Role, plain_name

# Table to the fields that begin anew in the copy, with the value they begin with.
COPIED: dict[str, Mapping[str, Any]] = {
    "editions.Edition": {"published_at": None, "time_floor": None, "revision": 0},
    "editions.ProgrammeStep": {},
    "people.Role": {},
    # The bytes lie under their hash: the copy's rows name the same ones.
    "files.StoredFile": {"token": new_file_token, "client_id": uuid4},
    "challenges.Challenge": {"waiting_since": None},
    "challenges.ChallengeFile": {},
    "teams.SubmissionForm": {},
    "teams.Profile": {},
    "teams.Wish": {},
    "teams.Team": {"join_code": readable_code},
    "teams.Membership": {},
    "teams.Merger": {},
    "teams.Submission": {
        "draft_title": "", "draft_summary": "", "draft_text": "", "draft_link": "", "draft_revision": 0,
        "draft_answers": {}, "withdrawn_at": None, "draft_saved_at": None, "draft_saved_by_id": None, "current_id": None,
    },
    # In a copy no rubric was changed under a juror's hand.
    "judging.Rubric": {"sealed_at": None, "reason": ""},
    # Without scores nothing goes on in a later version.
    "judging.Criterion": {"continues_id": None},
    "judging.Round": {"on_stage_id": None, "staged_at": None},
    "judging.Room": {"on_stage_id": None, "staged_at": None},
    "judging.Placing": {},
    "judging.Advance": {},
    "judging.Seat": {"unsent": 0, "unsent_at": None},
    "judging.Tie": {},
    # Who scores whom is set-up; what they thought is not.
    "judging.Ballot": {
        "comment": "", "comment_version": 0, "feedback": "", "feedback_version": 0,
        "scored": 0, "completed_at": None, "touched_at": None,
    },
    "judging.Category": {},
    "judging.Categorised": {},
    # A choice is not set-up, and its time is one of the original.
    "judging.Prize": {
        "chosen_id": None, "chosen_at": None, "choose_until": None, "voting_opened_at": None, "voting_closed_at": None,
    },
}  # fmt: skip
NOT_COPIED = frozenset(
    {
        "editions.Announcement", "editions.Transition", "people.PersonalCode", "people.Invitation", "teams.Receipt",
        "teams.Extension", "teams.DraftFile", "teams.ReceiptFile", "teams.ContactConsent", "dossiers.DossierRelease",
        "teams.Composition", "teams.Question", "teams.Approach", "teams.Notice", "teams.Absence", "challenges.Step",
        "judging.HelpCall", "judging.Score", "judging.ScoreRevision", "judging.SignOff", "judging.Signature",
        "judging.Void", "judging.Vote", "judging.PaperSheet", "judging.Correction", "judging.LateDecision",
        "judging.Minute", "judging.Nudge", "judging.JuryRecord", "judging.FeedbackRelease",
        "journal.Stream", "journal.Event", "journal.Snapshot", "journal.AuditEntry", "journal.AuditHead",
    }
)  # fmt: skip
LONGEST_SLUG = 50
DOUBLE = "repetition-{edition}-"


def name_of_doubles(edition: Edition) -> str:
    """How the user names of all doubles of a copy begin."""
    return DOUBLE.format(edition=edition.pk)


def copy_edition(*, original: Edition, moved: Callable[[datetime], datetime], instants: Mapping[str, datetime | None]) -> Edition:
    """Copy the set-up of `original`. `instants` are the copy's own times; `moved` places the lines of the programme.

    Belongs inside a transaction. The copy's address ends in eight random characters: its challenges open long before
    those of the original, and nobody may guess where.
    """
    known: dict[str, dict[int, int]] = {}
    with transaction.atomic():
        copy = _copy_of_edition(original, instants)
        known["editions.Edition"] = {original.pk: copy.pk}
        doubles = _Doubles(copy)
        for model in in_order():
            label = label_of(model)
            if label in COPIED and label != "editions.Edition":
                known[label] = _copy_table(model, original, known, doubles)
        _move_programme(copy, moved)
        _close_earlier_rounds(copy)
    return copy


def make_doubles(*, copy: Edition, names: Iterable[tuple[str, str]], mark: str) -> list[Person]:
    """Invented people of a copy, with user names after `mark`."""
    return Person.objects.bulk_create(
        _double(copy, f"{name_of_doubles(copy)}{mark}{number}", first, last, "")
        for number, (first, last) in enumerate(names, start=1)
    )


def _copy_of_edition(original: Edition, instants: Mapping[str, datetime | None]) -> Edition:
    values = {field.attname: getattr(original, field.attname) for field in Edition._meta.concrete_fields if field.name != "id"}
    ending = "-repetition-" + readable_code(8).lower()
    begin = instants["opens_at"]
    assert begin is not None
    end = max(at for at in instants.values() if at is not None)
    values |= {
        **COPIED["editions.Edition"],
        **instants,
        "slug": original.slug[: LONGEST_SLUG - len(ending)].rstrip("-") + ending,
        "starts_on": begin.astimezone(original.zone).date(),
        "ends_on": end.astimezone(original.zone).date(),
        "rehearses_id": original.pk,
    }
    return Edition.objects.create(**values)


def _copy_table(model: type[Model], original: Edition, known: dict[str, dict[int, int]], doubles: "_Doubles") -> dict[int, int]:
    """Copy the rows of one table. Old number to new one."""
    label = label_of(model)
    rows = list(model._default_manager.filter(**{OF_AN_EDITION[label]: original.pk}).order_by("pk"))
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    people = [field.attname for field in fields if field.related_model is Person]
    doubles.stand_in_for(getattr(row, name) for row in rows if not _is_organiser(row) for name in people)
    made = model._default_manager.bulk_create(
        model(**{field.attname: _value(row, field, known, doubles) for field in fields}) for row in rows
    )
    return {old.pk: new.pk for old, new in zip(rows, made, strict=True)}


def _value(row: Model, field: Any, known: dict[str, dict[int, int]], doubles: "_Doubles") -> Any:
    fresh = COPIED[label_of(type(row))]
    if field.attname in fresh:
        return fresh[field.attname]() if callable(fresh[field.attname]) else fresh[field.attname]
    value = getattr(row, field.attname)
    if value is None or not isinstance(field, ForeignKey):
        return value
    target = label_of(field.related_model)
    if target == "people.Person":
        return value if _is_organiser(row) else doubles.of[value]
    # A shared row (an organisation) serves both; a row that was not copied has no counterpart.
    return value if target in SHARED else known.get(target, {}).get(value)


def _is_organiser(row: Model) -> bool:
    return isinstance(row, Role) and row.role == Role.Name.ORGANISER


class _Doubles:
    """Person to double, made when first needed."""

    def __init__(self, copy: Edition) -> None:
        self.copy = copy
        self.of: dict[int, int] = {}

    def stand_in_for(self, person_ids: Iterable[int | None]) -> None:
        missing = {pk for pk in person_ids if pk is not None} - self.of.keys()
        people = list(Person.objects.filter(pk__in=missing).order_by("pk"))
        made = Person.objects.bulk_create(
            _double(self.copy, f"{name_of_doubles(self.copy)}{one.pk}", one.first_name, one.last_name, one.language)
            for one in people
        )
        self.of |= {person.pk: double.pk for person, double in zip(people, made, strict=True)}


def _double(copy: Edition, username: str, first: str, last: str, language: str) -> Person:
    # Everything else stays at its default: no e-mail, no powers, and a password that nobody can know.
    double = Person(
        username=username, first_name=first, last_name=last, language=language, rehearses=copy, password=make_password(None)
    )
    double.plain_name = plain_name(double)
    return double


def _move_programme(copy: Edition, moved: Callable[[datetime], datetime]) -> None:
    for step in copy.programme.all():
        step.starts_at = moved(step.starts_at)
        step.save(update_fields=["starts_at"])


def _close_earlier_rounds(copy: Edition) -> None:
    """The latest round is played, whether the original has closed it or not."""
    last = copy.rounds.order_by("-number").first()
    if last is not None:
        copy.rounds.filter(pk=last.pk).update(closed_at=None)


def new_token() -> str:
    """128 bits for the address of the page of seats."""
    return secrets.token_urlsafe(16)
