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


def _story(content: dict[str, Any], title: str, digest: str, language: str) -> list[Any]:
    styles = getSampleStyleSheet()
    normal = ParagraphStyle("normal", parent=styles["BodyText"], fontName=FONT, fontSize=8, leading=11)
    heading = ParagraphStyle("heading", parent=styles["Heading2"], fontName=BOLD, fontSize=11, spaceBefore=10)
    first = ParagraphStyle("first", parent=styles["Title"], fontName=BOLD, fontSize=16, leading=20)

    def text(words: str) -> Paragraph:
        return Paragraph(escape(_legible(words)).replace("\n", "<br/>"), normal)

    def grid(head: list[str], rows: list[list[str]], widths: list[float]) -> LongTable:
        cells = [[text(cell) for cell in row] for row in [head, *rows]]
        found = LongTable(cells, colWidths=[width * mm for width in widths], repeatRows=1)
        found.setStyle(
            TableStyle(
                [
                    ("GRID", (0, 0), (-1, -1), 0.4, GREY),
                    ("BACKGROUND", (0, 0), (-1, 0), GREY),
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ]
            )
        )
        return found

    def section(words: str) -> list[Any]:
        # A heading never stands alone at the foot of a page.
        return [CondPageBreak(25 * mm), Paragraph(escape(_legible(words)), heading)]

    names = {team["number"]: team["name"] for team in content["teams"]}
    methods = {"mean": _("weighted mean of the ballots"), "adjusted": _("corrected for the severity of jurors")}
    story: list[Any] = [Paragraph(escape(_legible(title)), first)]
    made = {"version": content["version"], "at": _clock(content, content["made_at"])}
    story.append(text(_("Version %(version)s, %(at)s") % made))
    story.append(text(_("All times: %(zone)s") % {"zone": content["edition"].get("time_zone", "UTC")}))
    if content["reason"]:
        story.append(text(_("Reason of this version: %(reason)s") % {"reason": content["reason"]}))
    story.append(text(_("Method: %(method)s") % {"method": methods.get(content["method"], content["method"])}))
    shrinkage = content["computation"].get("shrinkage")
    if shrinkage is not None:
        story.append(text(_("Strength of the correction (lambda): %(value)s") % {"value": number_format(Decimal(f"{shrinkage:.6g}"))}))
    story.append(text(_("Ballots needed for a rank: %(minimum)s") % {"minimum": content["minimum"]}))
    story += section(_("Ranking"))
    story.append(
        grid(
            [_("Rank"), _("Team"), _("Points"), _("Raw mean"), _("Ballots")],
            [
                [str(row["rank"] or "–"), names[row["team"]], _points(row["score"]), _points(row["raw"]), str(row["ballots"])]
                for row in content["standings"]
            ],
            [16, 82, 26, 26, 24],
        )
    )
    story += section(_("Signatures"))
    for one in content["signatures"]:
        role = _("President of the jury") if one["role"] == "president" else _("Organiser")
        story.append(text(", ".join(part for part in (role, one["by"], _clock(content, one["at"]), one["reason"]) if part)))
    for label, lines in ((_("Ties decided"), content["ties"]), (_("Minutes of the deliberation"), content["minutes"])):
        if lines:
            story += section(label)
        for one in lines:
            order = ": " + ", ".join(names[team] for team in one["teams"]) if "teams" in one else ""
            story.append(text(f"{_clock(content, one['at'])}, {one['by']}{order}. {one['text']}"))
    if content["corrections"]:
        story += section(_("Scores corrected"))
        story += [text(_corrected(content, one, names)) for one in content["corrections"]]
    story += section(_("Criteria"))
    story.append(
        grid(
            ["", _("Criterion"), _("Weight"), _("Scale")],
            [
                [str(number), local(c["label"], language), c["weight"], f"{c['lowest']}–{c['highest']}"]
                for number, c in enumerate(content["criteria"], start=1)
            ],
            [10, 84, 40, 40],
        )
    )
    story += [text(words) for words in _versions(content)]
    story += section(_("Jurors"))
    story.append(text(", ".join(f"{one['code']} {one['name']}" for one in content["jurors"])))
    story += [text(_standing_down(content, one)) for one in content["jurors"] if one["stood_down"]]
    story += section(_("Ballots"))
    story.append(text(_("The columns of the scores are the criteria in the order above.")))
    story.append(grid(*_ballots(content, names)))
    story.append(Spacer(1, 6 * mm))
    story.append(text(_("Hash of the inputs: %(hash)s") % {"hash": content["hashes"]["inputs"]}))
    story.append(text(_("Head of the journal: %(hash)s") % {"hash": content["hashes"]["journal"]}))
    story.append(text(_("Hash of this record: %(hash)s") % {"hash": digest}))
    return story


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
