"""Where a file waits between the look at it and the yes to it.

Owns one folder below the data; a file in it is named after the SHA-256 of its content, so that what is
taken in is what was looked at. At most one waits: the next one takes its place.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from django.conf import settings

from estrade.kernel.refusal import Refused

MEGABYTE = 1024 * 1024
LARGEST_UPLOAD = 50 * MEGABYTE


def keep(pieces: Iterable[bytes], *, size: int) -> str:
    """Put a file aside; its digest. Refused: file_too_large."""
    if size > LARGEST_UPLOAD:
        raise Refused("file_too_large", field="file", limit=LARGEST_UPLOAD // MEGABYTE)
    forget()
    _folder().mkdir(mode=0o700, parents=True)
    digest, part = hashlib.sha256(), _folder() / "part"
    with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    part.rename(_folder() / digest.hexdigest())
    return digest.hexdigest()


def waiting(digest: str) -> IO[bytes]:
    """The file that was put aside under this digest. Refused: edition_file_missing."""
    path = _folder() / digest
    try:
        if hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return path.open("rb")
    except OSError:
        pass
    raise Refused("edition_file_missing")


def forget() -> None:
    """Let go of whatever waits."""
    shutil.rmtree(_folder(), ignore_errors=True)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "arriving"
