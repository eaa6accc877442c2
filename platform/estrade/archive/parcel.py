"""The file that holds a whole installation: a ZIP with a manifest, and the proof that it is whole.

Owns the format `estrade-backup`, version 1: `manifest.json`, one `tables/<table>.jsonl` per table, one
`media/<path>` per file that people handed in. Knows no table of its own.
Words: a *member* is one file inside; the *manifest* names every member with its size and SHA-256.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from estrade.kernel.refusal import Refused

FORMAT = "estrade-backup"
VERSION = 1
MANIFEST = "manifest.json"
TABLES, MEDIA = "tables/", "media/"
PIECE = 256 * 1024
# Far above any manifest of ours, and little enough for the memory.
LONGEST_MANIFEST = 64 * 1024 * 1024
# What the library raises for a file that is cut short, mangled or made by somebody else.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError, TypeError)


@dataclass(kw_only=True)
class Manifest:
    """What a backup says of itself. `heads`: slug of an edition to the heads of its streams and of its audit chain."""

    estrade: str
    at: str
    database: str
    migrations: list[str] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    heads: dict[str, Any] = field(default_factory=dict)
    format: str = FORMAT
    version: int = VERSION


class Writer:
    """Puts members into a ZIP and keeps count of what went in."""

    def __init__(self, file: IO[bytes]) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4, allowZip64=True)
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, pieces: Iterator[bytes]) -> None:
        """One member, written piece by piece."""
        digest, size = hashlib.sha256(), 0
        with self.zip.open(name, "w", force_zip64=True) as member:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                member.write(piece)
        self.members[name] = {"sha256": digest.hexdigest(), "bytes": size}

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        with suppress(OSError, ValueError):
            self.zip.close()

    def close(self, manifest: Manifest) -> None:
        """Write the manifest last, and the directory of the ZIP."""
        manifest.members = self.members
        self.zip.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1, ensure_ascii=False, sort_keys=True))
        self.zip.close()


class Parcel:
    """A backup that has been opened and proved whole: nothing of it is believed before."""

    def __init__(self, path: Path) -> None:
        """Raises Refused: file_missing, backup_damaged, backup_newer."""
        try:
            # Opened here and closed here, whatever happens to those who read a part of it.
            self.file = path.open("rb")
        except FileNotFoundError:
            raise Refused("file_missing", file=str(path)) from None
        except OSError as error:
            raise Refused("file_unreadable", file=str(path), reason=error.strerror or "") from None
        self.path = path
        try:
            self.zip = zipfile.ZipFile(self.file)
            self.manifest = self._read_manifest()
            self._prove()
        # A place in the list of members that lies before the file is an OSError.
        except (*BROKEN, OSError):
            self.close()
            raise Refused("backup_damaged", file=path.name) from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.file.close()

    def __enter__(self) -> "Parcel":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def rows(self, label: str) -> Iterator[dict[str, Any]]:
        """The rows of a table, one after the other; none where the backup knows no such table."""
        name = f"{TABLES}{label}.jsonl"
        if name not in self.manifest.members:
            return
        with self.zip.open(name) as member:
            for written in member:
                yield json.loads(written)

    def media(self) -> Iterator[PurePosixPath]:
        """The paths of the files that people handed in."""
        for name in self.manifest.members:
            if name.startswith(MEDIA):
                yield PurePosixPath(name.removeprefix(MEDIA))

    def pieces(self, name: str) -> Iterator[bytes]:
        with self.zip.open(name) as member:
            while piece := member.read(PIECE):
                yield piece

    def _read_manifest(self) -> Manifest:
        if self.zip.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
            raise ValueError("no manifest of ours")
        written = json.loads(self.zip.read(MANIFEST))
        if written["format"] != FORMAT:
            raise ValueError("another format")
        if written["version"] > VERSION:
            raise Refused("backup_newer", version=written["estrade"])
        return Manifest(**written)

    def _prove(self) -> None:
        names = self.zip.namelist()
        if sorted(names) != sorted({*self.manifest.members, MANIFEST}):
            raise ValueError("other members than the manifest names")
        if not all(map(_is_ours, self.manifest.members)):
            raise ValueError("a member that leads elsewhere")
        for name, said in self.manifest.members.items():
            digest = hashlib.sha256()
            if self.zip.getinfo(name).file_size != said["bytes"]:
                raise ValueError("another size")
            for piece in self.pieces(name):
                digest.update(piece)
            if digest.hexdigest() != said["sha256"]:
                raise ValueError("another content")


def _is_ours(name: str) -> bool:
    """Whether a member's name is a table's, or a file's that stays below the folder of media."""
    if re.fullmatch(rf"{TABLES}\w+\.\w+\.jsonl", name):
        return True
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and "\\" not in name and str(path) == name
    return name.startswith(MEDIA) and len(path.parts) > 1 and plain
