"""MP4 films: a chain of boxes that must fill the file exactly. Where a film was taken is blotted out.

Telephones write the place into boxes of words (`udta`, `meta`) beside the tracks. They are renamed to `free`, which
players skip, so that no other box moves.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from estrade.kernel.refusal import Refused

BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VH", b"dash", b"MSNV"})
OF_WORDS = frozenset({b"udta", b"meta"})
MOST_BOXES = 20_000
Box = tuple[int, bytes, int, int]


def rewrite_film(source: Path, target: Path) -> None:
    """Copy the film without the words around its tracks. Refused: file_damaged."""
    size = source.stat().st_size
    shutil.copyfile(source, target)
    with target.open("r+b") as film:
        boxes = list(_boxes(film, 0, size))
        kinds = [kind for _at, kind, _begin, _end in boxes]
        if not kinds or kinds[0] != b"ftyp" or not {b"moov", b"mdat"} <= set(kinds):
            raise _damaged()
        film.seek(boxes[0][2])
        if film.read(4) not in BRANDS:
            raise _damaged()
        for at, kind, begin, end in boxes:
            if kind in OF_WORDS:
                _blot(film, at)
            if kind == b"moov":
                _blot_words(film, begin, end)


def _blot_words(film: IO[bytes], begin: int, end: int) -> None:
    for at, kind, inner, last in list(_boxes(film, begin, end)):
        if kind in OF_WORDS:
            _blot(film, at)
        elif kind == b"trak":
            for below, name, _inner, _last in list(_boxes(film, inner, last)):
                if name in OF_WORDS:
                    _blot(film, below)


def _blot(film: IO[bytes], at: int) -> None:
    film.seek(at)
    header = film.read(8)
    long_form = int.from_bytes(header[:4], "big") == 1
    length = int.from_bytes(film.read(8), "big") if long_form else int.from_bytes(header[:4], "big")
    film.seek(at + 4)
    film.write(b"free")
    begin = at + (16 if long_form else 8)
    film.seek(begin)
    left = at + length - begin
    while left > 0:
        piece = min(left, 65_536)
        film.write(b"\0" * piece)
        left -= piece


def _boxes(film: IO[bytes], begin: int, end: int) -> Iterator[Box]:
    """Place, kind, first and last byte inside, of each box from `begin` on; they end at `end` and nowhere else."""
    at = begin
    for _count in range(MOST_BOXES):
        if at == end:
            return
        film.seek(at)
        header = film.read(16)
        if len(header) < 8:
            raise _damaged()
        length, kind, inside = int.from_bytes(header[:4], "big"), header[4:8], 8
        if length == 1:
            length, inside = int.from_bytes(header[8:16], "big"), 16
        elif length == 0:
            length = end - at
        if length < inside or at + length > end:
            raise _damaged()
        yield at, kind, at + inside, at + length
        at += length
    raise _damaged()


def _damaged() -> Refused:
    return Refused("file_damaged", field="file")
