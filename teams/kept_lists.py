"""A list of participants on its way in through the pages: brought, looked at, imported once.

Owns the hour between the preview and the import. The file lies in the database, under a name nobody
guesses, for the one person who brought it; it goes with the import, and at the latest after an hour.
It decides nothing about people: that is `teams.intake`.

Words: to *keep* is to store a file with the report of its preview; a *decision* is an answer about a school.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.kernel.cleantext import one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.intake import Report, carry_out, ground_of, read_list
from teams.intake_reading import Finding, Level
from teams.intake_schools import Answers, Unknown
from teams.intake_table import MAX_BYTES
from teams.models import KeptList

KEPT_FOR = timedelta(hours=1)
# Told of what changed since the preview; the preview itself shows the rest.
MAX_CHANGES = 50


@dataclass(frozen=True, slots=True)
class Said:
    """The report of a kept list, as it was said."""

    findings: tuple[Finding, ...]
    created: int
    updated: int
    unchanged: int
    rows: int
    people: int
    encoding: str
    sheet: str
    sheets: tuple[str, ...]
    unknown: tuple[Unknown, ...]
    schools: tuple[str, ...]

    @property
    def is_blocked(self) -> bool:
        return any(finding.level is Level.BLOCKING for finding in self.findings)

    @property
    def is_open(self) -> bool:
        return any(finding.level is Level.QUESTION for finding in self.findings)

    @property
    def counts(self) -> Counter[Level]:
        return Counter(finding.level for finding in self.findings)


def keep_list(*, person: Person, edition: Edition, data: bytes, filename: str) -> KeptList:
    """Keep a file and what its import would do. An earlier one of the same person that was not imported goes.

    Refused: as `people.import` in the matrix; file_too_large.
    """
    require(person, "people.import", edition)
    if len(data) > MAX_BYTES:
        raise Refused("file_too_large", field="file", limit=MAX_BYTES // (1024 * 1024))
    kept = KeptList(edition=edition, person=person, filename=one_line(filename)[-120:], data=data, kept_at=db_now())
    ground = ground_of(edition)
    reading = read_list(data, ground, Answers(), "")
    with transaction.atomic():
        report = carry_out(edition=edition, reading=reading, filename=filename, actor=person, dry_run=True)
        kept.report = _packed(report)
        KeptList.objects.filter(edition=edition, person=person, imported_at=None).delete()
        kept.save()
    return kept


def kept_list(*, person: Person, edition: Edition, token: str) -> KeptList:
    """The list without its bytes. Refused("not_found") for everybody else, and after an hour."""
    require(person, "people.read", edition)
    young = KeptList.objects.filter(kept_at__gt=db_now() - KEPT_FOR).defer("data")
    found = young.filter(token=token, person=person, edition=edition).first()
    if found is None:
        raise Refused("list_gone")
    return found


def decide_about(
    *, person: Person, edition: Edition, token: str, sheet: str, answers: Mapping[str, str], names: Mapping[str, str]
) -> KeptList:
    """Look at the list again with another sheet or other decisions about its schools. Nothing is imported."""
    require(person, "people.import", edition)
    kept = _here(person=person, edition=edition, token=token)
    # Decisions about one sheet are none about another.
    decided: dict[str, Any] = {"answers": dict(answers), "names": dict(names)} if sheet == kept.sheet else {}
    reading = read_list(bytes(kept.data), ground_of(edition), Answers(**decided), sheet)
    with transaction.atomic():
        kept = _here(person=person, edition=edition, token=token, lock=True)
        if kept.imported_at is None:
            report = carry_out(edition=edition, reading=reading, filename=kept.filename, actor=person, dry_run=True)
            kept.sheet, kept.answers, kept.report, kept.changes = sheet[:80], decided, _packed(report), []
            kept.save(update_fields=["sheet", "answers", "report", "changes"])
    return kept


def import_kept(*, person: Person, edition: Edition, token: str) -> KeptList:
    """Import what the preview showed; a second copy of the request finds it done.

    When the preview would say something else by now, nothing is imported: the new preview and what changed
    are kept to be looked at. Refused: as `import_participants`, list_gone.
    """
    require(person, "people.import", edition)
    # Reading takes seconds where a list is long: before the transaction, so that nobody waits for it.
    seen, ground = _here(person=person, edition=edition, token=token), ground_of(edition)
    reading = read_list(bytes(seen.data), ground, Answers(**seen.answers), seen.sheet)
    with transaction.atomic():
        edition = Edition.objects.select_for_update(no_key=True).get(pk=edition.pk)
        require(person, "people.import", edition)
        kept = _here(person=person, edition=edition, token=token, lock=True)
        if kept.imported_at is not None:
            return kept
        now = ground_of(edition)
        if (kept.sheet, kept.answers, now) != (seen.sheet, seen.answers, ground):
            reading = read_list(bytes(kept.data), now, Answers(**kept.answers), kept.sheet)
        report = carry_out(edition=edition, reading=reading, filename=kept.filename, actor=person, dry_run=True)
        kept.changes = _differences(said_of(kept).findings, report.findings)
        if kept.changes or report.is_blocked:
            kept.report = _packed(report)
            kept.save(update_fields=["report", "changes"])
            return kept
        carry_out(edition=edition, reading=reading, filename=kept.filename, actor=person, dry_run=False)
        kept.imported_at, kept.data = db_now(), b""
        kept.save(update_fields=["imported_at", "data"])
    return kept


def sweep_lists(now: datetime) -> int:
    """Throw away lists that are older than an hour. One query while there is none. How many went."""
    old = KeptList.objects.filter(kept_at__lte=now - KEPT_FOR)
    if not old.exists():
        return 0
    return old.delete()[0]


def said_of(kept: KeptList) -> Said:
    """The report of a kept list, unpacked."""
    packed = dict(kept.report)
    findings = tuple(_finding(one) for one in packed.pop("findings"))
    unknown = tuple(
        Unknown(**{**one, "spellings": tuple(map(tuple, one["spellings"])), "alike": tuple(one["alike"])})
        for one in packed.pop("unknown")
    )
    sheets, schools = tuple(packed.pop("sheets")), tuple(packed.pop("schools"))
    return Said(findings=findings, unknown=unknown, sheets=sheets, schools=schools, **packed)


def changes_of(kept: KeptList) -> list[Finding]:
    """What the preview says now and did not say before."""
    return [_finding(one) for one in kept.changes]


def _here(*, person: Person, edition: Edition, token: str, lock: bool = False) -> KeptList:
    young = KeptList.objects.filter(kept_at__gt=db_now() - KEPT_FOR, token=token, person=person, edition=edition)
    kept = (young.select_for_update() if lock else young).first()
    if kept is None:
        raise Refused("list_gone")
    return kept


def _packed(report: Report) -> dict[str, Any]:
    reading = report.reading
    return {
        "findings": [[one.row, one.code, one.level.value, one.column, dict(one.figures)] for one in report.findings],
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rows": reading.rows,
        "people": len(reading.people),
        "encoding": reading.encoding,
        "sheet": reading.sheet,
        "sheets": list(reading.sheets),
        "unknown": [asdict(one) for one in reading.unknown],
        "schools": [school.name for school in reading.schools.created],
    }


def _finding(packed: list[Any]) -> Finding:
    row, code, level, column, figures = packed
    return Finding(row, code, Level(level), column, figures)


def _differences(before: Iterable[Finding], now: Iterable[Finding]) -> list[Any]:
    """Findings of now that were not said before; when some only went away, that is told in one line."""
    old = {(one.row, one.code, one.column, str(sorted(one.figures.items()))) for one in before}
    new = {(one.row, one.code, one.column, str(sorted(one.figures.items()))): one for one in now}
    told = [[one.row, one.code, one.level.value, one.column, dict(one.figures)] for key, one in new.items() if key not in old]
    if not told and old - new.keys():
        told = [[0, "less_to_do", Level.WARNING.value, "", {"lines": len(old - new.keys())}]]
    return told[:MAX_CHANGES]
