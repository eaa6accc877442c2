"""The way in of a whole installation: a copy becomes an installation that has nobody in it yet.

Owns the taking in of `estrade-backup` files. Never adds to what is there and never leaves half of it:
everything is one transaction, checked before it ends. Rows keep their numbers, so links, receipts and
audit chains go on to hold.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from estrade.archive.backup import carried, migrations_of
from estrade.archive.integrity import Problem, check
from estrade.archive.parcel import MEDIA, TABLES, Manifest, Parcel
from estrade.archive.rows import DoesNotFit, insert, reset_numbers
from estrade.archive.scope import label_of
from estrade.archive.snapshot import allow_long_work
from estrade.editions.models import Edition
from estrade.files.places import media_folder
from estrade.kernel.disk import is_full_disk
from estrade.kernel.refusal import Refused
from estrade.people.models import Person


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What came in: when the copy was taken, rows per table, files, and what the check found (nothing, unless allowed)."""

    at: str
    estrade: str
    tables: dict[str, int]
    files: int
    problems: list[Problem] = field(default_factory=list)


def restore_backup(*, path: Path, allow_problems: bool = False) -> Restored:
    """Take a copy into an empty installation whose tables are up to date. All or nothing.

    `allow_problems` takes in a copy of an installation that was already out of order, and tells what is wrong.
    Refused: file_missing, file_unreadable, backup_damaged, backup_newer, backup_older, instance_not_empty,
    backup_inconsistent, no_room.
    """
    with Parcel(path) as parcel:
        arriving = _arriving(media_folder())
        try:
            return _restore(parcel, arriving, allow_problems=allow_problems)
        except (OSError, DatabaseError) as error:
            if is_full_disk(error):
                raise Refused("no_room") from error
            raise
        finally:
            shutil.rmtree(arriving, ignore_errors=True)


def _restore(parcel: Parcel, arriving: Path, *, allow_problems: bool) -> Restored:
    manifest = parcel.manifest
    _check_migrations(manifest)
    try:
        with transaction.atomic():
            allow_long_work(connection)
            check_empty()
            counts = _take_in(parcel)
            connection.check_constraints()
            problems = check()
            if problems and not allow_problems:
                raise Refused("backup_inconsistent", count=len(problems), first=str(problems[0]))
            # The name is given last: an empty folder, or none, is all that it can take the place of.
            files = _unpack(parcel, arriving)
            if files:
                arriving.rename(media_folder())
    except IntegrityError:
        raise Refused("backup_damaged", file=parcel.path.name) from None
    return Restored(at=manifest.at, estrade=manifest.estrade, tables=counts, files=files, problems=problems)


def check_empty() -> None:
    """Refused("instance_not_empty") once there is an edition, a person or a file of anybody's."""
    has_files = media_folder().is_dir() and any(media_folder().iterdir())
    if Edition.objects.exists() or Person.objects.exists() or has_files:
        raise Refused("instance_not_empty", people=Person.objects.count(), editions=Edition.objects.count())


def _check_migrations(manifest: Manifest) -> None:
    """A copy may be older than this Estrade, never newer."""
    known = {f"{room}.{name}" for room, name in MigrationLoader(connection).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise Refused("backup_newer", version=manifest.estrade, missing=unknown[0])
    ours = {f"{TABLES}{label_of(model)}.jsonl" for model in carried()}
    if any(name.startswith(TABLES) and name not in ours for name in manifest.members):
        raise Refused("backup_newer", version=manifest.estrade)
    if set(migrations_of(carried())) != {name for name in known if name.partition(".")[0] in _rooms()}:
        raise Refused("not_migrated")


def _rooms() -> set[str]:
    return {model._meta.app_label for model in carried()}


def _take_in(parcel: Parcel) -> dict[str, int]:
    models, counts = carried(), {}
    for model in models:
        label = label_of(model)
        try:
            counts[label] = insert(model, parcel.rows(label), label=label)
        except DoesNotFit as misfit:
            raise Refused("backup_older", version=parcel.manifest.estrade, table=label, field=misfit.field) from None
        if counts[label] != parcel.manifest.tables.get(label, 0):
            raise Refused("backup_damaged", file=parcel.path.name)
    reset_numbers(models)
    return counts


def _arriving(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.arriving")


def _unpack(parcel: Parcel, folder: Path) -> int:
    files = 0
    for name in parcel.media():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for piece in parcel.pieces(f"{MEDIA}{name}"):
                file.write(piece)
        files += 1
    return files
