"""What comes in, what does not, and what is left of a picture or a film. No database."""

from __future__ import annotations

import io
import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from estrade.files.examine import examine
from estrade.files.kinds import clean_name
from estrade.files.scanning import scan
from estrade.kernel.refusal import Refused
from tests.files.samples import ARCHIVES, BAD, GOOD, a_film, a_photo_with_a_place, a_picture

pytestmark = pytest.mark.embedded


def examined(folder: Path, name: str, content: bytes, declared: str = "") -> bytes:
    """What would be stored; a refusal passes through."""
    source, target = folder / "source", folder / "target"
    source.write_bytes(content)
    examine(source, target, name=name, declared=declared)
    return target.read_bytes()


@pytest.mark.parametrize("name", sorted(GOOD))
def test_every_accepted_kind_comes_in(tmp_path: Path, name: str) -> None:
    assert examined(tmp_path, name, GOOD[name])


@pytest.mark.parametrize(("name", "content", "declared", "code"), BAD, ids=[f"{n}-{bad[0]}" for n, bad in enumerate(BAD)])
def test_what_is_not_what_it_says_stays_out_u1(tmp_path: Path, name: str, content: bytes, declared: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        examined(tmp_path, name, content, declared)

    assert refused.value.code == code
    if code == "file_kind":
        assert "PDF, PNG, JPG" in refused.value.figures["accepted"]


def test_the_corpus_has_forty_files_u1() -> None:
    assert len(BAD) == 40


@pytest.mark.parametrize(("what", "content", "code"), ARCHIVES, ids=[archive[0] for archive in ARCHIVES])
def test_an_archive_is_judged_before_it_is_unpacked_u4(tmp_path: Path, what: str, content: bytes, code: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(Refused) as refused:
        examined(tmp_path, "code.zip", content)

    assert refused.value.code == code, what
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_huge_picture_is_refused_from_its_header_u5(tmp_path: Path) -> None:
    name, content, _declared, code = next(bad for bad in BAD if bad[0] == "huge.png")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(Refused, match=code):
        examined(tmp_path, name, content)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


def test_a_photo_keeps_its_looks_and_nothing_else_u6(tmp_path: Path) -> None:
    taken = a_photo_with_a_place()
    assert Image.open(io.BytesIO(taken)).getexif().get_ifd(0x8825)

    stored = examined(tmp_path, "photo.jpg", taken + b"<script>alert(1)</script>")

    picture = Image.open(io.BytesIO(stored))
    assert (dict(picture.getexif()), picture.info.get("comment")) == ({}, None)
    # It was held sideways, and now stands upright.
    assert picture.size == (16, 24)
    assert [mark for mark in (b"CANARY", b"Exif", b"<script>") if mark in stored] == []


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_words_inside_a_picture_go_u6(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "CANARY"
    source = a_picture(kind, exif=exif)
    assert b"CANARY" in source

    assert b"CANARY" not in examined(tmp_path, f"a.{kind.lower()}", source)


def test_the_place_of_a_film_is_blotted_out_u6(tmp_path: Path) -> None:
    film = a_film(words=b"CANARY")

    stored = examined(tmp_path, "film.mp4", film)

    assert len(stored) == len(film)
    assert [mark for mark in (b"+47.3220", b"CANARY", b"udta") if mark in stored] == []
    assert b"mdatfilm" in stored


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("C:\\Users\\ines\\pitch.pdf", "pitch.pdf"),
        ("../../etc/pitch.pdf", "pitch.pdf"),
        ("pi\u202etch\x00 .pdf", "pitch .pdf"),
        ('a<b>:"c.pdf', "a b c.pdf"),
        ("é" * 200 + ".pdf", "é" * 116 + ".pdf"),
    ],
)
def test_a_name_is_a_name_and_no_path(given: str, shown: str) -> None:
    assert clean_name(given) == shown


# --- The scanner --------------------------------------------------------------------------------------------------


@pytest.fixture
def clamd() -> Iterator[str]:
    """A daemon that knows one virus, as ClamAV's answers."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        for _ in range(2):
            with listener.accept()[0] as asked:
                content = b""
                while not content.endswith(b"\0\0\0\0"):
                    content += asked.recv(65_536)
                asked.sendall(b"stream: Eicar-Test-Signature FOUND\0" if b"EICAR" in content else b"stream: OK\0")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_the_scanner_is_asked_for_each_file_u10(tmp_path: Path, clamd: str, settings: object) -> None:
    settings.CLAMD = clamd  # type: ignore[attr-defined]  # the fixture of pytest-django
    clean, infected = tmp_path / "clean", tmp_path / "infected"
    clean.write_bytes(b"hello")
    infected.write_bytes(b"X5O!P%@AP EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")

    scan(clean)
    with pytest.raises(Refused, match="file_infected"):
        scan(infected)


def test_a_scanner_that_is_silent_lets_nothing_in_u10(tmp_path: Path, settings: object) -> None:
    settings.CLAMD = str(tmp_path / "no-such-socket")  # type: ignore[attr-defined]  # the fixture of pytest-django
    file = tmp_path / "file"
    file.write_bytes(b"hello")

    with pytest.raises(Refused, match="scanner_silent"):
        scan(file)
