"""Importing participants: the whole file or nothing, twice is once, and no account is taken over."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from estrade.editions.edition_file import read_edition_file
from estrade.editions.models import Edition
from estrade.journal.log import ORGANISERS, since
from estrade.journal.models import AuditEntry
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from estrade.people.people import create_person, give_role
from judging.edition_loading import load_edition, moved_to
from teams.intake import Report, import_participants
from teams.intake_reading import Level
from teams.intake_words import SENTENCES
from teams.models import Profile, Wish
from tests.kept import laid_again

DATA = Path(__file__).parents[2] / "platform/estrade/demo/data"
SAMPLE = DATA / "hackathon-72-inscriptions.csv"
EXPECTED: dict[str, Any] = json.loads((DATA / "hackathon-72.json").read_text(encoding="utf-8"))

HEADER = "Horodateur;Nom;Prénom;Adresse e-mail;Établissement;Niveau;Choix n°1;Je souhaite être avec\n"
ANNE = "03/11/2025 08:00:00;Ombreval;Anne;anne@example.org;CESI;Bachelor 3;EDF;Léo Delvigne\n"
LÉO = "03/11/2025 09:00:00;Delvigne;Léo;leo@example.org;ESTP;Bachelor 2;;\n"

pytestmark = pytest.mark.django_db


@laid_again
def loaded() -> tuple[Person, Edition]:
    admin = Person.objects.create_superuser("admin")
    file = read_edition_file((DATA / "hack-to-horizon.toml").read_bytes())
    return admin, load_edition(person=admin, file=moved_to(file, db_now().date()))


@pytest.fixture
def world() -> tuple[Person, Edition]:
    return loaded()


@pytest.fixture
def admin(world: tuple[Person, Edition]) -> Person:
    return world[0]


@pytest.fixture
def edition(world: tuple[Person, Edition]) -> Edition:
    return world[1]


def imported(edition: Edition, text: str | bytes, *, person: Person | None = None, dry_run: bool = False) -> Report:
    data = text.encode() if isinstance(text, str) else text
    return import_participants(person=person, edition=edition, data=data, filename="list.csv", dry_run=dry_run)


def stored(edition: Edition) -> list[tuple[Any, ...]]:
    """Everything an import may write, without keys."""
    roles = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT).select_related("person", "organisation")
    profiles = {one.person_id: one for one in Profile.objects.filter(edition=edition)}
    return sorted(
        (
            role.person.email,
            role.person.first_name,
            role.person.last_name,
            role.organisation.slug if role.organisation else None,
            role.level,
            profiles[role.person_id].skills,
            profiles[role.person_id].choices,
        )
        for role in roles
    )


def wishes(edition: Edition) -> set[tuple[str | None, str | None, str]]:
    return set(Wish.objects.filter(edition=edition).values_list("person__email", "other__email", "kind"))


# --- The sample ---------------------------------------------------------------------------------------------------


def test_sample_brings_exactly_its_72_people(edition: Edition) -> None:
    report = imported(edition, SAMPLE.read_bytes())

    fields = ("email", "first_name", "last_name", "school", "level", "skills", "preferences")
    assert stored(edition) == sorted(tuple(one[name] for name in fields) for one in EXPECTED["students"])
    assert (report.created, report.updated, report.unchanged) == (72, 0, 0)


def test_the_same_file_twice_creates_nothing_and_leaves_no_trace(edition: Edition) -> None:
    imported(edition, SAMPLE.read_bytes())
    people, before, wished = Person.objects.count(), stored(edition), wishes(edition)
    events, audits = len(since(edition_id=edition.pk, stream=ORGANISERS, number=0)), AuditEntry.objects.count()

    report = imported(edition, SAMPLE.read_bytes())

    assert (report.created, report.updated, report.unchanged) == (0, 0, 72)
    assert (Person.objects.count(), stored(edition), wishes(edition)) == (people, before, wished)
    assert len(since(edition_id=edition.pk, stream=ORGANISERS, number=0)) == events
    assert AuditEntry.objects.count() == audits


def test_imported_people_have_no_password_and_the_role_of_participants_only(edition: Edition) -> None:
    imported(edition, SAMPLE.read_bytes())

    brought = Person.objects.filter(roles__edition=edition, roles__role=Role.Name.PARTICIPANT)
    assert [person.username for person in brought if person.has_usable_password()] == []
    assert set(Role.objects.filter(person__in=brought).values_list("role", flat=True)) == {Role.Name.PARTICIPANT}


def test_nothing_of_diet_and_remarks_is_in_the_database(edition: Edition) -> None:
    imported(edition, SAMPLE.read_bytes())

    dump = StringIO()
    call_command("dumpdata", stdout=dump)
    kept = json.dumps(json.loads(dump.getvalue()), ensure_ascii=False)
    assert "Ombreval" in kept
    assert [word for word in ("arachides", "porc", "Végétarien", "gluten", "+33", "PMR", "Train à") if word in kept] == []


# --- All or nothing -----------------------------------------------------------------------------------------------


def test_one_blocking_line_stops_the_whole_file(edition: Edition) -> None:
    people = Person.objects.count()

    report = imported(edition, HEADER + ANNE + LÉO.replace("ESTP", "Hogwarts"))

    assert [one.code for one in report.findings if one.level is Level.BLOCKING] == ["school_unknown"]
    assert (Person.objects.count(), stored(edition)) == (people, [])


def test_a_dry_run_says_the_same_and_writes_nothing(edition: Edition) -> None:
    people = Person.objects.count()

    dry = imported(edition, SAMPLE.read_bytes(), dry_run=True)
    written = (Person.objects.count(), stored(edition))
    real = imported(edition, SAMPLE.read_bytes())

    assert written == (people, [])
    assert dry.findings == real.findings
    assert dry.created == real.created == 72


def test_a_corrected_list_changes_those_it_corrects(edition: Edition) -> None:
    imported(edition, HEADER + ANNE + LÉO)

    report = imported(edition, HEADER + ANNE.replace("Léo Delvigne", "").replace("EDF", "Keolis") + LÉO)

    assert (report.created, report.updated, report.unchanged) == (0, 1, 1)
    assert [row[-1] for row in stored(edition)] == [["keolis"], []]
    assert wishes(edition) == set()


def test_who_is_no_longer_in_the_list_stays(edition: Edition) -> None:
    imported(edition, HEADER + ANNE + LÉO)

    imported(edition, HEADER + LÉO)

    assert [row[0] for row in stored(edition)] == ["anne@example.org", "leo@example.org"]


def test_an_import_is_told_to_organisers_in_figures_only(edition: Edition, admin: Person) -> None:
    before = len(since(edition_id=edition.pk, stream=ORGANISERS, number=0))

    imported(edition, HEADER + ANNE + LÉO)

    told = since(edition_id=edition.pk, stream=ORGANISERS, number=before)
    assert [(event.kind, event.payload) for event in told] == [("participants.imported", {"created": 2, "updated": 0})]
    entry = AuditEntry.objects.filter(action="people.import").get()
    assert entry.after == {"file": "list.csv", "created": 2, "updated": 0, "unchanged": 0}


# --- Whose account ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", [None, "secret"])
def test_an_account_that_no_list_brought_is_not_taken_over(edition: Edition, password: str | None) -> None:
    create_person(first_name="Anne", last_name="Ombreval", email="Anne@Example.org", password=password)

    report = imported(edition, HEADER + ANNE + LÉO)

    assert [(one.row, one.code) for one in report.findings if one.level is Level.BLOCKING] == [(2, "email_taken")]
    assert stored(edition) == []


def test_a_juror_in_the_list_stays_what_they_are(edition: Edition, admin: Person) -> None:
    juror = create_person(first_name="Anne", last_name="Ombreval", email="anne@example.org")
    give_role(person=admin, edition_id=edition.pk, to=juror, role=Role.Name.JUROR)

    report = imported(edition, HEADER + ANNE)

    assert report.is_blocked
    assert [role.role for role in juror.roles.all()] == [Role.Name.JUROR]


def test_who_came_with_a_list_of_the_network_is_met_again(edition: Edition, admin: Person) -> None:
    imported(edition, HEADER + ANNE)
    next_edition = Edition.objects.get(pk=edition.pk)
    next_edition.pk, next_edition.slug, next_edition.number = None, "next", 6
    next_edition.save(force_insert=True)

    report = imported(next_edition, HEADER + ANNE.replace("EDF", "").replace("Léo Delvigne", ""))

    assert (report.created, report.updated) == (0, 1)
    assert Person.objects.filter(email="anne@example.org").count() == 1


def test_a_name_chosen_by_the_owner_of_an_account_is_kept(edition: Edition) -> None:
    imported(edition, HEADER + ANNE)
    person = Person.objects.get(email="anne@example.org")
    person.set_password("secret")
    person.first_name = "Annie"
    person.save()

    imported(edition, HEADER + ANNE.replace("CESI", "ESEO"))

    assert [row[1:4] for row in stored(edition)] == [("Annie", "Ombreval", "eseo")]


@pytest.mark.parametrize("role", [Role.Name.PARTNER, Role.Name.JUROR, Role.Name.FACILITATOR, Role.Name.PARTICIPANT])
def test_only_organisers_import(edition: Edition, admin: Person, role: Role.Name) -> None:
    somebody = create_person(first_name="Some", last_name="Body")
    give_role(person=admin, edition_id=edition.pk, to=somebody, role=role)

    with pytest.raises(Refused) as refused:
        imported(edition, HEADER + ANNE, person=somebody)

    assert refused.value.code == "wrong_role"
    assert not Person.objects.filter(email="anne@example.org").exists()


def test_an_organiser_imports(edition: Edition, admin: Person) -> None:
    report = imported(edition, HEADER + ANNE, person=admin)

    assert report.created == 1


# --- At the command line ------------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[list[str], str]:
    """The lines said, and the words of the failure if it failed."""
    out, failure = StringIO(), ""
    try:
        call_command("import_participants", *arguments, stdout=out, no_color=True)
    except CommandError as error:
        failure = str(error)
    return out.getvalue().splitlines(), failure


def test_the_command_says_line_by_line_what_was_made_of_the_file(edition: Edition) -> None:
    lines, failure = run(str(SAMPLE), "--edition", edition.slug)

    assert "Line 3, corrected: Établissement: “ESIREM Dijon” read as “ESIREM”." in lines
    assert (
        "Line 7, merged: Adresse e-mail: An earlier answer of Théo Ombreval: line 66, sent 04/11/2025 15:13:29, counts." in lines
    )
    assert "Line 77, ignored: Empty line." in lines
    assert lines[-3:] == [
        "Lines read: 75. People: 72.",
        "Findings: new 72, kept 6, corrected 86, merged 3, ignored 3, to check 5.",
        "New people: 72, changed: 0, unchanged: 0.",
    ]
    assert failure == ""


def test_the_command_says_every_blocking_line_and_fails(edition: Edition, tmp_path: Path) -> None:
    list_ = tmp_path / "list.csv"
    list_.write_text(HEADER + ANNE.replace("anne@", "anne ") + LÉO.replace("ESTP", "Hogwarts"), encoding="utf-8")

    lines, failure = run(str(list_), "--edition", edition.slug, "--lang", "en")

    assert [line for line in lines if "blocking:" in line] == [
        "Line 2, blocking: Adresse e-mail: “anne example.org” is not an e-mail address. Correct it.",
        "Line 3, blocking: Établissement: No school is called “Hogwarts”. Correct the cell, or add this spelling to the school.",
    ]
    assert failure == "Nothing was imported. Correct the blocking lines and import the file again."
    assert stored(edition) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((str(SAMPLE), "--edition", "nowhere"), "There is no edition 'nowhere'."),
        (("/nowhere.csv", "--edition", "hack-to-horizon"), "/nowhere.csv cannot be read: No such file or directory."),
    ],
)
def test_the_command_says_what_it_cannot_find(edition: Edition, arguments: tuple[str, ...], words: str) -> None:
    lines, failure = run(*arguments)

    assert (lines, failure) == ([], words)


def test_every_finding_has_a_sentence() -> None:
    rooms = Path(__file__).parents[2] / "teams"
    source = "".join(
        (rooms / name).read_text() for name in ("intake_reading.py", "intake_table.py", "intake_workbook.py", "intake.py")
    )
    told = set(re.findall(r'(?:note\([^"]*|Unreadable\(|Finding\([^"]*)"([a-z_]+)"', source))
    told |= {f"{column}_{what}" for column in ("friends", "apart") for what in ("unknown", "ambiguous")}
    told |= {f"{what}_changed" for what in (*re.findall(r'yield "([a-z]+)"', source), "wishes")}
    told |= {f"consent_{what}" for what in ("missing", "no")}
    told |= {f"{what}_shared" for what in ("email", "number")}
    told |= {"less_to_do", "school_alike", "school_new", "identity_missing", "number_missing", "email_missing"}

    assert told == set(SENTENCES)
