"""The order of the teams, from complete ballots.

Score of a ballot, 0 to 100:  y = 100 * sum_c w_c (x_c - lo_c) / (hi_c - lo_c) / sum_c w_c
where w_c is the criterion's weight and lo_c, hi_c its scale. A ballot counts when every criterion
of weight > 0 is marked; criteria of weight 0 never count. A method turns ballot scores into one
score per team; `mean` is their mean.

All arithmetic is exact (integers and fractions), so the order of the ballots, the unit of the
weights and the machine cannot change a result. Floats appear only in what is returned.

Ties: scores equal to a millionth of a point are split by (1) the mean on the criterion of most
weight, then on the next, the rubric's order deciding between equal weights; (2) head to head: more
jurors who scored both put it higher; (3) more first places on the jurors' own lists, then more
second places, and so on. What is still equal shares the rank: 1, 2, 2, 4.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import groupby
from math import lcm
from typing import Any

Measure = Callable[[Sequence[int]], Mapping[int, Any]]
MILLION = 10**6


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """`weight` >= 0; `lowest` < `highest`."""

    id: int
    weight: Decimal
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """One juror's marks for one team: criterion id to a value within that criterion's scale."""

    juror: int
    team: int
    marks: Mapping[int, Decimal]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One team's place. `rank` and `score` (0 to 100) are None without a complete ballot; `position` counts 1, 2, 3."""

    team: int
    rank: int | None
    position: int
    score: float | None
    ballots: int


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """A complete ballot; `score` is a whole number of units, the same unit on all ballots."""

    juror: int
    team: int
    score: int
    marks: Mapping[int, Decimal]


def standings(
    ballots: Iterable[Ballot], criteria: Sequence[Criterion], *, teams: Sequence[int], method: str = "mean"
) -> list[Standing]:
    """The places of `teams`, best first, teams without a complete ballot last and in the order given.

    `criteria` come in the rubric's order. Ballots on teams that are not listed (withdrawn ones) take part
    in the computation, so that a withdrawal moves nobody against anybody else, and have no place.
    Raises ValueError on an unknown method, on weights that are all zero and on a scale without length.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}")
    scored, units = _scored(ballots, criteria)
    points = {team: score / units for team, score in METHODS[method](scored).items()}
    counts = Counter(ballot.team for ballot in scored)
    listed = {team: place for place, team in enumerate(teams)}
    rows: list[Standing] = []
    for tied in _order(scored, criteria, points):
        present = sorted((team for team in tied if team in listed), key=listed.__getitem__)
        rank = len(rows) + 1
        rows += [
            Standing(team=team, rank=rank, position=rank + place, score=float(points[team]), ballots=counts[team])
            for place, team in enumerate(present)
        ]
    unranked = [team for team in teams if team not in points]
    rows += [
        Standing(team=team, rank=None, position=len(rows) + place, score=None, ballots=0)
        for place, team in enumerate(unranked, start=1)
    ]
    return rows


def ballot_points(marks: Mapping[int, Decimal], criteria: Sequence[Criterion]) -> float:
    """The points (0 to 100) that marks are worth; a criterion without a mark adds nothing. Raises as `standings`."""
    return float(_points(marks, _worths(criteria)))


def _worths(criteria: Sequence[Criterion]) -> dict[int, tuple[Fraction, Fraction]]:
    """Criterion id to its lowest value and what one unit above it is worth; criteria of weight 0 are left out."""
    counting = [criterion for criterion in criteria if criterion.weight > 0]
    if not counting:
        raise ValueError("all weights are zero")
    if any(criterion.lowest >= criterion.highest for criterion in counting):
        raise ValueError("a scale has no length")
    total = sum((Fraction(criterion.weight) for criterion in counting), Fraction(0))
    return {c.id: (Fraction(c.lowest), 100 * Fraction(c.weight) / total / Fraction(c.highest - c.lowest)) for c in counting}


def _points(marks: Mapping[int, Decimal], worths: Mapping[int, tuple[Fraction, Fraction]]) -> Fraction:
    return sum(((Fraction(marks[id_]) - lowest) * worth for id_, (lowest, worth) in worths.items() if id_ in marks), Fraction(0))


def _scored(ballots: Iterable[Ballot], criteria: Sequence[Criterion]) -> tuple[list[_Scored], int]:
    """The complete ballots, sorted by identifiers, and how many units a point has.

    Whole units instead of fractions: as exact, and ten thousand ballots in a tenth of the time.
    """
    worths = _worths(criteria)
    complete = [ballot for ballot in ballots if worths.keys() <= ballot.marks.keys()]
    marks = {(id_, ballot.marks[id_]) for ballot in complete for id_ in worths}
    points = {(id_, mark): _points({id_: mark}, worths) for id_, mark in marks}
    units = lcm(*(value.denominator for value in points.values()))
    whole = {key: int(value * units) for key, value in points.items()}
    scored = [
        _Scored(
            juror=ballot.juror,
            team=ballot.team,
            score=sum(whole[id_, ballot.marks[id_]] for id_ in worths),
            marks=ballot.marks,
        )
        for ballot in sorted(complete, key=lambda ballot: (ballot.team, ballot.juror))
    ]
    return scored, units


def weighted_mean(scored: Sequence[_Scored]) -> dict[int, Fraction]:
    """Team to the plain mean of its ballots, in units."""
    by_team: defaultdict[int, list[int]] = defaultdict(list)
    for ballot in scored:
        by_team[ballot.team].append(ballot.score)
    return {team: Fraction(sum(scores), len(scores)) for team, scores in by_team.items()}


METHODS: Mapping[str, Callable[[Sequence[_Scored]], dict[int, Fraction]]] = {"mean": weighted_mean}


def _order(scored: Sequence[_Scored], criteria: Sequence[Criterion], points: Mapping[int, Fraction]) -> list[list[int]]:
    """Groups of teams that share a rank, best group first."""
    groups = _split([list(points)], lambda _tied: {team: _millionths(score) for team, score in points.items()})
    by_weight = sorted((c for c in criteria if c.weight > 0), key=lambda criterion: -criterion.weight)
    for criterion in by_weight:
        groups = _split(groups, partial(_criterion_means, scored, criterion.id))
    groups = _split(groups, partial(_head_to_head, scored))
    return _split(groups, partial(_places, scored))


def _split(groups: list[list[int]], measure: Measure) -> list[list[int]]:
    """Each group of equals, split by a further measure, higher first."""
    split: list[list[int]] = []
    for group in groups:
        if len(group) == 1:
            split.append(group)
            continue
        value = measure(group)
        ordered = sorted(group, key=value.__getitem__, reverse=True)
        split += [list(tied) for _value, tied in groupby(ordered, key=value.__getitem__)]
    return split


def _millionths(score: Fraction) -> int:
    return round(score * MILLION)


def _criterion_means(scored: Sequence[_Scored], criterion: int, tied: Sequence[int]) -> dict[int, int]:
    marks: dict[int, list[Fraction]] = {team: [] for team in tied}
    for ballot in scored:
        if ballot.team in marks:
            marks[ballot.team].append(Fraction(ballot.marks[criterion]))
    return {team: _millionths(sum(values, Fraction(0)) / len(values)) for team, values in marks.items()}


def _head_to_head(scored: Sequence[_Scored], tied: Sequence[int]) -> dict[int, int]:
    """Team to jurors who put it above another of the tied teams, less those who put it below."""
    balance = dict.fromkeys(tied, 0)
    for own in _lists(scored, tied).values():
        for team, score in own.items():
            balance[team] += sum((score > other) - (score < other) for other in own.values())
    return balance


def _places(scored: Sequence[_Scored], tied: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Team to how often it is first, second, ... on a juror's own list."""
    lists = _lists(scored)
    longest = max(map(len, lists.values()), default=0)
    counts = {team: [0] * longest for team in tied}
    for own in lists.values():
        for team in counts.keys() & own.keys():
            counts[team][sum(other > own[team] for other in own.values())] += 1
    return {team: tuple(count) for team, count in counts.items()}


def _lists(scored: Sequence[_Scored], only: Sequence[int] | None = None) -> dict[int, dict[int, int]]:
    """Juror to their own scores per team."""
    lists: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for ballot in scored:
        if only is None or ballot.team in only:
            lists[ballot.juror][ballot.team] = ballot.score
    return lists
