"""One call from rows of ballots to scores, their errors and what may be said of the order.

Nothing here knows where ballots come from. The same rows give the same bytes, in whatever order they come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from judging.ranking.design import Design, Id, Row, Weights, design_of, in_order
from judging.ranking.errors import DRAWS, Errors, errors_of
from judging.ranking.fit import Fit, fit
from judging.ranking.problems import Unrankable

# Scores closer than this share of the range of all ballots are equal.
EQUAL = 1e-6
# Below this chance of being truly above the next, two entrants are tied within error.
TIED = 0.90
CLEAR = 0.98
# With fewer degrees of freedom an interval says more about the formula than about the entrants.
FEWEST_DEGREES = 5
Ranks = NDArray[np.uint32]


@dataclass(frozen=True)
class Component:
    """Jurors and entrants that hang together by ballots; scores of different components do not compare."""

    jurors: tuple[Id, ...]
    entrants: tuple[Id, ...]


@dataclass(frozen=True, eq=False)
class Ranking:
    """What `rank` found. Mappings are keyed by the identifiers of the rows. Errors and draws are computed when asked for."""

    design: Design
    fit: Fit
    method: str
    seed: int
    unranked: tuple[Id, ...] = ()

    # --- Estimates ------------------------------------------------------------------------------------------------

    @cached_property
    def scores(self) -> dict[Id, float]:
        """Entrant to score, in the unit of the rows. Entrants without a ballot are in `unranked`."""
        return self._by_entrant(self.fit.scores)

    @cached_property
    def raw_means(self) -> dict[Id, float]:
        """Entrant to the weighted mean of its ballots."""
        return self._by_entrant(self.design.entrant_means)

    @cached_property
    def ballots(self) -> dict[Id, int]:
        """Entrant to the number of its ballots."""
        return dict(zip(self.design.entrants, self.design.ballots_of_entrant.tolist(), strict=True))

    @cached_property
    def offsets(self) -> dict[Id, float]:
        """Juror to offset in the unit of the rows; positive = lenient. All 0 under `mean`."""
        return dict(zip(self.design.jurors, self.fit.offsets.tolist(), strict=True))

    @property
    def juror_offsets(self) -> dict[Id, float]:
        """The same as `offsets`."""
        return self.offsets

    @property
    def var_juror(self) -> float:
        """vs: how much jurors differ, as a variance. Under `fixed` the variance of the offsets themselves."""
        return self.fit.var_juror

    @property
    def var_error(self) -> float:
        """ve: the noise of a ballot of weight 1, as a variance."""
        return self.fit.var_error

    @property
    def var_entrant(self) -> float | None:
        """vt: how much entrants differ, as a variance. None but under `shrunk`."""
        return self.fit.var_entrant

    @property
    def mean(self) -> float | None:
        """The level that `shrunk` pulls entrants toward. None under other methods."""
        return self.fit.mean

    @cached_property
    def effects(self) -> dict[Id, float]:
        """Entrant to score less `mean`: the predictions of `shrunk`; under other methods less the mean of the scores."""
        if not self.design.entrants:
            return {}
        level = float(self.fit.scores.mean()) if self.fit.mean is None else self.fit.mean
        return self._by_entrant(self.fit.scores - level)

    @property
    def log_likelihood(self) -> float | None:
        """The restricted log-likelihood at the estimate, all constants included. None where nothing was maximised."""
        return self.fit.log_likelihood

    @property
    def shrinkage(self) -> float:
        """lam = ve / vs: 0 under `fixed`, infinite where jurors do not differ."""
        return self.fit.penalty

    @property
    def estimator(self) -> str:
        """reml, moments, least_squares, mean or none."""
        return self.fit.estimator

    @property
    def degrees(self) -> int:
        """What the noise is measured by; no standard errors at 0, no intervals below 5."""
        return self.fit.freedom

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know: too_few_ballots, jurors_do_not_differ, jurors_agree_entirely, groups_not_linked,
        every_juror_scored_every_entrant."""
        return self.fit.notes

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The groups that hang together, in the order of their entrants. More than one: do not rank across them."""
        jurors, entrants = self.design.labels
        return tuple(
            Component(
                jurors=tuple(one for one, label in zip(self.design.jurors, jurors, strict=True) if label == group),
                entrants=tuple(one for one, label in zip(self.design.entrants, entrants, strict=True) if label == group),
            )
            for group in range(self.design.groups)
        )

    @cached_property
    def ranks(self) -> dict[Id, int]:
        """Entrant to rank; scores equal to a millionth of the range of all ballots share it: 1, 2, 2, 4."""
        spread = float(np.ptp(self.design.score)) if self.design.size else 0.0
        steps = np.round((self.fit.scores - self.fit.scores.min()) / spread / EQUAL) if spread else np.zeros(len(self.scores))
        return {one: int((steps > mine).sum()) + 1 for one, mine in zip(self.design.entrants, steps, strict=True)}

    @cached_property
    def order(self) -> tuple[Id, ...]:
        """Entrants, best first; those of equal rank by identifier."""
        return tuple(sorted(self.design.entrants, key=self.ranks.__getitem__))

    # --- Errors ---------------------------------------------------------------------------------------------------

    @cached_property
    def errors(self) -> Errors:
        return errors_of(self.design, self.fit)

    @cached_property
    def standard_errors(self) -> dict[Id, float | None]:
        """Entrant to the standard error of its score; None for all where the ballots are too few to tell."""
        if not self.fit.has_errors:
            return dict.fromkeys(self.design.entrants)
        return dict(self._by_entrant(self.errors.of_scores()))

    @cached_property
    def offset_errors(self) -> dict[Id, float | None]:
        """Juror to the standard error of the offset; None as above."""
        if not self.fit.has_errors:
            return dict.fromkeys(self.design.jurors)
        return dict(zip(self.design.jurors, self.errors.of_offsets().tolist(), strict=True))

    def difference_error(self, one: Id, other: Id) -> float | None:
        """Standard error of the difference between two entrants. Raises KeyError for one without a ballot."""
        places = self._places[one], self._places[other]
        return self.errors.of_difference(*places) if self.fit.has_errors else None

    # --- Draws ----------------------------------------------------------------------------------------------------

    @cached_property
    def drawn_ranks(self) -> Ranks | None:
        """Ranks in 2,000 joint draws by `seed`: a row per draw, a column per entrant in the order of `scores`."""
        return self.errors.ranks(seed=self.seed, draws=DRAWS) if self.fit.has_errors and self.design.entrants else None

    def rank_intervals(self, level: float = 0.90) -> dict[Id, tuple[int, int] | None]:
        """Entrant to the lowest and highest rank of the middle `level` of the draws; None with fewer than 5 degrees."""
        if self.drawn_ranks is None or self.degrees < FEWEST_DEGREES:
            return dict.fromkeys(self.design.entrants)
        tails = [(1 - level) / 2, (1 + level) / 2]
        ends = np.quantile(self.drawn_ranks, tails, axis=0, method="nearest")
        return {one: (int(ends[0, place]), int(ends[1, place])) for one, place in self._places.items()}

    def chance_above(self, one: Id, other: Id) -> float | None:
        """The share of draws in which one entrant is above another; with the two exchanged it is 1 less that."""
        if self.drawn_ranks is None:
            return None
        if one == other:
            return 0.5
        return float((self.drawn_ranks[:, self._places[one]] < self.drawn_ranks[:, self._places[other]]).mean())

    def pairwise(self) -> NDArray[np.float64] | None:
        """`chance_above` of all pairs, in the order of `scores`, 0.5 on the diagonal. T x T numbers."""
        if self.drawn_ranks is None:
            return None
        above = np.stack([(column[:, None] < self.drawn_ranks).mean(axis=0) for column in self.drawn_ranks.T])
        np.fill_diagonal(above, 0.5)
        return np.asarray(above)

    def chance_in_top(self, places: int = 1) -> dict[Id, float] | None:
        """Entrant to the share of draws in which it is among the first `places`; with 1, they add up to 1."""
        if self.drawn_ranks is None:
            return None
        return self._by_entrant((self.drawn_ranks <= places).mean(axis=0))

    def verdict(self, one: Id, other: Id) -> str | None:
        """How sure it is that `one` is above `other`: "clearly", "probably", "tied"; "not" where it rather is below."""
        chance = self.chance_above(one, other)
        if chance is None:
            return None
        if chance >= TIED:
            return "clearly" if chance >= CLEAR else "probably"
        return "tied" if chance > 1 - TIED else "not"

    def ties_within_error(self) -> list[tuple[Id, ...]] | None:
        """Brackets, best first: an entrant joins the one above it when the chance of the order is below 0.90."""
        if self.drawn_ranks is None:
            return None
        brackets: list[list[Id]] = []
        for one in self.order:
            above = self.chance_above(brackets[-1][-1], one) if brackets else None
            if above is not None and above < TIED:
                brackets[-1].append(one)
            else:
                brackets.append([one])
        return [tuple(bracket) for bracket in brackets]

    # --- One ballot more ------------------------------------------------------------------------------------------

    def with_ballot(self, juror: Id, entrant: Id, score: float, weight: float = 1.0) -> "Ranking":
        """The ranking with one ballot added, or replaced where this juror has scored this entrant; weight 0 takes it out.

        The estimates are those of a new fit; what is known already saves most of its time. Raises Unrankable.
        """
        design = self.design.with_ballot(juror, entrant, score, weight)
        present = set(design.entrants)
        return Ranking(
            design=design,
            fit=fit(design, self.method, self.fit),
            method=self.method,
            seed=self.seed,
            unranked=in_order((set(self.unranked) | set(self.design.entrants) | {entrant}) - present),
        )

    def without_juror(self, juror: Id) -> "Ranking":
        """The ranking as if this juror had not been there: does the order rest on one person?"""
        rows = [row for row in self.design.rows() if row[0] != juror]
        return rank(rows, self.method, seed=self.seed, entrants=(*self.design.entrants, *self.unranked))

    def certificate(self) -> dict[str, Any]:
        """How it was computed, in plain data for the record."""
        finite = np.isfinite(self.shrinkage)
        return {
            "method": self.method,
            "estimator": self.estimator,
            "seed": self.seed,
            "draws": DRAWS,
            "ballots": self.design.size,
            "degrees": self.degrees,
            "shrinkage": self.shrinkage if finite else None,
            "var_juror": self.var_juror,
            "var_error": self.var_error,
            "groups": self.design.groups,
            "notes": list(self.notes),
        }

    @cached_property
    def _places(self) -> dict[Id, int]:
        return {one: place for place, one in enumerate(self.design.entrants)}

    def _by_entrant(self, values: NDArray[np.float64]) -> dict[Id, float]:
        return dict(zip(self.design.entrants, values.tolist(), strict=True))


def rank(
    ballots: Iterable[Row],
    method: str = "adjusted",
    weights: Weights = None,
    seed: int = 0,
    *,
    entrants: Iterable[Id] | None = None,
) -> Ranking:
    """Score entrants from ballots and estimate how lenient each juror is.

    `ballots`: rows (juror, entrant, score) or (juror, entrant, score, weight), or mappings with these keys;
    scores on any scale, higher is better; at most one ballot per juror and entrant.
    `method`: "adjusted" (default), "mean", "fixed", "shrunk", as in docs/guide/ranking.md.
    `weights`: a mapping from juror to weight, or one number per ballot; multiplies the weight in the row.
    `seed`: of the draws behind intervals and chances; nothing else is random.
    `entrants`: everybody who could be ranked; who has no ballot is listed in `unranked`.

    Raises Unrankable: unknown_method, row_malformed, score_not_a_number (text, NaN and infinity too),
    weight_invalid, ballot_twice, unknown_entrant (a ballot on somebody whom `entrants` does not list).

    >>> found = rank([("Ana", "bus", 8), ("Ana", "tram", 6), ("Ana", "boat", 5),
    ...               ("Ben", "bus", 6), ("Ben", "tram", 4), ("Ben", "boat", 2),
    ...               ("Cleo", "tram", 9), ("Cleo", "boat", 8), ("Cleo", "bike", 9)])
    >>> found.order
    ('bus', 'tram', 'bike', 'boat')
    >>> {juror: round(offset, 1) for juror, offset in found.offsets.items()}
    {'Ana': -0.2, 'Ben': -2.6, 'Cleo': 2.8}
    >>> found.raw_means["bike"], round(found.scores["bike"], 1)
    (9.0, 6.2)
    """
    if method not in ("adjusted", "mean", "fixed", "shrunk"):
        raise Unrankable("unknown_method", f"unknown method {method!r}", method=method)
    design = design_of(ballots, weights)
    unranked: tuple[Id, ...] = ()
    if entrants is not None:
        listed = set(entrants)
        if strangers := in_order(set(design.entrants) - listed):
            raise Unrankable("unknown_entrant", f"A ballot is on {strangers[0]}, who is not listed.", entrant=strangers[0])
        unranked = in_order(listed - set(design.entrants))
    return Ranking(design=design, fit=fit(design, method), method=method, seed=seed, unranked=unranked)


def update(ranking: Ranking, ballot: Row) -> Ranking:
    """`ranking.with_ballot` for a row as `rank` takes it."""
    if isinstance(ballot, Mapping):
        row: tuple[Any, ...] = (ballot["juror"], ballot["entrant"], ballot["score"], ballot.get("weight", 1.0))
    else:
        row = tuple(ballot)
    return ranking.with_ballot(*row)
