"""Files on their way in: piece by piece, cut, twice, side by side, late; and what is swept away."""

from __future__ import annotations

import errno
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import StreamingHttpResponse
from django.test import Client

from estrade.archive.arrival import unpack_files
from estrade.archive.backup import write_backup
from estrade.archive.exports import export_everything
from estrade.archive.integrity import check
from estrade.archive.parcel import MEDIA, Parcel
from estrade.editions.phases import Phase
from estrade.files import uploads
from estrade.files.models import StoredFile, Upload
from estrade.files.places import media_folder, path_of, uploads_folder
from estrade.files.uploads import Sending, append_piece, part_of, put_back, received_of, sweep_files
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.files import attach_file, begin_file, bring_file, quota_of, readable_file, remove_file
from teams.form_fields import Asked, FormField, default_form
from teams.models import DraftFile, Receipt, ReceiptFile, Submission, Team
from teams.submission_form import change_form
from teams.submissions import capture_drafts, deliver_submission, withdraw_submission
from tests.builders import (
    a_challenge,
    a_draft,
    a_participant,
    a_role,
    a_team,
    an_edition,
    an_organisation,
    bring_to,
    captain_of,
    organiser_of,
)
from tests.files.samples import PDF, a_photo_with_a_place, a_zip

pytestmark = pytest.mark.django_db

PDF_TYPE = "application/pdf"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Bytes of one test are no bytes of another."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, ""
    yield
    shutil.rmtree(tmp_path, ignore_errors=True)


class Work(NamedTuple):
    """A team with a draft, and its captain."""

    team: Team
    captain: Person


def a_work(**words: str) -> Work:
    team = a_draft(a_team(an_edition()), **words)
    return Work(team, captain_of(team))


def bring(
    work: Work, content: bytes = PDF, *, name: str = "pitch.pdf", field: str = "pitch", key: UUID | None = None
) -> DraftFile:
    sending = Sending(client_id=key or uuid4(), name=name, size=len(content))
    return bring_file(person=work.captain, team_id=work.team.pk, field=field, sending=sending, pieces=[content])


def begin(work: Work, content: bytes = PDF, *, key: UUID | None = None, field: str = "pitch", name: str = "pitch.pdf") -> Upload:
    sending = Sending(client_id=key or uuid4(), name=name, size=len(content))
    return begin_file(person=work.captain, team_id=work.team.pk, field=field, sending=sending)


def attach(work: Work, upload: Upload) -> DraftFile:
    return attach_file(person=work.captain, team_id=work.team.pk, token=upload.token, client_id=upload.client_id)


def content_of(answer: Any) -> bytes:
    """Everything that an answer streams."""
    assert isinstance(answer, StreamingHttpResponse)
    return b"".join(bytes(piece) for piece in answer)


def stored_bytes() -> list[bytes]:
    return sorted(path.read_bytes() for path in media_folder().rglob("*") if path.is_file())


# --- Piece by piece -----------------------------------------------------------------------------------------------


def test_a_cut_upload_goes_on_where_it_stopped_u7() -> None:
    work, key = a_work(), uuid4()
    upload = begin(work, key=key)
    append_piece(upload=upload, offset=0, data=PDF[:100])

    again = begin(work, key=key)
    seen_before = (received_of(again), StoredFile.objects.count(), stored_bytes())
    append_piece(upload=again, offset=received_of(again), data=PDF[100:])
    attached = attach(work, again)

    assert (again.pk, seen_before) == (upload.pk, (100, 0, []))
    assert stored_bytes() == [PDF]
    assert (attached.stored.size, path_of(attached.stored.digest).read_bytes()) == (len(PDF), PDF)
    assert not Upload.objects.exists()


def test_a_part_that_cannot_be_removed_costs_nobody_the_file_u7(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def fails(_upload: Upload) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(uploads, "_forget_part", fails)

    with django_capture_on_commit_callbacks(execute=True):
        kept = bring(a_work())

    assert stored_bytes() == [PDF]
    assert DraftFile.objects.get() == kept


def test_an_unfinished_upload_is_nowhere_u7() -> None:
    work = a_work()
    upload = begin(work)
    append_piece(upload=upload, offset=0, data=PDF[: len(PDF) * 9 // 10])

    with pytest.raises(Refused, match="upload_unfinished"):
        attach(work, upload)

    assert (DraftFile.objects.count(), stored_bytes(), received_of(upload)) == (0, [], len(PDF) * 9 // 10)


def test_pieces_that_meet_are_put_one_after_the_other_u7(transactional_db: None) -> None:
    work = a_work()
    content = bytes(range(256)) * 2000
    upload = begin(work, content, field="more", name="data.zip")
    pieces = [(at, content[at : at + 4096]) for at in range(0, len(content), 4096)]

    def send(piece: tuple[int, bytes]) -> bool:
        try:
            append_piece(upload=upload, offset=piece[0], data=piece[1])
        except Refused as refusal:
            return refusal.code != "upload_offset"
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        while received_of(upload) < len(content):
            list(pool.map(send, pieces))

    assert part_of(upload).read_bytes() == content


def test_a_piece_sent_twice_changes_nothing_u7() -> None:
    upload = begin(a_work())
    append_piece(upload=upload, offset=0, data=PDF[:50])

    assert append_piece(upload=upload, offset=0, data=PDF[:50]) == 50
    with pytest.raises(Refused, match="upload_offset") as gap:
        append_piece(upload=upload, offset=70, data=PDF[70:])
    with pytest.raises(Refused, match="file_too_large"):
        append_piece(upload=upload, offset=50, data=PDF)

    assert gap.value.figures == {"received": 50}
    assert received_of(upload) == 50


def test_the_same_bytes_lie_on_the_disk_once_u7() -> None:
    first, second = a_work(), a_work()

    brought = [bring(first), bring(second)]

    assert len({one.stored.digest for one in brought}) == 1
    assert (StoredFile.objects.count(), stored_bytes()) == (2, [PDF])


def test_a_lost_answer_is_given_again() -> None:
    work, key = a_work(), uuid4()
    first = bring(work, key=key)

    assert bring(work, key=key) == first
    assert attach_file(person=work.captain, team_id=work.team.pk, token="gone", client_id=key) == first
    assert DraftFile.objects.count() == 1


def test_a_fault_after_the_examination_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    work = a_work()
    upload = begin(work)
    append_piece(upload=upload, offset=0, data=PDF)
    with monkeypatch.context() as patch:
        patch.setattr("teams.files.record", lambda *_args, **_kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            attach(work, upload)

    assert not StoredFile.objects.exists()
    assert attach(work, upload).stored.size == len(PDF)


def test_what_was_refused_leaves_no_bytes() -> None:
    work = a_work()
    upload = begin(work, b"%PDF-1.4 not at all")
    append_piece(upload=upload, offset=0, data=b"%PDF-1.4 not at all")

    with pytest.raises(Refused, match="file_damaged"):
        attach(work, upload)

    assert (stored_bytes(), list(uploads_folder().iterdir())) == ([], [])


def test_a_disk_that_fills_up_in_the_middle_leaves_the_part_as_it_was_u8(monkeypatch: pytest.MonkeyPatch) -> None:
    work = a_work()
    client = Client(headers={"accept": "application/json"})
    client.force_login(work.captain)
    upload = begin(work)
    append_piece(upload=upload, offset=0, data=PDF[:40])
    real = os.write
    room = [10]

    def full(handle: int, data: Any) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(handle, data[: room[0]])
        room[0] -= written
        return written

    address = f"/e/{work.team.edition.slug}/team/{work.team.pk}/uploads/{upload.token}/?offset=40"
    with monkeypatch.context() as patch:
        patch.setattr("estrade.files.uploads.os.write", full)
        refused = client.post(address, PDF[40:], content_type="application/octet-stream")
    healed = client.post(address, PDF[40:], content_type="application/octet-stream")

    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
    assert (healed.status_code, healed.json()["received"]) == (200, len(PDF))
    assert part_of(upload).read_bytes() == PDF


def test_a_disk_without_room_says_so_before_u8(monkeypatch: pytest.MonkeyPatch) -> None:
    work = a_work()
    monkeypatch.setattr("estrade.files.uploads.shutil.disk_usage", lambda _folder: shutil._ntuple_diskusage(100, 90, 10))

    with pytest.raises(Refused, match="disk_full"):
        bring(work)

    assert a_draft(work.team, title="Still saved").submission.draft_title == "Still saved"


# --- Rules --------------------------------------------------------------------------------------------------------


def test_a_team_has_so_much_room_u9() -> None:
    work = a_work()
    asked = default_form("hackathon")
    change_form(
        person=organiser_of(work.team.edition), edition_id=work.team.edition_id, asked=Asked(fields=asked.fields, quota_mb=1)
    )
    bring(work, field="more", name="one.zip", content=a_zip({"noise": os.urandom(700_000)}))

    with pytest.raises(Refused, match="quota_exceeded") as refused:
        bring(work, field="more", name="two.zip", content=a_zip({"noise": os.urandom(700_000)}))

    assert refused.value.figures == {"field": "file", "limit": 1, "left": 0}
    assert quota_of(work.team.submission, 1).used > 700_000


def test_a_place_takes_its_kinds_and_its_number() -> None:
    work = a_work()
    older = bring(work)

    newer = bring(work, PDF + b"\n", name="pitch 2.pdf")
    with pytest.raises(Refused, match="file_kind"):
        bring(work, a_photo_with_a_place(), name="photo.jpg")
    for number in range(5):
        bring(work, a_zip({"n": bytes([number])}), field="more", name="a.zip")
    with pytest.raises(Refused, match="files_too_many"):
        bring(work, a_zip(), field="more", name="a.zip")
    with pytest.raises(Refused, match="field_unknown"):
        bring(work, field="elsewhere")
    with pytest.raises(Refused, match="file_too_large"):
        begin_file(
            person=work.captain, team_id=work.team.pk, field="pitch",
            sending=Sending(client_id=uuid4(), name="a.pdf", size=21 * 1024**2),
        )  # fmt: skip

    assert list(work.team.submission.files.filter(field="pitch")) == [newer]
    assert older.stored.digest != newer.stored.digest


def test_files_are_part_of_a_version_and_of_its_fingerprint() -> None:
    work = a_work()
    bring(work)

    first = deliver_submission(person=work.captain, team_id=work.team.pk, client_id=uuid4())
    remove_file(person=work.captain, team_id=work.team.pk, file_id=work.team.submission.files.get().pk)
    second = deliver_submission(person=work.captain, team_id=work.team.pk, client_id=uuid4())

    assert [one.stored.name for one in first.files.all()] == ["pitch.pdf"]
    assert (second.files.count(), first.fingerprint == second.fingerprint) == (0, False)
    assert [problem for problem in check() if problem.code.startswith("version")] == []
    ReceiptFile.objects.update(stored=bring(work, PDF + b"\n").stored)
    assert [problem.code for problem in check() if problem.code.startswith("version")] == ["version_altered"]


def test_a_file_that_crosses_the_deadline_is_late_and_what_was_whole_counts_d5() -> None:
    work = a_work()
    bring(work, name="in time.pdf")
    crossing = begin(work, PDF + b"\n", field="more", name="too slow.zip")
    whole = a_zip()
    crossing.size = len(whole)
    crossing.save()
    append_piece(upload=crossing, offset=0, data=whole[:20])
    bring_to(work.team.edition, Phase.CLOSED)
    DraftFile.objects.update(attached_at=work.team.edition.submissions_close_at - timedelta(hours=3))
    append_piece(upload=crossing, offset=20, data=whole[20:])

    late = attach(work, crossing)
    capture_drafts(edition_id=work.team.edition_id)
    asked_for = deliver_submission(person=work.captain, team_id=work.team.pk, client_id=uuid4())

    captured = Receipt.objects.get(state="captured")
    assert [one.stored.name for one in captured.files.all()] == ["in time.pdf"]
    assert (asked_for.state, asked_for.files.count()) == ("late", 2)
    assert late.stored.name == "too slow.zip"
    with pytest.raises(Refused, match="submissions_closed"):
        bring(work)
    with pytest.raises(Refused, match="submissions_closed"):
        remove_file(person=work.captain, team_id=work.team.pk, file_id=late.pk)


def test_a_submission_taken_back_counts_again_once_it_is_handed_in() -> None:
    work = a_work()
    first = deliver_submission(person=work.captain, team_id=work.team.pk, client_id=uuid4())

    withdraw_submission(person=work.captain, team_id=work.team.pk)
    edition = bring_to(work.team.edition, Phase.CLOSED)
    capture_drafts(edition_id=edition.pk)
    nothing = Receipt.objects.filter(state="captured").count()
    bring_to(edition, Phase.OPEN)
    second = deliver_submission(person=work.captain, team_id=work.team.pk, client_id=uuid4())

    first.refresh_from_db()
    work.team.submission.refresh_from_db()
    assert (first.state, nothing, second.number) == ("withdrawn", 0, 2)
    assert work.team.submission.current == second


# --- Who reads ----------------------------------------------------------------------------------------------------


def test_a_file_is_read_by_whoever_may_read_its_version_now_p7() -> None:
    edition = an_edition()
    partner = an_organisation()
    challenge = a_challenge(edition, partner=partner)
    team = a_draft(a_team(edition, challenge=challenge))
    work = Work(team, captain_of(team))
    drafted = bring(work).stored
    people = {
        "captain": work.captain,
        "participant": a_participant(edition),
        "partner": a_role(edition, "partner", organisation=partner),
        "another partner": a_role(edition, "partner", organisation=an_organisation()),
        "juror": a_role(edition, "juror"),
        "organiser": organiser_of(edition),
        "organiser elsewhere": organiser_of(an_edition()),
    }

    def readers() -> set[str]:
        found = set()
        for name, person in people.items():
            client = Client()
            client.force_login(person)
            answer = client.get(f"/e/{edition.slug}/team/{team.pk}/file/{drafted.token}/")
            assert answer.status_code in {200, 404}, name
            if answer.status_code == 200:
                assert content_of(answer) == PDF
                found.add(name)
        return found

    in_the_draft = readers()
    deliver_submission(person=work.captain, team_id=team.pk, client_id=uuid4())
    handed_in = readers()
    bring_to(edition, Phase.JUDGING)
    judged = readers()

    assert in_the_draft == {"captain"}
    assert handed_in == {"captain", "organiser"}
    assert judged == {"captain", "organiser", "partner", "juror"}
    assert Client().get(f"/e/{edition.slug}/team/{team.pk}/file/{drafted.token}/").status_code == 404
    with pytest.raises(Refused, match="not_found"):
        readable_file(person=organiser_of(edition), edition=an_edition(), team_id=team.pk, token=drafted.token)


def test_a_stored_file_can_act_nowhere_u2() -> None:
    work = a_work()
    stored = bring(work, a_zip(), field="more", name="données.zip").stored
    client = Client()
    client.force_login(work.captain)

    answer = client.get(f"/e/{work.team.edition.slug}/team/{work.team.pk}/file/{stored.token}/?view")
    content_of(answer)

    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''donn%C3%A9es.zip"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"


# --- What goes, what stays ----------------------------------------------------------------------------------------


def test_only_what_nobody_needs_is_swept_away() -> None:
    work = a_work()
    kept = bring(work)
    dropped = bring(work, a_zip(), field="more", name="a.zip")
    remove_file(person=work.captain, team_id=work.team.pk, file_id=dropped.pk)
    fresh = begin(work)
    append_piece(upload=fresh, offset=0, data=b"%PDF")
    now = db_now()
    sweep_files(now)
    young = len(stored_bytes())
    days = now + timedelta(days=2)
    for path in [*media_folder().rglob("*"), *uploads_folder().iterdir()]:
        os.utime(path, (now.timestamp() - 10, now.timestamp() - 10))

    sweep_files(days)

    assert young == 2
    assert list(StoredFile.objects.values_list("pk", flat=True)) == [kept.stored_id]
    assert (stored_bytes(), list(uploads_folder().iterdir())) == ([PDF], [])
    assert not Upload.objects.exists()


def test_bytes_that_come_in_again_while_they_are_thrown_away_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    work = a_work()
    path = path_of(bring(work).stored.digest)
    StoredFile.objects.all().delete()
    os.utime(path, (1, 1))
    real = uploads._throw_away

    def meanwhile(found: Path, long_ago: Any) -> None:
        bring(work, name="again.pdf")
        real(found, long_ago)

    monkeypatch.setattr(uploads, "_throw_away", meanwhile)
    sweep_files(db_now())

    assert path.read_bytes() == PDF


def test_a_copy_of_the_installation_has_the_bytes_and_no_half_ones(tmp_path: Path) -> None:
    work = a_work()
    brought = bring(work)
    append_piece(upload=begin(work), offset=0, data=PDF[:30])

    with Parcel(write_backup(folder=tmp_path / "copies")) as parcel:
        members = parcel.manifest.members
        media = {name: said for name, said in members.items() if name.startswith(MEDIA)}

    digest = brought.stored.digest
    assert media == {f"{MEDIA}{digest[:2]}/{digest}": {"sha256": digest, "bytes": len(PDF)}}


def test_an_edition_travels_with_its_files_and_without_those_of_drafts_i7() -> None:
    work, secret = a_work(), a_work()
    bring(work)
    deliver_submission(person=work.captain, team_id=work.team.pk, client_id=uuid4())
    drafted = bring(work, a_zip(), field="more", name="CANARY.zip")
    bring(secret, PDF + b"\n")
    stored = StoredFile.objects.get(name="pitch.pdf", edition=work.team.edition)

    with export_everything(person=organiser_of(work.team.edition), edition=work.team.edition) as file:
        names = [name for name in zipfile.ZipFile(file).namelist() if name.startswith(MEDIA)]
        edition = zipfile.ZipFile(file).read("edition.json")
        path_of(stored.digest).unlink()
        file.seek(0)
        taken = unpack_files(file)

    assert names == [f"{MEDIA}{stored.digest[:2]}/{stored.digest}"]
    assert b"CANARY" not in edition
    assert drafted.stored.digest.encode() not in edition
    assert (taken, path_of(stored.digest).read_bytes()) == (1, PDF)
    assert not put_back("0" * 64, [b"something else"])


def test_bytes_that_are_gone_or_altered_are_found() -> None:
    work = a_work()
    path = path_of(bring(work).stored.digest)
    sound = check()

    path.write_bytes(b"something else")
    altered = check()
    path.unlink()
    missing = check()
    client = Client(headers={"accept-language": "en"})
    client.force_login(work.captain)
    answer = client.get(f"/e/{work.team.edition.slug}/team/{work.team.pk}/file/{StoredFile.objects.get().token}/")

    assert (sound, [one.code for one in altered], [one.code for one in missing]) == ([], ["file_altered"], ["file_missing"])
    assert answer.status_code == 410


@pytest.mark.embedded
@pytest.mark.parametrize(("sent", "files"), [(PDF, ["pitch.pdf"]), (b"<html>", [])], ids=["good", "refused"])
def test_without_script_what_was_typed_goes_with_the_file(sent: bytes, files: list[str]) -> None:
    work = a_work(title="Old")
    client = Client(headers={"accept-language": "en"})
    client.force_login(work.captain)
    address = f"/e/{work.team.edition.slug}/team/{work.team.pk}/"
    page = client.get(address).content.decode()
    mark = re.search(r'name="mark-pitch" value="([^"]+)" form="pitch"', page)
    assert mark is not None
    typed = {"title": "Typed", "summary": "A sentence", "text": "Never saved", "link": "", "mark-pitch": mark[1]}
    revision = Submission.objects.get(team=work.team).draft_revision

    def sent_with(revision: int, **words: str) -> Any:
        file = SimpleUploadedFile("pitch.pdf", sent, PDF_TYPE)
        return client.post(f"{address}draft/", {**typed, **words, "base_revision": revision, "file-pitch": file})

    answer, again = sent_with(revision), sent_with(0, title="Stale")

    draft = Submission.objects.get(team=work.team)
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert (draft.draft_title, draft.draft_text) == ("Typed", "Never saved")
    assert [one.stored.name for one in DraftFile.objects.all()] == files
    # What cannot be saved is kept in the page.
    assert (again.status_code, "Stale" in again.content.decode()) == (409, True)

    # Who hands in at once, with the file still in the form, hands it in as well.
    handed_in = client.post(
        f"{address}deliver/",
        {**typed, "base_revision": draft.draft_revision, "client_id": str(uuid4()), "mark-pitch": str(uuid4()),
         "file-pitch": SimpleUploadedFile("final.pdf", sent + b"\n", PDF_TYPE)},
    )  # fmt: skip
    assert handed_in.status_code == 302
    assert ("receipts" in handed_in["Location"]) == bool(files)
    assert [one.stored.name for one in ReceiptFile.objects.all()] == ["final.pdf"] * len(files)


def test_the_form_has_fields_of_its_own() -> None:
    edition = an_edition()
    field = FormField(key="impact", kind="long", label={"en": "Impact"}, hint={}, is_required=True, limit=50)
    change_form(person=organiser_of(edition), edition_id=edition.pk, asked=Asked(fields=(field,), required=("link",)))
    team = a_draft(a_team(edition), link="")

    with pytest.raises(Refused, match="submission_incomplete") as refused:
        deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())

    assert refused.value.figures == {"missing": ["link", "impact"]}
