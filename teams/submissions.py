"""What a team hands in: the draft that saves by itself, and the versions that count.

Owns drafts and receipts. Never decides a time itself: `teams.extensions.window_of` does, on the
database's clock, read after the submission's row is held.
Words: a *receipt* is one version as received; *captured* means taken from the draft at the deadline;
a *late* one never counts until an organiser accepts it.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import connection, transaction
from django.db.models import Q

from estrade.access.policy import require
from estrade.editions.deadlines import EVERYBODY, carry_out
from estrade.editions.models import Edition
from estrade.editions.phases import Window
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, DomainEvent, challenge_stream, record, team_stream
from estrade.kernel.cleantext import folded, many_lines, not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.events import (
    CaptureConfirmed,
    DraftSaved,
    ExtensionEnded,
    LateAccepted,
    SubmissionCaptured,
    SubmissionDelivered,
    SubmissionsClosed,
    SubmissionWithdrawn,
)
from teams.extensions import key_of, window_of
from teams.files import in_time
from teams.form_fields import Asked, check_link, clean_answers, missing_from
from teams.models import DraftFile, Extension, Receipt, ReceiptFile, Submission, SubmissionQuerySet, Team
from teams.spellings import spelling_key
from teams.submission_form import form_of

logger = logging.getLogger(__name__)

LIMITS = {"title": 120, "summary": 180, "text": 4000, "link": 300}


def save_draft(  # noqa: PLR0913 - each is one field of the page
    *, person: Person, team_id: int, title: str, summary: str, text: str, link: str, base_revision: int,
    answers: Mapping[str, str] | None = None,
) -> Submission:  # fmt: skip
    """Replace the team's draft, which must still be at `base_revision`; the same words again change nothing.

    `answers` to the further fields of the form; left out, they stay as they are.
    Refused: submissions_closed; draft_conflict with the words, time and author of the other revision;
    too_long, link_invalid, team_withdrawn, not_found, wrong_role.
    """
    words = _clean(title=title, summary=summary, text=text, link=link)
    with transaction.atomic():
        submission = _locked(person, team_id)
        now = db_now()
        require(person, "draft.write", submission, at=now)
        window = window_of(submission.team, now)
        if not window.is_open:
            raise Refused("submissions_closed", closed_at=window.closes_at.isoformat())
        replied = submission.draft_answers
        if answers is not None:
            replied = clean_answers(form_of(submission.team.edition), answers)
        if words == draft_of(submission) and replied == submission.draft_answers:
            return submission
        if submission.team.withdrawn_at is not None:
            raise Refused("team_withdrawn")
        if base_revision != submission.draft_revision:
            raise _conflict(submission)
        for field, value in words.items():
            setattr(submission, f"draft_{field}", value)
        submission.draft_answers = replied
        submission.draft_revision += 1
        submission.draft_saved_at, submission.draft_saved_by = now, person
        submission.save()
        record(
            DraftSaved(team=team_id, revision=submission.draft_revision),
            edition_id=submission.team.edition_id,
            on=[team_stream(team_id)],
            actor_id=person.pk,
        )
    return submission


def deliver_submission(*, person: Person, team_id: int, client_id: UUID) -> Receipt:
    """Hand in the team's current draft. After closing time it is kept and marked late.

    The same `client_id` again answers the first receipt. Refused: submission_incomplete with what is
    missing, team_withdrawn, client_id_reused, not_found, wrong_role, wrong_phase.
    """
    with transaction.atomic():
        submission = _locked(person, team_id)
        now = db_now()
        require(person, "submission.deliver", submission, at=now)
        earlier = Receipt.objects.filter(client_id=client_id).first()
        if earlier is not None and earlier.submission_id == submission.pk:
            return earlier
        window, asked = window_of(submission.team, now), form_of(submission.team.edition)
        _require_deliverable(submission, asked, window)
        if earlier is not None:
            raise Refused("client_id_reused")
        content = _content(submission, asked, without_late=window.is_open)
        receipt = _keep(submission, content, window, client_id=client_id, now=now, person=person)
        late = receipt.state == Receipt.State.LATE
        event = SubmissionDelivered(
            team=team_id,
            receipt=receipt.pk,
            number=receipt.number,
            late=late,
            received_at=receipt.received_at.isoformat(),
            closes_at=receipt.closes_at.isoformat(),
        )
        _tell(submission.team, event, actor=person)
    return receipt


def withdraw_submission(*, person: Person, team_id: int) -> Submission:
    """Take back what was handed in: nothing of it counts, and no draft is taken at the deadline, until it is handed in again.

    Versions and draft are kept. Asked again, nothing happens. Refused: submissions_closed, nothing_handed_in.
    """
    with transaction.atomic():
        submission = _locked(person, team_id)
        now = db_now()
        require(person, "submission.withdraw", submission, at=now)
        window = window_of(submission.team, now)
        if not window.is_open:
            raise Refused("submissions_closed", closed_at=window.closes_at.isoformat())
        if submission.withdrawn_at is not None:
            return submission
        receipt = submission.current
        if receipt is None:
            raise Refused("nothing_handed_in")
        receipt.state = Receipt.State.WITHDRAWN
        receipt.save(update_fields=["state"])
        submission.current, submission.withdrawn_at = None, now
        submission.save(update_fields=["current", "withdrawn_at"])
        team = submission.team
        audit(
            edition_id=team.edition_id, actor_id=person.pk, action="submission.withdraw", thing=f"receipt {receipt.reference}",
            after=receipt.state,
        )  # fmt: skip
        _tell(team, SubmissionWithdrawn(team=team.pk, receipt=receipt.pk), actor=person)
    return submission


def confirm_capture(*, person: Person, receipt_id: int) -> Receipt:
    """Say of a draft that was taken at the deadline that it is what the team wanted to hand in. Refused: not_captured.

    Asked again, nothing happens. Without it the version counts all the same, marked as taken.
    """
    with transaction.atomic():
        team_id = Receipt.objects.filter(pk=receipt_id).values_list("submission__team_id", flat=True).first()
        submission = _locked(person, team_id or 0)
        require(person, "submission.deliver", submission)
        receipt = submission.receipts.get(pk=receipt_id)
        if receipt.state == Receipt.State.CONFIRMED:
            return receipt
        if receipt.state != Receipt.State.CAPTURED or submission.current_id != receipt.pk:
            raise Refused("not_captured")
        receipt.state = Receipt.State.CONFIRMED
        receipt.save(update_fields=["state"])
        _tell(submission.team, CaptureConfirmed(team=submission.team_id, receipt=receipt.pk), actor=person)
    return receipt


def accept_late(*, person: Person, receipt_id: int, reason: str) -> Receipt:
    """Let a late version count, with a reason; asked again, nothing happens. Refused: reason_required, not_late."""
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        team_id = Receipt.objects.filter(pk=receipt_id).values_list("submission__team_id", flat=True).first()
        submission = _locked(person, team_id or 0)
        require(person, "submission.accept_late", submission)
        receipt = submission.receipts.get(pk=receipt_id)
        if receipt.state == Receipt.State.ACCEPTED:
            return receipt
        if receipt.state != Receipt.State.LATE:
            raise Refused("not_late")
        if not reason:
            raise Refused("reason_required", field="reason")
        receipt.state, receipt.accepted_reason = Receipt.State.ACCEPTED, reason
        receipt.save(update_fields=["state", "accepted_reason"])
        if submission.current is None or submission.current.number < receipt.number:
            submission.current = receipt
            submission.save(update_fields=["current"])
        team = submission.team
        audit(
            edition_id=team.edition_id,
            actor_id=person.pk,
            action="submission.accept_late",
            thing=f"receipt {receipt.reference}",
            after=receipt.state,
            reason=reason,
        )
        _tell(team, LateAccepted(team=team.pk, receipt=receipt.pk), actor=person)
    return receipt


def capture_drafts(*, edition_id: int) -> None:
    """Take the draft of every team that handed in nothing and has no time left. Bears any repetition.

    One transaction per team: a worker that dies half way loses nothing, and what fails for one team does
    not keep the others waiting. Raises at the end when one failed, so that the next tick comes back.
    """
    untouched = Q(current__isnull=True) | Q(current__state=Receipt.State.CAPTURED)
    filled = ~Q(draft_title="") | ~Q(draft_text="")
    there = Submission.objects.filter(team__edition_id=edition_id, team__withdrawn_at__isnull=True, withdrawn_at__isnull=True)
    open_cases = there.filter(untouched, filled)
    failed = []
    for team_id in open_cases.order_by("team__number").values_list("team_id", flat=True):
        try:
            capture_one(team_id=team_id)
        except Exception:
            logger.exception("the draft of team %s could not be captured", team_id)
            failed.append(team_id)
    if failed:
        raise RuntimeError(f"drafts not captured: teams {failed}")


def capture_one(*, team_id: int) -> Receipt | None:
    """Take one team's draft as its version if its time is over, it handed in nothing, and the draft is new."""
    with transaction.atomic():
        submission = _lock(Submission.objects.all(), team_id)
        now = db_now()
        current, words = submission.current, draft_of(submission)
        handed_in = current is not None and current.state != Receipt.State.CAPTURED
        if handed_in or not (words["title"] or words["text"]) or submission.team.withdrawn_at or submission.withdrawn_at:
            return None
        window = window_of(submission.team, now)
        if window.is_open or now < window.closes_at:
            return None
        content = _content(submission, form_of(submission.team.edition), without_late=True)
        if current and current.fingerprint == fingerprint_of(words, answers=content.answers, files=content.digests):
            return None
        client_id = uuid5(NAMESPACE_OID, f"capture {submission.pk} {window.closes_at.isoformat()}")
        receipt = _keep(submission, content, window, client_id=client_id, now=now, person=None)
        _tell(submission.team, SubmissionCaptured(team=team_id, receipt=receipt.pk, number=receipt.number), actor=None)
    return receipt


def close_submissions(*, edition_id: int, due_at: datetime) -> bool:
    """Carry out the edition's deadline: take the drafts, then say once that it is done."""
    capture_drafts(edition_id=edition_id)
    closed = partial(record, SubmissionsClosed(at=due_at.isoformat()), edition_id=edition_id, on=EVERYBODY)
    return carry_out(edition_id=edition_id, key="submissions_close", due_at=due_at, tell=closed)


def end_extension(*, extension: Extension) -> bool:
    """Carry out the end of a team's extra time: take its draft if need be, then say once that it is done."""
    capture_one(team_id=extension.team_id)
    ended = partial(_tell_ended, extension)
    return carry_out(edition_id=extension.team.edition_id, key=key_of(extension), due_at=extension.until, tell=ended)


def _tell_ended(extension: Extension) -> None:
    team = Team.objects.select_related("edition").get(pk=extension.team_id)
    # Another extension or a moved deadline may still give it time.
    if not window_of(team, db_now()).is_open:
        record(ExtensionEnded(team=team.pk), edition_id=team.edition_id, on=[ORGANISERS, team_stream(team.pk)])


def draft_of(submission: Submission) -> dict[str, str]:
    """The words of the draft: title, summary, text, link."""
    return {field: getattr(submission, f"draft_{field}") for field in LIMITS}


def fingerprint_of(words: Mapping[str, str], *, answers: Sequence[Mapping[str, Any]] = (), files: Sequence[str] = ()) -> str:
    """SHA-256, in hexadecimal, over title, summary, text and link written as a JSON list in UTF-8.

    Where there are any, two lists follow in it: each further answer as [key, answer], and the SHA-256 of each file.
    """
    content: list[Any] = [words[field] for field in LIMITS]
    if answers or files:
        content += [[[one["key"], one["answer"]] for one in answers], list(files)]
    written = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True)
class _Content:
    """What a version takes from the draft besides its words."""

    answers: list[dict[str, Any]]
    files: list[DraftFile]
    labels: dict[str, dict[str, str]]

    @property
    def digests(self) -> list[str]:
        return [one.stored.digest for one in self.files]


def _content(submission: Submission, asked: Asked, *, without_late: bool) -> _Content:
    replied = submission.draft_answers
    answers = [
        {"key": field.key, "kind": field.kind, "label": field.label, "answer": replied[field.key]}
        for field in asked.questions
        if replied.get(field.key)
    ]
    files = list(submission.files.select_related("stored"))
    if without_late:
        files = in_time(submission, files, list(submission.team.extensions.all()))
    return _Content(answers, files, {field.key: field.label for field in asked.places})


def missing_of(submission: Submission, asked: Asked) -> list[str]:
    """Keys of what the form requires and the draft lacks."""
    files = {one.field for one in submission.files.all()}
    return missing_from(asked, words=draft_of(submission), answers=submission.draft_answers, files=files)


def _locked(person: Person, team_id: int) -> Submission:
    return _lock(Submission.objects.visible_to(person), team_id)


def _lock(submissions: SubmissionQuerySet, team_id: int) -> Submission:
    rows = submissions.select_related("team__edition", "team__challenge", "current", "draft_saved_by")
    submission = rows.select_for_update(of=("self",)).filter(team_id=team_id).first()
    if submission is None:
        raise Refused("not_found")
    return submission


def _clean(**typed: str) -> dict[str, str]:
    words = {field: many_lines(typed[field]) if field == "text" else one_line(typed[field]) for field in LIMITS}
    for field, limit in LIMITS.items():
        not_longer(field, words[field], limit)
    if words["link"]:
        check_link(words["link"], "link")
    return words


def _conflict(submission: Submission) -> Refused:
    saved_at, saved_by = submission.draft_saved_at, submission.draft_saved_by
    return Refused(
        "draft_conflict",
        **draft_of(submission),
        answers=submission.draft_answers,
        revision=submission.draft_revision,
        saved_at=saved_at.isoformat() if saved_at else None,
        saved_by=saved_by.name if saved_by else "",
    )


def _require_deliverable(submission: Submission, asked: Asked, window: Window) -> None:
    if submission.team.withdrawn_at is not None:
        raise Refused("team_withdrawn")
    missing = missing_of(submission, asked)
    # What can no longer be added once the time is over keeps nobody from asking to be let in late.
    if not window.is_open:
        missing = [field for field in missing if field in ("title", "text")]
    if missing:
        raise Refused("submission_incomplete", missing=missing)


def _keep(  # noqa: PLR0913 - each is a fact of the version
    submission: Submission, content: _Content, window: Window, *, client_id: UUID, now: datetime, person: Person | None
) -> Receipt:
    """Write the next version; it counts at once unless it was handed in late."""
    in_time_or_late = Receipt.State.DELIVERED if window.is_open else Receipt.State.LATE
    state = Receipt.State.CAPTURED if person is None else in_time_or_late
    words = draft_of(submission)
    last = submission.receipts.order_by("-number").first()
    receipt = submission.receipts.create(
        number=last.number + 1 if last else 1,
        reference=_next_reference(submission.team),
        client_id=client_id,
        state=state,
        **words,
        answers=content.answers,
        fingerprint=fingerprint_of(words, answers=content.answers, files=content.digests),
        received_at=now,
        closes_at=window.closes_at,
        person=person,
    )
    receipt.files.bulk_create(
        ReceiptFile(receipt=receipt, stored=one.stored, field=one.field, label=content.labels.get(one.field, {}))
        for one in content.files
    )
    if state != Receipt.State.LATE:
        submission.current, submission.withdrawn_at = receipt, None
        submission.save(update_fields=["current", "withdrawn_at"])
    return receipt


def _next_reference(team: Team) -> str:
    """For instance H2H-CAN-0007: initials of the edition, letters of the team, running number under these initials."""
    words = folded(team.edition.name).split()
    # People write "Hack to Horizon" as H2H.
    initials = _letters("".join("2" if word == "to" else word[0] for word in words), 3, "EDI")
    if team.edition.rehearses_id is not None:
        # A rehearsal takes no number away; real initials never have four letters.
        initials = rehearsal_initials(team.edition)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO teams_receiptcounter (initials, last) VALUES (%s, 1)"
            " ON CONFLICT (initials) DO UPDATE SET last = teams_receiptcounter.last + 1 RETURNING last",
            [initials],
        )
        row = cursor.fetchone()
    assert row is not None
    return f"{initials}-{_letters(team.name, 3, 'TEAM')}-{row[0]:04d}"


def rehearsal_initials(edition: Edition) -> str:
    """Under which initials the receipts of a rehearsal are numbered."""
    return f"REP{edition.pk}"[:8]


def _letters(text: str, count: int, otherwise: str) -> str:
    plain = spelling_key(text).upper()
    kept = "".join(c for c in plain if c.isascii())[:count]
    return kept or otherwise


def _tell(team: Team, event: DomainEvent, *, actor: Person | None) -> None:
    on = [ORGANISERS, team_stream(team.pk)]
    if team.challenge_id is not None:
        on.append(challenge_stream(team.challenge_id))
    record(event, edition_id=team.edition_id, on=on, actor_id=actor.pk if actor else None)
