"""Ballots as arrays: who scored whom, how, and what hangs together.

Rows are sorted by entrant, then juror, so that the order in which ballots arrive cannot change a digit.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from judging.ranking.problems import Unrankable

Id: TypeAlias = Hashable
Row: TypeAlias = Sequence[Any] | Mapping[str, Any]
Weights: TypeAlias = Mapping[Any, float] | Sequence[float] | None
Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Design:
    """`juror[b]`, `entrant[b]`: places in `jurors`, `entrants`; `score[b]`, `weight[b]` > 0: ballot b, sorted by entrant."""

    jurors: tuple[Id, ...]
    entrants: tuple[Id, ...]
    juror: Whole
    entrant: Whole
    score: Floats
    weight: Floats

    @property
    def size(self) -> int:
        """Number of ballots."""
        return len(self.score)

    @cached_property
    def entrant_weight(self) -> Floats:
        """n_i: sum of the weights of an entrant's ballots."""
        return self.by_entrant(self.weight)

    @cached_property
    def juror_weight(self) -> Floats:
        """n_j: sum of the weights of a juror's ballots."""
        return self.by_juror(self.weight)

    @cached_property
    def ballots_of_entrant(self) -> Whole:
        return np.bincount(self.entrant, minlength=len(self.entrants)).astype(np.intp)

    def by_entrant(self, values: Floats) -> Floats:
        return bins(self.entrant, values, len(self.entrants))

    def by_juror(self, values: Floats) -> Floats:
        return bins(self.juror, values, len(self.jurors))

    @cached_property
    def entrant_means(self) -> Floats:
        """The weighted mean of each entrant's ballots, as far as possible without rounding."""
        middle = float(self.score.mean()) if self.size else 0.0
        return middle + self.by_entrant(self.weight * (self.score - middle)) / self.entrant_weight

    @cached_property
    def is_complete(self) -> bool:
        """Every juror scored every entrant, all with the same weight."""
        whole = self.size == len(self.jurors) * len(self.entrants)
        return whole and (self.size == 0 or float(self.weight.min()) == float(self.weight.max()))

    @cached_property
    def labels(self) -> tuple[Whole, Whole]:
        """Component of each juror and of each entrant, counted from 0 in the order of the entrants."""
        jurors = len(self.jurors)
        parent = list(range(jurors + len(self.entrants)))

        def root(node: int) -> int:
            while parent[node] != node:
                parent[node] = parent[parent[node]]
                node = parent[node]
            return node

        for juror, entrant in zip(self.juror.tolist(), self.entrant.tolist(), strict=True):
            one, other = root(juror), root(jurors + entrant)
            if one != other:
                parent[one] = other
        roots: dict[int, int] = {}
        places = [roots.setdefault(root(jurors + entrant), len(roots)) for entrant in range(len(self.entrants))]
        return np.array([roots[root(juror)] for juror in range(jurors)], dtype=np.intp), np.array(places, dtype=np.intp)

    @cached_property
    def groups(self) -> int:
        """C: the number of components."""
        return int(self.labels[1].max()) + 1 if self.entrants else 0

    @property
    def freedom(self) -> int:
        """nu = n - T - J + C: what is left to see the noise by."""
        return self.size - len(self.entrants) - len(self.jurors) + self.groups

    def with_ballot(self, juror: Id, entrant: Id, score: Any, weight: Any) -> "Design":
        """This design with one ballot added, or replaced where juror and entrant have one."""
        value, heft = number(score, "score_not_a_number", juror, entrant), weight_of(weight, juror, entrant)
        if juror not in self._juror_place or entrant not in self._entrant_place or heft == 0:
            rows = [row for row in self.rows() if row[:2] != (juror, entrant)]
            return design_of([*rows, (juror, entrant, value, heft)])
        j, i = self._juror_place[juror], self._entrant_place[entrant]
        key = i * len(self.jurors) + j
        keys = self.entrant * len(self.jurors) + self.juror
        place = int(np.searchsorted(keys, key))
        found = place < self.size and keys[place] == key
        changed = Design(
            jurors=self.jurors,
            entrants=self.entrants,
            juror=self.juror if found else np.insert(self.juror, place, j),
            entrant=self.entrant if found else np.insert(self.entrant, place, i),
            score=_put(self.score, place, value, found),
            weight=_put(self.weight, place, heft, found),
        )
        changed.__dict__.update(_juror_place=self._juror_place, _entrant_place=self._entrant_place)
        if found or self.labels[0][j] == self.labels[1][i]:
            # A ballot inside one component joins nothing.
            changed.__dict__["labels"] = self.labels
        return changed

    def rows(self) -> list[tuple[Id, Id, float, float]]:
        columns = (self.juror.tolist(), self.entrant.tolist(), self.score.tolist(), self.weight.tolist())
        return [(self.jurors[j], self.entrants[i], y, v) for j, i, y, v in zip(*columns, strict=True)]

    @cached_property
    def _juror_place(self) -> dict[Id, int]:
        return {juror: place for place, juror in enumerate(self.jurors)}

    @cached_property
    def _entrant_place(self) -> dict[Id, int]:
        return {entrant: place for place, entrant in enumerate(self.entrants)}


def bins(places: Whole, values: Floats, size: int) -> Floats:
    """The sum of the values at each place."""
    return np.bincount(places, weights=values, minlength=size).astype(np.float64, copy=False)


def design_of(ballots: Iterable[Row], weights: Weights = None) -> Design:
    """Read rows. Ballots of weight 0 are left out. Raises Unrankable, see `judging.ranking.rank`."""
    rows = [_row(row, place) for place, row in enumerate(ballots)]
    hefts = _hefts(rows, weights)
    seen: set[tuple[Id, Id]] = set()
    for juror, entrant, _score, _weight in rows:
        if (juror, entrant) in seen:
            raise Unrankable("ballot_twice", f"Juror {juror} has two ballots on {entrant}.", juror=juror, entrant=entrant)
        seen.add((juror, entrant))
    kept = [(row, heft) for row, heft in zip(rows, hefts, strict=True) if heft > 0]
    jurors, entrants = in_order({row[0] for row, _heft in kept}), in_order({row[1] for row, _heft in kept})
    juror_place = {one: place for place, one in enumerate(jurors)}
    entrant_place = {one: place for place, one in enumerate(entrants)}
    juror_at = np.array([juror_place[row[0]] for row, _heft in kept], dtype=np.intp)
    entrant_at = np.array([entrant_place[row[1]] for row, _heft in kept], dtype=np.intp)
    order = np.lexsort((juror_at, entrant_at))
    return Design(
        jurors=jurors,
        entrants=entrants,
        juror=juror_at[order],
        entrant=entrant_at[order],
        score=np.array([row[2] for row, _heft in kept], dtype=np.float64)[order],
        weight=np.array([heft for _row, heft in kept], dtype=np.float64)[order],
    )


def in_order(ids: Iterable[Id]) -> tuple[Id, ...]:
    """Identifiers in their own order; those that do not compare with each other go by type and text."""
    try:
        return tuple(sorted(ids))  # type: ignore[type-var]  # whether they compare is found out here
    except TypeError:
        return tuple(sorted(ids, key=lambda one: (type(one).__name__, str(one))))


def number(value: Any, code: str, juror: Id, entrant: Id) -> float:
    """A finite number; text is refused, "7,5" and "7.5" alike, and so are True and NaN."""
    if isinstance(value, float) and isfinite(value):
        return value
    if isinstance(value, bool | np.bool_) or not (isinstance(value, Real) or hasattr(value, "as_integer_ratio")):
        raise Unrankable(code, f"{value!r} is not a number (juror {juror}, {entrant}).", juror=juror, entrant=entrant)
    try:
        plain = float(value)
    except (ValueError, OverflowError):
        plain = float("nan")
    if not isfinite(plain):
        raise Unrankable(code, f"{value!r} is not a finite number (juror {juror}, {entrant}).", juror=juror, entrant=entrant)
    return plain


def weight_of(value: Any, juror: Id, entrant: Id) -> float:
    heft = number(value, "weight_invalid", juror, entrant)
    if heft < 0:
        raise Unrankable("weight_invalid", f"A weight is negative (juror {juror}, {entrant}).", juror=juror, entrant=entrant)
    return heft


def _row(row: Row, place: int) -> tuple[Id, Id, float, float]:
    if isinstance(row, Mapping):
        if not {"juror", "entrant", "score"} <= row.keys():
            raise Unrankable("row_malformed", f"Row {place} lacks juror, entrant or score.", row=place)
        juror, entrant, score, weight = row["juror"], row["entrant"], row["score"], row.get("weight", 1.0)
    elif not isinstance(row, Sequence) or isinstance(row, str) or not 3 <= len(row) <= 4:
        raise Unrankable("row_malformed", f"Row {place} is not (juror, entrant, score) or (.., weight).", row=place)
    else:
        juror, entrant, score, weight = (*row, 1.0)[:4]
    return juror, entrant, number(score, "score_not_a_number", juror, entrant), weight_of(weight, juror, entrant)


def _hefts(rows: Sequence[tuple[Id, Id, float, float]], weights: Weights) -> list[float]:
    """The weight of each ballot: its own times the one from `weights`."""
    if weights is None:
        return [row[3] for row in rows]
    if isinstance(weights, Mapping):
        return [row[3] * weight_of(weights.get(row[0], 1.0), row[0], row[1]) for row in rows]
    if len(weights) != len(rows):
        raise Unrankable(
            "weight_invalid",
            f"{len(weights)} weights for {len(rows)} ballots.",
            weights=len(weights),
            ballots=len(rows),
        )
    return [row[3] * weight_of(weight, row[0], row[1]) for row, weight in zip(rows, weights, strict=True)]


def _put(values: Floats, place: int, value: float, found: bool) -> Floats:
    if not found:
        return np.insert(values, place, value)
    changed = values.copy()
    changed[place] = value
    return changed
