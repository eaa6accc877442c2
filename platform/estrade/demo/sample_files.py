"""The files of the demonstration, drawn by code: the slides of a pitch, a photo of a panel, a table of measures.

Small, the same bytes each time, and what they say is what the team wrote.
"""

import csv
import random
import zipfile
from functools import cache
from io import BytesIO, StringIO
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw
from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

# A slide of 16:9, in points; the ground, the mark and the ink of the pages.
WIDE, HIGH, MARGIN = 720.0, 405.0, 54.0
GROUND, MARK, INK = "#0d4a5a", "#e0a526", "#12303a"
# The fonts every reader has know no small figure below the line.
_PLAIN = str.maketrans({"₂": "2", "\N{NARROW NO-BREAK SPACE}": "\N{NO-BREAK SPACE}"})
_PHOTO = (960, 640)
_NEVER = (2027, 3, 21, 12, 0, 0)


def slides(*, team: str, title: str, summary: str, text: str) -> bytes:
    """A pitch of three slides as PDF: the title, the idea, how it works."""
    target = BytesIO()
    canvas = Canvas(target, pagesize=(WIDE, HIGH), invariant=1, pageCompression=1)
    canvas.setTitle(_plain(title))
    canvas.setAuthor(_plain(team))
    _ground(canvas, GROUND)
    _write(canvas, title, size=40, top=250, colour="#ffffff", bold=True)
    _write(canvas, team, size=20, top=110, colour=MARK, bold=True)
    canvas.showPage()
    _ground(canvas, "#ffffff")
    _write(canvas, summary, size=28, top=300, colour=INK, bold=True)
    _write(canvas, team, size=12, top=44, colour=GROUND)
    canvas.showPage()
    _ground(canvas, "#ffffff")
    _write(canvas, text.strip(), size=16, top=350, colour=INK)
    _write(canvas, team, size=12, top=44, colour=GROUND)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def photo(seed: int) -> bytes:
    """A panel as a telephone sees it: notes in rows on a board, as JPEG."""
    chance = random.Random(seed)  # noqa: S311 - a picture, not a secret
    picture = Image.new("RGB", _PHOTO, "#e9eef0")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((40, 40, _PHOTO[0] - 40, _PHOTO[1] - 40), fill="#ffffff", outline="#8aa0a8", width=6)
    colours = ("#f6d55c", "#f3a683", "#a8d8b9", "#9cc5e6", "#f4c2d7")
    for row in range(3):
        for column in range(6):
            if chance.random() < 0.15:
                continue
            left, top = 80 + column * 135 + chance.randrange(-8, 9), 80 + row * 165 + chance.randrange(-8, 9)
            pen.rectangle((left + 5, top + 6, left + 115, top + 128), fill="#cfd8dc")
            pen.rectangle((left, top, left + 110, top + 122), fill=chance.choice(colours))
            for line in range(chance.randrange(2, 5)):
                y = top + 24 + line * 22
                pen.line((left + 12, y, left + chance.randrange(55, 98), y), fill="#37474f", width=4)
    target = BytesIO()
    picture.save(target, "JPEG", quality=82)
    return target.getvalue()


@cache
def measures(name: str, columns: tuple[str, ...], seed: int) -> bytes:
    """A table of a day, quarter of an hour by quarter of an hour, as CSV in a ZIP."""
    chance = random.Random(seed)  # noqa: S311 - a picture, not a secret
    table = StringIO()
    writer = csv.writer(table, delimiter=";", lineterminator="\r\n")
    writer.writerow(("heure", *columns))
    for quarter in range(96):
        values = [f"{chance.uniform(18, 41):.1f}".replace(".", ",") for _column in columns]
        writer.writerow((f"{quarter // 4:02d}:{quarter % 4 * 15:02d}", *values))
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, _NEVER), table.getvalue().encode("utf-8-sig"), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _ground(canvas: Canvas, colour: str) -> None:
    canvas.setFillColor(HexColor(colour))
    canvas.rect(0, 0, WIDE, HIGH, stroke=0, fill=1)
    canvas.setFillColor(HexColor(MARK))
    canvas.rect(0, HIGH - 10, WIDE, 10, stroke=0, fill=1)


def _write(canvas: Canvas, words: str, *, size: float, top: float, colour: str, bold: bool = False) -> None:
    """Words in lines, with their upper edge at `top`."""
    font = "Helvetica-Bold" if bold else "Helvetica"
    style = ParagraphStyle("slide", fontName=font, fontSize=size, leading=size * 1.35, textColor=HexColor(colour))
    paragraph = Paragraph(escape(_plain(words)), style)
    _width, height = paragraph.wrap(WIDE - 2 * MARGIN, HIGH)
    paragraph.drawOn(canvas, MARGIN, top - height)


def _plain(words: str) -> str:
    return words.translate(_PLAIN)
