"""What the page of data and copies shows. Reads only."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from estrade.archive.backup import backups_in


@dataclass(frozen=True)
class Copy:
    """One copy of the whole installation: when it was taken, and its size in bytes."""

    at: datetime
    size: int


def copies_are_kept() -> bool:
    """Whether this installation is set to copy itself."""
    return bool(getattr(settings, "COPIES_FOLDER", None))


def last_copies(*, limit: int = 3) -> list[Copy]:
    """The newest copies in the folder of this installation, newest first."""
    folder = getattr(settings, "COPIES_FOLDER", None)
    found = []
    for path in backups_in(Path(folder))[:limit] if folder else []:
        at = datetime.strptime(path.stem, "estrade-%Y%m%d-%H%M%S").replace(tzinfo=UTC)
        found.append(Copy(at=at, size=path.stat().st_size))
    return found
