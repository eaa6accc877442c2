"""Figures of a plan as plain data that JSON can carry."""

from typing import Any

from teams.formation.scoring import Broken, Evaluation


def broken_as_data(one: Broken) -> dict[str, Any]:
    """A broken hard rule; what does not apply is left out."""
    row: dict[str, Any] = {"rule": one.rule}
    if one.team is not None:
        row["team"] = one.team
    if one.challenge is not None:
        row["challenge"] = one.challenge
    if one.students:
        row["students"] = list(one.students)
    return {**row, **one.figures}


def figures_as_data(result: Evaluation) -> dict[str, Any]:
    """The parts of the cost and the shares."""
    return {
        "cost": result.cost,
        "preference_cost": result.preference_cost,
        "same_school_extra": result.same_school_extra,
        "missing_skills": result.missing_skills,
        "wishes_split": result.wishes_split,
        "teams": len(result.teams),
        "ranks": dict(result.ranks),
        "first_two_share": round(result.first_two_share, 4),
        "mixing": round(result.mixing, 4),
    }
