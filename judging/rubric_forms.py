"""The form in which an organiser writes a rubric: one card per criterion, one row per level. Works without a script.

Holds texts as they were typed, so that adding, moving and removing lose nothing; what is a number is read at the end, by
what people write (a decimal comma, spaces), and the rules of a rubric are `judging.rubrics`'.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence
from judging.rubrics import (
    LONGEST_LABEL,
    LONGEST_LEVEL,
    LONGEST_QUESTION,
    LONGEST_TEXT,
    MOST_CRITERIA,
    MOST_LEVELS,
    NewCriterion,
)

NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")
LANGUAGES = {"fr": gettext_lazy("in French"), "en": gettext_lazy("in English")}
# A scale with more values than this is described at its ends and in the middle.
MOST_DESCRIBED = 11
# Longer than any rule allows, so that the rule's own sentence is read; shorter than what would fill a page.
LONGEST_TYPED = 2000
NUMBERS = {
    "weight": gettext_lazy("Weight"),
    "lowest": gettext_lazy("Lowest"),
    "highest": gettext_lazy("Highest"),
    "step": gettext_lazy("Step"),
}


@dataclass(frozen=True, kw_only=True)
class Text:
    """One field for one language."""

    name: str
    label: Any
    value: str
    limit: int


@dataclass(frozen=True, kw_only=True)
class LevelRow:
    """One level as typed. Texts by language."""

    value: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One criterion as typed. `number` from 0; `error`: what is wrong with it; `is_open`: its levels are in sight."""

    number: int = 0
    languages: Sequence[str] = ()
    key: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    question: Mapping[str, str] = field(default_factory=dict)
    weight: str = ""
    lowest: str = ""
    highest: str = ""
    step: str = ""
    is_required: bool = True
    levels: tuple[LevelRow, ...] = ()
    error: str = ""
    is_open: bool = False

    @property
    def labels(self) -> list[Text]:
        return self._texts(f"c{self.number}_label", gettext_lazy("Name"), self.label, LONGEST_LABEL)

    @property
    def questions(self) -> list[Text]:
        return self._texts(f"c{self.number}_question", gettext_lazy("Question to the jury"), self.question, LONGEST_QUESTION)

    @property
    def numbers(self) -> list[Text]:
        return [
            Text(name=f"c{self.number}_{name}", label=label, value=getattr(self, name), limit=20)
            for name, label in NUMBERS.items()
        ]

    @property
    def level_fields(self) -> list[tuple[Text, list[Text]]]:
        """Each level: its value, and its texts."""
        found = []
        for place, level in enumerate(self.levels):
            start = f"c{self.number}_l{place}"
            words = self._texts(f"{start}_label", gettext_lazy("In a word"), level.label, LONGEST_LEVEL)
            words += self._texts(f"{start}_text", gettext_lazy("What it means"), level.text, LONGEST_TEXT)
            found.append((Text(name=f"{start}_value", label=gettext_lazy("Value"), value=level.value, limit=20), words))
        return found

    def _texts(self, start: str, label: Any, texts: Mapping[str, str], limit: int) -> list[Text]:
        several = len(self.languages) > 1
        return [
            Text(
                name=f"{start}_{language}",
                label=format_lazy("{} {}", label, LANGUAGES.get(language, language)) if several else label,
                value=texts.get(language, ""),
                limit=limit,
            )
            for language in self.languages
        ]


def rows_of(criteria: Iterable[NewCriterion], languages: Sequence[str]) -> list[Row]:
    """Criteria as a form shows them, numbers as the reader writes them."""
    return _numbered(
        [
            Row(
                key=one.key,
                label=one.label,
                question=one.question,
                weight=_shown(one.weight),
                lowest=_shown(one.lowest),
                highest=_shown(one.highest),
                step=_shown(one.step),
                is_required=bool(one.is_required),
                levels=tuple(
                    LevelRow(value=_shown(level["value"]), label=level.get("label", {}), text=level.get("text", {}))
                    for level in one.levels
                ),
            )
            for one in criteria
        ],
        languages,
    )


def new_row() -> Row:
    """A criterion that nobody has written yet."""
    return Row(weight="10", lowest="0", highest="5", step="1", is_open=True)


def rows_sent(data: Mapping[str, str], languages: Sequence[str]) -> list[Row]:
    """What a form says, as it was typed."""
    rows = []
    for number in range(MOST_CRITERIA + 1):
        start = f"c{number}"
        if f"{start}_weight" not in data:
            break
        levels = []
        for place in range(MOST_LEVELS + 1):
            if f"{start}_l{place}_value" not in data:
                break
            levels.append(
                LevelRow(
                    value=_typed(data, f"{start}_l{place}_value"),
                    label={language: _typed(data, f"{start}_l{place}_label_{language}") for language in languages},
                    text={language: _typed(data, f"{start}_l{place}_text_{language}") for language in languages},
                )
            )
        rows.append(
            Row(
                key=_typed(data, f"{start}_key")[:40],
                label={language: _typed(data, f"{start}_label_{language}") for language in languages},
                question={language: _typed(data, f"{start}_question_{language}") for language in languages},
                weight=_typed(data, f"{start}_weight"),
                lowest=_typed(data, f"{start}_lowest"),
                highest=_typed(data, f"{start}_highest"),
                step=_typed(data, f"{start}_step"),
                is_required=f"{start}_required" in data,
                levels=tuple(levels),
            )
        )
    return _numbered(rows, languages)


def rearranged(rows: list[Row], do: str, languages: Sequence[str]) -> list[Row]:
    """The rows after one of the form's buttons: add, up-2, down-2, remove-2, levels-2."""
    action, _dash, place = do.partition("-")
    if action == "add":
        return _numbered([*rows, new_row()] if len(rows) < MOST_CRITERIA else rows, languages)
    at = int(place) if place.isascii() and place.isdecimal() and len(place) < 4 else len(rows)
    if at >= len(rows):
        return rows
    moved = list(rows)
    if action == "remove":
        del moved[at]
    elif action == "levels":
        moved[at] = _with_levels(moved[at])
    else:
        to = min(max(at + (-1 if action == "up" else 1), 0), len(rows) - 1)
        moved.insert(to, moved.pop(at))
    return _numbered(moved, languages)


def criteria_sent(rows: list[Row]) -> tuple[list[NewCriterion], list[Row]]:
    """The criteria that rows stand for, and the rows with what cannot be read in them; without errors all are there."""
    criteria: list[NewCriterion] = []
    marked: list[Row] = []
    for row in rows:
        try:
            criteria.append(_criterion(row))
            marked.append(replace(row, error=""))
        except Refused as refusal:
            marked.append(replace(row, error=status_and_sentence(refusal)[1]))
    return criteria, marked


def with_refusal(rows: list[Row], refusal: Refused) -> list[Row]:
    """The rows with a rule's refusal at the criterion it is about."""
    number = refusal.figures.get("number")
    return [replace(row, error=status_and_sentence(refusal)[1]) if row.number + 1 == number else row for row in rows]


def _criterion(row: Row) -> NewCriterion:
    numbers = {name: _read(getattr(row, name), label) for name, label in NUMBERS.items()}
    levels = [
        {"value": _read(level.value, _("Value")), "label": dict(level.label), "text": dict(level.text)}
        for level in row.levels
        if any(level.label.values()) or any(level.text.values())
    ]
    return NewCriterion(
        key=row.key,
        label=dict(row.label),
        question=dict(row.question),
        is_required=row.is_required,
        levels=levels,
        **numbers,
    )


def _read(typed: str, label: Any) -> Decimal:
    text = "".join(typed.split()).replace(",", ".")
    if not NUMBER.fullmatch(text):
        raise Refused("number_unreadable", label=str(label), typed=typed[:20])
    return Decimal(text) + 0


def _with_levels(row: Row) -> Row:
    """A row for every value of the scale that has none; for a long scale, for its ends and its middle."""
    try:
        lowest, highest, step = (_read(typed, "") for typed in (row.lowest, row.highest, row.step))
    except Refused:
        return replace(row, levels=(*row.levels, LevelRow()), is_open=True)
    count = int((highest - lowest) / step) + 1 if step > 0 and highest > lowest else 0
    wanted = range(count) if count <= MOST_DESCRIBED else (0, (count - 1) // 2, count - 1)
    known = {"".join(level.value.split()).replace(",", "."): level for level in row.levels}
    missing = [_shown(lowest + n * step) for n in wanted]
    fresh = [LevelRow(value=value) for value in missing if value.replace(",", ".") not in known]
    # Pressed again: one more, for a value of the organiser's own choice.
    levels = [*row.levels, *(fresh or [LevelRow()])]
    return replace(row, levels=tuple(sorted(levels[: MOST_LEVELS + 1], key=_height)), is_open=True)


def _height(level: LevelRow) -> Decimal:
    try:
        return _read(level.value, "")
    except Refused:
        return Decimal("Infinity")


def _numbered(rows: Iterable[Row], languages: Sequence[str]) -> list[Row]:
    return [replace(row, number=number, languages=tuple(languages)) for number, row in enumerate(rows)]


def _typed(data: Mapping[str, str], name: str) -> str:
    return data.get(name, "")[:LONGEST_TYPED]


def _shown(value: Any) -> str:
    return number_format(Decimal(str(value)).normalize() + 0, use_l10n=True)
