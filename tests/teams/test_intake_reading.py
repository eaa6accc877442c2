"""The reader of lists of participants, against the sample export and against what real exports get wrong."""

import csv
import functools
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estrade.editions.edition_file import read_edition_file
from teams.intake_reading import Finding, Level, Listed, Reading, read_people
from teams.spellings import Known, tidy_name

pytestmark = pytest.mark.embedded

DATA = Path(__file__).parents[2] / "platform/estrade/demo/data"
SAMPLE = (DATA / "hackathon-72-inscriptions.csv").read_bytes()
EXPECTED: dict[str, Any] = json.loads((DATA / "hackathon-72.json").read_text(encoding="utf-8"))
EDITION = read_edition_file((DATA / "hack-to-horizon.toml").read_bytes())

PARTNERS = {challenge.partner for challenge in EDITION.challenges}
KNOWN = {one.slug: Known(one.slug, one.short_name, (one.name, *one.spellings)) for one in EDITION.organisations}
SCHOOLS = [KNOWN[one.slug] for one in EDITION.organisations if one.category in {"school", "higher_education"}]
CHALLENGES = [KNOWN[one.partner] for one in EDITION.challenges]

HEADER = ["Horodateur", "Nom", "Prénom", "Adresse e-mail", "Établissement", "Choix n°1", "Je souhaite être avec"]
ANNE = ["03/11/2025 08:00:00", "Ombreval", "Anne", "anne@example.org", "CESI", "EDF", ""]
LÉO = ["03/11/2025 09:00:00", "Delvigne", "Léo", "leo@example.org", "ESTP", "", ""]


def read(data: bytes) -> Reading:
    return read_people(data, schools=SCHOOLS, challenges=CHALLENGES)


def export(*rows: list[str], separator: str = ";", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


def told(reading: Reading, level: Level) -> list[tuple[int, str]]:
    return [(finding.row, finding.code) for finding in reading.findings if finding.level is level]


def in_any_order(reading: Reading) -> dict[str, tuple[Any, ...]]:
    def content(person: Listed) -> tuple[Any, ...]:
        wishes = sorted(person.friends), sorted(person.apart)
        return person.name, person.school, person.level, person.skills, person.choices, *wishes

    return {person.email: content(person) for person in reading.people}


# --- The sample ---------------------------------------------------------------------------------------------------


def test_sample_gives_exactly_its_72_people() -> None:
    reading = read(SAMPLE)

    found = [
        (one.email, one.first_name, one.last_name, one.school, one.level, list(one.skills), list(one.choices))
        for one in sorted(reading.people, key=lambda one: one.email)
    ]

    fields = ("email", "first_name", "last_name", "school", "level", "skills", "preferences")
    assert found == sorted(tuple(student[name] for name in fields) for student in EXPECTED["students"])


def test_sample_shows_the_oddities_it_was_made_with() -> None:
    expected = EXPECTED["import_expected"]
    emails = {student["id"]: student["email"] for student in EXPECTED["students"]}

    reading = read(SAMPLE)

    by_row = {person.row: person.email for person in reading.people}
    notes: dict[str, list[Finding]] = {}
    for finding in reading.findings:
        notes.setdefault(finding.code, []).append(finding)
    assert (reading.encoding, reading.rows, len(reading.people)) == (expected["encoding"], 75, 72)
    assert reading.count("school_corrected") == expected["fixed_schools"]
    assert reading.count("challenge_corrected") == expected["fixed_challenges"]
    merged = {by_row[int(finding.figures["into"])] for finding in notes["resubmitted"]}
    assert merged == {emails[student] for student in expected["resubmitted"]}
    homonyms = {frozenset((by_row[one.row], by_row[int(one.figures["rows"])])) for one in notes["homonym"]}
    assert homonyms == {frozenset(emails[student] for student in pair) for pair in expected["homonyms"]}
    assert [by_row[finding.row] for finding in notes["friends_unknown"]] == expected["unknown_friend"]
    assert [{"row": by_row[one.row], "name": one.figures["text"]} for one in notes["friends_ambiguous"]] == expected[
        "ambiguous_friend"
    ]
    assert told(reading, Level.BLOCKING) == []


def test_sample_wishes_are_those_that_can_be_told() -> None:
    emails = {student["id"]: student["email"] for student in EXPECTED["students"]}

    people = {person.email: person for person in read(SAMPLE).people}

    for group in EXPECTED["together"]:
        members = {emails[student] for student in group}
        assert any(set(people[email].friends) == members - {email} for email in members)
    assert {(email, other) for email, one in people.items() for other in one.apart} == {
        *((emails[one], emails[other]) for one, other in EXPECTED["apart"]),
        # Two people bear the name that was written: both are kept apart until an organiser decides.
        (emails["S0050"], emails["S0049"]),
    }


def test_sample_leaves_diet_and_remarks_behind() -> None:
    reading = read(SAMPLE)

    left = [finding for finding in reading.findings if finding.code == "column_not_stored"]
    assert [(one.column, one.figures) for one in left] == [("Régime alimentaire / remarques", {"cells": 51, "formulas": 16})]
    assert "arachides" not in repr(reading)
    assert "+33" not in repr(reading)


@functools.cache
def as_it_is() -> Reading:
    return read(SAMPLE)


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_sample_gives_the_same_people_in_any_order_of_lines(random: Any) -> None:
    header, *rows = csv.reader(io.StringIO(SAMPLE.decode("utf-8-sig"), newline=""), delimiter=";")
    random.shuffle(rows)

    shuffled = read(export(header, *rows))

    assert in_any_order(shuffled) == in_any_order(as_it_is())


# --- What exports get wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_and_separators_are_found(encoding: str, separator: str) -> None:
    reading = read(export(HEADER, ANNE, LÉO, separator=separator, encoding=encoding))

    assert [person.name for person in reading.people] == ["Anne Ombreval", "Léo Delvigne"]
    assert (reading.encoding, reading.separator) == (encoding, separator)


def test_titles_blank_lines_and_totals_are_told_and_left_out() -> None:
    reading = read(export(["Inscriptions 2025"], [], HEADER, ANNE, ["Sous-total : 1"], [""] * 7, LÉO, ["Total", "2"]))

    assert [person.row for person in reading.people] == [4, 7]
    assert told(reading, Level.IGNORED) == [(1, "title_line"), (5, "total_line"), (6, "blank_line"), (8, "total_line")]


def test_a_cell_with_line_breaks_is_one_row() -> None:
    reading = read(export(HEADER, [*ANNE[:6], "Léo Delvigne\nPersonne"], LÉO))

    assert [(person.row, person.friends) for person in reading.people] == [(2, ("leo@example.org",)), (3, ())]


def test_the_line_sent_last_counts() -> None:
    later = ["04/11/2025 07:59:59", "OMBREVAL", "Anne", "Anne@Example.org", "ESTP", "Keolis", ""]

    reading = read(export(HEADER, later, ANNE))

    assert [(person.school, person.choices) for person in reading.people] == [("estp", ("keolis",))]
    assert told(reading, Level.MERGED) == [(3, "resubmitted")]


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("Horodateur", "03/11/2025 08:00", "03/11/2025 08:00"),
        ("Horodateur", "", "03/11/2025 08:00"),
        ("Horodateur", "11/13/2025 08:00", "03/11/2025 08:00"),
        ("Timestamp", "03/11/2025 08:00", "04/11/2025 08:00"),
    ],
    ids=["tie", "no date", "not a French date", "day or month?"],
)
def test_two_answers_without_a_certain_order_stop_the_file(header: str, first: str, second: str) -> None:
    other = [second, *ANNE[1:4], "ESTP", "", ""]

    reading = read(export([header, *HEADER[1:]], [first, *ANNE[1:]], other))

    assert told(reading, Level.BLOCKING) == [(2, "resubmission_undated")]


def test_the_same_answer_twice_needs_no_date() -> None:
    reading = read(export(HEADER[1:], ANNE[1:], ANNE[1:]))

    assert [person.name for person in reading.people] == ["Anne Ombreval"]
    assert told(reading, Level.BLOCKING) == []


def test_one_address_for_two_people_stops_the_file() -> None:
    reading = read(export(HEADER, ANNE, [*LÉO[:3], "anne@example.org", *LÉO[4:]]))

    assert told(reading, Level.BLOCKING) == [(2, "email_shared")]


def test_every_blocking_line_is_listed() -> None:
    reading = read(
        export(
            HEADER,
            [*ANNE[:3], "anne(at)example.org", *ANNE[4:]],
            ["", "", "Léo", "", "", "", ""],
            [*LÉO[:4], "Hogwarts", "Inconnu", ""],
            [*LÉO[:2], "=HYPERLINK(1)", "b@example.org", *LÉO[4:]],
            [*LÉO[:1], "A" * 10_000, "Léo", "c@example.org", *LÉO[4:]],
            [*LÉO[:3], "d@example.org", *LÉO[4:6], "x" * 11_000],
            [*LÉO, "beyond the last column"],
            ANNE,
        )
    )

    assert told(reading, Level.BLOCKING) == [
        (2, "email_malformed"),
        (3, "email_missing"),
        (3, "name_missing"),
        (3, "school_missing"),
        (4, "school_unknown"),
        (4, "challenge_unknown"),
        (5, "name_unreadable"),
        (6, "text_too_long"),
        (7, "cell_too_long"),
        (8, "too_many_cells"),
    ]


def test_cells_that_look_like_formulas_stay_text_or_are_left_out() -> None:
    header = [*HEADER, "Niveau / formation", "Compétences"]

    reading = read(export(header, [*ANNE, "=1+1", "gestion, =cmd|' /C calc'!A0"]))

    assert [(person.level, person.skills) for person in reading.people] == [("=1+1", ("gestion",))]
    assert told(reading, Level.WARNING) == [(2, "formula_as_text")]
    assert told(reading, Level.IGNORED) == [(2, "formula_ignored")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "file_empty"),
        (b"PK\x03\x04 a workbook", "file_is_workbook"),
        (b"Nom;\0Pr", "encoding_unknown"),
        (b"\x81\x8d\xff;", "encoding_unknown"),
        (b"one;two\r\nthree;four", "header_not_found"),
        (export(HEADER[:3], ANNE[:3]), "column_missing"),
        (export([*HEADER, "Nom"], ANNE), "column_twice"),
        (export(HEADER) + b'"never closed;x\r\n', "quotes_unbalanced"),
        (export(HEADER, *([ANNE] * 50_001)), "too_many_lines"),
        (b"x" * (10 * 1024 * 1024 + 1), "file_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(data: bytes, code: str) -> None:
    reading = read(data)

    assert {finding.code for finding in reading.findings if finding.level is Level.BLOCKING} == {code}
    assert reading.people == ()


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    reading = read(export(HEADER, ANNE) + data)

    assert reading.people or reading.is_blocked


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("OMBREVAL", "Ombreval"),
        ("ombreval", "Ombreval"),
        ("N'DOMBÉLÉ", "N'Dombélé"),
        ("D\u2019ARCENAY", "D'Arcenay"),
        ("TRAORÉ-VIX", "Traoré-Vix"),
        ("  Traoré   Vix ", "Traoré Vix"),
        ("SØRBONNET", "Sørbonnet"),
        ("McDonald", "McDonald"),
        ("DE LA TOUR", "de La Tour"),
        ("VAN DER BERG", "van der Berg"),
        ("jean-baptiste", "Jean-Baptiste"),
        ("E\u0301PARVIER", "Éparvier"),
    ],
)
def test_names_are_tidied_without_losing_what_people_chose(written: str, name: str) -> None:
    assert tidy_name(written) == name
