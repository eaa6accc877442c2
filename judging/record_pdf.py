"""The jury record as a document to print. Made of the record's content alone, so that it says nothing else."""

import unicodedata
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from estrade.kernel.localtext import local
from estrade.web.templatetags.estrade import local_number
from judging.models import Seat
from judging.reasons import reason_text
from judging.record import BARRED, COUNTS, INCOMPLETE, VOID

MARGIN = 18 * mm
GREY = colors.HexColor("#d5dde0")
# In the package that makes the document: the fonts built into every reader have no Ł and no ş.
FONT, BOLD = "Vera", "VeraBd"
for _name in (FONT, BOLD):
    pdfmetrics.registerFont(TTFont(_name, f"{_name}.ttf"))
pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)
_GLYPHS = pdfmetrics.getFont(FONT).face.charToGlyph
# Wider than that, a ballot's scores stand one after the other instead of in columns.
MOST_COLUMNS = 10


def record_pdf(content: dict[str, Any], *, language: str, digest: str) -> bytes:
    """The document in one language. The same content and language give the same bytes."""
    with translation.override(language):
        out = BytesIO()
        title = _("Jury record: %(name)s") % {"name": content["edition"]["name"]}
        # The frame of a page keeps 6 points free on each side by itself.
        side = MARGIN - 6
        page = SimpleDocTemplate(
            out, pagesize=A4, leftMargin=side, rightMargin=side, topMargin=MARGIN, bottomMargin=MARGIN,
            title=title, author=content["edition"]["name"], invariant=1, lang=language,
        )  # fmt: skip
        page.build(_story(content, title, digest, language), onFirstPage=_number_page, onLaterPages=_number_page)
        return out.getvalue()


def _number_page(canvas: Any, page: Any) -> None:
    canvas.setFont(FONT, 8)
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(canvas.getPageNumber()))


def _legible(words: str) -> str:
    """Letters that the font has; of others their base letter (ę as e), for want of one a question mark."""
    found = []
    for letter in words.replace("→", "->"):
        plain = letter if letter == "\n" or ord(letter) in _GLYPHS else unicodedata.normalize("NFKD", letter)[0]
        found.append(plain if plain == "\n" or ord(plain) in _GLYPHS else "?")
    return "".join(found)


def _clock(content: dict[str, Any], at: str) -> str:
    """A moment as the clocks of the event showed it."""
    if not at:
        return ""
    zone = ZoneInfo(content["edition"].get("time_zone", "UTC"))
    return date_format(datetime.fromisoformat(at).astimezone(zone), "j F Y, H:i:s")


def _versions(content: dict[str, Any]) -> list[str]:
    """A sentence for each version of the rubric after the first."""
    said = _("Version %(version)s of the rubric, %(at)s: %(reason)s")
    later = content.get("rubric", {}).get("versions", [])[1:]
    return [said % {"version": one["version"], "at": _clock(content, one["made_at"]), "reason": one["reason"]} for one in later]


class _Sheet:
    """The styles of the document, and what is set in them."""

    def __init__(self) -> None:
        styles = getSampleStyleSheet()
        self.normal = ParagraphStyle("normal", parent=styles["BodyText"], fontName=FONT, fontSize=8, leading=11)
        self.heading = ParagraphStyle("heading", parent=styles["Heading2"], fontName=BOLD, fontSize=11, spaceBefore=10)
        self.first = ParagraphStyle("first", parent=styles["Title"], fontName=BOLD, fontSize=16, leading=20)

    def title(self, words: str) -> Paragraph:
        return Paragraph(escape(_legible(words)), self.first)

    def text(self, words: str) -> Paragraph:
        return Paragraph(escape(_legible(words)).replace("\n", "<br/>"), self.normal)

    def section(self, words: str) -> list[Any]:
        # A heading never stands alone at the foot of a page.
        return [CondPageBreak(25 * mm), Paragraph(escape(_legible(words)), self.heading)]

    def grid(self, head: list[str], rows: list[list[str]], widths: list[float]) -> LongTable:
        cells = [[self.text(cell) for cell in row] for row in [head, *rows]]
        found = LongTable(cells, colWidths=[width * mm for width in widths], repeatRows=1)
        lines = ("GRID", (0, 0), (-1, -1), 0.4, GREY)
        found.setStyle(TableStyle([lines, ("BACKGROUND", (0, 0), (-1, 0), GREY), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
        return found


def _story(content: dict[str, Any], title: str, digest: str, language: str) -> list[Any]:
    sheet, names = _Sheet(), {team["number"]: team["name"] for team in content["teams"]}
    return [
        sheet.title(title),
        *_computed(sheet, content),
        *_ranking(sheet, content, names),
        *_decided(sheet, content, names),
        *_rubric(sheet, content, language),
        *_jury(sheet, content, names),
        Spacer(1, 6 * mm),
        sheet.text(_("Hash of the inputs: %(hash)s") % {"hash": content["hashes"]["inputs"]}),
        sheet.text(_("Head of the journal: %(hash)s") % {"hash": content["hashes"]["journal"]}),
        sheet.text(_("Hash of this record: %(hash)s") % {"hash": digest}),
    ]


def _computed(sheet: _Sheet, content: dict[str, Any]) -> list[Any]:
    """Which version this is, and how its points came about."""
    methods = {"mean": _("weighted mean of the ballots"), "adjusted": _("corrected for the severity of jurors")}
    made = {"version": content["version"], "at": _clock(content, content["made_at"])}
    said = [
        _("Version %(version)s, %(at)s") % made,
        _("All times: %(zone)s") % {"zone": content["edition"].get("time_zone", "UTC")},
    ]
    if content["reason"]:
        said.append(_("Reason of this version: %(reason)s") % {"reason": content["reason"]})
    said.append(_("Method: %(method)s") % {"method": methods.get(content["method"], content["method"])})
    shrinkage = content["computation"].get("shrinkage")
    if shrinkage is not None:
        value = number_format(Decimal(f"{shrinkage:.6g}"))
        said.append(_("Strength of the correction (lambda): %(value)s") % {"value": value})
    said.append(_("Ballots needed for a rank: %(minimum)s") % {"minimum": content["minimum"]})
    return [sheet.text(words) for words in said]


def _ranking(sheet: _Sheet, content: dict[str, Any], names: dict[int, str]) -> list[Any]:
    rows = [
        [str(row["rank"] or "–"), names[row["team"]], _points(row["score"]), _points(row["raw"]), str(row["ballots"])]
        for row in content["standings"]
    ]
    head = [_("Rank"), _("Team"), _("Points"), _("Raw mean"), _("Ballots")]
    return [*sheet.section(_("Ranking")), sheet.grid(head, rows, [16, 82, 26, 26, 24])]


def _decided(sheet: _Sheet, content: dict[str, Any], names: dict[int, str]) -> list[Any]:
    """Who signed, and what people decided, said or put right."""
    found = sheet.section(_("Signatures"))
    for one in content["signatures"]:
        role = _("President of the jury") if one["role"] == "president" else _("Organiser")
        parts = (role, one["by"], _clock(content, one["at"]), one["reason"])
        found.append(sheet.text(", ".join(part for part in parts if part)))
    for label, lines in ((_("Ties decided"), content["ties"]), (_("Minutes of the deliberation"), content["minutes"])):
        found += sheet.section(label) if lines else []
        for one in lines:
            order = ": " + ", ".join(names[team] for team in one["teams"]) if "teams" in one else ""
            found.append(sheet.text(f"{_clock(content, one['at'])}, {one['by']}{order}. {one['text']}"))
    if content["corrections"]:
        found += sheet.section(_("Scores corrected"))
        found += [sheet.text(_corrected(content, one, names)) for one in content["corrections"]]
    return found


def _rubric(sheet: _Sheet, content: dict[str, Any], language: str) -> list[Any]:
    rows = [
        [str(number), local(one["label"], language), one["weight"], f"{one['lowest']}–{one['highest']}"]
        for number, one in enumerate(content["criteria"], start=1)
    ]
    table = sheet.grid(["", _("Criterion"), _("Weight"), _("Scale")], rows, [10, 84, 40, 40])
    return [*sheet.section(_("Criteria")), table, *(sheet.text(words) for words in _versions(content))]


def _jury(sheet: _Sheet, content: dict[str, Any], names: dict[int, str]) -> list[Any]:
    """The jurors under their codes, and every ballot."""
    jurors = content["jurors"]
    return [
        *sheet.section(_("Jurors")),
        sheet.text(", ".join(f"{one['code']} {one['name']}" for one in jurors)),
        *(sheet.text(_standing_down(content, one)) for one in jurors if one["stood_down"]),
        *sheet.section(_("Ballots")),
        sheet.text(_("The columns of the scores are the criteria in the order above.")),
        sheet.grid(*_ballots(content, names)),
    ]


def _ballots(content: dict[str, Any], names: dict[int, str]) -> tuple[list[str], list[list[str]], list[float]]:
    """Head, rows and widths of the table of ballots: a column for each criterion where that fits."""
    states = {COUNTS: _("counts"), INCOMPLETE: _("incomplete"), BARRED: _("conflict of interest"), VOID: _("out of the count")}
    keys = [one["key"] for one in content["criteria"]]
    in_columns = len(keys) <= MOST_COLUMNS
    rows = []
    for one in content["ballots"]:
        former = [f"{key} {value}" for key, value in one.get("former", {}).items()]
        paper = [_("on paper")] if one.get("paper") else []
        state = ". ".join(part for part in (states[one["state"]], reason_text(one["reason"])) if part)
        said = ", ".join([state, *paper, *former])
        marks = [one["marks"].get(key, "–") for key in keys]
        rows.append([one["juror"], names[one["team"]], *(marks if in_columns else [" ".join(marks)]), said])
    numbers = [str(number) for number in range(1, len(keys) + 1)] if in_columns else [_("Scores")]
    each = 9.0 if in_columns else 60.0
    widths = [14.0, 46.0, *[each] * len(numbers), 174 - 60 - each * len(numbers)]
    return [_("Juror"), _("Team"), *numbers, _("State")], rows, widths


def _corrected(content: dict[str, Any], one: dict[str, Any], names: dict[int, str]) -> str:
    change = f"{one['juror']}, {names[one['team']]}, {one['criterion']}: {one['before'] or '–'} → {one['after'] or '–'}"
    return ". ".join(part for part in (f"{_clock(content, one['at'])}, {one['by']}: {change}", one["reason"]) if part)


def _standing_down(content: dict[str, Any], juror: dict[str, Any]) -> str:
    left = juror["stood_down"]
    said = _("complete ballots count") if left["scores"] == Seat.ScoresThen.KEPT else _("no ballot counts")
    facts = {"name": juror["name"], "at": _clock(content, left["at"]), "reason": left["reason"]}
    return _("%(name)s stood down at %(at)s: %(reason)s") % facts + f" ({said})"


def _points(value: float | None) -> str:
    return "–" if value is None else local_number(value, 2)
