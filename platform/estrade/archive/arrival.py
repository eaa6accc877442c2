"""An edition that comes from another installation: looked at first, then taken in whole.

Owns the taking in of `estrade-edition/1`. Nobody gets a power by it: a file that speaks of passwords or of
staff is refused, people arrive without a password, and nothing in it may point at somebody who is already
here. Rows keep their numbers, because audit chains and streams name them; accounts that stand in the way
(the administrator who brings the file) get other numbers.
Words: a *preview* is what can be said of a file before anything is written.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import CharField, EmailField, Field, ForeignKey, ManyToOneRel, Max, TextField, URLField

from estrade.access.policy import require
from estrade.archive.departure import FORMAT, KEPT_BACK, REMADE
from estrade.archive.integrity import check
from estrade.archive.parcel import BROKEN, MEDIA, PIECE
from estrade.archive.rows import DoesNotFit, Plain, fields_of, insert, reset_numbers, value_of
from estrade.archive.scope import OF_AN_EDITION, in_order, label_of
from estrade.archive.snapshot import allow_long_work
from estrade.editions.models import Edition, Network
from estrade.files.models import StoredFile
from estrade.files.uploads import put_back
from estrade.kernel.disk import is_full_disk
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person
from teams.models import Receipt, ReceiptCounter

INSIDE_A_ZIP = "edition.json"
# A ZIP of a few megabytes may unfold to anything: this is far above any edition.
LARGEST = 1024 * 1024 * 1024

Tables = dict[str, list[Plain]]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a file holds, and what has to be known before it is taken in."""

    name: str
    slug: str
    network: str
    starts_on: date
    ends_on: date
    exported_at: str
    without: list[str]
    counts: dict[str, int]
    taken_names: list[str] = field(default_factory=list)
    taken_emails: int = 0

    @property
    def people(self) -> int:
        return self.counts.get("people.Person", 0)

    @property
    def challenges(self) -> int:
        return self.counts.get("challenges.Challenge", 0)

    @property
    def teams(self) -> int:
        return self.counts.get("teams.Team", 0)

    @property
    def versions(self) -> int:
        return self.counts.get("teams.Receipt", 0)

    @property
    def scores(self) -> int:
        return self.counts.get("judging.Score", 0)

    @property
    def audit_lines(self) -> int:
        return self.counts.get("journal.AuditEntry", 0)


@dataclass(frozen=True, kw_only=True)
class Arriving:
    """A file that has been read: nothing is written yet."""

    tables: Tables
    preview: Preview


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """The edition as it is now here. `moved`: old number of an account to its new one."""

    edition: Edition
    counts: dict[str, int]
    moved: dict[int, int]


def read_edition(file: IO[bytes]) -> Arriving:
    """Read an edition's file, or the ZIP of "export everything" with one in it.

    Refused: edition_file_damaged (where), edition_file_newer.
    """
    try:
        whole = json.loads(_content(file))
        if not isinstance(whole, dict) or not str(whole.get("format", "")).startswith("estrade-edition/"):
            raise Refused("edition_file_damaged", where="format")
        if whole["format"] != FORMAT:
            raise Refused("edition_file_newer")
        tables: Tables = whole["tables"]
        _check_tables(tables)
        [edition] = tables["editions.Edition"]
        [network] = tables["editions.Network"]
        ZoneInfo(edition["time_zone"])
        preview = Preview(
            name=edition["name"],
            slug=edition["slug"],
            network=network["name"],
            starts_on=date.fromisoformat(edition["starts_on"]),
            ends_on=date.fromisoformat(edition["ends_on"]),
            exported_at=str(whole["exported"]["at"]),
            without=[str(one) for one in whole["without"]],
            counts={label: len(rows) for label, rows in tables.items()},
            taken_names=_taken(tables, "username"),
            taken_emails=len(_taken(tables, "email")),
        )
    except (*BROKEN, RecursionError, AttributeError, OSError):
        raise Refused("edition_file_damaged", where="file") from None
    return Arriving(tables=tables, preview=preview)


def import_edition(*, person: Person | None, arriving: Arriving) -> Arrived:
    """Take an edition that was read into an installation without any. All or nothing.

    `person` is the administrator who brings it, None at the command line. Refused: not_empty_here,
    edition_file_damaged, backup_inconsistent, no_room.
    """
    try:
        with transaction.atomic():
            if person is not None:
                require(person, "edition.create", Network())
            allow_long_work(connection)
            check_no_edition()
            moved = _make_way(arriving.tables)
            counts = _take_in(arriving.tables)
            connection.check_constraints()
            # Their bytes come afterwards, from a ZIP, or not at all.
            if problems := [one for one in check() if one.code != "file_missing"]:
                raise Refused("edition_file_damaged", where=str(problems[0]))
            edition = Edition.objects.select_related("network").get()
            if person is not None:
                _note(moved.get(person.pk, person.pk), edition)
    except IntegrityError:
        raise Refused("edition_file_damaged", where="rows") from None
    except DatabaseError as error:
        if is_full_disk(error):
            raise Refused("no_room") from error
        raise
    return Arrived(edition=edition, counts=counts, moved=moved)


def unpack_files(file: IO[bytes]) -> int:
    """Take the bytes of the edition's files out of the ZIP it came in, once it is here. How many.

    May be done again. What is not in it stays missing, and says so where it is asked for; what is not what its name
    says is left out.
    """
    start = file.read(4)
    file.seek(0)
    if start != b"PK\x03\x04":
        return 0
    wanted = dict(StoredFile.objects.values_list("digest", "size"))
    with zipfile.ZipFile(file) as parcel:
        names = {f"{MEDIA}{digest[:2]}/{digest}": digest for digest in wanted}
        found = [entry for entry in parcel.infolist() if entry.filename in names]
        sound = [one for one in found if one.file_size == wanted[names[one.filename]]]
        return sum(put_back(names[entry.filename], _pieces(parcel, entry)) for entry in sound)


def _pieces(parcel: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with parcel.open(entry) as member:
        while piece := member.read(PIECE):
            yield piece


def check_no_edition() -> None:
    """Refused("not_empty_here") once there is an edition, a network or an organisation."""
    if Edition.objects.exists() or Network.objects.exists() or Organisation.objects.exists():
        raise Refused("not_empty_here")


# --- Reading ------------------------------------------------------------------------------------------------------


def _content(file: IO[bytes]) -> bytes:
    start = file.read(4)
    file.seek(0)
    if start != b"PK\x03\x04":
        return file.read()
    with zipfile.ZipFile(io.BytesIO(file.read())) as parcel:
        if parcel.getinfo(INSIDE_A_ZIP).file_size > LARGEST:
            raise Refused("edition_file_damaged", where=INSIDE_A_ZIP)
        return parcel.read(INSIDE_A_ZIP)


def _check_tables(tables: Tables) -> None:
    """Every row fits its table, belongs to the one edition, and points only at rows of the same file."""
    models = {label_of(model): model for model in in_order() if label_of(model) not in REMADE}
    if stranger := next((label for label in tables if label not in models), None):
        raise Refused("edition_file_damaged", where=stranger)
    numbers = {label: {row["id"] for row in tables.get(label, [])} for label in models}
    for label, model in models.items():
        rows = tables.get(label, [])
        if len(numbers[label]) != len(rows):
            raise Refused("edition_file_damaged", where=f"{label}, id")
        allowed = {one.attname: one for one in fields_of(model)}
        for kept in KEPT_BACK.get(label, ()):
            del allowed[kept]
        for number, row in enumerate(rows, start=1):
            wrong = next((name for name in row if name not in allowed), "") or _wrong_field(row, allowed, numbers)
            if wrong:
                raise Refused("edition_file_damaged", where=f"{label}, row {number}, {wrong}")
        if label in OF_AN_EDITION and "edition_id" in allowed and any(row["edition_id"] is None for row in rows):
            raise Refused("edition_file_damaged", where=f"{label}, edition_id")


def _wrong_field(row: Plain, allowed: Mapping[str, "Field[Any, Any]"], numbers: Mapping[str, set[int]]) -> str:
    """The first column whose value its table cannot hold; "" when all can."""
    for name, column in allowed.items():
        try:
            value = value_of(column, row)
            if isinstance(column, ForeignKey):
                related = column.related_model
                assert isinstance(related, type)
                if value is not None and value not in numbers.get(label_of(related), set()):
                    return name
            elif value is not None:
                _check_value(column, value)
        except (ValidationError, TypeError, ValueError, ArithmeticError):
            return name
    return ""


def _check_value(column: "Field[Any, Any]", value: Any) -> None:
    if isinstance(column, CharField | TextField):
        if "\0" in value or (column.max_length and len(value) > column.max_length):
            raise ValueError("too long")
        if column.choices and value not in dict(column.flatchoices) and not (column.blank and value == ""):
            raise ValueError("no choice")
    # An address was checked by the rule that took it, which is not Django's.
    if value not in column.empty_values and not isinstance(column, URLField | EmailField):
        column.run_validators(value)


def _taken(tables: Tables, column: str) -> list[str]:
    """Which of the people's names or addresses somebody here bears already."""
    here = {str(value).lower() for value in Person.objects.exclude(**{column: None}).values_list(column, flat=True)}
    return sorted(row[column] for row in tables.get("people.Person", []) if row[column] and row[column].lower() in here)


# --- Writing ------------------------------------------------------------------------------------------------------


def _make_way(tables: Tables) -> dict[int, int]:
    """Give accounts of this installation numbers above all that arrive, where they would collide. Old number to new."""
    arriving = {row["id"] for row in tables.get("people.Person", [])}
    in_the_way = sorted(arriving & set(Person.objects.values_list("pk", flat=True)))
    if not in_the_way:
        return {}
    highest = max(*arriving, Person.objects.aggregate(highest=Max("pk"))["highest"] or 0)
    moved = {old: highest + place for place, old in enumerate(in_the_way, start=1)}
    for old, new in moved.items():
        Person.objects.filter(pk=old).update(id=new)
        for relation in Person._meta.get_fields(include_hidden=True):
            if isinstance(relation, ManyToOneRel):
                column = relation.field.attname
                relation.field.model._base_manager.filter(**{column: old}).update(**{column: new})
    # A session names an account by its number, and that number is now somebody else's.
    Session.objects.all().delete()
    return moved


def _take_in(tables: Tables) -> dict[str, int]:
    models, counts = [model for model in in_order() if label_of(model) not in REMADE], {}
    for model in models:
        label = label_of(model)
        rows: Iterator[Plain] = iter(tables.get(label, []))
        if model is Person:
            rows = map(_newcomer(), rows)
        try:
            counts[label] = insert(model, rows, label=label)
        except DoesNotFit as misfit:
            raise Refused("edition_file_damaged", where=f"{label}, row {misfit.row}, {misfit.field}") from None
    _remake_counters()
    reset_numbers(models)
    return counts


def _newcomer() -> Callable[[Plain], Plain]:
    """People come without a password and without a power, under another name where theirs is taken."""
    names = set(Person.objects.values_list("username", flat=True))
    emails = {email.lower() for email in Person.objects.exclude(email=None).values_list("email", flat=True) if email}

    def come_in(row: Plain) -> Plain:
        name, email = row["username"], row["email"]
        free = next(one for one in (name, *(f"{name[:75]}.{n}" for n in range(2, 10_000))) if one not in names)
        names.add(free)
        # Never somebody else's address: it would lead into their account.
        kept = None if email and email.lower() in emails else email
        nothing = {"is_staff": False, "is_superuser": False, "last_login": None}
        return row | nothing | {"username": free, "email": kept, "password": make_password(None)}

    return come_in


def _remake_counters() -> None:
    """Go on counting references where the receipts that came in end."""
    last: dict[str, int] = {}
    for reference in Receipt.objects.values_list("reference", flat=True):
        initials, number = reference.partition("-")[0], reference.rpartition("-")[2]
        if number.isdecimal():
            last[initials] = max(last.get(initials, 0), int(number))
    ReceiptCounter.objects.bulk_create([ReceiptCounter(initials=name, last=number) for name, number in last.items()])


def _note(person_id: int, edition: Edition) -> None:
    """Who brought it stands in the administration's log: a line in the edition's own chain would make it another one."""
    LogEntry.objects.create(
        user_id=person_id,
        content_type=ContentType.objects.get_for_model(Edition),
        object_id=str(edition.pk),
        object_repr=edition.name[:200],
        action_flag=ADDITION,
        change_message="imported from a file",
    )
