"""Is a file what its name says, and safe to hand to somebody else? Reads bytes, believes no name and no browser.

Owns the proof of each kind and, for pictures and films, what is stored instead of the first file. Touches no database.
"""

import shutil
from collections.abc import Collection
from pathlib import Path

from estrade.files.archives import check_archive
from estrade.files.films import rewrite_film
from estrade.files.kinds import Kind, kind_named, names_of
from estrade.files.pictures import rewrite_picture
from estrade.kernel.refusal import Refused

_HEAD = 2048
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<body", b"<iframe", b"<?php", b"<?xml")
_STARTS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-1.", b"%PDF-2."),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "webp": (b"RIFF",),
    "gif": (b"GIF87a", b"GIF89a"),
}


def examine(source: Path, target: Path, *, name: str, declared: str = "", accepted: Collection[str] = ()) -> Kind:
    """Write what is to be stored of `source` to `target` and answer its kind.

    Refused: file_kind, file_damaged, picture_too_large, and what `archives` refuses.
    """
    kind = kind_named(name, declared=declared, accepted=accepted)
    with source.open("rb") as file:
        head = file.read(_HEAD)
    if not _begins_as(head, kind.key):
        raise Refused("file_kind", field="file", accepted=names_of(accepted))
    if kind.is_picture:
        rewrite_picture(source, target, kind.key)
        return kind
    if kind.key == "mp4":
        rewrite_film(source, target)
        return kind
    if kind.key == "pdf":
        _check_pdf(source, head)
    else:
        check_archive(source, kind.key, kind.content_type)
    shutil.copyfile(source, target)
    return kind


def _begins_as(head: bytes, key: str) -> bool:
    if key == "mp4":
        return head[4:8] == b"ftyp"
    if key == "webp":
        return head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    # Documents of offices are ZIPs that begin with an entry.
    return head.startswith(_STARTS.get(key, (b"PK\x03\x04",)))


def _check_pdf(source: Path, head: bytes) -> None:
    """A PDF from its first byte to its last, that is not a page or an archive as well."""
    with source.open("rb") as file:
        file.seek(max(0, source.stat().st_size - 65_557))
        tail = file.read()
    if b"%%EOF" not in tail[-1024:] or b"startxref" not in tail or b"PK\x05\x06" in tail:
        raise Refused("file_damaged", field="file")
    if any(mark in head.lower() for mark in _MARKUP):
        raise Refused("file_damaged", field="file")
