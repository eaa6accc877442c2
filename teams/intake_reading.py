"""What a list of participants says, before anything is stored. Pure: no Django, no tables.

Owns which columns are understood, what is corrected, merged or ignored, and what stops the file.
It never evaluates a cell, never guesses from likeness, and never returns what is not to be stored
(diet, remarks). One blocking finding blocks the whole file; all of them are listed.

Words: a *finding* is one thing to tell about one row (or about the file: row 0); a *friend* is
somebody a person wishes to be with; *apart* is the organisers' confidential column.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from teams.intake_columns import column_of, is_dropped
from teams.intake_dates import DateOrder, order_of_dates, read_date
from teams.intake_table import MAX_CELL_BYTES, Row, Table, Unreadable, read_table
from teams.spellings import Known, spelling_key, spellings_of, squeeze, tidy_name

REQUIRED = ("last_name", "first_name", "email", "school")
NAME_LENGTH = 80
LEVEL_LENGTH = 60
SKILL_LENGTH = 40
_EMAIL = re.compile(r"[a-z0-9_][a-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_TOTAL = re.compile(r"(sous|grand|sub)?total(general)?([0-9].*)?|(nombre|effectif)(total|de[a-z]*|d[a-z]*)?([0-9].*)?")
_NOBODY = frozenset(("", "aucun", "aucune", "personne", "non", "na", "ras", "none", "no", "nobody"))


class Level(StrEnum):
    """What a finding means for its row."""

    KEPT = "kept"
    CORRECTED = "corrected"
    MERGED = "merged"
    IGNORED = "ignored"
    WARNING = "warning"
    BLOCKING = "blocking"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell. `row` counts as a spreadsheet does, 0 is the file; `figures` go into the sentence."""

    row: int
    code: str
    level: Level
    column: str = ""
    figures: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """One participant as the list says. `school` and `choices` are keys; friends and apart are e-mails."""

    row: int
    email: str
    first_name: str
    last_name: str
    school: str
    level: str
    skills: tuple[str, ...]
    choices: tuple[str, ...]
    friends: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Everybody found, in the order of the list, and everything to tell. `rows`: filled rows below the header."""

    people: tuple[Listed, ...]
    findings: tuple[Finding, ...]
    rows: int
    encoding: str = ""
    separator: str = ""

    @property
    def is_blocked(self) -> bool:
        return any(finding.level is Level.BLOCKING for finding in self.findings)

    def count(self, code: str) -> int:
        return sum(finding.code == code for finding in self.findings)


def read_people(data: bytes, *, schools: Iterable[Known], challenges: Iterable[Known]) -> Reading:
    """Read an exported list. Never raises for bad input: what is wrong comes back as blocking findings."""
    try:
        table = read_table(data, recognises=lambda cell: column_of(cell) is not None)
        return _Reader(table, spellings_of(schools), spellings_of(challenges)).read()
    except Unreadable as trouble:
        row = int(trouble.figures.get("row", 0))
        return Reading((), (Finding(row, trouble.code, Level.BLOCKING, figures=trouble.figures),), 0)


@dataclass(frozen=True, slots=True)
class _Line:
    """One sound row with what is needed to merge it and to find friends."""

    person: Listed
    stamp: str
    friends: str
    apart: str

    @property
    def content(self) -> tuple[object, ...]:
        return (replace(self.person, row=0), self.friends, self.apart)


class _Reader:
    """Reads one table, top to bottom, and notes findings on the way."""

    def __init__(self, table: Table, schools: Mapping[str, Known], challenges: Mapping[str, Known]) -> None:
        self.table = table
        self.schools = schools
        self.challenges = challenges
        self.findings: list[Finding] = []
        self.columns: dict[str, int] = {}
        self.titles: dict[str, str] = {}
        self.blocking = 0

    def read(self) -> Reading:
        for row in self.table.above:
            self.note(row.number, "title_line", Level.IGNORED)
        self.find_columns()
        if self.blocking:
            return self.reading((), 0)
        filled = [row for row in self.table.rows if self.is_person(row)]
        self.note_dropped(filled)
        lines = [line for row in filled if (line := self.read_row(row)) is not None]
        people = self.with_wishes(self.merge(lines))
        if not filled:
            self.note(0, "nobody_listed", Level.WARNING)
        for person in people:
            self.note(person.row, "person_kept", Level.KEPT, name=person.name, school=self.school_name(person.school))
        return self.reading(tuple(people), len(filled))

    def reading(self, people: tuple[Listed, ...], rows: int) -> Reading:
        findings = tuple(sorted(self.findings, key=lambda finding: finding.row))
        return Reading(people, findings, rows, self.table.encoding, self.table.separator)

    def note(self, row: int, code: str, level: Level, column: str = "", **figures: str | int) -> None:
        self.blocking += level is Level.BLOCKING
        self.findings.append(Finding(row, code, level, self.titles.get(column, column), figures))

    # Columns and rows

    def find_columns(self) -> None:
        header = self.table.header
        for place, cell in enumerate(header.cells):
            title, column = squeeze(cell)[:80], column_of(cell)
            if column is None:
                if title and not is_dropped(cell):
                    self.note(header.number, "column_unknown", Level.IGNORED, title)
            elif column in self.columns:
                self.note(header.number, "column_twice", Level.BLOCKING, title)
            else:
                self.columns[column], self.titles[column] = place, title
        for column in REQUIRED:
            if column not in self.columns:
                self.note(header.number, "column_missing", Level.BLOCKING, column)

    def is_person(self, row: Row) -> bool:
        """Whether a row is about somebody; blank rows and totals are told and left out."""
        first = next((cell for cell in row.cells if cell.strip()), None)
        if first is None:
            self.note(row.number, "blank_line", Level.IGNORED)
            return False
        if not self.cell(row, "email") and _TOTAL.fullmatch(spelling_key(first)):
            self.note(row.number, "total_line", Level.IGNORED, text=squeeze(first)[:80])
            return False
        return True

    def note_dropped(self, rows: list[Row]) -> None:
        """Diet and remarks: counted, told, forgotten."""
        for place, cell in enumerate(self.table.header.cells):
            if column_of(cell) is None and is_dropped(cell):
                texts = [row.cells[place] for row in rows if place < len(row.cells) and row.cells[place].strip()]
                formulas = sum(bool(_FORMULA.match(text)) for text in texts)
                title = squeeze(cell)[:80]
                self.note(0, "column_not_stored", Level.IGNORED, title, cells=len(texts), formulas=formulas)

    def written(self, row: Row, column: str) -> str:
        place = self.columns.get(column)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def cell(self, row: Row, column: str) -> str:
        return squeeze(self.written(row, column))

    def several(self, row: Row, column: str) -> str:
        """A cell that lists things; a line break separates them like a comma."""
        return squeeze(self.written(row, column).replace("\n", ", "))

    # One row

    def read_row(self, row: Row) -> _Line | None:
        before = self.blocking
        width = len(self.table.header.cells)
        if any(cell.strip() for cell in row.cells[width:]):
            self.note(row.number, "too_many_cells", Level.BLOCKING, columns=width)
        for title, cell in zip(self.table.header.cells, row.cells, strict=False):
            if len(cell.encode()) > MAX_CELL_BYTES:
                limit = MAX_CELL_BYTES // 1024
                self.note(row.number, "cell_too_long", Level.BLOCKING, squeeze(title)[:80], limit=limit)
        person = Listed(
            row=row.number,
            email=self.read_email(row),
            first_name=self.read_name(row, "first_name"),
            last_name=self.read_name(row, "last_name"),
            school=self.read_school(row),
            level=self.read_level(row),
            skills=self.read_skills(row),
            choices=self.read_choices(row),
        )
        if self.blocking > before:
            return None
        return _Line(person, self.cell(row, "stamp"), self.several(row, "friends"), self.several(row, "apart"))

    def read_email(self, row: Row) -> str:
        email = self.cell(row, "email").lower()
        if not email:
            self.note(row.number, "email_missing", Level.BLOCKING, "email")
        elif len(email) > 254 or not _EMAIL.fullmatch(email):
            self.note(row.number, "email_malformed", Level.BLOCKING, "email", text=email[:80])
        return email

    def read_name(self, row: Row, column: str) -> str:
        written = self.written(row, column)
        name = tidy_name(written)
        if not name:
            self.note(row.number, "name_missing", Level.BLOCKING, column)
        elif _FORMULA.match(name) or not spelling_key(name) or any(unicodedata.category(c)[0] == "C" for c in name):
            self.note(row.number, "name_unreadable", Level.BLOCKING, column, text=written[:80])
        elif len(name) > NAME_LENGTH:
            self.note(row.number, "text_too_long", Level.BLOCKING, column, limit=NAME_LENGTH)
        elif name != written:
            self.note(row.number, "name_tidied", Level.CORRECTED, column, text=written[:80], name=name)
        return name

    def read_school(self, row: Row) -> str:
        written = self.written(row, "school")
        school = self.schools.get(spelling_key(written))
        if not written.strip():
            self.note(row.number, "school_missing", Level.BLOCKING, "school")
        elif school is None:
            self.note(row.number, "school_unknown", Level.BLOCKING, "school", text=written[:80])
        elif written != school.name:
            self.note(row.number, "school_corrected", Level.CORRECTED, "school", text=written[:80], name=school.name)
        return school.key if school else ""

    def school_name(self, key: str) -> str:
        return next(school.name for school in self.schools.values() if school.key == key)

    def read_level(self, row: Row) -> str:
        level = self.cell(row, "level")
        if "level" in self.columns and not level:
            self.note(row.number, "level_missing", Level.WARNING, "level")
        if len(level) > LEVEL_LENGTH:
            self.note(row.number, "text_too_long", Level.BLOCKING, "level", limit=LEVEL_LENGTH)
        if _FORMULA.match(level):
            self.note(row.number, "formula_as_text", Level.WARNING, "level", text=level[:80])
        return level

    def read_skills(self, row: Row) -> tuple[str, ...]:
        skills: list[str] = []
        for part in re.split("[,;]", self.several(row, "skills")):
            skill = part.strip().lower()
            if _FORMULA.match(skill):
                self.note(row.number, "formula_ignored", Level.IGNORED, "skills", text=skill[:80])
            elif len(skill) > SKILL_LENGTH:
                self.note(row.number, "text_too_long", Level.BLOCKING, "skills", limit=SKILL_LENGTH)
            elif skill and skill not in skills:
                skills.append(skill)
        return tuple(skills)

    def read_choices(self, row: Row) -> tuple[str, ...]:
        choices: list[str] = []
        for rank in range(1, 100):
            written = self.written(row, column := f"choice.{rank}")
            if not written.strip():
                continue
            challenge, text = self.challenges.get(spelling_key(written)), written[:80]
            if challenge is None:
                self.note(row.number, "challenge_unknown", Level.BLOCKING, column, text=text)
                continue
            if written != challenge.name:
                self.note(row.number, "challenge_corrected", Level.CORRECTED, column, text=text, name=challenge.name)
            if challenge.key in choices:
                self.note(row.number, "choice_repeated", Level.IGNORED, column, name=challenge.name)
            else:
                choices.append(challenge.key)
        return tuple(choices)

    # Several rows

    def merge(self, lines: list[_Line]) -> list[_Line]:
        """One line per e-mail: the one sent last. Homonyms with their own e-mails stay two people."""
        order = order_of_dates([line.stamp for line in lines], day_first="stamp" in self.columns and self.day_first)
        by_email: dict[str, list[_Line]] = defaultdict(list)
        for line in lines:
            by_email[line.person.email].append(line)
        kept = [self.last_of(same, order) for same in by_email.values()]
        by_name: dict[str, list[_Line]] = defaultdict(list)
        for line in kept:
            by_name[spelling_key(line.person.name)].append(line)
        for same in by_name.values():
            for line in same if len(same) > 1 else ():
                others = ", ".join(str(other.person.row) for other in same if other is not line)
                self.note(line.person.row, "homonym", Level.KEPT, name=line.person.name, rows=others)
        return sorted(kept, key=lambda line: line.person.row)

    @property
    def day_first(self) -> bool:
        """French headers come from French forms, whose dates are day first. An English header promises nothing."""
        return spelling_key(self.titles.get("stamp", "")).startswith(("horodat", "date", "soumis", "envoye"))

    def last_of(self, same: list[_Line], order: DateOrder) -> _Line:
        if len(same) == 1:
            return same[0]
        rows = ", ".join(str(line.person.row) for line in same)
        if len({spelling_key(line.person.name) for line in same}) > 1:
            names = ", ".join(sorted({line.person.name for line in same}))
            self.note(same[0].person.row, "email_shared", Level.BLOCKING, "email", rows=rows, names=names)
            return same[0]
        dated = [(read_date(line.stamp, order), line) for line in same]
        stamps = sorted(stamp for stamp, _ in dated if stamp is not None)
        if len(stamps) == len(same) and stamps[-1] != stamps[-2]:
            last = next(line for stamp, line in dated if stamp == stamps[-1])
        elif len({line.content for line in same}) == 1:
            last = same[-1]
        else:
            self.note(same[0].person.row, "resubmission_undated", Level.BLOCKING, "stamp", rows=rows)
            return same[0]
        for line in same:
            if line is not last:
                row, into = line.person.row, last.person.row
                self.note(row, "resubmitted", Level.MERGED, "email", into=into, name=last.person.name, stamp=last.stamp)
        return last

    def with_wishes(self, lines: list[_Line]) -> list[Listed]:
        """Names of friends become e-mails, where one person of the list bears that name."""
        bearers: dict[str, list[Listed]] = defaultdict(list)
        for line in lines:
            person = line.person
            for name in {f"{person.first_name} {person.last_name}", f"{person.last_name} {person.first_name}"}:
                bearers[spelling_key(name)].append(person)
            bearers[spelling_key(person.email)].append(person)
        return [
            replace(
                line.person,
                friends=self.resolve(line.person, "friends", line.friends, bearers),
                apart=self.resolve(line.person, "apart", line.apart, bearers),
            )
            for line in lines
        ]

    def resolve(self, person: Listed, column: str, text: str, bearers: Mapping[str, list[Listed]]) -> tuple[str, ...]:
        """E-mails of those meant. Of two who bear the name, no friend is made and both are kept apart, the safe way."""
        found: dict[str, None] = {}
        for part in re.split(r"[,;/&]|\s(?:et|and)\s", text):
            key, name = spelling_key(part), squeeze(part)[:80]
            meant = bearers.get(key, [])
            others = [one for one in meant if one.email != person.email]
            if key in _NOBODY:
                continue
            if not meant:
                self.note(person.row, f"{column}_unknown", Level.WARNING, column, text=name)
            elif not others:
                self.note(person.row, "wish_about_self", Level.IGNORED, column, text=name)
            if len(others) > 1:
                rows = ", ".join(str(one.row) for one in others)
                self.note(person.row, f"{column}_ambiguous", Level.WARNING, column, text=name, rows=rows)
            if len(others) == 1 or column == "apart":
                found |= dict.fromkeys(one.email for one in others)
        return tuple(found)
