"""Rubrics to start from: files beside this module, and those of the formats.

Owns no table. Without anybody's choice a jury scores with USUAL.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from judging.edition_loading import criteria_of
from judging.founding import FORMATS, format_named
from judging.rubrics import NewCriterion, checked

FOLDER = Path(__file__).with_name("rubric_files")
USUAL = "usual"
FILES = (USUAL, "short", "prototype")
FORMAT_NAMES = {
    "weekend-hackathon": {"fr": "Week-end hackathon, chaque niveau décrit", "en": "Weekend hackathon, every level described"},
    "two-day-ideathon": {"fr": "Idéathon de deux jours, chaque niveau décrit", "en": "Two-day ideathon, every level described"},
}


@dataclass(frozen=True, kw_only=True)
class UsualRubric:
    """A rubric to start from. `name`: language to text."""

    key: str
    name: dict[str, str]
    criteria: list[NewCriterion]


@cache
def usual_rubrics() -> dict[str, UsualRubric]:
    """All of them by key, in the order in which they are offered. Read once."""
    found = [_of_file(key) for key in FILES]
    for name in FORMATS:
        criteria = checked(criteria_of(format_named(name).rubric))
        found.append(UsualRubric(key=name, name=FORMAT_NAMES[name], criteria=criteria))
    return {one.key: one for one in found}


def usual_criteria() -> list[NewCriterion]:
    """What is scored where nobody chose."""
    return usual_rubrics()[USUAL].criteria


def _of_file(key: str) -> UsualRubric:
    content = tomllib.loads((FOLDER / f"{key}.toml").read_text(encoding="utf-8"), parse_float=Decimal)
    scale = content["scale"]
    criteria = [_criterion(entry, scale) for entry in content["criterion"]]
    return UsualRubric(key=key, name=content["name"], criteria=checked(criteria))


def _criterion(entry: Mapping[str, Any], scale: Mapping[str, Any]) -> NewCriterion:
    texts = {level["value"]: level["text"] for level in entry.get("level", [])}
    return NewCriterion(
        key=entry["key"],
        label=entry["name"],
        question=entry["question"],
        weight=Decimal(entry["weight"]),
        lowest=Decimal(scale["lowest"]),
        highest=Decimal(scale["highest"]),
        step=Decimal(scale["step"]),
        is_required=entry.get("required", True),
        levels=[{**level, "text": texts.get(level["value"], {})} for level in scale["level"]],
    )
