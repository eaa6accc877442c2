"""Files for tests, made here byte by byte: good ones of each kind, and forty that must not come in."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"  # noqa: E501
OFFICE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def a_picture(kind: str, *, size: tuple[int, int] = (24, 16), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


def a_photo_with_a_place() -> bytes:
    """A JPEG that says it was taken in Dijon, held sideways, with a remark."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "CANARY of the camera"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (47.0, 19.0, 19.0), "E", (5.0, 2.0, 29.0)
    return a_picture("JPEG", exif=exif, comment=b"CANARY comment")


def a_zip(files: dict[str, bytes] | None = None, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in (files or {"notes/read me.txt": b"hello", "plan.pdf": PDF}).items():
            archive.writestr(name, content)
    return out.getvalue()


def an_office_document(*more: str) -> bytes:
    names = ["[Content_Types].xml", "ppt/presentation.xml", *more]
    return a_zip(dict.fromkeys(names, b"<x/>"))


def an_open_document(said: bytes = b"application/vnd.oasis.opendocument.presentation") -> bytes:
    return a_zip({"mimetype": said, "content.xml": b"<x/>"}, method=zipfile.ZIP_STORED)


def a_box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def a_film(brand: bytes = b"isom", *, words: bytes = b"") -> bytes:
    track = a_box(b"trak", a_box(b"tkhd", b"\0" * 20) + a_box(b"udta", words))
    about = a_box(b"udta", a_box(b"\xa9xyz", b"+47.3220+005.0415/" + words))
    return (
        a_box(b"ftyp", brand + b"\0" * 12) + a_box(b"moov", a_box(b"mvhd", b"\0" * 20) + track + about) + a_box(b"mdat", b"film")
    )


GOOD: dict[str, bytes] = {
    "pitch.pdf": PDF,
    "Photo de l’équipe.JPG": a_photo_with_a_place(),
    "logo.png": a_picture("PNG"),
    "map.webp": a_picture("WEBP"),
    "move.gif": a_picture("GIF"),
    "film.mp4": a_film(),
    "slides.pptx": an_office_document("ppt/slides/slide1.xml"),
    "slides.odp": an_open_document(),
    "code.zip": a_zip(),
    "v1.2 final.pdf": PDF,
}


def a_huge_picture(side: int = 30_000) -> bytes:
    """A PNG whose header promises a picture that no memory holds; 70 bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def with_entry(**changes: Any) -> bytes:
    """A ZIP with one entry whose directory says something unusual."""
    entry = zipfile.ZipInfo(changes.pop("filename", "a.txt"))
    for name, value in changes.items():
        setattr(entry, name, value)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, b"../../etc/passwd")
    return out.getvalue()


def a_bomb() -> bytes:
    """20 MB of nothing in 20 kB."""
    return a_zip({"zeros.bin": b"\0" * 20_000_000})


def claims_a_million_entries() -> bytes:
    whole = bytearray(a_zip())
    at = whole.rfind(b"PK\x05\x06")
    whole[at + 8 : at + 12] = b"\xff\xff\xff\xff"
    return bytes(whole)


def claims_a_large_directory() -> bytes:
    whole = bytearray(a_zip())
    at = whole.rfind(b"PK\x05\x06")
    whole[at + 12 : at + 16] = struct.pack("<I", 400 * 1024 * 1024)
    return bytes(whole)


def claims_much_unpacked() -> bytes:
    whole = bytearray(a_zip())
    at = whole.find(b"PK\x01\x02")
    whole[at + 24 : at + 28] = struct.pack("<I", 300 * 1024 * 1024)
    return bytes(whole)


def shares_its_bytes() -> bytes:
    """Two hundred entries that all point at the same kilobyte."""
    whole = a_zip({"a.bin": bytes(range(256)) * 64}, method=zipfile.ZIP_STORED)
    at, end = whole.find(b"PK\x01\x02"), whole.rfind(b"PK\x05\x06")
    directory = whole[at:end] * 200
    tail = bytearray(whole[end:])
    tail[8:12] = struct.pack("<HH", 200, 200)
    tail[12:16] = struct.pack("<I", len(directory))
    return whole[:at] + directory + bytes(tail)


def locked() -> bytes:
    whole = bytearray(a_zip())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = whole.find(mark)
        whole[at + place] |= 1
    return bytes(whole)


HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
# What must not come in: a name, its bytes, what the browser declares, and the code it is refused with.
BAD: list[tuple[str, bytes, str, str]] = [
    ("page.html", HTML, "text/html", "file_kind"),
    ("page.xhtml", HTML, "application/xhtml+xml", "file_kind"),
    ("drawing.svg", SVG, "image/svg+xml", "file_kind"),
    ("drawing.png", SVG, "image/png", "file_kind"),
    ("words.xml", b"<?xml version='1.0'?><x/>", "text/xml", "file_kind"),
    ("run.js", b"alert(1)", "text/javascript", "file_kind"),
    ("run.exe", b"MZ" + b"\0" * 90, "application/octet-stream", "file_kind"),
    ("pitch.pdf", b"MZ" + b"\0" * 90, "application/pdf", "file_kind"),
    ("pitch.pdf", HTML, "application/pdf", "file_kind"),
    ("pitch.pdf", b"\n" + PDF, "application/pdf", "file_kind"),
    ("pitch.pdf", HTML + PDF, "application/pdf", "file_kind"),
    ("pitch.pdf", PDF[:9] + b"%" + HTML + PDF[9:], "application/pdf", "file_damaged"),
    ("pitch.pdf", PDF + a_zip(), "application/pdf", "file_damaged"),
    ("pitch.pdf", PDF[:60], "application/pdf", "file_damaged"),
    ("pitch.pdf", b"%PDF-1.4 nothing %%EOF", "application/pdf", "file_damaged"),
    ("pitch.pdf", PDF, "text/html", "file_kind"),
    ("pitch.pdf", PDF, "image/png", "file_kind"),
    ("pitch.html.pdf", PDF, "application/pdf", "file_kind"),
    ("pitch.pdf.exe", PDF, "application/pdf", "file_kind"),
    ("pitch", PDF, "application/pdf", "file_kind"),
    (".pdf.", PDF, "application/pdf", "file_kind"),
    ("photo.jpg", a_picture("PNG"), "image/jpeg", "file_kind"),
    ("photo.png", a_picture("JPEG"), "image/png", "file_kind"),
    ("photo.jpg", a_picture("JPEG")[:120], "image/jpeg", "file_damaged"),
    ("photo.jpg", b"\xff\xd8\xff" + b"\0" * 60, "image/jpeg", "file_damaged"),
    ("photo.webp", b"RIFF\x04\0\0\0WEBP", "image/webp", "file_damaged"),
    ("huge.png", a_huge_picture(), "image/png", "picture_too_large"),
    ("wide.png", a_huge_picture(13_000), "image/png", "picture_too_large"),
    ("film.mp4", a_film(brand=b"qt  "), "video/mp4", "file_damaged"),
    ("film.mp4", a_film()[:-2], "video/mp4", "file_damaged"),
    ("film.mp4", a_box(b"ftyp", b"isom" + b"\0" * 12) + a_box(b"mdat"), "video/mp4", "file_damaged"),
    ("film.mp4", a_film() + HTML, "video/mp4", "file_damaged"),
    ("slides.pptx", a_zip(), OFFICE, "file_damaged"),
    ("slides.pptx", an_office_document("ppt/vbaProject.bin"), OFFICE, "file_has_macros"),
    ("slides.pptm", an_office_document(), "application/octet-stream", "file_kind"),
    ("slides.odp", an_open_document(b"application/vnd.oasis.opendocument.text"), "", "file_damaged"),
    ("slides.odp", a_zip({"content.xml": b"<x/>"}), "", "file_damaged"),
    ("code.zip", b"PK\x03\x04" + b"\0" * 40, "application/zip", "file_damaged"),
    ("code.rar", b"Rar!\x1a\x07\x00", "application/vnd.rar", "file_kind"),
    ("code.zip", a_picture("PNG"), "application/zip", "file_kind"),
]
ARCHIVES: list[tuple[str, bytes, str]] = [
    ("a bomb", a_bomb(), "archive_too_much"),
    ("a million entries", claims_a_million_entries(), "archive_too_much"),
    ("a large directory", claims_a_large_directory(), "archive_too_much"),
    ("much unpacked", claims_much_unpacked(), "archive_too_much"),
    ("entries that share their bytes", shares_its_bytes(), "archive_too_much"),
    ("more than a thousand files", a_zip({f"{n}.txt": b"" for n in range(1_001)}), "archive_too_much"),
    ("an archive inside", a_zip({"inner.zip": a_zip()}), "archive_nested"),
    ("an archive under another name", a_zip({"inner.dat": a_zip()}), "archive_nested"),
    ("a way out", a_zip({"../outside.txt": b"x"}), "archive_paths"),
    ("an absolute path", a_zip({"/etc/passwd": b"x"}), "archive_paths"),
    ("a drive", a_zip({"C:/windows/x.txt": b"x"}), "archive_paths"),
    ("a link", with_entry(external_attr=0o120777 << 16), "archive_paths"),
    ("a password", locked(), "archive_locked"),
]
