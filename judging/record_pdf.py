"""The jury record as a document to print. Made of the record's content alone, so that it says nothing else."""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from estrade.kernel.localtext import local
from judging.models import Seat
from judging.reasons import reason_text
from judging.record import BARRED, COUNTS, INCOMPLETE, VOID

GREY = colors.HexColor("#d5dde0")


def record_pdf(content: dict[str, Any], *, language: str, digest: str) -> bytes:
    """The document in one language. The same content and language give the same bytes."""
    with translation.override(language):
        out = BytesIO()
        title = _("Jury record: %(name)s") % {"name": content["edition"]["name"]}
        page = SimpleDocTemplate(
            out, pagesize=A4, margins=18 * mm, title=title, author=content["edition"]["name"], invariant=1, lang=language
        )
        page.build(_story(content, title, digest, language))
        return out.getvalue()


def _versions(content: dict[str, Any]) -> list[str]:
    """A sentence for each version of the rubric after the first."""
    said = _("Version %(version)s of the rubric, %(at)s: %(reason)s")
    later = content.get("rubric", {}).get("versions", [])[1:]
    return [said % {"version": one["version"], "at": one["made_at"][:19], "reason": one["reason"]} for one in later]


def _story(content: dict[str, Any], title: str, digest: str, language: str) -> list[Any]:
    styles = getSampleStyleSheet()
    normal = ParagraphStyle("normal", parent=styles["BodyText"], fontSize=9, leading=12)
    heading = ParagraphStyle("heading", parent=styles["Heading2"], fontSize=12, spaceBefore=10)

    def text(words: str) -> Paragraph:
        return Paragraph(escape(words).replace("\n", "<br/>"), normal)

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

    names = {team["number"]: team["name"] for team in content["teams"]}
    states = {COUNTS: _("counts"), INCOMPLETE: _("incomplete"), BARRED: _("conflict of interest"), VOID: _("out of the count")}
    methods = {"mean": _("weighted mean of the ballots"), "adjusted": _("corrected for the severity of jurors")}
    story: list[Any] = [Paragraph(escape(title), styles["Title"])]
    story.append(text(_("Version %(version)s, %(at)s") % {"version": content["version"], "at": content["made_at"][:19]}))
    if content["reason"]:
        story.append(text(_("Reason of this version: %(reason)s") % {"reason": content["reason"]}))
    story.append(text(_("Method: %(method)s") % {"method": methods.get(content["method"], content["method"])}))
    shrinkage = content["computation"].get("shrinkage")
    if shrinkage is not None:
        story.append(text(_("Strength of the correction (lambda): %(value)s") % {"value": f"{shrinkage:.6g}"}))
    story.append(text(_("Ballots needed for a rank: %(minimum)s") % {"minimum": content["minimum"]}))
    story.append(Paragraph(_("Ranking"), heading))
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
    story.append(Paragraph(_("Signatures"), heading))
    for one in content["signatures"]:
        role = _("President of the jury") if one["role"] == "president" else _("Organiser")
        story.append(text(", ".join(part for part in (role, one["by"], one["at"][:19], one["reason"]) if part)))
    for label, lines in ((_("Ties decided"), content["ties"]), (_("Minutes"), content["minutes"])):
        if lines:
            story.append(Paragraph(label, heading))
        for one in lines:
            order = ": " + ", ".join(names[team] for team in one["teams"]) if "teams" in one else ""
            story.append(text(f"{one['at'][:19]}, {one['by']}{order}. {one['text']}"))
    if content["corrections"]:
        story.append(Paragraph(_("Scores corrected"), heading))
        story += [text(_corrected(one, names)) for one in content["corrections"]]
    story.append(Paragraph(_("Criteria"), heading))
    story.append(
        grid(
            [_("Criterion"), _("Weight"), _("Scale")],
            [[local(c["label"], language), c["weight"], f"{c['lowest']}–{c['highest']}"] for c in content["criteria"]],
            [90, 40, 44],
        )
    )
    story += [text(words) for words in _versions(content)]
    story.append(Paragraph(_("Jurors"), heading))
    story.append(text(", ".join(f"{one['code']} {one['name']}" for one in content["jurors"])))
    story += [text(_standing_down(one)) for one in content["jurors"] if one["stood_down"]]
    story.append(Paragraph(_("Ballots"), heading))
    story.append(
        grid(
            [_("Juror"), _("Team"), _("Scores"), _("State")],
            [
                [
                    one["juror"],
                    names[one["team"]],
                    ", ".join(f"{key} {value}" for key, value in (*one["marks"].items(), *one.get("former", {}).items())),
                    " ".join(part for part in (states[one["state"]], reason_text(one["reason"])) if part),
                ]
                for one in content["ballots"]
            ],
            [16, 50, 64, 44],
        )
    )
    story.append(Spacer(1, 6 * mm))
    story.append(text(_("Hash of the inputs: %(hash)s") % {"hash": content["hashes"]["inputs"]}))
    story.append(text(_("Head of the journal: %(hash)s") % {"hash": content["hashes"]["journal"]}))
    story.append(text(_("Hash of this record: %(hash)s") % {"hash": digest}))
    return story


def _corrected(one: dict[str, Any], names: dict[int, str]) -> str:
    change = f"{one['juror']}, {names[one['team']]}, {one['criterion']}: {one['before'] or '–'} → {one['after'] or '–'}"
    return ". ".join(part for part in (f"{one['at'][:19]}, {one['by']}: {change}", one["reason"]) if part)


def _standing_down(juror: dict[str, Any]) -> str:
    left = juror["stood_down"]
    said = _("complete ballots count") if left["scores"] == Seat.ScoresThen.KEPT else _("no ballot counts")
    facts = {"name": juror["name"], "at": left["at"][:19], "reason": left["reason"]}
    return _("%(name)s stood down at %(at)s: %(reason)s") % facts + f" ({said})"


def _points(value: float | None) -> str:
    return "–" if value is None else number_format(round(value, 2), 2)
