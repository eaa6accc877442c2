"""What the jury made of each solution, as everybody may know it once the results are published, and nothing before.

Reads the published results and the public version of the jury record: no ballot, no juror, no text.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.refusal import Refused
from judging.public import public_results
from judging.record import COUNTS, public_record
from teams.models import Team

Texts = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class CriterionMean:
    """The mean of one criterion on its scale; `share`: how far from lowest to highest, in percent."""

    label: Texts
    mean: float
    highest: float
    share: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One team's. `rank` is None without one, `of` counts the teams with a rank; `prizes`: their names."""

    criteria: list[CriterionMean] = field(default_factory=list)
    ballots: int = 0
    rank: int | None = None
    of: int = 0
    prizes: list[Texts] = field(default_factory=list)


def verdicts_of(*, edition: Edition, now: datetime) -> dict[int, Verdict]:
    """By number of the team's row; empty until the results are published. A number of queries that does not grow."""
    if edition.phase(now) != Phase.PUBLISHED:
        return {}
    results = public_results(edition)
    try:
        record = public_record(person=None, edition=edition)
    except Refused:
        # Published without a signature: there are results of nothing.
        record = {"criteria": [], "ballots": []}
    ranked = sum(len(entry["teams"]) for entry in results["entries"] if entry["rank"] is not None)
    places = {team["id"]: entry for entry in results["entries"] for team in entry["teams"]}
    marks, counted = _marks(record)
    found = {}
    for pk, number in Team.objects.filter(edition=edition).values_list("pk", "number"):
        place = places.get(pk, {"rank": None, "prizes": []})
        found[pk] = Verdict(
            criteria=[_mean(one, marks[number, one["key"]]) for one in record["criteria"] if marks[number, one["key"]]],
            ballots=counted[number],
            rank=place["rank"],
            of=ranked,
            prizes=[prize["name"] for prize in place["prizes"]],
        )
    return found


def _marks(record: dict[str, Any]) -> tuple[dict[tuple[int, str], list[float]], dict[int, int]]:
    marks: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
    counted: defaultdict[int, int] = defaultdict(int)
    for ballot in record["ballots"]:
        if ballot["state"] == COUNTS:
            counted[ballot["team"]] += 1
            for key, value in ballot["marks"].items():
                marks[ballot["team"], key].append(float(value))
    return marks, counted


def _mean(criterion: dict[str, Any], values: list[float]) -> CriterionMean:
    lowest, highest = float(criterion["lowest"]), float(criterion["highest"])
    mean = sum(values) / len(values)
    return CriterionMean(
        label=criterion["label"], mean=mean, highest=highest, share=round(100 * (mean - lowest) / (highest - lowest))
    )
