"""The estimates: how good each entrant is, how lenient each juror, how much of either is noise.

Model:  y_ij = a_i + s_j + e_ij,  e_ij ~ N(0, ve / v_ij),  s_j ~ N(0, vs),  s_j > 0 = lenient.
`adjusted` leaves a_i free and estimates vs and ve by restricted maximum likelihood, from more than
600 jurors on by moments; `fixed` has no penalty on s; `mean` has no s; `shrunk` draws a_i from
N(mean, vt) as well.

With D = diag(n_i), N = the table of weights, lam = ve / vs, the offsets solve  S s = r  where
    S = diag(n_j + lam) - N' D^-1 N,   r_j = sum_i v_ij (y_ij - mean of entrant i).
S is factored once as U diag(d + lam) U', so that each trial of lam costs J operations.

Sources: Henderson's mixed-model equations; Patterson & Thompson 1971 (restricted likelihood); Kuhlisch, Roos,
Rothe, Rudolph, Scheuermann, Stoyan, Metrika 79 (2016) 37-57 (two-way model for incomplete review tables).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp, log, pi

import numpy as np
from numpy.typing import NDArray

from judging.ranking.design import Design, Floats, bins
from judging.ranking.problems import Unrankable

# From this many jurors on the moment estimate, which needs no factored matrix.
MANY_JURORS = 600
# Where ln lam is searched: from offsets as good as free to none at all.
LOWEST, HIGHEST, STEPS = -6.0, 12.0, 37
# A remainder below this share of the whole is rounding, not noise.
FLOOR = 1e-12

# Notes on a fit, in words a program can test for.
TOO_FEW = "too_few_ballots"
NO_DIFFERENCE = "jurors_do_not_differ"
NO_NOISE = "jurors_agree_entirely"
SEVERAL_GROUPS = "groups_not_linked"
COMPLETE = "every_juror_scored_every_entrant"


@dataclass(frozen=True, eq=False)
class Fit:
    """Estimates in the unit of the scores, places as in the design.

    `penalty`: lam, 0 under `fixed`, infinite where offsets are nil; `entrant_penalty`: ve / vt of `shrunk`, else 0.
    `freedom`: degrees that the noise was measured by; without any there are no errors.
    """

    scores: Floats
    offsets: Floats
    var_error: float
    var_juror: float
    penalty: float
    estimator: str
    freedom: int
    log_likelihood: float | None = None
    var_entrant: float | None = None
    mean: float | None = None
    entrant_penalty: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def has_errors(self) -> bool:
        return self.freedom > 0


Method = Callable[[Design, Fit | None], Fit]


def fit(design: Design, method: str, start: Fit | None = None) -> Fit:
    """The estimates of one method; `start`, an earlier fit of nearly the same ballots, saves time and changes nothing."""
    if method not in METHODS:
        raise Unrankable("unknown_method", f"unknown method {method!r}", method=method)
    if not design.size:
        return _plain(design, 0.0, "none")
    middle = float(design.score.mean())
    spread = float(np.abs(design.score - middle).max())
    unit = spread or 1.0
    # In the middle and of size 1: shifting or stretching all scores cannot cost digits.
    scaled = replace(design, score=(design.score - middle) / unit)
    scaled.__dict__.update({name: value for name, value in design.__dict__.items() if name in SHARED})
    found = METHODS[method](scaled, _scaled_start(start, unit))
    notes = found.notes
    if design.groups > 1:
        notes = (*notes, SEVERAL_GROUPS)
    scores = middle + unit * found.scores
    if design.is_complete and found.mean is None:
        # The offsets cancel; without them the last digit is right as well.
        scores, notes = design.entrant_means, (*notes, COMPLETE)
    return replace(
        found,
        scores=scores,
        offsets=unit * found.offsets,
        var_error=unit**2 * found.var_error,
        var_juror=unit**2 * found.var_juror,
        var_entrant=None if found.var_entrant is None else unit**2 * found.var_entrant,
        mean=None if found.mean is None else middle + unit * found.mean,
        log_likelihood=_unscaled(found.log_likelihood, design, found, unit),
        notes=notes,
    )


# What a design knows of who scored whom, whatever the scores.
SHARED = ("labels", "groups", "entrant_weight", "juror_weight", "ballots_of_entrant", "is_complete")


def _scaled_start(start: Fit | None, unit: float) -> Fit | None:
    return None if start is None else replace(start, offsets=start.offsets / unit)


def _unscaled(value: float | None, design: Design, found: Fit, unit: float) -> float | None:
    contrasts = design.size - (len(design.entrants) if found.var_entrant is None else 1)
    return None if value is None else value - contrasts * log(unit)


# --- The weighted mean --------------------------------------------------------------------------------------------


def _plain(design: Design, var_error: float, estimator: str, *notes: str) -> Fit:
    return Fit(
        scores=design.entrant_means if design.size else np.zeros(0),
        offsets=np.zeros(len(design.jurors)),
        var_error=var_error,
        var_juror=0.0,
        penalty=float("inf"),
        estimator=estimator,
        freedom=design.size - len(design.entrants),
        notes=notes,
    )


def _mean(design: Design, _start: Fit | None) -> Fit:
    within = _within(design)
    freedom = design.size - len(design.entrants)
    noise = _floored(float(design.weight @ within**2), design) / freedom if freedom > 0 else 0.0
    return _plain(design, noise, "mean", *(() if freedom > 0 else (TOO_FEW,)))


def _within(design: Design) -> Floats:
    """What is left of each ballot after its entrant's mean."""
    return design.score - design.entrant_means[design.entrant]


def _floored(square: float, design: Design) -> float:
    whole = float(design.weight @ design.score**2)
    return square if square > FLOOR * whole else 0.0


# --- Adjusted -----------------------------------------------------------------------------------------------------


def _adjusted(design: Design, start: Fit | None) -> Fit:
    if design.freedom <= 0:
        return replace(_plain(design, 0.0, "mean", TOO_FEW), freedom=0)
    within = _within(design)
    square = _floored(float(design.weight @ within**2), design)
    if square == 0.0:
        return replace(_plain(design, 0.0, "mean", NO_NOISE, NO_DIFFERENCE), freedom=design.freedom)
    right = design.by_juror(design.weight * within)
    if len(design.jurors) > MANY_JURORS:
        return _by_moments(design, square, right, start)
    values, vectors = np.linalg.eigh(shared_matrix(design))
    turned = vectors.T @ right
    penalty, found = _restricted(np.maximum(values, 0.0), turned, square, design.size - len(design.entrants))
    if penalty is None:
        return _no_difference(design, square, "reml")
    offsets = vectors @ (turned / (np.maximum(values, 0.0) + penalty))
    # 2 ln L = -(criterion + constants), see `_restricted`
    contrasts = design.size - len(design.entrants)
    constants = float(np.log(design.entrant_weight).sum() - np.log(design.weight).sum()) + contrasts * (
        1 + log(2 * pi / contrasts)
    )
    noise = (square - float(right @ offsets)) / contrasts
    return _with_offsets(design, offsets, noise, penalty, "reml", -(found + constants) / 2)


def _no_difference(design: Design, square: float, estimator: str) -> Fit:
    noise = square / (design.size - len(design.entrants))
    return replace(_plain(design, noise, estimator, NO_DIFFERENCE), freedom=design.freedom)


def _with_offsets(
    design: Design, offsets: Floats, noise: float, penalty: float, estimator: str, log_likelihood: float | None = None
) -> Fit:
    rest = design.score - offsets[design.juror]
    return Fit(
        scores=design.by_entrant(design.weight * rest) / design.entrant_weight,
        offsets=offsets,
        var_error=noise,
        var_juror=noise / penalty if penalty else float(_spread(offsets)),
        penalty=penalty,
        estimator=estimator,
        freedom=design.freedom,
        log_likelihood=log_likelihood,
    )


def _spread(offsets: Floats) -> float:
    return float(np.var(offsets, ddof=1)) if len(offsets) > 1 else 0.0


def _restricted(values: Floats, turned: Floats, square: float, contrasts: int) -> tuple[float | None, float]:
    """lam that minimises  (n - T) ln q + ln det S(lam) - J ln lam,  None for infinitely large; and the minimum."""
    squares = turned**2

    def criterion(at: Floats) -> Floats:
        lam = np.exp(at)[:, None]
        left = np.maximum(square - (squares / (values + lam)).sum(axis=1), FLOOR * square)
        return np.asarray(contrasts * np.log(left) + np.log((values + lam) / lam).sum(axis=1))

    def slope(at: float) -> float:
        lam = exp(at)
        shrunk = values + lam
        left = max(square - float((squares / shrunk).sum()), FLOOR * square)
        return lam * (contrasts * float((squares / shrunk**2).sum()) / left + float((1 / shrunk).sum())) - len(values)

    grid = np.linspace(LOWEST, HIGHEST, STEPS)
    heights = criterion(grid)
    best = int(np.argmin(heights))
    at = _root(slope, grid[max(best - 1, 0)], grid[min(best + 1, STEPS - 1)])
    lowest = float(criterion(np.array([at]))[0])
    return (None if at >= HIGHEST - 1e-6 else exp(at)), lowest


def _root(slope: Callable[[float], float], low: float, high: float) -> float:
    """Where the slope turns from falling to rising, to 1e-12; an end of the interval where it does not turn."""
    down, up = slope(low), slope(high)
    if down >= 0:
        return low
    if up <= 0:
        return high
    # False position with halving of the end that stays (Illinois), each second step a bisection for safety.
    for step in range(200):
        at = (low * up - high * down) / (up - down) if step % 3 else (low + high) / 2
        here = slope(at)
        if here == 0 or high - low < 1e-12:
            return at
        if here < 0:
            low, down, up = at, here, up / 2 if step % 3 else up
        else:
            high, up, down = at, here, down / 2 if step % 3 else down
    return (low + high) / 2


# --- Many jurors: moments and conjugate gradients -----------------------------------------------------------------


def _by_moments(design: Design, square: float, right: Floats, start: Fit | None) -> Fit:
    """ve from what free offsets leave; vs from what they take away, less what noise alone would take."""
    begin = start.offsets if start is not None and len(start.offsets) == len(right) else None
    free = solve(design, 0.0, right, begin)
    taken = float(right @ free)
    noise = max(square - taken, FLOOR * square) / design.freedom
    spread = float(design.weight.sum() - (design.weight**2 / design.entrant_weight[design.entrant]).sum())
    between = (taken - noise * (len(design.jurors) - design.groups)) / spread if spread > 0 else 0.0
    if between <= 0 or noise / between > exp(HIGHEST):
        return _no_difference(design, square, "moments")
    penalty = max(noise / between, exp(LOWEST))
    return _with_offsets(design, solve(design, penalty, right, free), noise, penalty, "moments")


def solve(design: Design, penalty: float, right: Floats, begin: Floats | None = None) -> Floats:
    """s with S(penalty) s = right, without forming S; at penalty 0 the solution of mean 0 in each component."""
    labels = design.labels[0]
    sizes = np.bincount(labels, minlength=design.groups)
    weight, juror, entrant = design.weight, design.juror, design.entrant
    diagonal = design.juror_weight + penalty - design.by_juror(weight**2 / design.entrant_weight[entrant])
    # A juror who shares no entrant with anybody has a diagonal of 0 at penalty 0, and an offset of 0.
    scale = 1 / np.where(diagonal > FLOOR * (design.juror_weight + penalty), diagonal, 1.0)

    def centred(values: Floats) -> Floats:
        if penalty:
            return values
        return values - (np.bincount(labels, weights=values, minlength=design.groups) / sizes)[labels]

    def times(values: Floats) -> Floats:
        through = design.by_entrant(weight * values[juror]) / design.entrant_weight
        return np.asarray((design.juror_weight + penalty) * values - design.by_juror(weight * through[entrant]))

    found = np.zeros(len(right)) if begin is None else centred(begin)
    rest = right - times(found)
    wanted = 1e-11 * float(np.linalg.norm(right))
    ready = centred(scale * rest)
    direction, size = ready, float(rest @ ready)
    for _step in range(20 * len(right)):
        if float(np.linalg.norm(rest)) <= wanted:
            break
        turned = times(direction)
        length = size / float(direction @ turned)
        found, rest = found + length * direction, rest - length * turned
        ready = centred(scale * rest)
        before, size = size, float(rest @ ready)
        direction = ready + size / before * direction
    return centred(found)


# --- Fixed --------------------------------------------------------------------------------------------------------


def _fixed(design: Design, start: Fit | None) -> Fit:
    if design.freedom <= 0:
        return replace(_plain(design, 0.0, "mean", TOO_FEW), freedom=0)
    within = _within(design)
    square = _floored(float(design.weight @ within**2), design)
    right = design.by_juror(design.weight * within)
    if len(design.jurors) > MANY_JURORS:
        begin = start.offsets if start is not None and len(start.offsets) == len(right) else None
        offsets = solve(design, 0.0, right, begin)
    else:
        offsets = grounded_inverse(design) @ right
    noise = _floored(square - float(right @ offsets), design) / design.freedom
    return _with_offsets(design, offsets, noise, 0.0, "least_squares")


def grounded_inverse(design: Design) -> Floats:
    """The inverse of S(0) on offsets of mean 0 in each component."""
    labels = design.labels[0]
    ground = (labels[:, None] == labels[None, :]) / np.bincount(labels, minlength=design.groups)[labels][:, None]
    return np.asarray(np.linalg.inv(shared_matrix(design) + ground) - ground)


def shared_matrix(design: Design, entrant_penalty: float = 0.0) -> Floats:
    """diag(n_j) - N' diag(1 / (n_i + penalty)) N, dense."""
    jurors, entrants = len(design.jurors), len(design.entrants)
    counts = design.ballots_of_entrant
    share = design.weight / (design.entrant_weight + entrant_penalty)[design.entrant]
    if int((counts**2).sum()) > jurors * entrants:
        table = np.zeros((entrants, jurors))
        table[design.entrant, design.juror] = design.weight
        met = np.asarray(table.T @ (table / (design.entrant_weight + entrant_penalty)[:, None]))
    else:
        first, second = pairs(design)
        cells = design.juror[first] * jurors + design.juror[second]
        met = bins(cells, design.weight[first] * share[second], jurors**2).reshape(jurors, jurors)
    return np.asarray(np.diag(design.juror_weight) - (met + met.T) / 2)


def pairs(design: Design) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of ballots on the same entrant, each ballot with itself as well."""
    counts = design.ballots_of_entrant
    starts = np.cumsum(counts) - counts
    partners = counts[design.entrant]
    first = np.repeat(np.arange(design.size), partners)
    within = np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners)
    return first, np.repeat(starts[design.entrant], partners) + within


# --- Shrunk -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Reduced:
    """The equations of `shrunk` for one lt = ve / vt, entrants and mean taken out: factored matrix, right side, rest."""

    values: Floats
    vectors: Floats
    turned: Floats
    square: float
    constant: float
    border: Floats
    corner: float
    middle: float


def _shrunk(design: Design, _start: Fit | None) -> Fit:
    if design.freedom <= 0 or len(design.entrants) < 2:
        return replace(_plain(design, 0.0, "mean", TOO_FEW), freedom=0, var_entrant=0.0, mean=float(design.score.mean()))
    if _floored(float(design.weight @ (design.score - _grand(design)) ** 2), design) == 0.0:
        plain = replace(_plain(design, 0.0, "mean", NO_NOISE, NO_DIFFERENCE), freedom=design.freedom)
        return replace(plain, var_entrant=0.0, mean=_grand(design))
    if len(design.jurors) > MANY_JURORS:
        at, penalty, estimator = *_shrunk_moments(design), "moments"
    else:
        at, estimator = _lowest(lambda at: _profile(design, at)[1]), "reml"
        penalty = _profile(design, at)[0] or exp(HIGHEST)
    reduced = _reduce(design, exp(at))
    return _shrunk_fit(design, exp(at), penalty, reduced, estimator)


def _grand(design: Design) -> float:
    return float(design.weight @ design.score / design.weight.sum())


def _reduce(design: Design, entrant_penalty: float) -> _Reduced:
    """Take entrants, then the mean out of the mixed-model equations."""
    heavy = design.entrant_weight + entrant_penalty
    sums = design.by_entrant(design.weight * design.score)
    border = design.juror_weight - design.by_juror(design.weight * (design.entrant_weight / heavy)[design.entrant])
    corner = float(design.weight.sum() - (design.entrant_weight**2 / heavy).sum())
    middle = float(sums.sum() - (design.entrant_weight * sums / heavy).sum())
    right = design.by_juror(design.weight * (design.score - (sums / heavy)[design.entrant]))
    matrix = shared_matrix(design, entrant_penalty) - np.outer(border, border) / corner
    values, vectors = np.linalg.eigh(matrix)
    square = float(design.weight @ design.score**2 - (sums**2 / heavy).sum()) - middle**2 / corner
    constant = float(np.log(heavy).sum()) + log(corner) - len(heavy) * log(entrant_penalty)
    return _Reduced(
        values=np.maximum(values, 0.0),
        vectors=vectors,
        turned=vectors.T @ (right - border * middle / corner),
        square=square,
        constant=constant,
        border=border,
        corner=corner,
        middle=middle,
    )


def _profile(design: Design, at: float) -> tuple[float | None, float]:
    """For ln lt = `at`: the best lam, and the criterion there, twice the negative log-likelihood up to a constant."""
    reduced = _reduce(design, exp(at))
    penalty, height = _restricted(reduced.values, reduced.turned, reduced.square, design.size - 1)
    return penalty, height + reduced.constant


def _lowest(height: Callable[[float], float]) -> float:
    """Where a function of ln lt is smallest: a grid, then golden section to 1e-7."""
    grid = np.linspace(LOWEST, HIGHEST, 19)
    heights = [height(float(at)) for at in grid]
    best = int(np.argmin(heights))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 18)])
    golden = (5**0.5 - 1) / 2
    one, other = high - golden * (high - low), low + golden * (high - low)
    at_one, at_other = height(one), height(other)
    while high - low > 1e-7:
        if at_one <= at_other:
            high, other, at_other = other, one, at_one
            one = high - golden * (high - low)
            at_one = height(one)
        else:
            low, one, at_one = one, other, at_other
            other = low + golden * (high - low)
            at_other = height(other)
    return (low + high) / 2


def _shrunk_moments(design: Design) -> tuple[float, float]:
    """ln lt and lam from sums of squares (Henderson's third method)."""
    within = _within(design)
    square = float(design.weight @ within**2)
    right = design.by_juror(design.weight * within)
    taken = float(right @ solve(design, 0.0, right))
    noise = max(square - taken, FLOOR * square) / design.freedom
    total, grand = float(design.weight.sum()), _grand(design)
    spread = total - float((design.weight**2 / design.entrant_weight[design.entrant]).sum())
    between = (taken - noise * (len(design.jurors) - design.groups)) / spread if spread > 0 else 0.0
    juror_means = design.by_juror(design.weight * design.score) / design.juror_weight
    by_entrants = float(design.entrant_weight @ (design.entrant_means - grand) ** 2)
    by_jurors = float(design.juror_weight @ (juror_means - grand) ** 2)
    extra = by_entrants + taken - by_jurors
    room = total - float((design.weight**2 / design.juror_weight[design.juror]).sum())
    among = (extra - noise * (len(design.entrants) - design.groups)) / room if room > 0 else 0.0
    ends = exp(LOWEST), exp(HIGHEST)
    return tuple(  # type: ignore[return-value]  # two numbers
        (log, float)[place](min(max(noise / var, ends[0]), ends[1]) if var > 0 else ends[1])
        for place, var in enumerate((among, between))
    )


def _shrunk_fit(design: Design, entrant_penalty: float, penalty: float, reduced: _Reduced, estimator: str) -> Fit:
    none = penalty >= exp(HIGHEST) * (1 - 1e-5)
    shrunk = reduced.values + penalty
    offsets = np.zeros(len(design.jurors)) if none else reduced.vectors @ (reduced.turned / shrunk)
    mean = (reduced.middle - float(reduced.border @ offsets)) / reduced.corner
    rest = design.score - offsets[design.juror] - mean
    effects = design.by_entrant(design.weight * rest) / (design.entrant_weight + entrant_penalty)
    left = reduced.square - float((reduced.turned**2 / shrunk).sum())
    contrasts = design.size - 1
    noise = max(left, FLOOR * reduced.square) / contrasts
    height = contrasts * log(max(left, FLOOR * reduced.square)) + float(np.log(shrunk / penalty).sum()) + reduced.constant
    constants = contrasts * (1 + log(2 * pi / contrasts)) - float(np.log(design.weight).sum())
    return Fit(
        scores=mean + effects,
        offsets=offsets,
        var_error=noise,
        var_juror=0.0 if none else noise / penalty,
        penalty=float("inf") if none else penalty,
        estimator=estimator,
        freedom=design.freedom,
        log_likelihood=-(height + constants) / 2,
        var_entrant=noise / entrant_penalty,
        mean=mean,
        entrant_penalty=entrant_penalty,
        notes=(NO_DIFFERENCE,) if none else (),
    )


METHODS: dict[str, Method] = {"adjusted": _adjusted, "mean": _mean, "fixed": _fixed, "shrunk": _shrunk}
