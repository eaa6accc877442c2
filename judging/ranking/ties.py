"""Who comes first among equals.

Scores equal to a millionth of a point are split by (1) the score on the criterion of most weight, then on the next,
the rubric's order deciding between equal weights; (2) head to head: more jurors who scored both put it higher;
(3) more first places on the jurors' own lists, then more second places, and so on; (4) the higher raw mean.
What is still equal shares the rank: 1, 2, 2, 4.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, partial
from itertools import groupby
from typing import Any

from judging.ranking.marks import Criterion, Scored

Measure = Callable[[Sequence[int]], Mapping[int, Any]]
# A value per ballot to a score per team.
Method = Callable[[Sequence[Scored], Sequence[Fraction]], dict[int, Fraction]]
MILLION = 10**6


def groups_in_order(
    scored: Sequence[Scored],
    criteria: Sequence[Criterion],
    points: Mapping[int, Fraction],
    *,
    method: Method,
    raw: Mapping[int, Fraction],
) -> list[list[int]]:
    """Groups of teams that share a rank, best group first. `points`: team to score; `method`: how a criterion is scored."""
    groups = _split([list(points)], lambda _tied: {team: _millionths(score) for team, score in points.items()})
    by_weight = sorted((c for c in criteria if c.weight > 0), key=lambda criterion: -criterion.weight)
    for criterion in by_weight:
        groups = _split(groups, _once(partial(_on_criterion, scored, criterion.id, method)))
    groups = _split(groups, partial(_head_to_head, scored))
    groups = _split(groups, partial(_places, scored))
    return _split(groups, lambda _tied: {team: _millionths(score) for team, score in raw.items()})


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


def _once(measure: Callable[[], Mapping[int, Any]]) -> Measure:
    """A measure that is the same for every group of equals and dear: taken once, and only where there are equals."""
    found = cache(measure)
    return lambda _tied: found()


def _millionths(score: Fraction) -> int:
    return round(score * MILLION)


def _on_criterion(scored: Sequence[Scored], criterion: int, method: Method) -> dict[int, int]:
    found = method(scored, [Fraction(ballot.marks[criterion]) for ballot in scored])
    return {team: _millionths(score) for team, score in found.items()}


def _head_to_head(scored: Sequence[Scored], tied: Sequence[int]) -> dict[int, int]:
    """Team to jurors who put it above another of the tied teams, less those who put it below."""
    balance = dict.fromkeys(tied, 0)
    for own in _lists(scored, tied).values():
        for team, score in own.items():
            balance[team] += sum((score > other) - (score < other) for other in own.values())
    return balance


def _places(scored: Sequence[Scored], tied: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Team to how often it is first, second, ... on a juror's own list."""
    lists = _lists(scored)
    longest = max(map(len, lists.values()), default=0)
    counts = {team: [0] * longest for team in tied}
    for own in lists.values():
        for team in counts.keys() & own.keys():
            counts[team][sum(other > own[team] for other in own.values())] += 1
    return {team: tuple(count) for team, count in counts.items()}


def _lists(scored: Sequence[Scored], only: Sequence[int] | None = None) -> dict[int, dict[int, int]]:
    """Juror to their own scores per team."""
    wanted = None if only is None else set(only)
    lists: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for ballot in scored:
        if wanted is None or ballot.team in wanted:
            lists[ballot.juror][ballot.team] = ballot.score
    return lists
