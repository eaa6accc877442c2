"""How far jurors agree: intraclass correlations, Kendall's W, Krippendorff's alpha.

Rows are those of `judging.ranking.rank`; weights are ignored. Sources: Shrout & Fleiss, Psychological Bulletin 86
(1979) 420-428; Kendall & Babington Smith, Annals of Mathematical Statistics 10 (1939) 275-287; Krippendorff,
Content Analysis (2004), chapter 11.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from judging.ranking.design import Floats, Id, Row, design_of
from judging.ranking.problems import Unrankable

LEVELS = ("nominal", "ordinal", "interval", "ratio")


@dataclass(frozen=True)
class Intraclass:
    """Mean squares between entrants (`bms`), within (`wms`), between jurors (`jms`), residual (`ems`), and what follows.

    `icc_1_1`: each entrant has jurors of its own. `icc_2_1`: the same random jurors everywhere; their severity counts
    as disagreement. `icc_3_1`: these very jurors; severity does not count. `_k`: the same for the mean of all k jurors.
    """

    entrants: int
    jurors: int
    bms: float
    wms: float
    jms: float
    ems: float
    icc_1_1: float
    icc_2_1: float
    icc_3_1: float
    icc_1_k: float
    icc_2_k: float
    icc_3_k: float


@dataclass(frozen=True)
class Concordance:
    """Kendall's W, 0 to 1, corrected for ties. `rank_sums`: entrant to the sum of its ranks, the lowest score being 1.

    `chi_square` has `degrees` degrees of freedom when jurors rank at random.
    """

    w: float
    rank_sums: dict[Id, float]
    chi_square: float
    degrees: int


def icc(ballots: Iterable[Row]) -> Intraclass:
    """The six intraclass correlations of a complete table of at least two jurors and two entrants.

    Raises Unrankable: table_incomplete (juror, entrant: the first gap), nothing_to_compare, and as `rank`.

    >>> found = icc([("A", 1, 9), ("B", 1, 2), ("A", 2, 6), ("B", 2, 1), ("A", 3, 8), ("B", 3, 4)])
    >>> round(found.icc_2_1, 4), round(found.icc_3_1, 4)
    (0.0722, 0.5)
    """
    table, _jurors, _entrants = _complete_table(ballots)
    n, k = table.shape
    middle = table.mean()
    whole = float(((table - middle) ** 2).sum())
    if whole == 0:
        raise Unrankable("nothing_to_compare", "All scores are equal: agreement cannot be told.")
    between = k * float(((table.mean(axis=1) - middle) ** 2).sum())
    jurors = n * float(((table.mean(axis=0) - middle) ** 2).sum())
    bms, jms = between / (n - 1), jurors / (k - 1)
    wms = (whole - between) / (n * (k - 1))
    ems = max(whole - between - jurors, 0.0) / ((n - 1) * (k - 1))

    def share(above: float, below: float) -> float:
        return above / below if below else float("nan")

    return Intraclass(
        entrants=n,
        jurors=k,
        bms=bms,
        wms=wms,
        jms=jms,
        ems=ems,
        icc_1_1=share(bms - wms, bms + (k - 1) * wms),
        icc_2_1=share(bms - ems, bms + (k - 1) * ems + k * (jms - ems) / n),
        icc_3_1=share(bms - ems, bms + (k - 1) * ems),
        icc_1_k=share(bms - wms, bms),
        icc_2_k=share(bms - ems, bms + (jms - ems) / n),
        icc_3_k=share(bms - ems, bms),
    )


def kendall_w(ballots: Iterable[Row]) -> Concordance:
    """Kendall's W of a complete table: 1 when all jurors have the same order, about 0 when they rank at random.

    Raises as `icc`.

    >>> kendall_w([("A", 1, 9), ("B", 1, 2), ("A", 2, 6), ("B", 2, 1), ("A", 3, 8), ("B", 3, 4)]).w
    0.75
    """
    table, _jurors, entrants = _complete_table(ballots)
    n, m = table.shape
    ranks = np.column_stack([_ranks(column) for column in table.T])
    sums = ranks.sum(axis=1)
    ties = sum(float((counts**3 - counts).sum()) for counts in (np.unique(c, return_counts=True)[1] for c in table.T))
    most = m * m * (n**3 - n) - m * ties
    if most == 0:
        raise Unrankable("nothing_to_compare", "Every juror gives one value: there is no order to agree on.")
    w = 12 * float(((sums - sums.mean()) ** 2).sum()) / most
    return Concordance(w=w, rank_sums=dict(zip(entrants, sums.tolist(), strict=True)), chi_square=m * (n - 1) * w, degrees=n - 1)


def krippendorff_alpha(ballots: Iterable[Row], level: str = "interval") -> float:
    """Krippendorff's alpha: 1 perfect agreement, 0 as by chance. Ballots may be missing; entrants with one are left out.

    `level`: nominal, ordinal, interval or ratio (scores of 0 and more). Raises Unrankable: unknown_level,
    nothing_to_compare (no entrant with two ballots, or one value throughout), and as `rank`.

    >>> round(krippendorff_alpha([("A", 1, 1), ("B", 1, 2), ("A", 2, 4), ("B", 2, 4), ("C", 2, 5), ("C", 3, 1)]), 4)
    0.8519
    """
    if level not in LEVELS:
        raise Unrankable("unknown_level", f"unknown level {level!r}", level=level)
    design = design_of(ballots)
    paired = design.ballots_of_entrant[design.entrant] >= 2
    values, places = np.unique(design.score[paired], return_inverse=True)
    if len(values) < 2:
        raise Unrankable("nothing_to_compare", "No two ballots on one entrant, or one value throughout.")
    table = np.zeros((len(design.entrants), len(values)))
    np.add.at(table, (design.entrant[paired], places), 1.0)
    table = table[table.sum(axis=1) > 0]
    share = 1 / (table.sum(axis=1) - 1)
    met = table.T @ (table * share[:, None]) - np.diag((table * share[:, None]).sum(axis=0))
    counts = met.sum(axis=1)
    apart = _apart(values, counts, level)
    expected = float((np.outer(counts, counts) * apart).sum())
    return 1 - (float(counts.sum()) - 1) * float((met * apart).sum()) / expected


def _apart(values: Floats, counts: Floats, level: str) -> Floats:
    """The squared distance of each value from each other."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "ordinal":
        below = np.cumsum(counts) - counts / 2
        return np.asarray((below[:, None] - below[None, :]) ** 2)
    if level == "interval":
        return np.asarray((values[:, None] - values[None, :]) ** 2)
    if values[0] < 0:
        raise Unrankable("unknown_level", "Ratios need scores of 0 and more.", level=level)
    sums = values[:, None] + values[None, :]
    return np.asarray(((values[:, None] - values[None, :]) / np.where(sums == 0, 1.0, sums)) ** 2)


def _complete_table(ballots: Iterable[Row]) -> tuple[Floats, tuple[Id, ...], tuple[Id, ...]]:
    """Entrants x jurors."""
    design = design_of(ballots)
    n, k = len(design.entrants), len(design.jurors)
    if n < 2 or k < 2:
        raise Unrankable(
            "nothing_to_compare", f"Agreement needs two jurors and two entrants, not {k} and {n}.", jurors=k, entrants=n
        )
    table = np.full((n, k), np.nan)
    table[design.entrant, design.juror] = design.score
    gaps = np.argwhere(np.isnan(table))
    if len(gaps):
        entrant, juror = design.entrants[gaps[0][0]], design.jurors[gaps[0][1]]
        raise Unrankable("table_incomplete", f"Juror {juror} has not scored {entrant}.", juror=juror, entrant=entrant)
    return table, design.jurors, design.entrants


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, lowest first, ties in the middle of their places."""
    _unique, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places])
