"""ZIPs, and the documents that are ZIPs inside. Judged by their directory; nothing is unpacked, here or later.

A directory that names too much is refused before it is read: a million entries cost the memory of their tail only.
"""

import stat
import zipfile
import zlib
from pathlib import Path

from estrade.kernel.refusal import Refused

MOST_ENTRIES = 1_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 100
# Small things may be as dense as they like: a ratio is a danger only where there is much of it.
HARMLESS = 5 * 1024 * 1024
LONGEST_DIRECTORY = 512 * 1024
_TAIL = 65_557
_END = b"PK\x05\x06"
_ARCHIVES = "zip 7z rar tar gz tgz bz2 tbz xz txz zst lz4 cab iso jar war ear apk arj lzh"
ENDINGS_OF_ARCHIVES = frozenset(_ARCHIVES.split())
# These are ZIPs too, and documents.
DOCUMENTS = frozenset(["pptx", "docx", "xlsx", "odp", "odt", "ods", "odg", "epub"])
STARTS_OF_ARCHIVES = (b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
MAIN_PARTS = {"pptx": "ppt/presentation.xml", "docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
MACROS = ("vbaproject.bin", "vbadata.xml", "activex/", "macrosheets/")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError, TypeError)


def check_archive(path: Path, kind: str, content_type: str) -> None:
    """Refused: archive_too_much, archive_nested, archive_paths, archive_locked, file_has_macros, file_damaged."""
    _check_tail(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_entries(entries, path.stat().st_size)
            if kind == "zip":
                _check_one_level(archive, entries)
            elif kind in MAIN_PARTS:
                _check_office(entries, kind)
            else:
                _check_open_document(archive, entries, content_type)
    except BROKEN:
        raise Refused("file_damaged", field="file") from None


def _check_tail(path: Path) -> None:
    """What the end of the file says of its directory, before the directory is read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise Refused("file_damaged", field="file")
    entries = int.from_bytes(tail[at + 10 : at + 12], "little")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    # The largest value stands for a larger directory elsewhere in the file.
    if entries > MOST_ENTRIES or directory > LONGEST_DIRECTORY:
        raise _too_much()


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    # Entries that share their bytes add up to more than there is.
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or packed > size:
        raise _too_much()
    if unpacked > HARMLESS and unpacked > MOST_RATIO * max(packed, 1):
        raise _too_much()
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused("archive_locked", field="file")
    if any(_leads_elsewhere(entry) for entry in entries):
        raise Refused("archive_paths", field="file")


def _leads_elsewhere(entry: zipfile.ZipInfo) -> bool:
    # As it was written: the library turns backslashes and cuts at a NUL.
    name = entry.orig_filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    is_plain = kind in {0, stat.S_IFREG, stat.S_IFDIR}
    parts = name.split("/")
    return not is_plain or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or ":" in parts[0]


def _check_one_level(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        ending = entry.filename.rpartition(".")[2].casefold()
        if ending in ENDINGS_OF_ARCHIVES:
            raise Refused("archive_nested", field="file")
        if entry.is_dir() or ending in DOCUMENTS:
            continue
        with archive.open(entry) as member:
            if member.read(8).startswith(STARTS_OF_ARCHIVES):
                raise Refused("archive_nested", field="file")


def _check_office(entries: list[zipfile.ZipInfo], kind: str) -> None:
    names = {entry.filename for entry in entries}
    if not {"[Content_Types].xml", MAIN_PARTS[kind]} <= names:
        raise Refused("file_damaged", field="file")
    if any(mark in name.casefold() for name in names for mark in MACROS):
        raise Refused("file_has_macros", field="file")


def _check_open_document(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], content_type: str) -> None:
    if not entries or entries[0].filename != "mimetype" or entries[0].file_size > 200:
        raise Refused("file_damaged", field="file")
    if archive.read(entries[0]).decode("ascii", "replace").strip() != content_type:
        raise Refused("file_damaged", field="file")
    if any(entry.filename.startswith(("Basic/", "Scripts/")) for entry in entries):
        raise Refused("file_has_macros", field="file")


def _too_much() -> Refused:
    return Refused("archive_too_much", field="file", files=MOST_ENTRIES, megabytes=MOST_UNPACKED // 1024**2)
