"""One edition as a file that another installation can take in: `estrade-edition/1`.

Owns what is in that file. Never in it: passwords, powers of staff, sessions, rows of other editions, people
who have nothing to do with this one.
Words: a file is *without* drafts when what teams have not handed in is left blank, *without* scores when
nothing of the ballots is in it. The instant of the export stands under `exported` and nowhere else: two
files of the same edition are equal but for that.
"""

import itertools
import json
from collections.abc import Collection, Iterator
from datetime import UTC

from django.db.models import ForeignKey, Model, Q, QuerySet

from estrade.archive.backup import estrade_version
from estrade.archive.rows import Plain, line, plain_rows
from estrade.archive.scope import OF_AN_EDITION, SHARED, in_order, label_of
from estrade.editions.models import Edition
from estrade.files.models import StoredFile
from estrade.journal.log import JURY_BOARD
from estrade.kernel.clock import db_now

FORMAT = "estrade-edition/1"
DRAFTS, SCORES = "drafts", "scores"
# Columns that say something of a person beyond this edition, or let somebody in.
KEPT_BACK = {"people.Person": frozenset({"password", "is_staff", "is_superuser", "last_login"})}
# Who was invited may never have come; and where the file arrives, nobody shall be written to for it.
STAYING = frozenset({"people.Invitation"})
DRAFT_WORDS = frozenset({"draft_title", "draft_summary", "draft_text", "draft_link"})
OF_SCORES = frozenset(
    {
        "judging.Ballot", "judging.Score", "judging.ScoreRevision", "judging.SignOff", "judging.Signature", "judging.Void",
        "judging.PaperSheet", "judging.Correction", "judging.LateDecision",
        "judging.Minute", "judging.Vote", "judging.JuryRecord", "judging.FeedbackRelease",
    }
)  # fmt: skip
# Made from the receipts by whoever takes the file in: the counter itself is shared with other editions.
REMADE = frozenset({"teams.ReceiptCounter"})
ROWS_AT_ONCE = 500


def edition_pieces(*, edition: Edition, without: Collection[str] = ()) -> Iterator[str]:
    """The file, piece by piece. Read it inside a snapshot. Asks for no right: its callers do."""
    exported = {"at": db_now().astimezone(UTC).isoformat(timespec="microseconds"), "estrade": estrade_version()}
    yield (
        f'{{\n"format": {json.dumps(FORMAT)},\n"exported": {json.dumps(exported)},\n'
        f'"without": {json.dumps(sorted(without))},\n"edition": {json.dumps(edition.slug)},\n"tables": {{\n'
    )
    tables = list(edition_tables(edition=edition, without=without))
    for number, (label, rows) in enumerate(tables, start=1):
        yield f"{json.dumps(label)}: [\n"
        first = True
        while some := list(itertools.islice(rows, ROWS_AT_ONCE)):
            yield ("" if first else ",\n") + ",\n".join(map(line, some))
            first = False
        yield f"\n]{',' if number < len(tables) else ''}\n"
    yield "}\n}\n"


def edition_tables(*, edition: Edition, without: Collection[str] = ()) -> Iterator[tuple[str, Iterator[Plain]]]:
    """Each table's label and its rows of this edition, so that a row comes after the rows it points at."""
    queries = {model: rows_of(model, edition, without) for model in in_order() if label_of(model) in OF_AN_EDITION}
    for model in in_order():
        label = label_of(model)
        if label in REMADE:
            continue
        query = queries[model] if label in OF_AN_EDITION else _pointed_at(model, queries)
        rows = plain_rows(query, without=KEPT_BACK.get(label, ()))
        yield label, map(_blank_draft, rows) if label == "teams.Submission" and DRAFTS in without else rows


def rows_of(model: type[Model], edition: Edition, without: Collection[str] = ()) -> QuerySet[Model]:
    """The rows of one table that belong to an edition."""
    rows = model._base_manager.filter(**{OF_AN_EDITION[label_of(model)]: edition.pk})
    if label_of(model) in STAYING:
        return rows.none()
    if DRAFTS in without and label_of(model) == "teams.DraftFile":
        return rows.none()
    if label_of(model) == "files.StoredFile":
        return rows.filter(pk__in=_files_told_of(edition, without))
    if SCORES not in without:
        return rows
    if label_of(model) in OF_SCORES:
        return rows.none()
    column = {"journal.Stream": "name", "journal.Event": "stream", "journal.Snapshot": "name"}.get(label_of(model))
    return rows.exclude(**{column: JURY_BOARD}) if column else rows


def _pointed_at(model: type[Model], queries: dict[type[Model], QuerySet[Model]]) -> QuerySet[Model]:
    """The shared rows that this edition's rows point at, and no other."""
    assert label_of(model) in SHARED
    # An empty one first: where nobody points at the table, nothing of it is taken.
    wanted = Q(pk__in=[])
    for other, query in queries.items():
        for field in other._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is model:
                wanted |= Q(pk__in=query.order_by().exclude(**{field.attname: None}).values(field.attname))
    return model._base_manager.filter(wanted)


def _files_told_of(edition: Edition, without: Collection[str]) -> set[int]:
    """Numbers of the stored files that a row of this export points at: the name of a file in a draft is the draft's."""
    told: set[int] = set()
    for model in in_order():
        if label_of(model) not in OF_AN_EDITION or label_of(model) == "files.StoredFile":
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is StoredFile:
                told |= set(rows_of(model, edition, without).values_list(field.attname, flat=True))
    return told


def _blank_draft(row: Plain) -> Plain:
    return row | dict.fromkeys(DRAFT_WORDS, "") | {"draft_answers": {}}
