"""Does what is stored hold together? Asked after a restore, after an import, and by `manage.py check_integrity`.

Owns the questions and their answers; changes nothing. A board that is behind its ballots is no problem:
the next refresh mends it. What is asked:
streams have every number up to their head; audit chains have every entry, and each digest is that of its
content; signed standings are those of the ballots, and so is a board that has read the same ballots; a
score is what its last accepted revision says; versions handed in are those that were received, and so are files.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.files.models import StoredFile
from estrade.files.places import path_of
from estrade.journal.audit import digest_of
from estrade.journal.log import JURY_BOARD, PUBLIC
from estrade.journal.models import AuditEntry, AuditHead, Event, Snapshot, Stream
from estrade.kernel.clock import db_now
from judging.models import Ballot, Criterion, Round, Score, ScoreRevision, SignOff
from judging.ranking import standings
from judging.reveal import inputs_hash
from judging.tallies import Tally, dimensions_of, tally_of
from teams.models import Receipt, ReceiptFile, Submission, Team
from teams.submissions import fingerprint_of

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that does not hold. `code` is stable; `edition` is its slug, "" where none is concerned."""

    code: str
    edition: str
    what: str

    def __str__(self) -> str:
        return f"{self.edition or '-'}: {self.what} [{self.code}]"


def check() -> list[Problem]:
    """Every problem of every edition; none means that what is stored holds together. Reads, and takes no lock."""
    problems: list[Problem] = []
    for edition in Edition.objects.order_by("pk"):
        for question in QUESTIONS:
            for code, what in question(edition):
                problems.append(Problem(code=code, edition=edition.slug, what=what))
    return problems


def _streams(edition: Edition) -> Iterator[tuple[str, str]]:
    heads = dict(Stream.objects.filter(edition=edition).values_list("name", "head"))
    counted = {
        name: (count, first, last)
        for name, count, first, last in Event.objects.filter(edition=edition)
        .order_by()
        .values("stream")
        .annotate(count=Count("pk"), first=Min("seq"), last=Max("seq"))
        .values_list("stream", "count", "first", "last")
    }
    for name in sorted(heads.keys() | counted.keys()):
        head, (count, first, last) = heads.get(name, 0), counted.get(name, (0, 1, 0))
        if first != 1 or count != last:
            yield "stream_has_holes", f"the stream {name} has {count} events and numbers from {first} to {last}"
        elif last != head:
            yield "stream_head_wrong", f"the stream {name} ends at {last}, its counter says {head}"
    for snap in Snapshot.objects.filter(edition=edition).order_by("name"):
        known = heads.get(snap.name, max(heads.values(), default=0))
        if snap.seq > known:
            yield "snapshot_ahead", f"the snapshot {snap.name} is true after event {snap.seq}, there are {known}"


def _audit(edition: Edition) -> Iterator[tuple[str, str]]:
    number, digest = 0, ""
    for entry in AuditEntry.objects.filter(edition=edition).order_by("number").iterator(chunk_size=2000):
        if entry.number != number + 1:
            yield "audit_has_holes", f"audit entry {entry.number} follows {number}"
        elif entry.previous != digest:
            yield "audit_chain_broken", f"audit entry {entry.number} does not follow from the one before"
        if digest_of(entry) != entry.digest:
            yield "audit_entry_altered", f"audit entry {entry.number} is not what was written"
        number, digest = entry.number, entry.digest
    head = AuditHead.objects.filter(edition=edition).first()
    if (head.number, head.digest) != (number, digest) if head else number:
        yield "audit_head_wrong", f"the audit log ends at {number}, its head says {head.number if head else 'nothing'}"


def _rankings(edition: Edition) -> Iterator[tuple[str, str]]:
    rounds = list(Round.objects.filter(edition=edition).select_related("edition").order_by("number"))
    for round_ in rounds:
        tally = tally_of(round_id=round_.pk)
        signed = SignOff.objects.filter(round=round_).select_related("round").first()
        if signed:
            yield from _signed(round_, tally, signed)
        if round_ is rounds[-1]:
            yield from _board(round_, tally)
            if signed and edition.phase(db_now()) == Phase.PUBLISHED:
                yield from _published(edition, signed)


def _signed(round_: Round, tally: Tally, signed: SignOff) -> Iterator[tuple[str, str]]:
    if inputs_hash(round_, tally) != signed.inputs_hash:
        yield "ballots_not_those_signed", f"the ballots of round {round_.number} are not those that were signed"
    # Ranked over the teams that were there: one that withdraws later does not change what was signed.
    there = [row["id"] for row in signed.standings]
    numbers = dict(Team.objects.filter(pk__in=there).values_list("pk", "number"))
    criteria = Criterion.objects.filter(rubric=round_.rubric_id).order_by("position", "pk")
    again = standings(
        tally.marks, dimensions_of(criteria), teams=sorted(there, key=lambda pk: numbers.get(pk, 0)), method=signed.method
    )
    now = {one.team: (one.rank, None if one.score is None else round(one.score, 6)) for one in again}
    if now != {row["id"]: (row["rank"], row["score"]) for row in signed.standings}:
        yield "ranking_not_that_signed", f"the ranking of round {round_.number}, computed anew, is not the one that was signed"


def _board(round_: Round, tally: Tally) -> Iterator[tuple[str, str]]:
    snap = Snapshot.objects.filter(edition=round_.edition_id, name=JURY_BOARD).first()
    if snap is None or snap.body.get("rubric", round_.rubric_id) != round_.rubric_id or not _has_read(snap.body, tally):
        return
    now = {one.team: (one.rank, None if one.score is None else round(one.score, 2)) for one in tally.standings}
    if now != {row["id"]: (row["rank"], row["score"]) for row in snap.body["rows"]}:
        yield "board_wrong", "the jury's board is not what its ballots give"


def _has_read(body: Body, tally: Tally) -> bool:
    """Whether a board was made from the ballots that are there now."""
    seen = {row["id"]: (row["ballots"], row["expected"]) for row in body["rows"]}
    there = {team.pk: (tally.complete[team.pk], tally.expected[team.pk]) for team in tally.teams}
    return body.get("revisions") == tally.revisions and seen == there


def _published(edition: Edition, signed: SignOff) -> Iterator[tuple[str, str]]:
    snap = Snapshot.objects.filter(edition=edition, name=PUBLIC).first()
    shown = {row["id"]: row["rank"] for row in snap.body["rows"]} if snap else {}
    if shown != {row["id"]: row["rank"] for row in signed.standings}:
        yield "publication_wrong", "the public board is not the ranking that was signed"


def _scores(edition: Edition) -> Iterator[tuple[str, str]]:
    first = _first_criteria(edition)
    revisions = ScoreRevision.objects.filter(ballot__team__edition=edition, is_late=False).order_by("ballot", "version", "pk")
    accepted: dict[tuple[int, int], tuple[int, Decimal | None]] = {}
    for ballot, criterion, version, value in revisions.values_list("ballot_id", "criterion_id", "version", "value").iterator(
        chunk_size=2000
    ):
        line = (ballot, first.get(criterion, criterion))
        before = accepted.get(line, (0, None))[0]
        if version != before + 1:
            yield "revision_missing", f"ballot {ballot}: version {version} of a score follows {before}"
        accepted[line] = (version, value)
    scores = Score.objects.filter(ballot__team__edition=edition).values_list("ballot_id", "criterion_id", "version", "value")
    stored = {
        (ballot, first.get(criterion, criterion)): (version, value)
        for ballot, criterion, version, value in scores.iterator(chunk_size=2000)
    }
    wrong = sorted(key for key in stored.keys() | accepted.keys() if stored.get(key) != accepted.get(key))
    for ballot, criterion in wrong:
        yield "score_not_last_revision", f"ballot {ballot}, criterion {criterion}: the score is not the last one received"


def _first_criteria(edition: Edition) -> dict[int, int]:
    """Criterion to the one of an earlier version with which its scores began: they are one score through all versions."""
    before = dict(Criterion.objects.filter(rubric__edition=edition).exclude(continues=None).values_list("pk", "continues_id"))

    def begun(at: int) -> int:
        # What is looked at may be damaged: a circle ends after as many steps as there are criteria.
        for _step in before:
            at = before.get(at, at)
        return at

    return {pk: begun(pk) for pk in before}


def _ballots(edition: Edition) -> Iterator[tuple[str, str]]:
    marked: Counter[int] = Counter(
        Score.objects.filter(
            ballot__team__edition=edition,
            criterion__rubric=F("ballot__seat__round__rubric"),
            criterion__is_required=True,
            value__isnull=False,
        ).values_list("ballot_id", flat=True)
    )
    required: Counter[int] = Counter(
        Criterion.objects.filter(rubric__edition=edition, is_required=True).values_list("rubric_id", flat=True)
    )
    ballots = Ballot.objects.filter(team__edition=edition).order_by("pk")
    for pk, rubric, scored, done in ballots.values_list("pk", "seat__round__rubric_id", "scored", "completed_at"):
        if scored != marked[pk]:
            yield "ballot_miscounted", f"ballot {pk} says {scored} criteria, {marked[pk]} are scored"
        elif scored and (done is not None) != (scored >= required[rubric]):
            yield (
                "ballot_state_wrong",
                f"ballot {pk} is {'complete' if done else 'incomplete'} with {scored} of {required[rubric]}",
            )


def _versions(edition: Edition) -> Iterator[tuple[str, str]]:
    receipts = Receipt.objects.filter(submission__team__edition=edition).order_by("submission", "number")
    files: dict[int, list[str]] = {}
    handed_in = ReceiptFile.objects.filter(receipt__submission__team__edition=edition).order_by("pk")
    for pk, digest in handed_in.values_list("receipt_id", "stored__digest"):
        files.setdefault(pk, []).append(digest)
    last: dict[int, int] = {}
    for receipt in receipts.iterator(chunk_size=500):
        before = last.get(receipt.submission_id, 0)
        if receipt.number != before + 1:
            yield "version_missing", f"version {receipt.number} ({receipt.reference}) follows {before}"
        last[receipt.submission_id] = receipt.number
        words = {"title": receipt.title, "summary": receipt.summary, "text": receipt.text, "link": receipt.link}
        if fingerprint_of(words, answers=receipt.answers, files=files.get(receipt.pk, [])) != receipt.fingerprint:
            yield "version_altered", f"version {receipt.reference} is not what was received"
    current = Submission.objects.filter(team__edition=edition, current__isnull=False)
    for team in current.exclude(current__submission=F("pk")).values_list("team__name", flat=True):
        yield "version_of_another", f"the version that counts for {team} belongs to another team"


def _files(edition: Edition) -> Iterator[tuple[str, str]]:
    """Whether the bytes of each stored file are there, and are those that were stored."""
    proved: dict[str, str] = {}
    for name, digest, size in StoredFile.objects.filter(edition=edition).values_list("name", "digest", "size"):
        if digest not in proved:
            proved[digest] = _bytes_of(digest, size)
        if proved[digest]:
            yield proved[digest], f"the file {name} ({digest[:16]}) is {proved[digest].removeprefix('file_')}"


def _bytes_of(digest: str, size: int) -> str:
    path = path_of(digest)
    if not path.is_file():
        return "file_missing"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return "" if (found, path.stat().st_size) == (digest, size) else "file_altered"


QUESTIONS = (_streams, _audit, _rankings, _scores, _ballots, _versions, _files)
