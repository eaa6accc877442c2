"""How sure the scores are: standard errors, and ranks in joint draws of all scores.

Var(a) = ve [D^-1 + D^-1 N S^-1 N' D^-1], the same from which the draws come:
    f = sqrt(nu / chi2_nu),  a* = a + f sqrt(ve) (B R z1 + D^-1/2 z2),  R R' = S^-1,  B = D^-1 N.
`shrunk` has the mean beside the offsets and n_i + ve / vt in the place of n_i.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from judging.ranking.design import Design, Floats
from judging.ranking.fit import Fit, grounded_inverse, pairs, shared_matrix

DRAWS = 2000
# Ballots times draws held at once; bounds the memory, not the result.
HELD = 4_000_000


@dataclass(frozen=True, eq=False)
class Errors:
    """`inverse`: covariance of the kept effects (offsets, before them the mean in `shrunk`), divided by ve; may be 0 x 0."""

    design: Design
    fit: Fit
    inverse: Floats

    @property
    def _heavy(self) -> Floats:
        return self.design.entrant_weight + self.fit.entrant_penalty

    @property
    def _with_mean(self) -> bool:
        return self.fit.mean is not None

    @property
    def _own(self) -> Floats:
        """What the mean contributes to each score, as a share."""
        return self.fit.entrant_penalty / self._heavy

    def of_scores(self) -> Floats:
        """Standard errors of the scores."""
        size = len(self.design.entrants)
        variance = 1 / self._heavy
        offsets = self._of_offsets()
        if len(offsets):
            variance = variance + _forms(self.design, offsets, self._heavy)
        if self._with_mean:
            variance = variance + self._own**2 * self.inverse[0, 0]
            if len(offsets):
                shares = self.design.weight * self.inverse[0, 1:][self.design.juror]
                variance = variance - 2 * self._own * self.design.by_entrant(shares) / self._heavy
        return np.sqrt(self.fit.var_error * np.maximum(variance, np.zeros(size)))

    def of_offsets(self) -> Floats:
        """Standard errors of the offsets: of the guess about each juror, so sqrt(vs) before the first ballot."""
        offsets = self._of_offsets()
        if not len(offsets):
            return np.zeros(len(self.design.jurors))
        return np.sqrt(self.fit.var_error * np.maximum(np.diag(offsets), 0.0))

    def of_difference(self, one: int, other: int) -> float:
        """Standard error of the difference between two scores, by their places."""
        if one == other:
            return 0.0
        lean = self._lean(one) - self._lean(other)
        variance = float(1 / self._heavy[one] + 1 / self._heavy[other])
        if len(self.inverse):
            variance += float(lean @ self.inverse @ lean)
        return float(np.sqrt(self.fit.var_error * max(variance, 0.0)))

    def _of_offsets(self) -> Floats:
        return self.inverse[1:, 1:] if self._with_mean else self.inverse

    def _lean(self, place: int) -> Floats:
        """How a score moves with the kept effects: the mean's share first where there is one, then the jurors."""
        mine = self.design.entrant == place
        lean = np.zeros(len(self.design.jurors))
        lean[self.design.juror[mine]] = -self.design.weight[mine] / self._heavy[place]
        whole = np.concatenate(([self._own[place]], lean)) if self._with_mean else lean
        return whole[: len(self.inverse)]

    def ranks(self, *, seed: int, draws: int = DRAWS) -> NDArray[np.uint32]:
        """Ranks from 1 in joint draws, one row per draw, one column per entrant. Chance splits what a draw leaves equal."""
        chance = np.random.default_rng(seed)
        entrants, fit = len(self.design.entrants), self.fit
        stretch = np.sqrt(fit.freedom / chance.chisquare(fit.freedom, size=draws) * fit.var_error)
        kept = _root(self.inverse) @ chance.standard_normal((len(self.inverse), draws))
        ranks = np.empty((draws, entrants), dtype=np.uint32)
        step = max(1, HELD // max(self.design.size, 1))
        for begin in range(0, draws, step):
            part = slice(begin, min(begin + step, draws))
            own = chance.standard_normal((part.stop - part.start, entrants)) / np.sqrt(self._heavy)
            drawn = fit.scores + stretch[part, None] * (own + self._moved(kept[:, part]).T)
            ranks[part] = _ranks(drawn, chance.random(drawn.shape) if fit.var_error == 0 else None)
        return ranks

    def _moved(self, kept: Floats) -> Floats:
        """What draws of the kept effects do to each entrant."""
        if not len(kept):
            return np.zeros((len(self.design.entrants), kept.shape[1]))
        offsets = kept[1:] if self._with_mean else kept
        moved = self._own[:, None] * kept[0] if self._with_mean else np.zeros((len(self.design.entrants), kept.shape[1]))
        if not len(offsets):
            return np.asarray(moved)
        share = self.design.weight / self._heavy[self.design.entrant]
        starts = np.searchsorted(self.design.entrant, np.arange(len(self.design.entrants)))
        return np.asarray(moved - np.add.reduceat(share[:, None] * offsets[self.design.juror], starts, axis=0))


def errors_of(design: Design, fit: Fit) -> Errors:
    """Invert what the fit has solved. The dear part: J x J numbers and some J^3 operations."""
    return Errors(design=design, fit=fit, inverse=_inverse(design, fit))


def _inverse(design: Design, fit: Fit) -> Floats:
    no_offsets = np.isinf(fit.penalty)
    if fit.mean is not None:
        return _with_mean(design, fit, no_offsets=bool(no_offsets))
    if no_offsets:
        return np.zeros((0, 0))
    if fit.penalty == 0:
        return grounded_inverse(design)
    matrix = shared_matrix(design)
    matrix[np.diag_indices_from(matrix)] += fit.penalty
    return _inverted(matrix)


def _with_mean(design: Design, fit: Fit, *, no_offsets: bool) -> Floats:
    heavy = design.entrant_weight + fit.entrant_penalty
    corner = float(design.weight.sum() - (design.entrant_weight**2 / heavy).sum())
    if no_offsets or fit.entrant_penalty == 0:
        return np.array([[1 / corner if corner > 0 else 0.0]])
    border = design.juror_weight - design.by_juror(design.weight * (design.entrant_weight / heavy)[design.entrant])
    offsets = shared_matrix(design, fit.entrant_penalty)
    offsets[np.diag_indices_from(offsets)] += fit.penalty
    return _inverted(np.block([[np.array([[corner]]), border[None, :]], [border[:, None], offsets]]))


def _inverted(matrix: Floats) -> Floats:
    inverse = np.linalg.inv(matrix)
    return np.asarray((inverse + inverse.T) / 2)


def _root(inverse: Floats) -> Floats:
    """R with R R' = inverse; the inverse of a design with free offsets is singular."""
    try:
        return np.asarray(np.linalg.cholesky(inverse)) if len(inverse) else inverse
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(inverse)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _forms(design: Design, offsets: Floats, heavy: Floats) -> Floats:
    """N_i M N_i' / heavy_i^2 for each entrant, by the pairs of ballots or by the whole table, whichever is less."""
    if int((design.ballots_of_entrant**2).sum()) > len(design.entrants) * len(design.jurors):
        table = np.zeros((len(design.entrants), len(design.jurors)))
        table[design.entrant, design.juror] = design.weight
        return np.asarray(((table @ offsets) * table).sum(axis=1) / heavy**2)
    first, second = pairs(design)
    parts = design.weight[first] * design.weight[second] * offsets[design.juror[first], design.juror[second]]
    whole = np.bincount(design.entrant[first], weights=parts, minlength=len(design.entrants))
    return np.asarray(whole / heavy**2)


def _ranks(drawn: Floats, lots: Floats | None) -> NDArray[np.uint32]:
    order = np.argsort(-drawn, axis=1, kind="stable") if lots is None else np.lexsort((lots, -drawn), axis=1)
    ranks = np.empty(drawn.shape, dtype=np.uint32)
    np.put_along_axis(ranks, order, np.arange(1, drawn.shape[1] + 1, dtype=np.uint32)[None, :], axis=1)
    return ranks
