"""Everything out, at any time: what an organiser downloads, and the trace that it leaves.

Owns who gets what and how often. Each download stands in the audit log, after the fact: a file never holds
the line that tells of itself. Scores are in it only for whoever may read the standings now; the words of a
draft never, since they are the team's until they are handed in.
"""

import io
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from estrade.access.policy import can, require
from estrade.archive.departure import DRAFTS, SCORES, edition_pieces, rows_of
from estrade.archive.parcel import MEDIA
from estrade.archive.sheets import csv_pieces
from estrade.archive.snapshot import snapshot
from estrade.archive.tables import BY_KEY, TABLES, Row, Table
from estrade.editions.models import Edition
from estrade.files.models import StoredFile
from estrade.files.places import path_of
from estrade.journal.audit import audit
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.attempts import count_attempt
from estrade.people.models import Person

EVERYTHING_PER_MINUTE = 1
TABLES_PER_MINUTE = 20
IN_MEMORY = 8 * 1024 * 1024


def export_everything(*, person: Person, edition: Edition) -> IO[bytes]:
    """One ZIP: a CSV per table, one workbook, the edition as JSON. In the reader's language. Refused: export_too_often."""
    require(person, "data.export", edition)
    _count(person, "everything", EVERYTHING_PER_MINUTE)
    # It lives as long as the answer, and closing it is the answer's.
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        with snapshot():
            _write_everything(file, edition, with_scores=may_read_scores(person, edition))
        _leave_trace(person, edition, "everything")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def export_table(*, person: Person, edition: Edition, key: str) -> bytes:
    """One table as CSV, in the reader's language. Refused: not_found, export_too_often."""
    require(person, "data.export", edition)
    table = BY_KEY.get(key)
    if table is None:
        raise Refused("not_found")
    _count(person, "tables", TABLES_PER_MINUTE)
    with snapshot():
        content = "".join(_csv(table, edition, may_read_scores(person, edition))).encode()
    _leave_trace(person, edition, key)
    return content


def _write_everything(file: IO[bytes], edition: Edition, *, with_scores: bool) -> None:
    # Reading openpyxl takes a quarter of a second, and most processes never make a workbook.
    from estrade.archive.workbooks import write_workbook  # noqa: PLC0415 - see above

    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as parcel:
        parcel.writestr("README.txt", _read_me(edition, db_now(), with_scores=with_scores))
        book = io.BytesIO()
        write_workbook(book, _with_csv(parcel, edition, with_scores), zone=edition.zone)
        parcel.writestr(f"{edition.slug}.xlsx", book.getvalue())
        without = _without(with_scores=with_scores)
        _add(parcel, "edition.json", edition_pieces(edition=edition, without=without))
        for digest in sorted(set(rows_of(StoredFile, edition, without).values_list("digest", flat=True))):
            if (path := path_of(digest)).is_file():
                # Dense already, and of the size it has.
                parcel.write(path, f"{MEDIA}{digest[:2]}/{digest}", compress_type=zipfile.ZIP_STORED)


def _with_csv(parcel: zipfile.ZipFile, edition: Edition, with_scores: bool) -> Iterator[tuple[Table, list[Row]]]:
    """Each table, read once for both: its CSV goes into the parcel, its rows to whoever asks for the next one."""
    for table in TABLES:
        rows = list(table.rows(edition, with_scores=with_scores))
        _add(parcel, f"csv/{table.key}.csv", csv_pieces(table, rows, zone=edition.zone))
        yield table, rows


def may_read_scores(person: Person, edition: Edition) -> bool:
    """Whether the tables with scores have rows for this person now."""
    return can(person, "standings.read", edition)


def _without(*, with_scores: bool) -> Collection[str]:
    return {DRAFTS} if with_scores else {DRAFTS, SCORES}


def _csv(table: Table, edition: Edition, with_scores: bool) -> Iterator[str]:
    return csv_pieces(table, table.rows(edition, with_scores=with_scores), zone=edition.zone)


def _add(parcel: zipfile.ZipFile, name: str, pieces: Iterator[str]) -> None:
    with parcel.open(name, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece.encode())


def _read_me(edition: Edition, now: datetime, *, with_scores: bool) -> str:
    lines = [
        f"{edition.name}, {now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "",
        _("This archive contains personal data: keep it safe, and delete it when you no longer need it."),
        _("csv/: one table per subject. The workbook holds the same tables."),
        _("edition.json: the edition for another installation of Estrade (manage.py import_edition)."),
        _("media/: what teams handed in and partners gave along, under the hash that edition.json names."),
        _("A text that a spreadsheet could take for a formula has an apostrophe in front."),
        _("What teams have written and not handed in is not in it."),
    ]
    if not with_scores:
        lines.append(_("The scores are not in it: organisers can read them once judging has begun."))
    return "\n".join(lines) + "\n"


def _count(person: Person, kind: str, limit: int) -> None:
    try:
        count_attempt(f"export:{kind}:{person.pk}:{db_now():%M}", limit=limit)
    except Refused:
        raise Refused("export_too_often") from None


def _leave_trace(person: Person, edition: Edition, what: str) -> None:
    with transaction.atomic():
        audit(edition_id=edition.pk, actor_id=person.pk, action="data.export", thing=f"edition {edition.pk}", after=what)
