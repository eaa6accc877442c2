"""What a benchmark says: figures, goals, met or not. Printed, and written to docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
# Written by hand; what follows is printed.
INTRODUCTION = """# Benchmarks

`make bench` measures this side by side in one run and writes this page. Read the ratios: they hold on other machines.
Times on the wall are upper bounds, because the machine may have had other work; processor time is what is compared.
A goal that is missed stays on the page.
"""


@dataclass(frozen=True)
class Goal:
    """A figure and the most it may be (or, with `at_least`, the least)."""

    text: str
    figure: float
    limit: float
    unit: str = "x"
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit


@dataclass
class Section:
    """What one benchmark found."""

    title: str
    sizes: str
    figures: list[tuple[str, str]] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def say(self, what: str, figure: str) -> None:
        self.figures.append((what, figure))

    def lines(self) -> list[str]:
        """The section in Markdown."""
        out = [f"## {self.title}", "", self.sizes, "", "| Figure | |", "|---|---|"]
        out += [f"| {what} | {figure} |" for what, figure in self.figures]
        out += ["", "| Goal | Measured | Limit | |", "|---|---|---|---|"]
        for goal in self.goals:
            side = "at least" if goal.at_least else "at most"
            verdict = "met" if goal.is_met else "**missed**"
            out.append(f"| {goal.text} | {goal.figure:.3g} {goal.unit} | {side} {goal.limit:g} {goal.unit} | {verdict} |")
        return [*out, "", *(f"- {note}" for note in self.notes), *([""] if self.notes else [])]


def with_section(text: str, section: Section, *, load: tuple[float, float]) -> str:
    """The page with one section measured anew, in the place of the one of that title."""
    when = f"Measured alone on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load average {load[0]:.1f} before and {load[1]:.1f} after."
    fresh = replace(section, notes=[*section.notes, when])
    parts = text.split("\n## ")
    places = [place for place, part in enumerate(parts) if part.startswith(f"{section.title}\n")]
    for place in places:
        parts[place] = "\n".join(fresh.lines()).removeprefix("## ").rstrip() + "\n"
    return "\n## ".join(parts)


def page(sections: list[Section], *, command: str, load: tuple[float, float]) -> str:
    """The whole page. `load`: the load average before and after the run."""
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    busy = f"load average {load[0]:.1f} before and {load[1]:.1f} after the run"
    when = f"Printed by `{command}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {system}; {busy}."
    return "\n".join([INTRODUCTION, when, "", *(line for section in sections for line in section.lines())]).rstrip() + "\n"
