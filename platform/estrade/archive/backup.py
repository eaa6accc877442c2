"""The way out of a whole installation: one file that both databases can take in again.

Owns the writing of copies and the throwing away of old ones. Never stops a writer and never leaves a
file that looks whole and is not: it is written under another name, brought to the disk, read again and
only then named. Sessions, presence and counted attempts are left out; they mean nothing elsewhere.
"""

import itertools
import os
import re
import threading
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from estrade.archive.parcel import MEDIA, PIECE, TABLES, Manifest, Parcel, Writer
from estrade.archive.rows import line, plain_rows
from estrade.archive.scope import in_order, label_of
from estrade.archive.snapshot import snapshot
from estrade.files.places import media_folder
from estrade.journal.models import AuditHead, Stream
from estrade.kernel.clock import db_now
from estrade.kernel.disk import is_full_disk
from estrade.kernel.refusal import Refused

NAME = re.compile(r"estrade-\d{8}-\d{6}\.zip")
PART = ".estrade-*.part"
# A part this old belongs to nobody any more: its writer was killed.
ABANDONED = timedelta(days=1)
LINES_AT_ONCE = 500
_one_at_a_time = threading.Lock()


def write_backup(*, folder: Path) -> Path:
    """Write a copy of everything into the folder, which is made when it is missing. Its path; the name says when, in UTC.

    Safe from any thread. Refused: folder_read_only, folder_full.
    """
    with _one_at_a_time:
        part: Path | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / f".estrade-{os.getpid()}-{threading.get_ident()}.part"
            at = _write(part)
            Parcel(part).close()
            target = _free_name(folder, at)
            part.rename(target)
            _sync_folder(folder)
        except Exception as error:
            if part is not None:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
            if is_full_disk(error):
                raise Refused("folder_full", folder=str(folder)) from error
            if isinstance(error, OSError):
                raise Refused("folder_read_only", folder=str(folder)) from error
            raise
    return target


def prune_backups(folder: Path, keep: int) -> list[Path]:
    """Delete all copies in the folder but the newest `keep` (at least one stays). The ones that went."""
    gone = []
    for path in backups_in(folder)[max(keep, 1) :]:
        with suppress(OSError):
            path.unlink()
            gone.append(path)
    long_ago = datetime.now(UTC) - ABANDONED
    for part in folder.glob(PART):
        with suppress(OSError):
            if datetime.fromtimestamp(part.stat().st_mtime, UTC) < long_ago:
                part.unlink()
    return gone


def backups_in(folder: Path) -> list[Path]:
    """The copies in a folder, newest first; none where there is no folder."""
    try:
        return sorted((path for path in folder.iterdir() if NAME.fullmatch(path.name)), reverse=True)
    except OSError:
        return []


def carried() -> list[type[Model]]:
    """The tables of a backup, so that a row comes after the rows it points at."""
    return list(in_order())


def migrations_of(models: list[type[Model]]) -> list[str]:
    """The applied migrations of the rooms these tables belong to, as `room.0001_name`."""
    rooms = {model._meta.app_label for model in models}
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{room}.{name}" for room, name in applied if room in rooms)


def estrade_version() -> str:
    """The version of this checkout."""
    try:
        return str(tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"


def _write(part: Path) -> datetime:
    """Everything at one instant, into one file that is on the disk when this returns. The instant."""
    handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
    with os.fdopen(handle, "wb") as file:
        writer = Writer(file)
        try:
            at = _fill(writer)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            writer.abandon()
            raise
    return at


def _fill(writer: Writer) -> datetime:
    with snapshot():
        at = db_now()
        models = carried()
        manifest = Manifest(
            estrade=estrade_version(),
            at=at.astimezone(UTC).isoformat(timespec="microseconds"),
            database=connection.vendor,
            migrations=migrations_of(models),
            heads=_heads(),
        )
        for model in models:
            label = label_of(model)
            counter = itertools.count()
            writer.add(f"{TABLES}{label}.jsonl", _lines(model, counter))
            manifest.tables[label] = next(counter)
    for path in _media():
        writer.add(f"{MEDIA}{path.relative_to(media_folder()).as_posix()}", _pieces(path))
    writer.close(manifest)
    return at


def _lines(model: type[Model], counter: Iterator[int]) -> Iterator[bytes]:
    rows = plain_rows(model._base_manager.all())
    while some := list(itertools.islice(rows, LINES_AT_ONCE)):
        for _row in some:
            next(counter)
        yield "".join(f"{line(row)}\n" for row in some).encode()


def _heads() -> dict[str, Any]:
    heads: dict[str, Any] = {
        slug: {"streams": {}, "audit": None} for slug in apps.get_model("editions.Edition").objects.values_list("slug", flat=True)
    }
    for slug, name, head in Stream.objects.order_by("edition", "name").values_list("edition__slug", "name", "head"):
        heads[slug]["streams"][name] = head
    for slug, number, digest in AuditHead.objects.values_list("edition__slug", "number", "digest"):
        heads[slug]["audit"] = {"number": number, "digest": digest}
    return heads


def _media() -> list[Path]:
    folder = media_folder()
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _free_name(folder: Path, at: datetime) -> Path:
    """The name for this instant; a second later when two copies fall into one second."""
    at = at.astimezone(UTC)
    while (path := folder / f"estrade-{at:%Y%m%d-%H%M%S}.zip").exists():
        at += timedelta(seconds=1)
    return path


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, where the system can: not on every stick."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
