"""A dossier as one ZIP, written while it leaves: an index to read without a network, a table, a folder per team.

Pure of the database: it is given everything before the first byte goes, and opens one stored file after the other.
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from estrade.dossiers.reads import Folder, Solution
from estrade.editions.models import Edition
from estrade.files.places import path_of
from estrade.kernel.cells import safe_cell
from estrade.kernel.localtext import local

STYLE = Path(__file__).with_name("dossier.css")
LONGEST_PART = 60
PIECE = 256 * 1024
# As Windows reads a name, which is the strictest.
_FORBIDDEN = frozenset('<>:"/\\|?*')


@dataclass(frozen=True)
class Member:
    """One stored file inside: where it goes, and where its bytes lie."""

    name: str
    path: Path


@dataclass(frozen=True)
class Shown:
    """A solution as the index shows it: its folder and the links to its files; `lost` names what is not here."""

    solution: Solution
    folder: str
    files: list[tuple[str, str, int]]
    lost: list[str]


class _Sink:
    """What the ZIP writes into: bytes that wait to leave. It cannot be wound back, so the ZIP does not try."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Nothing to close."""

    def taken(self) -> bytes:
        data, self.waiting = bytes(self.waiting), bytearray()
        return data


def dossier_pieces(folders: Sequence[Folder], *, edition: Edition, title: str, now: datetime) -> Iterator[bytes]:
    """The ZIP, piece by piece. Everything that asks the database is done when this returns."""
    shown, members = _laid_out(folders)
    context = {
        "edition": edition,
        "title": title,
        "now": now,
        "folders": [(folder, [shown[solution.team.pk] for solution in folder.solutions]) for folder in folders],
        "language": get_language(),
    }
    texts = {
        "index.html": render_to_string("dossiers/index.html", context).encode(),
        "style.css": STYLE.read_bytes(),
        "solutions.csv": _table(folders, shown, edition).encode(),
    }
    for one in shown.values():
        texts[f"{one.folder}/text.md"] = _text(one.solution).encode()
    at = now.astimezone(edition.zone)
    return _zip(texts, members, (at.year, at.month, at.day, at.hour, at.minute, at.second))


def _zip(texts: dict[str, bytes], members: list[Member], at: tuple[int, int, int, int, int, int]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as parcel:
        for name, content in texts.items():
            entry = zipfile.ZipInfo(name, at)
            entry.compress_type = zipfile.ZIP_DEFLATED
            parcel.writestr(entry, content)
            yield sink.taken()
        for member in members:
            # Pictures, films and documents are dense already.
            entry = zipfile.ZipInfo(member.name, at)
            with parcel.open(entry, "w", force_zip64=True) as inside, member.path.open("rb") as file:
                while piece := file.read(PIECE):
                    inside.write(piece)
                    yield sink.taken()
    yield sink.taken()


def _laid_out(folders: Sequence[Folder]) -> tuple[dict[int, Shown], list[Member]]:
    shown: dict[int, Shown] = {}
    members: list[Member] = []
    for folder in folders:
        for solution in folder.solutions:
            where = f"{plain_part(folder.challenge.slug)}/{solution.team.number:02d} {plain_part(solution.team.name)}".strip()
            taken = {"text.md"}
            files, lost = [], []
            for stored in solution.stored:
                path = path_of(stored.digest)
                if not path.is_file():
                    lost.append(stored.name)
                    continue
                name = _free(plain_part(stored.name, longest=110), taken)
                members.append(Member(f"{where}/{name}", path))
                files.append((name, f"{where}/{name}", stored.size))
            shown[solution.team.pk] = Shown(solution, where, files, lost)
    return shown, members


def plain_part(text: str, *, longest: int = LONGEST_PART) -> str:
    """A text as one part of a path on any system: no separator, nothing invisible, not too long, never empty."""
    whole = unicodedata.normalize("NFC", text)
    kept = "".join(" " if c in _FORBIDDEN or unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else c for c in whole)
    words = " ".join(kept.split()).strip(". ")
    stem, dot, ending = words.rpartition(".")
    if len(words) > longest and dot and len(ending) < 8:
        words = f"{stem[: longest - len(ending) - 1].rstrip('. ')}.{ending}"
    # File systems count bytes, and 200 of them fit everywhere.
    return words[:longest].encode()[:200].decode("utf-8", "ignore").strip(". ") or "-"


def _free(name: str, taken: set[str]) -> str:
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, f".{ending}") if dot else (name, "")
    free = next(n for n in (name, *(f"{stem} ({k}){ending}" for k in range(2, 1000))) if n.casefold() not in taken)
    taken.add(free.casefold())
    return free


def _text(solution: Solution) -> str:
    receipt, language = solution.receipt, get_language() or "fr"
    parts = [f"# {receipt.title}", receipt.summary, receipt.text, receipt.link]
    parts += [f"## {local(one['label'], language)}\n\n{one['answer']}" for one in receipt.answers]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(folders: Sequence[Folder], shown: dict[int, Shown], edition: Edition) -> str:
    language = get_language() or "fr"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if language.startswith("fr") else ",", lineterminator="\r\n")
    titles = [
        _("Partner"), _("Challenge"), _("Number"), _("Team"), _("Title"), _("Summary"), _("Link"), _("Reference"),
        _("Received"), _("Folder"), _("Files"), _("Comments"), _("Contacts"), _("Rank"), _("Prizes"), _("Mean scores"),
    ]  # fmt: skip
    writer.writerow([safe_cell(title) for title in titles])
    for folder in folders:
        for solution in folder.solutions:
            one, receipt = shown[solution.team.pk], solution.receipt
            cells = [
                folder.challenge.partner.name,
                local(folder.challenge.title, language),
                str(solution.team.number),
                solution.team.name,
                receipt.title,
                receipt.summary,
                receipt.link,
                receipt.reference,
                receipt.received_at.astimezone(edition.zone).strftime("%Y-%m-%d %H:%M:%S"),
                one.folder,
                " | ".join(name for name, _where, _size in one.files),
                " | ".join(solution.comments),
                " | ".join(f"{person.name} <{person.email}>" if person.email else person.name for person in solution.contacts),
                str(solution.verdict.rank or ""),
                " | ".join(local(name, language) for name in solution.verdict.prizes),
                " | ".join(
                    _("%(label)s: %(text)s") % {"label": local(mean.label, language), "text": number_format(mean.mean, 1)}
                    for mean in solution.verdict.criteria
                ),
            ]
            writer.writerow([safe_cell(cell) for cell in cells])
    return "\ufeff" + out.getvalue()
