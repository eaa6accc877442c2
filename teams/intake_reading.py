"""What a list of participants says, before anything is stored. Pure: no Django, no tables.

Owns which columns are understood, what is corrected, merged or ignored, and what stops the file.
It never evaluates a cell, never guesses from likeness, and never returns what is not to be stored
(diet, remarks). One blocking finding blocks the whole file; all of them are listed.

Words: a *finding* is one thing to tell about one row (or about the file: row 0); a *key* is what tells
people of a list apart: the e-mail address, for who has none the number; a *friend* is somebody a person
wishes to be with; *apart* is the organisers' confidential column.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from teams.intake_cells import Row, Unreadable
from teams.intake_columns import column_of, first_name_comes_first, is_dropped
from teams.intake_dates import DateOrder, order_of_dates, read_date
from teams.intake_names import divide, has_lost_letters
from teams.intake_schools import MAX_UNKNOWN, Answers, Decided, Unknown, decide, unknown_schools
from teams.intake_table import MAX_CELL_BYTES, Table, read_table
from teams.spellings import Known, spelling_key, spellings_of, squeeze, tidy_name

NAME_LENGTH = 80
LEVEL_LENGTH = 60
SKILL_LENGTH = 40
NUMBER_LENGTH = 30
SCHOOL_LENGTH = 160
YES = frozenset(("oui", "o", "yes", "y", "vrai", "true", "x", "1", "ok", "recue", "recu", "received"))
NO = frozenset(("non", "n", "no", "faux", "false", "0", "refuse", "refusee", "refused"))
MISSING = frozenset(("nonrecue", "nonrecu", "notreceived", "enattente", "attendue", "pending", "manquante", "missing"))
_WHOLE = re.compile(r"([0-9]{1,9})(?:[.,]0+)?")
_ERROR = re.compile(r"#(?:REF!|N/A|VALUE!|VALEUR!|NAME\?|NOM\?|DIV/0!|NULL!|NUL!|NUM!|NOMBRE!)")
_NUMBER = re.compile(r"\w(?:[\w ./-]*\w)?")
_EMAIL = re.compile(r"[a-z0-9_][a-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_TOTAL = re.compile(r"(sous|grand|sub)?total(general)?([0-9].*)?|(nombre|effectif)(total|de[a-z]*|d[a-z]*)?([0-9].*)?")
_NOBODY = frozenset(("", "aucun", "aucune", "personne", "non", "na", "ras", "none", "no", "nobody"))


class Level(StrEnum):
    """What a finding means for its row."""

    NEW = "new"
    CHANGED = "changed"
    KEPT = "kept"
    CORRECTED = "corrected"
    MERGED = "merged"
    IGNORED = "ignored"
    WARNING = "warning"
    QUESTION = "question"
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
    """One participant as the list says. `school` and `choices` are keys, a school still to be created is `new:...`.

    Friends and apart are keys of other people in the list. `is_minor` and `consent` (yes, no, missing) are
    None and empty where the list does not say.
    """

    row: int
    email: str
    number: str
    first_name: str
    last_name: str
    school: str
    level: str
    skills: tuple[str, ...]
    choices: tuple[str, ...]
    is_minor: bool | None = None
    consent: str = ""
    friends: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.email or f"n°{self.number}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Everybody found, in the order of the list, and everything to tell. `rows`: filled rows below the header.

    `columns`: what the list speaks about at all. `unknown`: schools nobody knows, `schools`: what was decided of them.
    """

    people: tuple[Listed, ...]
    findings: tuple[Finding, ...]
    rows: int
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()
    unknown: tuple[Unknown, ...] = ()
    schools: Decided = Decided((), {}, ())
    school_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_blocked(self) -> bool:
        return any(finding.level is Level.BLOCKING for finding in self.findings)

    def count(self, code: str) -> int:
        return sum(finding.code == code for finding in self.findings)


def read_people(
    data: bytes, *, schools: Iterable[Known], challenges: Iterable[Known], answers: Answers | None = None, sheet: str = ""
) -> Reading:
    """Read an exported list. Never raises for bad input: what is wrong comes back as blocking findings.

    `challenges` in their order, which some lists count by. Without `answers` a school that nobody knows blocks;
    with them it is created or another one as they say, and a question where they do not.
    """
    try:
        table = read_table(data, recognises=lambda cell: column_of(cell) is not None, sheet=sheet)
        return _Reader(table, list(schools), list(challenges), answers).read()
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

    def __init__(self, table: Table, schools: list[Known], challenges: list[Known], answers: Answers | None) -> None:
        self.table = table
        self.known = schools
        self.schools = spellings_of(schools)
        self.challenges = spellings_of(challenges)
        self.in_order = challenges
        self.answers = answers
        self.findings: list[Finding] = []
        self.columns: dict[str, int] = {}
        self.titles: dict[str, str] = {}
        self.blocking = 0
        self.unknown: tuple[Unknown, ...] = ()
        self.decided = Decided((), {}, ())

    def read(self) -> Reading:
        for row in self.table.above:
            self.note(row.number, "title_line", Level.IGNORED)
        if self.table.formulas:
            self.note(0, "formulas_as_shown", Level.WARNING, cells=self.table.formulas)
        self.find_columns()
        if self.blocking:
            return self.reading((), 0)
        filled = [row for row in self.table.rows if self.is_person(row)]
        self.note_dropped(filled)
        self.find_schools(filled)
        lines = [line for row in filled if (line := self.read_row(row)) is not None]
        people = self.with_wishes(self.merge(lines))
        if not filled:
            self.note(0, "nobody_listed", Level.WARNING)
        return self.reading(tuple(people), len(filled))

    def reading(self, people: tuple[Listed, ...], rows: int) -> Reading:
        return Reading(
            people=people,
            findings=tuple(sorted(self.findings, key=lambda finding: finding.row)),
            rows=rows,
            encoding=self.table.encoding,
            separator=self.table.separator,
            sheet=self.table.sheet,
            sheets=self.table.sheets,
            columns=frozenset(self.columns),
            unknown=self.unknown,
            schools=self.decided,
            school_names={school.key: school.name for school in self.schools.values()},
        )

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
        if "full_name" in self.columns and "first_name" in self.columns and "last_name" not in self.columns:
            # "Name" beside "First name" is the family name.
            self.columns["last_name"], self.titles["last_name"] = self.columns.pop("full_name"), self.titles["full_name"]
        names = () if "full_name" in self.columns else ("last_name", "first_name")
        for column in (*names, "school"):
            if column not in self.columns:
                self.note(header.number, "column_missing", Level.BLOCKING, column)
        if not self.columns.keys() & {"email", "number"}:
            self.note(header.number, "column_missing", Level.BLOCKING, "email")

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

    def find_schools(self, rows: list[Row]) -> None:
        """Which schools nobody knows, and what the answers make of them."""
        cells = [(self.written(row, "school"), self.written(row, "level")) for row in rows]
        unknown = [cell for cell in cells if spelling_key(cell[0]) and spelling_key(cell[0]) not in self.schools]
        if self.answers is None or not unknown:
            return
        if len({spelling_key(school) for school, _ in unknown}) > MAX_UNKNOWN:
            self.note(0, "schools_too_many", Level.BLOCKING, "school", limit=MAX_UNKNOWN)
            return
        self.unknown = tuple(unknown_schools(unknown, self.known))
        self.decided = decide(self.unknown, self.answers, self.known)
        created = [Known(one.key, one.name, one.spellings) for one in self.decided.created]
        taught = [Known(one.key, one.name, (*one.aliases, *self.decided.learnt.get(one.key, ()))) for one in self.known]
        open_ = [Known(f"new:{one.key}", one.name, tuple(text for text, _ in one.spellings)) for one in self.decided.open]
        # What has a name already keeps it: a new spelling never takes one away.
        self.schools = spellings_of([*created, *open_]) | spellings_of(taught)
        for one in self.decided.open:
            spelt = ", ".join(f"{text} ({count})" for text, count in one.spellings)
            self.note(0, "school_alike" if one.alike else "school_new", Level.QUESTION, "school", text=spelt[:300])

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
            if _ERROR.fullmatch(cell):
                self.note(row.number, "cell_error", Level.BLOCKING, squeeze(title)[:80], text=cell)
        email, number = self.read_identity(row)
        first_name, last_name = self.read_names(row)
        is_minor = self.read_minor(row)
        person = Listed(
            row=row.number,
            email=email,
            number=number,
            first_name=first_name,
            last_name=last_name,
            school=self.read_school(row),
            level=self.read_level(row),
            skills=self.read_skills(row),
            choices=self.read_choices(row),
            is_minor=is_minor,
            consent=self.read_consent(row, is_minor),
        )
        if self.blocking > before:
            return None
        return _Line(person, self.cell(row, "stamp"), self.several(row, "friends"), self.several(row, "apart"))

    def read_identity(self, row: Row) -> tuple[str, str]:
        """The e-mail address and the number in the list; one of the two is needed."""
        email, written = self.cell(row, "email").lower(), self.cell(row, "number")
        whole = _WHOLE.fullmatch(written)
        number = str(int(whole[1])) if whole else written
        if not email and not number:
            code = "identity_missing" if self.columns.keys() >= {"email", "number"} else "number_missing"
            column = "email" if "email" in self.columns else "number"
            self.note(row.number, "email_missing" if "number" not in self.columns else code, Level.BLOCKING, column)
        if email and (len(email) > 254 or not _EMAIL.fullmatch(email)):
            self.note(row.number, "email_malformed", Level.BLOCKING, "email", text=email[:80])
        if number and not email and (len(number) > NUMBER_LENGTH or not _NUMBER.fullmatch(number)):
            self.note(row.number, "number_unreadable", Level.BLOCKING, "number", text=written[:80])
        return email, number

    def read_names(self, row: Row) -> tuple[str, str]:
        if "full_name" not in self.columns:
            return self.read_name(row, "first_name"), self.read_name(row, "last_name")
        whole = self.cell(row, "full_name")
        parts = divide(whole, first_name_first=first_name_comes_first(self.titles["full_name"]))
        if not whole:
            self.note(row.number, "name_missing", Level.BLOCKING, "full_name")
        elif parts is None:
            self.note(row.number, "name_undivided", Level.BLOCKING, "full_name", text=whole[:80])
        if parts is None:
            return "", ""
        first_name, last_name = (self.checked_name(row, "full_name", part) for part in parts)
        return first_name, last_name

    def read_name(self, row: Row, column: str) -> str:
        written = self.written(row, column)
        name = self.checked_name(row, column, written)
        if name and name != written:
            self.note(row.number, "name_tidied", Level.CORRECTED, column, text=written[:80], name=name[:80])
        return name

    def checked_name(self, row: Row, column: str, written: str) -> str:
        name = tidy_name(written)
        if not name:
            self.note(row.number, "name_missing", Level.BLOCKING, column)
        elif _FORMULA.match(name) or not spelling_key(name) or any(unicodedata.category(c)[0] == "C" for c in name):
            self.note(row.number, "name_unreadable", Level.BLOCKING, column, text=written[:80])
        elif len(name) > NAME_LENGTH:
            self.note(row.number, "text_too_long", Level.BLOCKING, column, limit=NAME_LENGTH)
        elif has_lost_letters(name):
            self.note(row.number, "letters_lost", Level.WARNING, column, text=name)
        return name

    def read_minor(self, row: Row) -> bool | None:
        key, text = spelling_key(self.written(row, "minor")), self.cell(row, "minor")
        if key and key not in YES | NO:
            self.note(row.number, "yes_no_unreadable", Level.BLOCKING, "minor", text=text[:80])
        return None if not text else key in YES

    def read_consent(self, row: Row, is_minor: bool | None) -> str:
        """Parental consent in three words; of a minor nothing said means that it is missing."""
        key, text = spelling_key(self.written(row, "consent")), self.cell(row, "consent")
        if text and key not in YES | NO | MISSING:
            self.note(row.number, "yes_no_unreadable", Level.BLOCKING, "consent", text=text[:80])
        if not text:
            consent = "missing" if is_minor and "consent" in self.columns else ""
        else:
            consent = "missing" if key in MISSING else "yes" if key in YES else "no"
        if is_minor and consent in {"missing", "no"}:
            self.note(row.number, f"consent_{consent}", Level.WARNING, "consent")
        return consent

    def read_school(self, row: Row) -> str:
        written = self.written(row, "school")
        school = self.schools.get(spelling_key(written))
        if not written.strip():
            self.note(row.number, "school_missing", Level.BLOCKING, "school")
        elif len(written) > SCHOOL_LENGTH:
            self.note(row.number, "text_too_long", Level.BLOCKING, "school", limit=SCHOOL_LENGTH)
        elif school is None:
            self.note(row.number, "school_unknown", Level.BLOCKING, "school", text=written[:80])
        elif written != school.name:
            self.note(row.number, "school_corrected", Level.CORRECTED, "school", text=written[:80], name=school.name)
        return school.key if school else ""

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
        for part in re.split(r"[,;]|\s/\s", self.several(row, "skills")):
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
            whole = _WHOLE.fullmatch(written.strip())
            if challenge is None and whole and 0 < int(whole[1]) <= len(self.in_order):
                challenge = self.in_order[int(whole[1]) - 1]
                self.note(row.number, "challenge_numbered", Level.CORRECTED, column, text=text, name=challenge.name)
            elif challenge is None:
                self.note(row.number, "challenge_unknown", Level.BLOCKING, column, text=text)
                continue
            elif written != challenge.name:
                self.note(row.number, "challenge_corrected", Level.CORRECTED, column, text=text, name=challenge.name)
            if challenge.key in choices:
                self.note(row.number, "choice_repeated", Level.IGNORED, column, name=challenge.name)
            else:
                choices.append(challenge.key)
        return tuple(choices)

    # Several rows

    def merge(self, lines: list[_Line]) -> list[_Line]:
        """One line per key: the one sent last. Homonyms with their own keys stay two people."""
        order = order_of_dates([line.stamp for line in lines], day_first="stamp" in self.columns and self.day_first)
        by_key: dict[str, list[_Line]] = defaultdict(list)
        for line in lines:
            by_key[line.person.key].append(line)
        kept = [self.last_of(same, order) for same in by_key.values()]
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
            code, column = ("email_shared", "email") if same[0].person.email else ("number_shared", "number")
            self.note(same[0].person.row, code, Level.BLOCKING, column, rows=rows, names=names)
            return same[0]
        dated = [(read_date(line.stamp, order), line) for line in same]
        stamps = sorted(stamp for stamp, _ in dated if stamp is not None)
        if len(stamps) == len(same) and stamps[-1] != stamps[-2]:
            last = next(line for stamp, line in dated if stamp == stamps[-1])
        elif len({line.content for line in same}) == 1:
            last = same[0]
        else:
            self.note(same[0].person.row, "resubmission_undated", Level.BLOCKING, "stamp", rows=rows)
            return same[0]
        for line in same:
            if line is not last:
                row, into, name = line.person.row, last.person.row, last.person.name
                if last.stamp:
                    self.note(row, "resubmitted", Level.MERGED, "email", into=into, name=name, stamp=last.stamp)
                else:
                    self.note(row, "repeated", Level.MERGED, "email" if last.person.email else "number", into=into, name=name)
        return last

    def with_wishes(self, lines: list[_Line]) -> list[Listed]:
        """Names of friends become keys, where one person of the list bears that name."""
        bearers: dict[str, list[Listed]] = defaultdict(list)
        for line in lines:
            person = line.person
            for name in {f"{person.first_name} {person.last_name}", f"{person.last_name} {person.first_name}"}:
                bearers[spelling_key(name)].append(person)
            if person.email:
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
        """Keys of those meant. Of two who bear the name, no friend is made and both are kept apart, the safe way."""
        found: dict[str, None] = {}
        for part in re.split(r"[,;/&]|\s(?:et|and)\s", text):
            key, name = spelling_key(part), squeeze(part)[:80]
            meant = bearers.get(key, [])
            others = [one for one in meant if one.key != person.key]
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
                found |= dict.fromkeys(one.key for one in others)
        return tuple(found)
