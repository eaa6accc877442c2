"""Files of a submission: brought into the draft, taken out again, read by whoever may read the version they belong to.

Owns which file lies under which field, and how much a team may bring. How bytes travel and what is examined is
`estrade.files`. A file counts by the moment it is complete here: one that is begun before the deadline and arrives after
it is kept in the draft as late, so what was complete in time is what counts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from estrade.access.policy import can, require
from estrade.editions.models import Edition
from estrade.editions.phases import submission_window
from estrade.files.models import StoredFile, Upload
from estrade.files.uploads import (
    Sending,
    arriving_bytes,
    keep_file,
    kept_before,
    open_upload,
    own_upload,
    settle_upload,
    take_whole,
)
from estrade.journal.log import record, team_stream
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.events import DraftSaved
from teams.extensions import window_of
from teams.form_fields import FormField
from teams.models import DraftFile, Extension, ReceiptFile, Submission
from teams.submission_form import form_of


@dataclass(frozen=True)
class Quota:
    """How much of a team's room is used, in bytes; what is arriving counts."""

    limit: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True, kw_only=True)
class FilesOf:
    """A team's files for one reader; `late`: numbers of the draft's that came after the deadline. No quota: only to be read."""

    draft: list[DraftFile]
    late: frozenset[int]
    handed_in: list[ReceiptFile]
    quota: Quota | None

    @property
    def limit(self) -> int | None:
        return self.quota.limit if self.quota else None

    @property
    def used(self) -> int | None:
        return self.quota.used if self.quota else None


def quota_of(submission: Submission, quota_mb: int) -> Quota:
    """Every file of the draft and of the versions counts once."""
    drafted = submission.files.values_list("stored_id", flat=True)
    kept = ReceiptFile.objects.filter(receipt__submission=submission).values_list("stored_id", flat=True)
    sizes = StoredFile.objects.filter(pk__in={*drafted, *kept}).values_list("size", flat=True)
    edition = submission.team.edition
    return Quota(quota_mb * 1024**2, sum(sizes) + arriving_bytes(edition=edition, purpose=_purpose(submission.team_id)))


def begin_file(*, person: Person, team_id: int, field: str, sending: Sending) -> Upload:
    """Begin to bring a file into the draft.

    Refused: submissions_closed, field_unknown, files_too_many, quota_exceeded, and what `open_upload` refuses.
    """
    submission, place = _place(person, team_id, field)
    now = db_now()
    require(person, "draft.write", submission, at=now)
    # What was begun in time may go on; when it arrives, `attach_file` says what it counts for.
    if not Upload.objects.filter(person=person, client_id=sending.client_id).exists():
        window = window_of(submission.team, now)
        if not window.is_open:
            raise Refused("submissions_closed", closed_at=window.closes_at.isoformat())
        _check_count(submission, place)
        quota = quota_of(submission, form_of(submission.team.edition).quota_mb)
        if sending.size > quota.left:
            raise Refused("quota_exceeded", field="file", limit=quota.limit // 1024**2, left=quota.left // 1024**2)
    return open_upload(
        person=person,
        edition=submission.team.edition,
        purpose=_purpose(team_id, field),
        sending=sending,
        limit=place.limit * 1024**2,
        accepted=place.accepts,
    )


def team_upload(*, person: Person, team_id: int, token: str) -> Upload:
    """An upload of this person into this team's draft. Refused("upload_gone")."""
    return own_upload(person=person, token=token, purpose=_purpose(team_id))


def attach_file(*, person: Person, team_id: int, token: str = "", client_id: UUID | None = None) -> DraftFile:
    """Examine an upload that has arrived whole and put it into the draft; asked again, the same file is the answer.

    One that was begun in time and arrives after the deadline is late: it never counts by itself. Refused: upload_gone,
    upload_unfinished, files_too_many, not_found, wrong_phase, and what the examination refuses.
    """
    if client_id is not None and (stored := kept_before(person=person, client_id=client_id)):
        earlier = DraftFile.objects.filter(stored=stored, submission__team_id=team_id).first()
        if earlier is None:
            raise Refused("upload_gone")
        return earlier
    upload = team_upload(person=person, team_id=team_id, token=token)
    field = upload.purpose.rpartition(".")[2]
    _submission, place = _place(person, team_id, field)
    settled = settle_upload(upload=upload, accepted=place.accepts)
    with transaction.atomic():
        submission = _locked(person, team_id)
        now = db_now()
        require(person, "draft.write", submission, at=now)
        if stored := kept_before(person=person, client_id=upload.client_id):
            return DraftFile.objects.get(stored=stored)
        if place.most == 1:
            # One place: the newer file takes it. The older one stays with the versions that have it.
            submission.files.filter(field=field).delete()
        else:
            _check_count(submission, place)
        attached = submission.files.create(stored=keep_file(settled), field=field, attached_at=now, person=person)
        _tell_changed(submission, person, now)
    return attached


def bring_file(*, person: Person, team_id: int, field: str, sending: Sending, pieces: Iterable[bytes]) -> DraftFile:
    """A file that a plain form brings at once. Refused: as `begin_file` and `attach_file`."""
    if kept_before(person=person, client_id=sending.client_id):
        return attach_file(person=person, team_id=team_id, client_id=sending.client_id)
    upload = begin_file(person=person, team_id=team_id, field=field, sending=sending)
    take_whole(upload, pieces)
    return attach_file(person=person, team_id=team_id, token=upload.token)


def remove_file(*, person: Person, team_id: int, file_id: int) -> None:
    """Take a file out of the draft; versions that have it keep it. Refused: submissions_closed, not_found."""
    with transaction.atomic():
        submission = _locked(person, team_id)
        now = db_now()
        require(person, "draft.write", submission, at=now)
        window = window_of(submission.team, now)
        if not window.is_open:
            raise Refused("submissions_closed", closed_at=window.closes_at.isoformat())
        if submission.files.filter(pk=file_id).delete()[0]:
            _tell_changed(submission, person, now)


def readable_file(*, person: Person | None, edition: Edition, team_id: int, token: str) -> StoredFile:
    """A file of a team's draft or versions, for whoever may read that one now. Refused("not_found") for everybody else."""
    now = db_now()
    submission = Submission.objects.select_related("team__edition", "team__challenge").filter(
        team_id=team_id, team__edition=edition
    ).first()  # fmt: skip
    stored = StoredFile.objects.filter(token=token, edition=edition).first()
    if submission is None or stored is None:
        raise Refused("not_found")
    if submission.files.filter(stored=stored).exists() and can(person, "draft.read", submission, at=now):
        return stored
    handed_in = ReceiptFile.objects.filter(receipt__submission=submission, stored=stored)
    if not handed_in.exists() or not can(person, "submission.read", submission, at=now):
        raise Refused("not_found")
    return stored


def listed_files(*, person: Person | None, edition: Edition, team_id: int) -> FilesOf:
    """What this person may read of a team's files: the draft's, or those of the version that counts. Refused("not_found")."""
    now = db_now()
    found = Submission.objects.visible_to(person).select_related("team__edition", "team__challenge", "current")
    submission = found.filter(team=team_id, team__edition=edition).first()
    if submission is None or not can(person, "submission.read", submission, at=now):
        raise Refused("not_found")
    current = submission.current
    handed_in = list(current.files.select_related("stored")) if current is not None else []
    if not can(person, "draft.read", submission, at=now):
        return FilesOf(draft=[], late=frozenset(), handed_in=handed_in, quota=None)
    draft = list(submission.files.select_related("stored"))
    counting = {one.pk for one in in_time(submission, draft, list(submission.team.extensions.all()))}
    late = frozenset(one.pk for one in draft) - counting
    return FilesOf(draft=draft, late=late, handed_in=handed_in, quota=quota_of(submission, form_of(edition).quota_mb))


def in_time(submission: Submission, files: Iterable[DraftFile], extensions: Collection[Extension]) -> list[DraftFile]:
    """Those of the draft's files that were complete before its closing time."""
    until = max((extension.until for extension in extensions), default=None)
    # What was carried out since then does not make an earlier moment a later one.
    times = replace(submission.team.edition.times, floor=None)
    return [one for one in files if submission_window(times, one.attached_at, extended_until=until).is_open]


def is_late(attached: DraftFile) -> bool:
    """Whether a file of the draft came after the time for handing in."""
    submission = attached.submission
    return not in_time(submission, [attached], list(submission.team.extensions.all()))


def _place(person: Person, team_id: int, field: str) -> tuple[Submission, FormField]:
    submission = _find(person, team_id)
    place = form_of(submission.team.edition).named(field)
    if place is None or not place.is_file:
        raise Refused("field_unknown", field=field[:60])
    return submission, place


def _check_count(submission: Submission, place: FormField) -> None:
    if place.most > 1 and submission.files.filter(field=place.key).count() >= place.most:
        raise Refused("files_too_many", field="file", limit=place.most)


def _find(person: Person, team_id: int) -> Submission:
    visible = Submission.objects.visible_to(person).select_related("team__edition", "team__challenge")
    submission = visible.filter(team_id=team_id).first()
    if submission is None:
        raise Refused("not_found")
    return submission


def _locked(person: Person, team_id: int) -> Submission:
    visible = Submission.objects.visible_to(person).select_related("team__edition", "team__challenge")
    submission = visible.select_for_update(of=("self",)).filter(team_id=team_id).first()
    if submission is None:
        raise Refused("not_found")
    return submission


def _tell_changed(submission: Submission, person: Person, now: datetime) -> None:
    """A file is part of the draft, and its news: pages of the team follow. The revision is that of the words."""
    submission.draft_saved_at, submission.draft_saved_by = now, person
    submission.save(update_fields=["draft_saved_at", "draft_saved_by"])
    record(
        DraftSaved(team=submission.team_id, revision=submission.draft_revision),
        edition_id=submission.team.edition_id,
        on=[team_stream(submission.team_id)],
        actor_id=person.pk,
    )


def _purpose(team_id: int, field: str = "") -> str:
    return f"team.{team_id}.{field}"
