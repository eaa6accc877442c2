"""What spreadsheets really save (I2), what they must not (I4): a corpus of files that the reader takes or refuses."""

import io
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook

from teams.intake_reading import Level, Reading, read_people
from teams.intake_schools import Answers
from teams.spellings import Known

# About the bytes of files only: no database, so once is enough.
pytestmark = pytest.mark.embedded

SCHOOLS = [Known("eiffel", "Eiffel"), Known("esadd", "ESADD")]
CHALLENGES = [Known("eau", "Économiser l’eau au lycée"), Known("ville", "Venir sans voiture")]
HEADER = ["N°", "NOM Prénom", "Établissement", "Classe", "Vœu 1", "Mineur", "Autorisation parentale"]
ALIX = ["14", "JOLIFAUT Alix", "Eiffel", "Terminale", "2", "Oui", "Oui"]
ÉLOÏSE = ["15", "N’DOMBÉLÉ Éloïse", "ESADD", "BTS 2", "Économiser l’eau au lycée", "Non", ""]
BOTH = [
    ("14", "Alix Jolifaut", "eiffel", "Terminale", ("ville",), True, "yes"),
    ("15", "Éloïse N'Dombélé", "esadd", "BTS 2", ("eau",), False, ""),
]


def read(data: bytes, *, sheet: str = "", answers: Answers | None = None) -> Reading:
    return read_people(data, schools=SCHOOLS, challenges=CHALLENGES, answers=answers, sheet=sheet)


def text(*rows: list[str], separator: str = ";", line_end: str = "\r\n", quoted: bool = False) -> str:
    cells = [[f'"{cell}"' if quoted else cell for cell in row] for row in rows]
    return "".join(separator.join(row) + line_end for row in cells)


def workbook(*sheets: tuple[str, list[list[Any]]], change: Callable[[Workbook], None] | None = None) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def people(reading: Reading) -> list[tuple[Any, ...]]:
    return [(one.number, one.name, one.school, one.level, one.choices, one.is_minor, one.consent) for one in reading.people]


def blocking(reading: Reading) -> list[tuple[int, str]]:
    return [(one.row, one.code) for one in reading.findings if one.level is Level.BLOCKING]


def typed(row: list[str]) -> list[Any]:
    """As a spreadsheet keeps them: numbers as numbers, yes and no as truth."""
    truth = {"Oui": True, "Non": False}
    return [float(cell) if cell.isdecimal() else truth.get(cell, cell or None) for cell in row]


def with_zeros(book: Workbook) -> None:
    for row, number in ((2, 14), (3, 15)):
        book["Liste"].cell(row, 1, number).number_format = "0000"


def hidden_first(book: Workbook) -> None:
    book["Notes"].sheet_state = "hidden"


def far_cell(book: Workbook) -> None:
    book["Liste"].cell(1_048_576, 1, " ")


LISTE = [HEADER, ALIX, ÉLOÏSE]
CORPUS: dict[str, bytes] = {
    "French Excel, CSV": text(*LISTE).encode("cp1252"),
    "French Excel, CSV UTF-8": text(*LISTE).encode("utf-8-sig"),
    "Excel, Unicode text": text(*LISTE, separator="\t").encode("utf-16"),
    "big-endian": b"\xfe\xff" + text(*LISTE, separator="\t").encode("utf-16-be"),
    "an online form": text(*LISTE, separator=",", line_end="\n", quoted=True).encode(),
    "an old Macintosh": text(*LISTE, line_end="\r").encode("cp1252"),
    "decimal commas": text(HEADER, ["14,0", *ALIX[1:4], "2,00", *ALIX[5:]], ["15,0", *ÉLOÏSE[1:]]).encode("cp1252"),
    "titles, blanks and totals": text(
        ["Idéathon"], [], HEADER, ALIX, ["", "Sous-total", "1"], [""] * 7, ÉLOÏSE, ["Total", "2"]
    ).encode("cp1252"),
    "decomposed accents": text(*LISTE).replace("É", "E\u0301").replace("ï", "i\u0308").encode(),
    "no-break spaces": text(HEADER, [ALIX[0], "JOLIFAUT\u00a0Alix", "\u00a0Eiffel ", *ALIX[3:]], ÉLOÏSE).encode(),
    "a workbook": workbook(("Liste", [HEADER, ALIX, ÉLOÏSE])),
    "a workbook with types": workbook(("Liste", [HEADER, typed(ALIX), typed(ÉLOÏSE)])),
    "a workbook whose first sheet is hidden": workbook(("Notes", [["x"]]), ("Liste", LISTE), change=hidden_first),
    "a workbook with a title": workbook(("Liste", [["Idéathon"], [], *LISTE, [], ["Total", 2]])),
    "a workbook with a cell far below": workbook(("Liste", LISTE), change=far_cell),
}


@pytest.mark.parametrize("name", CORPUS)
def test_i2_every_spreadsheet_says_the_same_two_people(name: str) -> None:
    reading = read(CORPUS[name])

    assert blocking(reading) == []
    assert people(reading) == BOTH


def test_i2_a_number_keeps_the_zeros_that_its_format_shows() -> None:
    data = workbook(("Liste", LISTE), change=with_zeros)

    reading = read(data)

    assert people(reading) == BOTH


def test_i2_dates_of_a_workbook_are_certain_and_those_of_a_text_may_not_be() -> None:
    header = ["Timestamp", *HEADER]
    early, late = datetime(2026, 3, 11, 8), datetime(2026, 11, 3, 8)  # noqa: DTZ001 - as a cell holds it
    other = [*ALIX[:3], "Seconde", *ALIX[4:]]

    certain = read(workbook(("Liste", [header, [late, *ALIX], [early, *other]])))
    doubtful = read(text(header, ["03/11/2026 08:00", *ALIX], ["11/03/2026 08:00", *other]).encode())

    assert [one.level for one in certain.people] == ["Terminale"]
    assert blocking(doubtful) == [(2, "resubmission_undated")]


def test_another_sheet_is_read_when_it_is_named() -> None:
    data = workbook(("Staff", [HEADER]), ("Liste", LISTE))

    first, named, gone = read(data), read(data, sheet="Liste"), read(data, sheet="Pupils")

    assert (first.sheet, first.sheets, len(first.people)) == ("Staff", ("Staff", "Liste"), 0)
    assert people(named) == BOTH
    assert blocking(gone) == [(0, "sheet_unknown")]


def test_formulas_are_never_computed() -> None:
    """What a spreadsheet stored beside a formula is read; where it stored nothing, the file is refused."""
    data = workbook(("Liste", [HEADER, ALIX, ["=1+14", *ÉLOÏSE[1:]]]))

    never_opened = read(data)
    opened = read(with_stored_value(data, "1+14", "15"))

    assert blocking(never_opened) == [(3, "formula_without_value")]
    assert people(opened) == BOTH
    assert [one.figures for one in opened.findings if one.code == "formulas_as_shown"] == [{"cells": 1}]


def with_stored_value(data: bytes, formula: str, value: str) -> bytes:
    empty = re.compile(rf"<f>{re.escape(formula)}</f><v ?/>|<f>{re.escape(formula)}</f><v></v>")
    return with_part(data, "xl/worksheets/sheet1.xml", lambda xml: empty.sub(f"<f>{formula}</f><v>{value}</v>", xml))


def with_part(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, change(content.decode()).encode() if part.filename == name else content)
    return out.getvalue()


def test_an_error_in_a_cell_is_no_name() -> None:
    reading = read(text(HEADER, ["14", "#REF!", *ALIX[2:]]).encode())

    assert (2, "cell_error") in blocking(reading)


# --- Limits -------------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    """Two hundred million spaces in a part of two hundred kilobytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/sharedStrings.xml", "w") as part:
        for _ in range(200):
            part.write(b" " * 1_000_000)
    return out.getvalue()


def many_parts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(1_001):
            archive.writestr(f"xl/{number}.xml", "")
    return out.getvalue()


def many_rows() -> bytes:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(4, 50_100))
    return with_part(
        workbook(("Liste", LISTE)), "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", rows + "</sheetData>")
    )


def entities() -> bytes:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    return with_part(workbook(("Liste", LISTE)), "xl/workbook.xml", lambda xml: laughs + xml)


def cut_short() -> bytes:
    data = workbook(("Liste", LISTE))
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bomb, "workbook_too_large"),
        (many_parts, "workbook_too_large"),
        (entities, "file_is_workbook"),
        (cut_short, "file_is_workbook"),
        (lambda: b"\xd0\xcf\x11\xe0 an old workbook", "file_is_workbook"),
        (lambda: workbook(("Empty", [])), "header_not_found"),
        (many_rows, "too_many_lines"),
        (lambda: text(HEADER, *([ALIX] * 50_001)).encode(), "too_many_lines"),
        (lambda: b"x" * (10 * 1024 * 1024 + 1), "file_too_large"),
        (lambda: text(HEADER, [*ALIX[:3], "x" * 10_241, *ALIX[4:]]).encode(), "cell_too_long"),
    ],
    ids=["bomb", "many parts", "entities", "cut short", "xls", "empty", "many rows", "many lines", "large", "long cell"],
)
def test_i4_beyond_the_limits_there_is_a_sentence(data: Callable[[], bytes], code: str) -> None:
    reading = read(data())

    assert code in [one for _, one in blocking(reading)]
    assert reading.people == ()


def test_i4_what_would_swell_is_never_unpacked() -> None:
    made = bomb()
    tracemalloc.start()
    try:
        read(made)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(made) < 1_000_000
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["", *ALIX[1:]], "number_missing"),
        (["1;2", *ALIX[1:]], "number_unreadable"),
        (["1.5e", *ALIX[1:]], ""),
        (["14", "Le Guéhennec Alix", *ALIX[2:]], "name_undivided"),
        (["14", "ALIX LE JOLIFAUT", *ALIX[2:]], "name_undivided"),
        ([*ALIX[:5], "peut-être", "Oui"], "yes_no_unreadable"),
        ([*ALIX[:6], "bientôt"], "yes_no_unreadable"),
        ([*ALIX[:4], "3", *ALIX[5:]], "challenge_unknown"),
        ([*ALIX[:4], "0", *ALIX[5:]], "challenge_unknown"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(row: list[str], code: str) -> None:
    reading = read(text(HEADER, row, quoted=True).encode())

    assert blocking(reading) == ([(2, code)] if code else [])


@pytest.mark.parametrize(
    ("whole", "first_name", "last_name"),
    [
        ("JOLIFAUT Alix", "Alix", "Jolifaut"),
        ("Alix JOLIFAUT", "Alix", "Jolifaut"),
        ("LE GUÉHENNEC Alix", "Alix", "Le Guéhennec"),
        ("ESTRABAUD Pierre-Yves", "Pierre-Yves", "Estrabaud"),
        ("NGUY?N LAC Samir", "Samir", "Nguy?n Lac"),
        ("?UKASZAL Ambroise", "Ambroise", "?ukaszal"),
        ("Jolifaut Alix", "Alix", "Jolifaut"),
        ("JOLIFAUT ALIX", "Alix", "Jolifaut"),
    ],
)
def test_a_whole_name_is_divided_where_its_writing_says_so(whole: str, first_name: str, last_name: str) -> None:
    reading = read(text(HEADER, ["14", whole, *ALIX[2:]]).encode())

    assert [(one.first_name, one.last_name) for one in reading.people] == [(first_name, last_name)]


def test_one_number_for_two_names_stops_the_file() -> None:
    reading = read(text(HEADER, ALIX, ["14", *ÉLOÏSE[1:]]).encode())

    assert blocking(reading) == [(2, "number_shared")]


# --- Schools ------------------------------------------------------------------------------------------------------


def schools_of(*written: str, answers: Answers | None = None) -> Reading:
    rows = [[str(n), "JOLIFAUT Alix", school, *ALIX[3:]] for n, school in enumerate(written, start=1)]
    return read(text(HEADER, *rows, quoted=True).encode(), answers=answers or Answers(suggested=True))


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (["Carnot", "CARNOT", "Lycée Carnot", "Lycee  carnot", "lyc. Carnot"], ["Carnot"]),
        (["Les Marcs d’Or", "Marcs d'Or"], ["Marcs d'Or"]),
        (["St Joseph", "Saint-Joseph"], ["St Joseph"]),
        (["Lycée Carnot", "Collège Carnot"], ["Collège Carnot"]),
        (["Carnot", "Pasteur"], ["Carnot", "Pasteur"]),
    ],
)
def test_spellings_of_one_school_are_one(written: list[str], names: list[str]) -> None:
    reading = schools_of(*written)

    assert sorted(one.name for one in reading.schools.created) == names


@pytest.mark.parametrize(
    ("written", "alike"),
    [
        ("H. Fontaine", "Hippolyte Fontaine"),
        ("LEACA", "Master LEACA"),
        ("Hipolyte Fontaine", "Hippolyte Fontaine"),
        ("ESTP", "École spéciale des travaux publics"),
        ("Collège Carnot", "Lycée Carnot"),
    ],
)
def test_what_looks_alike_is_asked(written: str, alike: str) -> None:
    reading = schools_of(alike, alike, written)

    asked = [(one.level, one.code) for one in reading.findings if one.level is Level.QUESTION]
    assert asked == [(Level.QUESTION, "school_alike")]
    assert [one.name for one in reading.schools.open] == [written]


def test_a_known_school_is_suggested_for_another_spelling_and_asked_for_a_likeness() -> None:
    same, near = schools_of("Lycée Eiffel"), schools_of("Eifel")

    assert [one.school for one in same.people] == ["eiffel"]
    assert [(one.key, one.alike) for one in near.schools.open] == [("eifel", ("eiffel",))]


def test_answers_are_followed_and_circles_stay_questions() -> None:
    answers = Answers(
        answers={"carnot": "with:pasteur", "pasteur": "higher", "monge": "as:esadd"}, names={"pasteur": "Louis Pasteur"}
    )
    circle = Answers(answers={"carnot": "with:pasteur", "pasteur": "with:carnot", "monge": "as:gone"})

    followed = schools_of("Carnot", "Pasteur", "Monge", answers=answers)
    open_ = schools_of("Carnot", "Pasteur", "Monge", answers=circle)

    assert [(one.name, one.is_higher, one.spellings) for one in followed.schools.created] == [
        ("Louis Pasteur", True, ("Carnot", "Pasteur"))
    ]
    assert [one.school for one in followed.people] == ["new:pasteur", "new:pasteur", "esadd"]
    assert {one.name for one in open_.schools.open} == {"Carnot", "Pasteur", "Monge"}


def test_a_column_of_anything_is_not_two_hundred_schools() -> None:
    reading = schools_of(*(f"Établissement numéro {n} rue" for n in range(201)))

    assert (0, "schools_too_many") in blocking(reading)
