"""Everything out, at any time: for organisers, of their own edition, as typed cells that no program evaluates."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import IO, Any

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from challenges.models import Challenge
from estrade.archive.arrival import read_edition
from estrade.archive.exports import export_everything, export_table
from estrade.archive.sheets import csv_pieces
from estrade.archive.tables import BY_KEY, INSTANT, NUMBER, TABLES, TEXT, YES, Column, Table
from estrade.archive.workbooks import write_workbook
from estrade.editions.announcements import announce
from estrade.editions.phases import Phase
from estrade.editions.programme import NewStep, write_programme
from estrade.journal.models import AuditEntry
from estrade.kernel.cells import is_risky, read_cell
from estrade.kernel.refusal import Refused
from estrade.people.models import Attempt, Person
from judging.models import Ballot, Score
from teams.intake_columns import column_of
from teams.intake_table import read_table
from teams.models import Profile
from tests.archive.worlds import a_judged_stage
from tests.builders import (
    a_challenge,
    a_delivered_submission,
    a_draft,
    a_participant,
    a_person,
    a_role,
    a_team,
    an_administrator,
    an_edition,
    an_organisation,
    bring_to,
    organiser_of,
)
from tests.judging.stage import Stage, a_stage

pytestmark = pytest.mark.django_db
EVIL = '=HYPERLINK("http://evil.example","x")'


def unzipped(file: IO[bytes]) -> dict[str, bytes]:
    with file, zipfile.ZipFile(file) as parcel:
        return {name: parcel.read(name) for name in parcel.namelist()}


def everything_of(stage: Stage, person: Person | None = None) -> dict[str, bytes]:
    Attempt.objects.all().delete()
    return unzipped(export_everything(person=person or stage.organiser, edition=stage.edition))


def cells_of(content: bytes, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator, strict=True))


def test_the_archive_holds_every_table_thrice_and_says_how_to_keep_it() -> None:
    stage = a_judged_stage()

    with translation.override("fr"):
        members = everything_of(stage)

    assert set(members) == {
        "README.txt", f"{stage.edition.slug}.xlsx", "edition.json", *(f"csv/{table.key}.csv" for table in TABLES),
    }  # fmt: skip
    assert "données personnelles" in members["README.txt"].decode()
    book = load_workbook(io.BytesIO(members[f"{stage.edition.slug}.xlsx"]), read_only=True)
    assert len(book.sheetnames) == len(TABLES)
    assert read_edition(io.BytesIO(members["edition.json"])).preview.name == stage.edition.name
    for table in TABLES:
        rows = cells_of(members[f"csv/{table.key}.csv"], ";")
        assert len({len(row) for row in rows}) == 1, table.key
        assert len(rows) > 1 or table.key == "programme", table.key


def test_the_ranking_is_that_of_the_ballots() -> None:
    stage = a_judged_stage()

    with translation.override("en"):
        rows = cells_of(export_table(person=stage.organiser, edition=stage.edition, key="ranking"), ",")

    assert rows[0][1:3] == ["Rank", "Team"]
    assert [row[1] for row in rows[1:]] == ["1", "2", "3", "4"]
    assert rows[1][2] == stage.teams[3].name
    assert [float(row[5]) for row in rows[1:]] == sorted((float(row[5]) for row in rows[1:]), reverse=True)


def test_french_readers_get_their_separator_and_comma() -> None:
    stage = a_stage(jurors=1, teams=1)
    Score.objects.create(
        ballot=Ballot.objects.get(), criterion=stage.criteria[0], value="3.50", version=1, received_at=datetime.now(UTC)
    )

    with translation.override("fr"):
        french = export_table(person=stage.organiser, edition=stage.edition, key="scores")
    with translation.override("en"):
        english = export_table(person=stage.organiser, edition=stage.edition, key="scores")

    assert french.startswith(b"\xef\xbb\xbf")
    assert cells_of(french, ";")[1][7] == "3,5"
    assert cells_of(english, ",")[1][7] == "3.5"


def test_instants_stand_in_the_time_of_the_place_and_in_utc() -> None:
    table, zone = a_table(INSTANT), an_edition(time_zone="Europe/Paris").zone
    moment = datetime(2027, 7, 19, 12, 30, 5, tzinfo=UTC)
    book = io.BytesIO()

    with translation.override("en"):
        text = "".join(csv_pieces(table, [[moment], [None]], zone=zone))
        write_workbook(book, [(table, [[moment], [None]])], zone=zone)

    assert cells_of(text.encode(), ",")[1:] == [["2027-07-19 14:30:05", "2027-07-19T12:30:05Z"], ["", ""]]
    here, there = load_workbook(book).active[2]
    assert (here.value, there.value) == (datetime(2027, 7, 19, 14, 30, 5), datetime(2027, 7, 19, 12, 30, 5))  # noqa: DTZ001 - no zones there
    assert here.is_date
    assert there.is_date


def test_numbers_are_numbers_and_texts_are_texts_in_the_workbook() -> None:
    stage = a_judged_stage()
    announce(person=stage.organiser, edition_id=stage.edition.pk, text={"en": EVIL, "fr": EVIL})

    book = load_workbook(io.BytesIO(everything_of(stage)[f"{stage.edition.slug}.xlsx"]))

    sheet = next(one for one in book if one.title in {"Ranking", "Classement"})
    assert isinstance(sheet["F2"].value, float)
    assert isinstance(sheet["B2"].value, int)
    cells = [cell for one in book for row in one.iter_rows() for cell in row if cell.value is not None]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    [evil] = [cell for cell in cells if cell.value == EVIL and cell.parent.title in {"Announcements", "Annonces"}]
    assert (evil.data_type, evil.quotePrefix) == ("s", True)


# --- Formulas (I1) ------------------------------------------------------------------------------------------------


def a_table(*kinds: str) -> Table:
    columns = tuple(Column(key=f"c{n}", label=f"Column {n}", kind=kind) for n, kind in enumerate(kinds))
    return Table(key="sample", label="Sample", columns=columns, read=lambda edition: [])


dangerous = st.text(st.sampled_from("=+-@\t\r\n '＝＋－＠a1;,\"\u200b")) | st.text()


@settings(max_examples=60)
@given(st.lists(st.tuples(dangerous, dangerous, st.integers(-9, 9) | st.floats(-9, 9), st.booleans()), max_size=4), st.booleans())
def test_no_text_goes_out_that_could_be_evaluated_and_each_comes_back_i1(rows: list[Any], french: bool) -> None:
    table, zone = a_table(TEXT, TEXT, NUMBER, YES), UTC
    rows = [(one.replace("\0", ""), two.replace("\0", ""), number, yes) for one, two, number, yes in rows]
    book = io.BytesIO()

    with translation.override("fr" if french else "en"):
        content = "".join(csv_pieces(table, rows, zone=zone)).encode("utf-8", "surrogatepass")
        write_workbook(book, [(table, rows)], zone=zone)

    cells = list(
        csv.reader(io.StringIO(content.decode("utf-8-sig", "surrogatepass"), newline=""), delimiter=";" if french else ",")
    )
    for written, row in zip(cells[1:], rows, strict=True):
        assert [read_cell(cell) for cell in written[:2]] == list(row[:2])
        assert not any(is_risky(cell) and not cell.startswith("'") for cell in written[:2])
        assert float(written[2].replace(",", ".")) == row[2]
    kinds = {
        cell.data_type for line in load_workbook(book).active.iter_rows(min_row=2) for cell in line if cell.value is not None
    }
    assert kinds <= {"s", "inlineStr", "n", "b"}


@pytest.mark.parametrize("key", [table.key for table in TABLES])
def test_no_export_of_an_edition_full_of_formulas_has_one_i1(key: str) -> None:
    stage = a_judged_stage()
    Person.objects.update(first_name=EVIL, last_name="＝1+1")
    for model in (type(stage.teams[0]), type(stage.partner)):
        for row in model._base_manager.all():
            model._base_manager.filter(pk=row.pk).update(name=f"=cmd|{row.pk}")
    AuditEntry.objects.update(reason="\t=1", thing="@x")
    Ballot.objects.update(comment=" -2+3", feedback="=1+1", barred_reason="+1")

    with translation.override("en"):
        rows = cells_of(export_table(person=stage.organiser, edition=stage.edition, key=key), ",")

    texts = [place for place, kind in enumerate(kinds_of(BY_KEY[key])) if kind == TEXT]
    guilty = [row[place] for row in rows for place in texts if is_risky(row[place]) and not row[place].startswith("'")]
    assert guilty == []
    if key in {"people", "teams", "jury", "ballots", "audit"}:
        assert any(row[place].startswith("'") for row in rows for place in texts)


def kinds_of(table: Table) -> list[str]:
    return [kind for column in table.columns for kind in ([INSTANT, INSTANT] if column.kind == INSTANT else [column.kind])]


def test_our_own_import_reads_the_people_as_they_were_i1() -> None:
    edition = an_edition()
    person = a_participant(edition)
    Person.objects.filter(pk=person.pk).update(last_name="=Ada", first_name="-O'Neil", email="ada@example.org")
    Profile.objects.create(edition=edition, person=person, skills=["+design"], choices=[])
    organiser = Person.objects.get(roles__edition=edition, roles__role="organiser")

    for language in ("fr", "en"):
        with translation.override(language):
            content = export_table(person=organiser, edition=edition, key="people")

        table = read_table(content, recognises=lambda cell: column_of(cell) is not None)
        columns = [column_of(cell) for cell in table.header.cells]
        known = dict(zip(columns, next(row.cells for row in table.rows if "ada@example.org" in row.cells), strict=True))
        assert (known["last_name"], known["first_name"], known["skills"]) == ("=Ada", "-O'Neil", "+design")
        assert {"last_name", "first_name", "email", "school", "level", "skills", "choice.1", "choice.3"} <= set(columns)


def test_newer_columns_are_in_words() -> None:
    edition = an_edition()
    school = an_organisation("Lycée Eiffel", "school")
    a_role(edition, "participant", organisation=school)
    Challenge.objects.filter(pk=a_challenge(edition, provided={"en": "A map"}, eligibility={"en": "Everybody"}).pk).update(
        open_to={"schools": [school.slug], "levels": ["Seconde"]}
    )
    step = NewStep(starts_at=edition.opens_at, title={"en": "Lunch"}, is_fixed=True, least_minutes=45)
    write_programme(person=organiser_of(edition), edition_id=edition.pk, steps=[step])
    for state in ("confirmed", "withdrawn"):
        receipt = a_delivered_submission(a_team(edition))
        answers = [{"key": "for_whom", "kind": "short", "label": {"en": "For whom?"}, "answer": "Neighbours"}]
        type(receipt).objects.filter(pk=receipt.pk).update(state=state, answers=answers)

    with translation.override("en"):
        tables = {
            key: cells_of(export_table(person=organiser_of(edition), edition=edition, key=key), ",")
            for key in ("challenges", "programme", "submissions")
        }

    assert {"A map", "Everybody", "Lycée Eiffel", "Seconde", "published"} <= set(tables["challenges"][1])
    assert tables["programme"][1][-2:] == ["yes", "45"]
    assert {"draft taken at the deadline, confirmed by the team", "For whom?: Neighbours"} <= set(tables["submissions"][1])
    assert "taken back by the team" in tables["submissions"][2]


# --- Who gets what ------------------------------------------------------------------------------------------------


def test_nothing_of_another_edition_is_in_any_export_i6() -> None:
    stage, other = a_judged_stage("sample"), a_judged_stage("canary")
    # Somebody is in both: the other edition's roles, teams and choices must not come along.
    for juror in stage.jurors:
        a_role(other.edition, "organiser", person=juror, organisation=other.partner)
    shared = stage.jurors[0]
    Profile.objects.create(edition=other.edition, person=shared, skills=["canary skill"], choices=[])

    members, others = everything_of(stage), everything_of(other)

    assert [name for name, content in texts_of(members).items() if "canary" in content.lower()] == []
    assert len([name for name, content in texts_of(others).items() if "canary" in content.lower()]) > 8


def texts_of(members: dict[str, bytes]) -> dict[str, str]:
    """What can be read in each member; of the workbook, each of its sheets."""
    texts: dict[str, str] = {}
    for name, content in members.items():
        texts |= (
            {f"{name}/{inner}": text for inner, text in texts_of(unzipped(io.BytesIO(content))).items()}
            if name.endswith(".xlsx")
            else {name: content.decode()}
        )
    return texts


def test_nothing_of_the_scores_is_out_before_judging_p4() -> None:
    stage = a_stage(jurors=2, teams=2)
    worlds = []
    for mark in (1, 5):
        stage.at()
        for juror in stage.jurors:
            for team in stage.teams:
                for criterion in range(3):
                    version = Score.objects.filter(
                        ballot__seat__person=juror, ballot__team=team, criterion=stage.criteria[criterion]
                    )
                    known = version.values_list("version", flat=True).first() or 0
                    stage.score(juror, team, criterion, mark, base_version=known)
        shown = everything_of(stage)
        bring_to(stage.edition, Phase.CLOSED)
        hidden = everything_of(stage)
        worlds.append((shown, hidden))

    for shown, hidden in worlds:
        for key in ("ballots", "scores", "ranking"):
            assert len(cells_of(shown[f"csv/{key}.csv"], ";")) > 1
            assert len(cells_of(hidden[f"csv/{key}.csv"], ";")) == 1
        tables = json.loads(hidden["edition.json"])["tables"]
        scored = ("judging.Ballot", "judging.Score", "judging.ScoreRevision", "judging.SignOff")
        assert [len(tables[label]) for label in scored] == [0, 0, 0, 0]
        assert json.loads(hidden["edition.json"])["without"] == ["drafts", "scores"]
        assert [row["name"] for row in tables["journal.Snapshot"] if row["name"] == "jury.board"] == []
    sizes = [len(hidden["csv/teams.csv"]) for _shown, hidden in worlds]
    assert sizes[0] == sizes[1]


def test_the_words_of_a_draft_stay_with_the_team() -> None:
    edition = an_edition()
    a_draft(a_team(edition), title="Secret idea", text="Nobody knows")
    organiser = Person.objects.get(roles__edition=edition, roles__role="organiser")

    members = unzipped(export_everything(person=organiser, edition=edition))

    assert [name for name, text in texts_of(members).items() if "Secret idea" in text or "Nobody knows" in text] == []
    assert len(cells_of(members["csv/drafts.csv"], ";")) == 2


def test_each_download_is_in_the_audit_log_and_never_in_itself() -> None:
    stage = a_stage()

    members = everything_of(stage)
    export_table(person=stage.organiser, edition=stage.edition, key="teams")

    traces = AuditEntry.objects.filter(action="data.export").order_by("number")
    assert list(traces.values_list("actor_id", "after")) == [(stage.organiser.pk, "everything"), (stage.organiser.pk, "teams")]
    assert "data.export" not in members["csv/audit.csv"].decode()


@pytest.mark.usefixtures("standing_clock")
def test_everything_is_given_once_a_minute_i8() -> None:
    stage = a_stage()
    colleague = a_role(stage.edition, "organiser")
    export_everything(person=stage.organiser, edition=stage.edition).close()

    with pytest.raises(Refused) as refused:
        export_everything(person=stage.organiser, edition=stage.edition)

    assert refused.value.code == "export_too_often"
    assert AuditEntry.objects.filter(action="data.export").count() == 1
    export_everything(person=colleague, edition=stage.edition).close()
    for _ in range(20):
        export_table(person=stage.organiser, edition=stage.edition, key="programme")
    with pytest.raises(Refused):
        export_table(person=stage.organiser, edition=stage.edition, key="programme")


def status(client: Client, method: str, path: str) -> int:
    answer = getattr(client, method)(path)
    # Reading to the end closes what is streamed.
    answer.getvalue()
    return int(answer.status_code)


ADDRESSES = (("get", "/e/sample/data/"), ("post", "/e/sample/data/everything/"), ("post", "/e/sample/data/people.csv"))


@pytest.mark.parametrize(
    "role", ["", "participant", "juror", "president", "partner", "facilitator", "school_contact", "admin", "elsewhere"]
)
def test_nobody_but_an_organiser_gets_data_out(role: str) -> None:
    stage = a_stage(jurors=1, teams=1)
    person = (
        {"": a_person, "admin": an_administrator}.get(role, lambda: a_role(stage.edition, role))()
        if role != "elsewhere"
        else a_role(an_edition(), "organiser")
    )
    client, organiser = Client(), Client()
    client.force_login(person)
    organiser.force_login(stage.organiser)

    answers = [status(client, method, path) for method, path in ADDRESSES]
    allowed = [status(organiser, method, path) for method, path in ADDRESSES]

    assert answers == [403, 403, 403]
    assert allowed == [200, 200, 200]
    assert set(AuditEntry.objects.filter(action="data.export").values_list("actor_id", flat=True)) == {stage.organiser.pk}


@pytest.mark.django_db(transaction=True)
def test_an_export_reads_one_instant_and_leaves_the_connection_as_it_was() -> None:
    stage = a_stage()

    first, second = everything_of(stage), everything_of(stage)

    # The trace of the first download is in the second, written on the usual connection.
    assert len(cells_of(second["csv/audit.csv"], ";")) == len(cells_of(first["csv/audit.csv"], ";")) + 1
