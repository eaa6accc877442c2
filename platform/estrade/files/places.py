"""Where bytes lie. Finished ones under their hash in the media folder, arriving ones beside it, where no copy looks."""

from pathlib import Path

from django.conf import settings


def media_folder() -> Path:
    """Files that people handed in, complete and examined."""
    return Path(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else settings.DATA_DIR / "media"


def uploads_folder() -> Path:
    """Parts of files that are still arriving."""
    return Path(settings.DATA_DIR) / "uploads"


def path_of(digest: str) -> Path:
    """The place of a file by the SHA-256 of its bytes."""
    return media_folder() / digest[:2] / digest
