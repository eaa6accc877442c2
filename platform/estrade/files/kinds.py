"""The kinds of files that are taken, and what a name may say. Pure.

The list is short on purpose: formats that a browser would run (HTML, SVG, XML, scripts) are not on it, and whatever is
missing travels in a ZIP. Which bytes prove a kind: `examine`.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from estrade.kernel.cleantext import one_line
from estrade.kernel.refusal import Refused

LONGEST_NAME = 120


@dataclass(frozen=True)
class Kind:
    """One kind of file. `endings` as in names, without a dot; `said_as`: what browsers may declare besides `content_type`."""

    key: str
    endings: tuple[str, ...]
    content_type: str
    icon: str = "file"
    is_picture: bool = False
    said_as: tuple[str, ...] = ()


_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("pdf", ("pdf",), "application/pdf", said_as=("application/x-pdf",)),
        Kind("png", ("png",), "image/png", is_picture=True),
        Kind("jpeg", ("jpg", "jpeg"), "image/jpeg", is_picture=True, said_as=("image/jpg", "image/pjpeg")),
        Kind("webp", ("webp",), "image/webp", is_picture=True),
        Kind("gif", ("gif",), "image/gif", is_picture=True),
        Kind("mp4", ("mp4", "m4v"), "video/mp4", icon="video", said_as=("video/x-m4v",)),
        Kind("pptx", ("pptx",), f"{_OFFICE}.presentationml.presentation"),
        Kind("docx", ("docx",), f"{_OFFICE}.wordprocessingml.document"),
        Kind("xlsx", ("xlsx",), f"{_OFFICE}.spreadsheetml.sheet"),
        Kind("odp", ("odp",), f"{_OPEN}.presentation"),
        Kind("odt", ("odt",), f"{_OPEN}.text"),
        Kind("ods", ("ods",), f"{_OPEN}.spreadsheet"),
        Kind("zip", ("zip",), "application/zip", said_as=("application/x-zip-compressed", "application/x-zip")),
    )
}
BY_ENDING = {ending: kind for kind in KINDS.values() for ending in kind.endings}
# What somebody who opens the file by hand could set off; no name of ours carries one of these, not even inside.
_RUN = (
    "html htm xhtml shtml mht mhtml svg svgz xml xsl js mjs css php phtml asp aspx jsp cgi exe com scr pif msi bat cmd ps1 vbs"
    " vbe wsf hta lnk reg jar sh bash py pl rb app dmg pkg deb rpm apk docm pptm xlsm"
)
RUN_BY_SOMEBODY = frozenset(_RUN.split())
# A browser that does not know says this; it is no contradiction.
SAYS_NOTHING = frozenset({"", "application/octet-stream", "binary/octet-stream"})


def names_of(kinds: Collection[str] = ()) -> str:
    """The accepted formats in one line: "PDF, PNG, JPG". All of them by default."""
    return ", ".join(ending.upper() for key, kind in KINDS.items() if not kinds or key in kinds for ending in kind.endings)


def accept_of(kinds: Collection[str] = ()) -> str:
    """The same for a file field's `accept`."""
    return ",".join(f".{ending}" for key, kind in KINDS.items() if not kinds or key in kinds for ending in kind.endings)


def kind_named(name: str, *, declared: str = "", accepted: Collection[str] = ()) -> Kind:
    """The kind that a file's name and its declared type say. Refused: file_kind (with the accepted formats)."""
    *inner, ending = [part.casefold() for part in name.split(".")] if "." in name else [name, ""]
    kind = BY_ENDING.get(ending)
    said = declared.partition(";")[0].strip().casefold()
    wrong = (
        kind is None
        or (accepted and kind.key not in accepted)
        or not RUN_BY_SOMEBODY.isdisjoint(inner[1:])
        or not (said in SAYS_NOTHING or said == kind.content_type or said in kind.said_as)
    )
    if wrong or kind is None:
        raise Refused("file_kind", field="file", accepted=names_of(accepted))
    return kind


def clean_name(name: str) -> str:
    """A file's name as it is shown and given back: without its folders, one line, never longer than LONGEST_NAME."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = one_line("".join(" " if c in '<>:"|?*/' else c for c in unicodedata.normalize("NFC", last))).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(plain) > LONGEST_NAME:
        return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip()}.{ending[:20]}"[:LONGEST_NAME]
    return plain[:LONGEST_NAME]
