"""The order of the teams, from ballots on several criteria.

A method turns ballot scores into one score per team: `mean` is their mean; `adjusted` corrects for how lenient or
strict each juror is, see `judging.ranking.rank`. Where all teams had the same jurors the correction is the same for
all of them, so both are the mean, in exact arithmetic: the order of the ballots, the unit of the weights and the
machine cannot change a result. Otherwise scores are sums of floats, in an order fixed by the identifiers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from judging.ranking.marks import Ballot, Criterion, Scored, scored_ballots
from judging.ranking.problems import Unrankable
from judging.ranking.ranking import Ranking, rank
from judging.ranking.ties import Method, groups_in_order

METHODS = ("mean", "adjusted", "fixed", "shrunk")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One team's place. `rank` and `score` (0 to 100) are None with fewer ballots than asked for; `position` counts 1, 2, 3.

    `raw`: the plain mean of its ballots.
    """

    team: int
    rank: int | None
    position: int
    score: float | None
    ballots: int
    raw: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Places, best first, and how they came about.

    `method`: "mean" also where another one was asked for and all teams had the same jurors, or where ballots are too few to
    tell jurors apart. `certificate`: method, estimator and figures in plain data. `groups`: teams that jurors link, listed ones
    only; more than one: places across them say nothing.
    """

    standings: list[Standing]
    method: str
    certificate: dict[str, Any]
    groups: list[list[int]]


def standings(
    ballots: Iterable[Ballot], criteria: Sequence[Criterion], *, teams: Sequence[int], method: str = "mean"
) -> list[Standing]:
    """The places of `teams`, best first, teams without a complete ballot last and in the order given. See `table`."""
    return table(ballots, criteria, teams=teams, method=method).standings


def table(
    ballots: Iterable[Ballot],
    criteria: Sequence[Criterion],
    *,
    teams: Sequence[int],
    method: str = "adjusted",
    partial: bool = False,
    minimum: int = 1,
    decided: Sequence[Sequence[int]] = (),
) -> Table:
    """The places of `teams` and how they came about.

    `criteria` come in the rubric's order. Ballots on teams that are not listed (withdrawn ones) take part
    in the computation, so that a withdrawal moves nobody against anybody else, and have no place.
    `partial`: ballots with gaps count too, see `judging.ranking.marks.filled`.
    `minimum`: ballots a team needs for a place; with fewer its ballots still help to compare jurors.
    `decided`: what the jury's chair decided about teams that share a rank, best first; the last word on the same teams
    counts, and one about teams that do not share a rank counts for nothing.
    Raises Unrankable: unknown_method, weights_all_zero, weight_invalid, scale_without_length, ballot_twice,
    mark_not_a_number, mark_off_scale.

    >>> from decimal import Decimal
    >>> idea = Criterion(id=1, weight=Decimal(1), lowest=Decimal(0), highest=Decimal(5))
    >>> given = [(1, 7, 4), (1, 8, 3), (1, 9, 2), (2, 7, 2), (2, 8, 1), (3, 8, 5), (3, 9, 4)]
    >>> found = table([Ballot(juror=j, team=t, marks={1: Decimal(x)}) for j, t, x in given], [idea], teams=[7, 8, 9])
    >>> found.method, [(row.team, row.rank, round(row.score, 1)) for row in found.standings if row.score is not None]
    ('adjusted', [(7, 1, 80.0), (8, 2, 60.0), (9, 3, 40.0)])
    """
    if method not in METHODS:
        raise Unrankable("unknown_method", f"unknown method {method!r}", method=method)
    scored, units = scored_ballots(ballots, criteria, partial=partial)
    listed = {team: place for place, team in enumerate(teams)}
    used, ranking = _choose(scored, units, method, listed)
    turn = _exact_means if ranking is None else _by_rank(method)
    raw = {team: score / units for team, score in _exact_means(scored, [Fraction(one.score) for one in scored]).items()}
    points = raw if ranking is None else {team: Fraction(ranking.scores[team]) for team in raw}
    counts = Counter(ballot.team for ballot in scored)
    orders = {frozenset(order): list(order) for order in decided}
    rows: list[Standing] = []
    for present in _shared(groups_in_order(scored, criteria, points, method=turn, raw=raw), listed, counts, minimum, orders):
        best = len(rows) + 1
        rows += [
            Standing(
                team=team,
                rank=best,
                position=best + place,
                score=float(points[team]),
                ballots=counts[team],
                raw=float(raw[team]),
            )
            for place, team in enumerate(present)
        ]
    unranked = [team for team in teams if counts[team] < max(minimum, 1)]
    rows += [
        Standing(team=team, rank=None, position=len(rows) + place, score=None, ballots=counts[team])
        for place, team in enumerate(unranked, start=1)
    ]
    certificate = ranking.certificate() if ranking else {"method": method, "estimator": "mean", "ballots": len(scored)}
    return Table(standings=rows, method=used, certificate=certificate, groups=linked_groups(scored, listed))


def _shared(
    groups: Iterable[list[int]],
    listed: Mapping[int, int],
    counts: Mapping[int, int],
    minimum: int,
    orders: Mapping[frozenset[int], list[int]],
) -> Iterator[list[int]]:
    """Listed teams that share a rank, best first; where the chair has decided, each alone."""
    for tied in groups:
        present = sorted((team for team in tied if team in listed and counts[team] >= minimum), key=listed.__getitem__)
        order = orders.get(frozenset(present))
        if order is not None and len(order) == len(present):
            yield from ([team] for team in order)
        elif present:
            yield present


def linked_groups(ballots: Iterable[Scored | tuple[int, int]], listed: Iterable[int]) -> list[list[int]]:
    """The listed teams, grouped by which can be compared: through a juror in common, or a chain of them.

    `ballots`: scored ones, or (juror, team). A team without a ballot is in no group. In the order listed.

    >>> linked_groups([(1, 7), (1, 8), (2, 8), (3, 9)], [9, 8, 7])
    [[9], [8, 7]]
    """
    teams_of: defaultdict[int, list[int]] = defaultdict(list)
    jurors_of: defaultdict[int, list[int]] = defaultdict(list)
    for ballot in ballots:
        juror, team = (ballot.juror, ballot.team) if isinstance(ballot, Scored) else ballot
        teams_of[juror].append(team)
        jurors_of[team].append(juror)
    order = list(listed)
    group: dict[int, int] = {}
    heard: set[int] = set()
    for number, first in enumerate(order):
        waiting = [first] if first in jurors_of and first not in group else []
        while waiting:
            team = waiting.pop()
            if team in group:
                continue
            group[team] = number
            for juror in jurors_of[team]:
                if juror not in heard:
                    heard.add(juror)
                    waiting += teams_of[juror]
    found: defaultdict[int, list[int]] = defaultdict(list)
    for team in order:
        if team in group:
            found[group[team]].append(team)
    return list(found.values())


def _choose(scored: Sequence[Scored], units: int, method: str, listed: Iterable[int]) -> tuple[str, Ranking | None]:
    """The method that comes to bear, and its result where that is not simply the mean."""
    if method == "mean" or (method in ("adjusted", "fixed") and _same_jurors(scored, set(listed))):
        return "mean", None
    ranking = rank(_rows(scored, [Fraction(ballot.score, units) for ballot in scored]), method)
    return ("mean", None) if ranking.estimator in ("mean", "none") else (method, ranking)


def _same_jurors(scored: Sequence[Scored], listed: set[int]) -> bool:
    """Whether all listed teams that have ballots had the same jurors."""
    jurors: defaultdict[int, set[int]] = defaultdict(set)
    for ballot in scored:
        if ballot.team in listed:
            jurors[ballot.team].add(ballot.juror)
    return len({frozenset(some) for some in jurors.values()}) <= 1


def _exact_means(scored: Sequence[Scored], values: Sequence[Fraction]) -> dict[int, Fraction]:
    """Team to the plain mean of its ballots."""
    by_team: defaultdict[int, list[Fraction]] = defaultdict(list)
    for ballot, value in zip(scored, values, strict=True):
        by_team[ballot.team].append(value)
    return {team: sum(some, Fraction(0)) / len(some) for team, some in by_team.items()}


def _by_rank(method: str) -> Method:
    def turn(scored: Sequence[Scored], values: Sequence[Fraction]) -> dict[int, Fraction]:
        found = rank(_rows(scored, values), method).scores
        return {ballot.team: Fraction(found[ballot.team]) for ballot in scored}

    return turn


def _rows(scored: Sequence[Scored], values: Sequence[Fraction]) -> list[tuple[int, int, float]]:
    return [(ballot.juror, ballot.team, float(value)) for ballot, value in zip(scored, values, strict=True)]
