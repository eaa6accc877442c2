"""Files on their way in: opened, filled piece by piece, examined, stored.

Owns the parts and the media folder. Asks for no right: who may hand in what is decided by the room whose thing it is,
before `open_upload` and again when it keeps the file. Words: a *part* is what has arrived so far; its length on the disk
is the one truth about how far an upload is, so a server that dies in the middle leaves nothing to repair. To *settle* is
to examine a complete part and put what is stored of it at its place; to *keep* is to write its row.
"""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, ManyToOneRel, OuterRef, Sum

from estrade.editions.models import Edition
from estrade.files.examine import examine
from estrade.files.kinds import clean_name, kind_named
from estrade.files.models import StoredFile, Upload
from estrade.files.places import media_folder, path_of, uploads_folder
from estrade.files.scanning import scan
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.kernel.tokens import new_token
from estrade.people.models import Person

# Below the limit that Django sets for a body in memory.
PIECE = 512 * 1024
READ_AT_ONCE = 256 * 1024
WAITS_FOR = timedelta(days=1)
# Room that is left for the database when a file is taken.
RESERVE = 200 * 1024 * 1024
SECONDS_BETWEEN_SWEEPS = 600
_last_sweep = 0.0


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A file that lies at its place and has no row yet."""

    upload: Upload
    name: str
    kind: str
    size: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What a device says of a file before it comes. `declared` is the type it believes in; the key is of one sending."""

    client_id: UUID
    name: str
    size: int
    declared: str = ""

    @classmethod
    def of_form(cls, file: "UploadedFile[Any]", *, client_id: UUID) -> "Sending":
        """The same of a file that came whole, with a plain form."""
        return cls(client_id=client_id, name=file.name or "", size=file.size or 0, declared=file.content_type or "")


def open_upload(
    *, person: Person, edition: Edition, purpose: str, sending: Sending, limit: int, accepted: Collection[str] = ()
) -> Upload:
    """Begin a file of at most `limit` bytes; the same key again is the same upload, to be gone on with.

    Refused: file_kind, file_empty, file_too_large, client_id_reused, disk_full.
    """
    name, size, client_id = clean_name(sending.name), sending.size, sending.client_id
    kind_named(name, declared=sending.declared, accepted=accepted)
    if size <= 0:
        raise Refused("file_empty", field="file")
    if size > limit:
        raise Refused("file_too_large", field="file", limit=limit // 1024**2)
    with transaction.atomic():
        if earlier := Upload.objects.filter(person=person, client_id=client_id).first():
            if (earlier.edition_id, earlier.purpose, earlier.name, earlier.size) != (edition.pk, purpose, name, size):
                raise Refused("client_id_reused")
            return earlier
        _check_room(size)
        try:
            with transaction.atomic():
                return Upload.objects.create(
                    edition=edition,
                    person=person,
                    client_id=client_id,
                    purpose=purpose,
                    name=name,
                    size=size,
                    declared=sending.declared[:120],
                    started_at=db_now(),
                )
        except IntegrityError:
            # The same key at the same moment: the other one is it.
            return Upload.objects.get(person=person, client_id=client_id)


def own_upload(*, person: Person, token: str, purpose: str) -> Upload:
    """The upload of whoever began it, for what it was begun for. Refused("upload_gone") for everybody else."""
    young = Upload.objects.filter(started_at__gt=db_now() - WAITS_FOR).select_related("edition", "person")
    found = young.filter(token=token, person=person, purpose__startswith=purpose).first()
    if found is None:
        raise Refused("upload_gone")
    return found


def received_of(upload: Upload) -> int:
    """How many bytes have arrived."""
    try:
        return part_of(upload).stat().st_size
    except FileNotFoundError:
        return 0


def append_piece(*, upload: Upload, offset: int, data: bytes) -> int:
    """Put a piece after the first `offset` bytes. How many there are now.

    A piece that is there already changes nothing. Refused: upload_offset (with what has arrived), file_too_large.
    """
    with _held(upload) as part:
        there = part.seek(0, os.SEEK_END)
        if offset < there and offset + len(data) <= there:
            return there
        if offset != there:
            raise Refused("upload_offset", received=there)
        if there + len(data) > upload.size:
            raise Refused("file_too_large", field="file", limit=upload.size // 1024**2)
        try:
            _write_all(part, data)
        except BaseException:
            # What could not be written whole is not there at all.
            os.ftruncate(part.fileno(), there)
            raise
        return there + len(data)


def settle_upload(*, upload: Upload, accepted: Collection[str] = ()) -> Settled:
    """Examine a complete upload and put what is stored of it at its place. Nobody sees it before `keep_file`.

    May be done again after a fault. Refused: upload_unfinished, and what `examine` and `scanning` refuse.
    """
    with _held(upload) as part:
        there = part.seek(0, os.SEEK_END)
        if there != upload.size:
            raise Refused("upload_unfinished", received=there, size=upload.size)
        source = part_of(upload)
        ready = source.with_suffix(".ready")
        try:
            scan(source)
            kind = examine(source, ready, name=upload.name, declared=upload.declared, accepted=accepted)
            digest, size = _digest_of(ready)
            _put_in_place(ready, digest)
        except Refused:
            # It will never be anything else: the room is needed.
            source.unlink(missing_ok=True)
            raise
        finally:
            ready.unlink(missing_ok=True)
    return Settled(upload=upload, name=upload.name, kind=kind.key, size=size, digest=digest)


def keep_file(settled: Settled) -> StoredFile:
    """Write the row of a settled file inside the open transaction, and let its upload go."""
    upload = settled.upload
    stored = StoredFile.objects.create(
        edition_id=upload.edition_id, name=settled.name, kind=settled.kind, size=settled.size, digest=settled.digest,
        client_id=upload.client_id, person_id=upload.person_id, stored_at=db_now(),
    )  # fmt: skip
    Upload.objects.filter(pk=upload.pk).delete()
    transaction.on_commit(lambda: _forget_part(upload), robust=True)
    return stored


def kept_before(*, person: Person, client_id: UUID) -> StoredFile | None:
    """The file that this person's upload became, for an answer that was lost."""
    return StoredFile.objects.filter(person=person, client_id=client_id).first()


def drop_upload(upload: Upload) -> None:
    """Give an upload up."""
    Upload.objects.filter(pk=upload.pk).delete()
    _forget_part(upload)


def take_whole(upload: Upload, pieces: Iterable[bytes]) -> None:
    """Fill an upload with everything at once, as a plain form brings it."""
    at = 0
    for piece in pieces:
        at = append_piece(upload=upload, offset=at, data=piece)


def arriving_bytes(*, edition: Edition, purpose: str) -> int:
    """What the uploads for a purpose will weigh when they are there."""
    waiting = Upload.objects.filter(edition=edition, purpose__startswith=purpose, started_at__gt=db_now() - WAITS_FOR)
    return int(waiting.aggregate(total=Sum("size"))["total"] or 0)


def part_of(upload: Upload) -> Path:
    """Where an upload's bytes lie until it is stored."""
    return uploads_folder() / f"{upload.token}.part"


# --- What nobody needs any more -----------------------------------------------------------------------------------


def sweep_sometimes(now: datetime) -> None:
    """`sweep_files`, every ten minutes in each process that ticks."""
    global _last_sweep  # noqa: PLW0603 - one clock per process
    if _last_sweep and time.monotonic() - _last_sweep < SECONDS_BETWEEN_SWEEPS:
        return
    _last_sweep = time.monotonic()
    sweep_files(now)


def sweep_files(now: datetime) -> None:
    """Delete uploads that were given up, rows nothing points at, and bytes without a row; each after a day."""
    long_ago = now - WAITS_FOR
    Upload.objects.filter(started_at__lte=long_ago).delete()
    _unused_rows().filter(stored_at__lte=long_ago).delete()
    for part in _files_in(uploads_folder()):
        if _is_older(part, long_ago):
            part.unlink(missing_ok=True)
    known = set(StoredFile.objects.values_list("digest", flat=True))
    for path in _files_in(media_folder()):
        if path.name not in known and _is_older(path, long_ago):
            _throw_away(path, long_ago)


def _unused_rows() -> Any:
    rows = StoredFile.objects.all()
    # Hidden ones too: a pointer that nobody follows back still needs its file.
    for relation in StoredFile._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            pointing = relation.field.model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            rows = rows.exclude(Exists(pointing))
    return rows


def _throw_away(path: Path, long_ago: datetime) -> None:
    """Take a file aside, look once more, and only then delete: the same bytes may have come in meanwhile."""
    aside = uploads_folder() / f"{path.name}.{new_token()}.aside"
    uploads_folder().mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        path.rename(aside)
        if not _is_older(aside, long_ago) or StoredFile.objects.filter(digest=path.name).exists():
            with suppress(FileExistsError):
                os.link(aside, path)
        aside.unlink()


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


# --- Bytes --------------------------------------------------------------------------------------------------------


@contextmanager
def _held(upload: Upload) -> Iterator[IO[bytes]]:
    """The part, for this process and thread alone: two pieces of one file never interleave."""
    uploads_folder().mkdir(parents=True, exist_ok=True)
    handle = os.open(part_of(upload), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        yield part


def _write_all(part: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(part.fileno(), view) :]


def _digest_of(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(READ_AT_ONCE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _put_in_place(ready: Path, digest: str) -> None:
    """Bring the bytes to the disk, then give them their name: whoever finds the name finds all of them."""
    place = path_of(digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    with ready.open("rb") as file:
        os.fsync(file.fileno())
    ready.chmod(0o600)
    # Also over the same bytes: their age tells the sweep that somebody wants them.
    ready.replace(place)
    with suppress(OSError):
        handle = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_back(digest: str, pieces: Iterable[bytes]) -> bool:
    """Put bytes that come from a copy at their place, if they are what their name says. Whether they were."""
    uploads_folder().mkdir(parents=True, exist_ok=True)
    ready = uploads_folder() / f"{new_token()}.ready"
    try:
        with ready.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        if _digest_of(ready)[0] != digest:
            return False
        _put_in_place(ready, digest)
    finally:
        ready.unlink(missing_ok=True)
    return True


def _forget_part(upload: Upload) -> None:
    part_of(upload).unlink(missing_ok=True)


def _check_room(size: int) -> None:
    uploads_folder().mkdir(parents=True, exist_ok=True)
    # The part, what is made of it, and room for the database.
    if shutil.disk_usage(uploads_folder()).free < 2 * size + RESERVE:
        raise Refused("disk_full")
