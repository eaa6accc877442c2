"""What a ranking rests on: how each juror scored, and what somebody should look at before signing.

Computes figures and conditions; words, and what to do about them, are the page's. Excludes nobody.
For juror j with residuals r_ij = y_ij - a_i - s_j and leverages h_ij:
    consistency  MS_j = sum_i r_ij^2 / ve / sum_i (1 - h_ij),  tested against chi2 with sum_i (1 - h_ij) degrees
    agreement    correlation of the juror's scores with the adjusted scores computed without that juror
    spread       standard deviation of the juror's scores over that of all jurors, pooled
    reliability  G = max(0, Var(a) - mean SE^2) / Var(a)
Leverage of a ballot with weight v:  h = v (1/n_i + b_i' M b_i - 2 (M b_i)_j + M_jj),  M = S^-1, b_i = N_i / n_i.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, lgamma, log, sqrt
from typing import Any

import numpy as np

from judging.ranking.agreement import icc, krippendorff_alpha
from judging.ranking.design import Floats
from judging.ranking.errors import Errors
from judging.ranking.fit import NO_DIFFERENCE
from judging.ranking.marks import Ballot, Criterion, scored_ballots
from judging.ranking.problems import Unrankable
from judging.ranking.ranking import FEWEST_DEGREES, Ranking, rank
from judging.ranking.standings import Table, linked_groups, table

STOP, WARN, HINT, NOTE = "stop", "warn", "hint", "note"

ADVISED = 3
FEW_SHARE = 0.6
FEW_BALLOTS = 3
INCONSISTENT, INCONSISTENT_CHANCE = 1.5, 0.01
ENOUGH_TO_CORRELATE = 6
SAME_SHARE, SAME_BALLOTS = 0.8, 4
UNUSUAL = 3.0
NOISY = 0.5
# The worst comparison may be this much less sure than the usual one, as a ratio of variances.
WEAKEST = 2.25
# Above this many teams only the usual comparisons are known; the worst would cost T^2 figures.
MANY_TEAMS = 400


@dataclass(frozen=True, kw_only=True)
class JurorFigures:
    """One juror. `offset` in points, positive = lenient; None where the ballots are too few to tell."""

    juror: int
    ballots: int
    assigned: int
    offset: float
    offset_error: float | None
    spread: float | None
    consistency: float | None
    chance: float | None
    agreement: float | None
    same_share: float


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One condition that holds. `level`: stop (signing needs a reason), warn, hint or note. `figures`: what a sentence needs."""

    code: str
    level: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The whole panel. `juror_spread` and `noise` in points; `agreement`: a name and a value, None where it cannot be told."""

    jurors: list[JurorFigures]
    juror_spread: float
    noise: float
    reliability: float | None
    agreement: tuple[str, float] | None
    findings: list[Finding]

    @property
    def stops(self) -> list[Finding]:
        """What keeps from signing without a reason."""
        return [one for one in self.findings if one.level == STOP]


def diagnose(  # noqa: PLR0913 - a jury is these facts
    ballots: Iterable[Ballot],
    criteria: Sequence[Criterion],
    *,
    teams: Sequence[int],
    assigned: Mapping[int, int],
    minimum: int = 1,
    decided: Sequence[Sequence[int]] = (),
    places: int = 3,
) -> Diagnosis:
    """Figures of each juror of `assigned` (juror to ballots planned) and every condition that holds. Raises as `table`.

    `places`: how many ranks win something. Findings come with the gravest first.

    >>> from decimal import Decimal
    >>> idea = Criterion(id=1, weight=Decimal(1), lowest=Decimal(0), highest=Decimal(5))
    >>> given = [(j, t, (t + j) % 5) for j in (1, 2) for t in (7, 8, 9)]
    >>> marks = [Ballot(juror=j, team=t, marks={1: Decimal(x)}) for j, t, x in given]
    >>> [one.code for one in diagnose(marks, [idea], teams=[7, 8, 9], assigned={1: 3, 2: 3}).findings]
    ['few_ballots_for_teams', 'rests_on_juror', 'mostly_noise', 'no_intervals', 'jurors_do_not_differ']
    """
    given = list(ballots)
    scored, units = scored_ballots(given, criteria, partial=False)
    rows = [(one.juror, one.team, one.score / units) for one in scored]
    ranking = rank(rows)
    fit = _Residuals(ranking) if ranking.design.size and ranking.degrees > 0 and ranking.var_error > 0 else None
    figures = _figures(ranking, rows, assigned, fit)
    groups = linked_groups(scored, teams)
    counts = Counter(one.team for one in scored)
    findings = [
        *_of_links(ranking, rows, groups, [team for team in teams if counts[team] >= minimum]),
        *_of_teams(counts, teams, minimum),
        *_behind(figures),
        *[finding for one in figures for finding in _of_juror(one)],
        *(_unusual(fit) if fit else []),
        *_rests_on(given, criteria, teams, minimum, decided, places),
        *_of_ranking(ranking),
    ]
    order = [STOP, WARN, HINT, NOTE]
    return Diagnosis(
        jurors=figures,
        juror_spread=sqrt(ranking.var_juror),
        noise=sqrt(ranking.var_error),
        reliability=_reliability(ranking),
        agreement=_agreement(ranking, rows),
        findings=sorted(findings, key=lambda one: order.index(one.level)),
    )


def chance_above(value: float, degrees: float) -> float:
    """The chance that a chi-squared variable exceeds `value`. By the series of the incomplete gamma function.

    >>> round(chance_above(3.841, 1), 3), round(chance_above(18.307, 10), 3)
    (0.05, 0.05)
    """
    if value <= 0:
        return 1.0
    a, x = degrees / 2, value / 2
    if x > a + 40 * sqrt(a) + 400:
        return 0.0
    term = total = 1 / a
    n = a
    while term > total * 1e-15:
        n += 1
        term *= x / n
        total += term
    return max(0.0, 1 - total * exp(a * log(x) - x - lgamma(a)))


class _Residuals:
    """What is left of each ballot after team and juror, and how much of it the fit has swallowed (its leverage)."""

    def __init__(self, ranking: Ranking) -> None:
        design, errors = ranking.design, ranking.errors
        self.design = design
        self.rest: Floats = design.score - ranking.fit.scores[design.entrant] - ranking.fit.offsets[design.juror]
        self.leverage = np.clip(_leverage(errors), 0.0, 1.0)
        self.free = 1 - self.leverage
        self.noise = ranking.var_error
        # Below this a ballot has no freedom of its own to be unusual in.
        scale = np.sqrt(self.noise * np.maximum(self.free, 0.05))
        self.studentised = np.where(self.free > 0.05, self.rest * np.sqrt(design.weight) / scale, 0.0)

    def consistency(self, place: int) -> tuple[float, float] | None:
        """MS_j and its chance."""
        mine = self.design.juror == place
        free = float(self.free[mine].sum())
        if free < 1e-9:
            return None
        squares = float((self.design.weight[mine] * self.rest[mine] ** 2).sum()) / self.noise
        return squares / free, chance_above(squares, free)


def _leverage(errors: Errors) -> Floats:
    design = errors.design
    own = design.weight / design.entrant_weight[design.entrant]
    inverse = errors.inverse
    if not len(inverse):
        return np.asarray(own)
    share = np.zeros((len(design.entrants), len(design.jurors)))
    share[design.entrant, design.juror] = design.weight
    share /= design.entrant_weight[:, None]
    moved = share @ inverse
    through = (moved * share).sum(axis=1)
    found = through[design.entrant] - 2 * moved[design.entrant, design.juror] + np.diag(inverse)[design.juror]
    return np.asarray(own + design.weight * found)


def _figures(
    ranking: Ranking, rows: list[tuple[int, int, float]], assigned: Mapping[int, int], fit: _Residuals | None
) -> list[JurorFigures]:
    own: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for juror, team, score in rows:
        own[juror][team] = score
    squares = {juror: sum((x - sum(some.values()) / len(some)) ** 2 for x in some.values()) for juror, some in own.items()}
    freedom = sum(len(some) - 1 for some in own.values())
    pooled = sqrt(sum(squares.values()) / freedom) if freedom else 0.0
    places = {juror: place for place, juror in enumerate(ranking.design.jurors)}
    found = []
    for juror in sorted({*assigned, *own}):
        mine = own.get(juror, {})
        tested = fit.consistency(places[juror]) if fit and juror in places else None
        found.append(
            JurorFigures(
                juror=juror,
                ballots=len(mine),
                assigned=assigned.get(juror, len(mine)),
                offset=ranking.offsets.get(juror, 0.0),
                offset_error=ranking.offset_errors.get(juror),
                spread=sqrt(squares[juror] / (len(mine) - 1)) / pooled if len(mine) > 1 and pooled else None,
                consistency=tested[0] if tested else None,
                chance=tested[1] if tested else None,
                agreement=_against_others(ranking, juror, mine),
                same_share=max(Counter(mine.values()).values(), default=0) / len(mine) if mine else 0.0,
            )
        )
    return found


def _against_others(ranking: Ranking, juror: int, mine: Mapping[int, float]) -> float | None:
    """The correlation with what the others make of the same teams; None with too few teams or no differences."""
    if len(mine) < ENOUGH_TO_CORRELATE:
        return None
    others = ranking.without_juror(juror).scores
    shared = [team for team in mine if team in others]
    if len(shared) < ENOUGH_TO_CORRELATE:
        return None
    one, two = np.array([mine[team] for team in shared]), np.array([others[team] for team in shared])
    if np.ptp(one) == 0 or np.ptp(two) < 1e-9:
        return None
    return float(np.corrcoef(one, two)[0, 1])


def _reliability(ranking: Ranking) -> float | None:
    errors = [error for error in ranking.standard_errors.values() if error is not None]
    if len(errors) < 2:
        return None
    spread = float(np.var(list(ranking.scores.values()), ddof=1))
    return max(0.0, spread - float(np.mean(np.square(errors)))) / spread if spread > 0 else 0.0


def _agreement(ranking: Ranking, rows: list[tuple[int, int, float]]) -> tuple[str, float] | None:
    try:
        if ranking.design.is_complete:
            return "icc_2_k", icc(rows).icc_2_k
        return "alpha", krippendorff_alpha(rows)
    except Unrankable:
        return None


# --- Conditions ---------------------------------------------------------------------------------------------------


def _of_links(
    ranking: Ranking, rows: list[tuple[int, int, float]], groups: list[list[int]], teams: Sequence[int]
) -> list[Finding]:
    if len(groups) > 1:
        gaps = len(groups) - 1
        return [
            Finding(code="groups_not_linked", level=STOP, figures={"groups": len(groups), "needed": gaps, "advised": 2 * gaps})
        ]
    jurors = sorted({row[0] for row in rows})
    alone = []
    for juror in jurors if len(jurors) > 1 else []:
        left = [(row[0], row[1]) for row in rows if row[0] != juror]
        if len(linked_groups(left, teams)) > 1:
            alone.append(juror)
    if alone:
        return [Finding(code="hangs_on_juror", level=WARN, figures={"jurors": alone})]
    pair = _weakest(ranking, teams)
    return [Finding(code="weakly_linked", level=WARN, figures={"teams": pair})] if pair else []


def _weakest(ranking: Ranking, teams: Sequence[int]) -> list[Any] | None:
    """The two of `teams` whose comparison is much less sure than the usual one, if there are such."""
    count = len(ranking.design.entrants)
    if ranking.degrees < FEWEST_DEGREES or not 2 < count <= MANY_TEAMS or ranking.var_error == 0:
        return None
    errors, design = ranking.errors, ranking.design
    share = np.zeros((count, len(design.jurors)))
    share[design.entrant, design.juror] = design.weight
    share /= design.entrant_weight[:, None]
    whole = np.diag(1 / design.entrant_weight)
    if len(errors.inverse):
        whole = whole + share @ errors.inverse @ share.T
    kept = np.isin(np.array(design.entrants), np.array(teams))
    if kept.sum() < 3:
        return None
    names, whole = [one for one, keep in zip(design.entrants, kept, strict=True) if keep], whole[np.ix_(kept, kept)]
    variance = np.diag(whole)[:, None] + np.diag(whole)[None, :] - 2 * whole
    above = np.triu_indices(len(names), 1)
    worst = int(np.argmax(variance[above]))
    if variance[above][worst] <= WEAKEST * float(np.median(variance[above])):
        return None
    return [names[int(above[0][worst])], names[int(above[1][worst])]]


def _of_teams(counts: Mapping[int, int], teams: Sequence[int], minimum: int) -> list[Finding]:
    none = [team for team in teams if counts[team] < minimum]
    few = [team for team in teams if minimum <= counts[team] < ADVISED]
    found = []
    if none:
        found.append(Finding(code="teams_not_ranked", level=WARN, figures={"teams": none, "minimum": minimum}))
    if few:
        found.append(Finding(code="few_ballots_for_teams", level=WARN, figures={"teams": few, "advised": ADVISED}))
    return found


def _behind(figures: list[JurorFigures]) -> list[Finding]:
    """One finding for all jurors with few ballots: in the middle of the scoring these are many."""
    few = [
        (one.juror, one.ballots, one.assigned)
        for one in figures
        if one.assigned and (one.ballots < FEW_SHARE * one.assigned or one.ballots < min(FEW_BALLOTS, one.assigned))
    ]
    return [Finding(code="jurors_with_few_ballots", level=WARN, figures={"behind": few})] if few else []


def _of_juror(one: JurorFigures) -> list[Finding]:
    found = []

    def say(code: str, level: str, **figures: Any) -> None:
        found.append(Finding(code=code, level=level, figures={"juror": one.juror, **figures}))

    is_sure = one.chance is not None and one.chance < INCONSISTENT_CHANCE
    if one.consistency is not None and one.consistency > INCONSISTENT and is_sure:
        say("juror_inconsistent", WARN)
    if one.agreement is not None and one.agreement < 0:
        say("juror_against_the_others", HINT)
    if one.ballots >= SAME_BALLOTS and one.same_share >= SAME_SHARE:
        say("juror_does_not_discriminate", WARN, share=one.same_share)
    return found


def _unusual(fit: _Residuals) -> list[Finding]:
    found = []
    for place in np.flatnonzero(np.abs(fit.studentised) > UNUSUAL).tolist():
        juror, team = fit.design.jurors[fit.design.juror[place]], fit.design.entrants[fit.design.entrant[place]]
        figures = {"juror": juror, "team": team, "off": float(fit.rest[place])}
        found.append(Finding(code="unusual_ballot", level=WARN, figures=figures))
    return found


def _rests_on(  # noqa: PLR0913 - the same facts as above
    ballots: list[Ballot],
    criteria: Sequence[Criterion],
    teams: Sequence[int],
    minimum: int,
    decided: Sequence[Sequence[int]],
    places: int,
) -> list[Finding]:
    """Jurors without whom another team, or another set of teams, would win something."""
    jurors = sorted({one.juror for one in ballots})
    if len(jurors) < 2:
        return []
    whole = winners(table(ballots, criteria, teams=teams, minimum=minimum, decided=decided), places)
    found = []
    for juror in jurors:
        left = [one for one in ballots if one.juror != juror]
        # Fewer ballots must not cost a team its place here: the question is the order, not the number.
        rest = winners(table(left, criteria, teams=teams, decided=decided), places)
        if rest[0] != whole[0] or rest[1] != whole[1]:
            gained = sorted(rest[1] - whole[1])
            figures = {"juror": juror, "winner_changes": rest[0] != whole[0], "in": gained, "out": sorted(whole[1] - rest[1])}
            found.append(Finding(code="rests_on_juror", level=WARN, figures=figures))
    return found


def winners(found: Table, places: int) -> tuple[frozenset[int], frozenset[int]]:
    """Who is first, and who has one of the first `places` ranks."""
    first = frozenset(row.team for row in found.standings if row.rank == 1)
    return first, frozenset(row.team for row in found.standings if row.rank is not None and row.rank <= places)


def _of_ranking(ranking: Ranking) -> list[Finding]:
    found = []
    if not ranking.design.size:
        return []
    reliability = _reliability(ranking)
    if reliability is not None and reliability < NOISY:
        found.append(Finding(code="mostly_noise", level=WARN))
    if ranking.degrees < FEWEST_DEGREES:
        found.append(Finding(code="no_intervals", level=NOTE))
    if NO_DIFFERENCE in ranking.notes:
        found.append(Finding(code="jurors_do_not_differ", level=NOTE))
    return found
