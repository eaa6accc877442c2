"""Who beats whom: Bradley-Terry on comparisons, for expo judging without scores.

P(i beats k) = 1 / (1 + exp(b_k - b_i)); a tie counts half to each. With a ridge r, maximises the log-likelihood less
r/2 * sum b^2, which exists for any comparisons; without, the maximum exists only where everybody can be reached from
everybody along wins. Source: Bradley & Terry, Biometrika 39 (1952) 324-345; Ford, American Mathematical Monthly 64
(1957) 28-33, for when the maximum exists.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from judging.ranking.design import Floats, Id, Row, design_of, in_order, number, weight_of
from judging.ranking.problems import Unrankable

# Keeps a display calm while comparisons are few.
RIDGE = 0.3
STEPS = 100


@dataclass(frozen=True, eq=False)
class Strengths:
    """`strengths`: entrant to b, of mean 0; `standard_errors`: as the curvature at the maximum says."""

    entrants: tuple[Id, ...]
    values: Floats
    errors: Floats
    ridge: float
    log_likelihood: float

    @cached_property
    def strengths(self) -> dict[Id, float]:
        return dict(zip(self.entrants, self.values.tolist(), strict=True))

    @cached_property
    def standard_errors(self) -> dict[Id, float]:
        return dict(zip(self.entrants, self.errors.tolist(), strict=True))

    @cached_property
    def ranks(self) -> dict[Id, int]:
        """Entrant to rank; strengths equal to a millionth share it."""
        steps = np.round(self.values / 1e-6)
        return {one: int((steps > mine).sum()) + 1 for one, mine in zip(self.entrants, steps, strict=True)}

    def chance(self, one: Id, other: Id) -> float:
        """The chance that `one` wins the next comparison with `other`."""
        return float(1 / (1 + np.exp(self.strengths[other] - self.strengths[one])))


def bradley_terry(comparisons: Iterable[Any], *, ridge: float = RIDGE) -> Strengths:
    """Strengths from rows (winner, loser) or (one, other, share of the win: 1, 0 or 0.5) or (.., share, weight).

    `ridge`: 0.3 for display, 0 for plain maximum likelihood. Raises Unrankable: row_malformed,
    score_not_a_number (a share that is not between 0 and 1), weight_invalid, and without ridge
    `strengths_unbounded` (`above`: entrants that never lost to the others, `below`: those others).

    >>> found = bradley_terry([("a", "b"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "a", 0.5)], ridge=0)
    >>> [round(found.strengths[one], 3) for one in "abc"]
    [0.517, 0.219, -0.736]
    """
    if number(ridge, "weight_invalid", "", "ridge") < 0:
        raise Unrankable("weight_invalid", "A ridge is not negative.", ridge=ridge)
    wins = _wins(comparisons)
    entrants = in_order({one for pair in wins for one in pair})
    if not entrants:
        return Strengths(entrants=(), values=np.zeros(0), errors=np.zeros(0), ridge=ridge, log_likelihood=0.0)
    places = {one: place for place, one in enumerate(entrants)}
    table = np.zeros((len(entrants), len(entrants)))
    for (winner, loser), share in wins.items():
        table[places[winner], places[loser]] += share
    if ridge == 0:
        _check_bounded(table, entrants)
    values, curvature = _maximum(table, ridge)
    # Without ridge only differences are known: mean 0 is the ground.
    ground = np.zeros_like(table) if ridge else np.full_like(table, 1 / len(entrants))
    inverse = np.linalg.inv(curvature + ground) - ground
    return Strengths(
        entrants=entrants,
        values=values,
        errors=np.sqrt(np.maximum(np.diag(inverse), 0.0)),
        ridge=ridge,
        log_likelihood=_log_likelihood(table, values),
    )


def comparisons_of(ballots: Iterable[Row]) -> list[tuple[Id, Id, float]]:
    """Every pair of entrants that one juror scored, as a comparison; equal scores are a tie. Rows as for `rank`.

    >>> comparisons_of([("A", "x", 7), ("A", "y", 5), ("B", "y", 4)])
    [('x', 'y', 1.0)]
    """
    lists: defaultdict[Id, list[tuple[Id, float]]] = defaultdict(list)
    for juror, entrant, score, _weight in design_of(ballots).rows():
        lists[juror].append((entrant, score))
    return [
        (one, other, 0.5 if mine == theirs else float(mine > theirs))
        for own in lists.values()
        for (one, mine), (other, theirs) in combinations(own, 2)
    ]


def _wins(comparisons: Iterable[Any]) -> dict[tuple[Id, Id], float]:
    wins: defaultdict[tuple[Id, Id], float] = defaultdict(float)
    for place, row in enumerate(comparisons):
        if not isinstance(row, Sequence) or isinstance(row, str) or not 2 <= len(row) <= 4 or row[0] == row[1]:
            raise Unrankable("row_malformed", f"Row {place} does not compare two entrants.", row=place)
        one, other, share, weight = (*row, 1.0, 1.0)[:4] if len(row) == 2 else (*row, 1.0)[:4]
        won, heft = number(share, "score_not_a_number", one, other), weight_of(weight, one, other)
        if not 0 <= won <= 1:
            raise Unrankable("score_not_a_number", f"Row {place}: a share is between 0 and 1.", row=place)
        wins[one, other] += heft * won
        wins[other, one] += heft * (1 - won)
    return wins


def _maximum(table: Floats, ridge: float) -> tuple[Floats, Floats]:
    """Newton's method, halving a step that goes down. The maximum and the negative curvature there."""
    met = table + table.T
    values = np.zeros(len(table))
    height = _log_likelihood(table, values)
    ground = 0.0 if ridge else 1 / len(table)
    for _step in range(STEPS):
        chance = 1 / (1 + np.exp(values[None, :] - values[:, None]))
        slope = (table - met * chance).sum(axis=1) - ridge * values
        heft = met * chance * chance.T
        curvature = np.diag(heft.sum(axis=1)) - heft + ridge * np.eye(len(table))
        if float(np.abs(slope).max()) < 1e-11 * max(1.0, float(met.max())):
            break
        step = np.linalg.solve(curvature + ground, slope)
        for _halving in range(60):
            there = values + step
            higher = _log_likelihood(table, there) - ridge / 2 * float(there @ there)
            if higher >= height - 1e-12 * abs(height):
                break
            step = step / 2
        values, height = there, higher
    return values - values.mean(), curvature


def _log_likelihood(table: Floats, values: Floats) -> float:
    return -float((table * np.logaddexp(0, values[None, :] - values[:, None])).sum())


def _check_bounded(table: Floats, entrants: tuple[Id, ...]) -> None:
    """Everybody must be reachable from everybody along wins, or strengths run away."""
    beats = table > 0
    for reach in (beats, beats.T):
        seen = np.zeros(len(entrants), dtype=bool)
        seen[0] = True
        while True:
            more = seen | reach[seen].any(axis=0)
            if (more == seen).all():
                break
            seen = more
        if not seen.all():
            inside = [one for one, is_in in zip(entrants, seen, strict=True) if is_in]
            outside = [one for one, is_in in zip(entrants, seen, strict=True) if not is_in]
            above, below = (outside, inside) if reach is beats else (inside, outside)
            raise Unrankable(
                "strengths_unbounded",
                f"{above[0]} and {len(above) - 1} more never lost to {below[0]} and {len(below) - 1} more: use a ridge.",
                above=above,
                below=below,
            )
