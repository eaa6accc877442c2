"""The report of a kept list as a page shows it: figures, groups by how much they matter, one page of lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teams.intake_reading import Finding, Level
from teams.intake_words import words_for
from teams.kept_lists import Said, changes_of, said_of
from teams.models import KeptList

PER_PAGE = 100
# What needs somebody first.
GROUPS: dict[Level, tuple[Promise | str, str]] = {
    Level.BLOCKING: (_("Blocking"), "danger"),
    Level.QUESTION: (_("To decide"), "warning"),
    Level.WARNING: (_("To check"), "warning"),
    Level.NEW: (_("New"), "success"),
    Level.CHANGED: (_("Changed"), "info"),
    Level.MERGED: (_("Merged"), "info"),
    Level.CORRECTED: (_("Corrected"), "info"),
    Level.IGNORED: (_("Left out"), ""),
    Level.KEPT: (_("Unchanged"), ""),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding in words. `row` 0 is the file itself."""

    row: int
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one level: how many, and whether they are the ones shown."""

    key: str
    label: str
    tone: str
    count: int
    is_shown: bool


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the page needs. `changes`: what the confirmation found different."""

    said: Said
    groups: Sequence[Group]
    lines: Sequence[Line]
    changes: Sequence[Line]
    show: str
    page: int
    pages: int


def preview_of(kept: KeptList, *, show: str = "", page: int = 1) -> Preview:
    """One page of one group; without a choice, of the first group that has anything."""
    said = said_of(kept)
    counts = said.counts
    there = [level for level in GROUPS if counts[level]]
    shown = next((level for level in there if level.value == show), there[0] if there else Level.KEPT)
    findings = [finding for finding in said.findings if finding.level is shown]
    pages = max(1, -(-len(findings) // PER_PAGE))
    page = min(max(page, 1), pages)
    return Preview(
        said=said,
        groups=[Group(level.value, str(GROUPS[level][0]), GROUPS[level][1], counts[level], level is shown) for level in there],
        lines=[_line(finding) for finding in findings[(page - 1) * PER_PAGE : page * PER_PAGE]],
        changes=[_line(finding) for finding in changes_of(kept)],
        show=shown.value,
        page=page,
        pages=pages,
    )


def _line(finding: Finding) -> Line:
    return Line(finding.row, finding.column, words_for(finding))
