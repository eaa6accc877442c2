"""Does it matter? Whether the podium would be another one with the ballots that are missing, without the strictest juror,
by another method or by another rule for ties.

"safe" is said only where it is proven: by the bounds of exact means, by trying every legal score, or because there is just
one thing to try. "could_change" comes with an example that was carried out. What is neither is "unproven".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

from judging.ranking.marks import Ballot, Criterion, ballot_points, worths
from judging.ranking.ranking import rank
from judging.ranking.standings import Table, table

SAFE, COULD_CHANGE, UNPROVEN = "safe", "could_change", "unproven"
# Rankings that one question may cost where every legal score has to be tried.
TRIES = 400
EQUAL = Fraction(1, 10**6)

Podium = tuple[tuple[int, frozenset[int]], ...]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A criterion with the step between its legal values."""

    criterion: Criterion
    step: Decimal


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`question`: missing, strictest, method or tie_rule. `figures`: what was asked about, and the example if there is one."""

    question: str
    verdict: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Jury:
    ballots: list[Ballot]
    scales: Sequence[Scale]
    teams: Sequence[int]
    places: int
    minimum: int
    decided: Sequence[Sequence[int]]

    @property
    def criteria(self) -> list[Criterion]:
        return [scale.criterion for scale in self.scales]

    def table(self, ballots: Iterable[Ballot], method: str = "adjusted", minimum: int | None = None) -> Table:
        wanted = self.minimum if minimum is None else minimum
        return table(ballots, self.criteria, teams=self.teams, method=method, minimum=wanted, decided=self.decided)

    def podium(self, found: Table) -> Podium:
        return podium_of(found, self.places)


def does_it_matter(
    ballots: Iterable[Ballot],
    scales: Sequence[Scale],
    *,
    teams: Sequence[int],
    missing: Sequence[tuple[int, int]],
    places: int = 3,
    minimum: int = 1,
    decided: Sequence[Sequence[int]] = (),
) -> list[Answer]:
    """The four answers. `missing`: (juror, team) of ballots that may still come; none of them is among `ballots`.

    The question about them is: all of them come, with any legal marks. Raises as `table`.
    """
    jury = _Jury(ballots=list(ballots), scales=scales, teams=teams, places=places, minimum=minimum, decided=decided)
    now = jury.podium(jury.table(jury.ballots))
    return [_missing(jury, now, list(missing)), _strictest(jury, now), _method(jury, now), _tie_rule(jury, now)]


def podium_of(found: Table, places: int) -> Podium:
    """Ranks that are on the podium, with their teams."""
    ranks: dict[int, set[int]] = {}
    for row in found.standings:
        if row.rank is not None and row.rank <= places:
            ranks.setdefault(row.rank, set()).add(row.team)
    return tuple((rank_, frozenset(some)) for rank_, some in sorted(ranks.items()))


def legal_ballots(scales: Sequence[Scale], limit: int = 20_000) -> list[dict[int, Decimal]] | None:
    """One set of marks for each total that legal marks can add up to, lowest first; None with more combinations than `limit`."""
    counting = [scale for scale in scales if scale.criterion.weight > 0]
    values = [_values(scale) for scale in counting]
    size = 1
    for some in values:
        size *= len(some)
    if size > limit:
        return None
    worth = worths([scale.criterion for scale in scales])
    # Criterion by criterion, each total once: five criteria of six values have 7,776 mixes and 101 totals.
    by_total: dict[Fraction, dict[int, Decimal]] = {Fraction(0): {}}
    for scale, some in zip(counting, values, strict=True):
        lowest, unit = worth[scale.criterion.id]
        longer: dict[Fraction, dict[int, Decimal]] = {}
        for total, marks in by_total.items():
            for mark in some:
                longer.setdefault(total + (Fraction(mark) - lowest) * unit, {**marks, scale.criterion.id: mark})
        by_total = longer
    return [by_total[total] for total in sorted(by_total)]


def _values(scale: Scale) -> list[Decimal]:
    lowest, highest = scale.criterion.lowest, scale.criterion.highest
    return [lowest + n * scale.step for n in range(int((highest - lowest) / scale.step) + 1)]


# --- Missing ballots ----------------------------------------------------------------------------------------------


def _missing(jury: _Jury, now: Podium, missing: list[tuple[int, int]]) -> Answer:
    figures: dict[str, Any] = {"ballots": len(missing)}
    if not missing:
        return Answer(question="missing", verdict=SAFE, figures=figures)
    if not jury.ballots:
        return Answer(question="missing", verdict=UNPROVEN, figures=figures)
    if _safe_by_bounds(jury, now, missing):
        return Answer(question="missing", verdict=SAFE, figures={**figures, "proof": "bounds"})
    legal = legal_ballots(jury.scales)
    if legal is not None and len(legal) ** len(missing) <= TRIES:
        # Totals only: another mix of marks with the same total can split a tie another way.
        tied = False
        for marks in product(legal, repeat=len(missing)):
            found = jury.table(_with(jury, dict(zip(missing, marks, strict=True))))
            if jury.podium(found) != now:
                break
            tied = tied or _has_ties(jury, found)
        else:
            verdict = UNPROVEN if tied else SAFE
            return Answer(question="missing", verdict=verdict, figures=figures if tied else {**figures, "proof": "every_score"})
    example = _example(jury, now, missing, legal or _coarse(jury.scales))
    if example is None:
        return Answer(question="missing", verdict=UNPROVEN, figures=figures)
    return Answer(question="missing", verdict=COULD_CHANGE, figures={**figures, **example})


def _safe_by_bounds(jury: _Jury, now: Podium, missing: list[tuple[int, int]]) -> bool:
    """Whether exact bounds of the means keep the podium apart: only where in the end every team had the same jurors."""
    pairs = {(one.juror, one.team) for one in jury.ballots} | set(missing)
    jurors = {team: frozenset(juror for juror, other in pairs if other == team) for team in jury.teams}
    if len(set(jurors.values())) > 1 or any(len(teams) > 1 for _rank, teams in now):
        return False
    if len(jurors) and len(next(iter(jurors.values()))) < jury.minimum:
        return False
    low, high = _bounds(jury, missing)
    order = [next(iter(teams)) for _rank, teams in now]
    if not order or len(order) < min(jury.places, len(jury.teams)):
        return False
    steps = list(zip(order, order[1:], strict=False))
    rest = [team for team in jury.teams if team not in order]
    return all(low[a] > high[b] + EQUAL for a, b in [*steps, *((order[-1], team) for team in rest)])


def _bounds(jury: _Jury, missing: list[tuple[int, int]]) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    criteria = jury.criteria
    weight = sum((Fraction(one.weight) for one in criteria), Fraction(0))
    total = dict.fromkeys(jury.teams, Fraction(0))
    count = dict.fromkeys(jury.teams, 0)
    for one in jury.ballots:
        if one.team in total:
            points = sum(
                Fraction(c.weight) * (Fraction(one.marks[c.id]) - Fraction(c.lowest)) / Fraction(c.highest - c.lowest)
                for c in criteria
                if c.weight > 0
            )
            total[one.team] += 100 * points / weight
            count[one.team] += 1
    more = {team: sum(other == team for _juror, other in missing) for team in jury.teams}
    whole = {team: max(count[team] + more[team], 1) for team in jury.teams}
    low = {team: total[team] / whole[team] for team in jury.teams}
    return low, {team: (total[team] + 100 * more[team]) / whole[team] for team in jury.teams}


def _has_ties(jury: _Jury, found: Table) -> bool:
    """Whether equal points touch the podium, however they were split."""
    rows = [row for row in found.standings if row.score is not None]
    near = rows[: jury.places + 1]
    return any(
        one.score is not None and two.score is not None and abs(one.score - two.score) <= 2 * float(EQUAL)
        for one, two in zip(near, near[1:], strict=False)
    )


def _example(jury: _Jury, now: Podium, missing: list[tuple[int, int]], legal: list[dict[int, Decimal]]) -> dict[str, Any] | None:
    """Marks that change the podium: on as few teams as it takes, and no further from what is expected than it takes."""
    expected = _expected(jury, missing, legal)
    middle = {pair: legal[place] for pair, place in expected.items()}
    if jury.podium(jury.table(_with(jury, middle))) != now:
        return {"as_expected": True, **_told(jury, middle, [])}
    touched = sorted({team for _juror, team in missing}, key=jury.teams.index) if missing else []
    ends = (len(legal) - 1, 0)
    moves = [{team: end} for team in touched for end in ends]
    moves += [{a: ends[0], b: ends[1]} for a in touched for b in touched if a != b]
    moves.append(dict.fromkeys(touched, ends[0]))
    for move in moves[:TRIES]:
        if not _changes(jury, now, expected, legal, move, 1.0):
            continue
        # Halve the distance as long as the podium still changes.
        near, far = 0.0, 1.0
        for _turn in range(8):
            half = (near + far) / 2
            near, far = (near, half) if _changes(jury, now, expected, legal, move, half) else (half, far)
        places = _moved(expected, move, far)
        return {"as_expected": False, **_told(jury, {pair: legal[place] for pair, place in places.items()}, list(move))}
    return None


def _expected(jury: _Jury, missing: list[tuple[int, int]], legal: list[dict[int, Decimal]]) -> dict[tuple[int, int], int]:
    """For each missing ballot the legal total next to what this juror would be expected to give this team."""
    totals = [ballot_points(marks, jury.criteria) for marks in legal]
    found = rank([(one.juror, one.team, ballot_points(one.marks, jury.criteria)) for one in jury.ballots])
    usual = sum(found.scores.values()) / len(found.scores)
    guess = {pair: found.scores.get(pair[1], usual) + found.offsets.get(pair[0], 0.0) for pair in missing}
    return {pair: min(range(len(totals)), key=lambda place: abs(totals[place] - guess[pair])) for pair in missing}


def _moved(expected: dict[tuple[int, int], int], move: dict[int, int], share: float) -> dict[tuple[int, int], int]:
    return {
        (juror, team): round(place + share * (move[team] - place)) if team in move else place
        for (juror, team), place in expected.items()
    }


def _changes(  # noqa: PLR0913 - one trial is these facts
    jury: _Jury,
    now: Podium,
    expected: dict[tuple[int, int], int],
    legal: list[dict[int, Decimal]],
    move: dict[int, int],
    share: float,
) -> bool:
    marks = {pair: legal[place] for pair, place in _moved(expected, move, share).items()}
    return jury.podium(jury.table(_with(jury, marks))) != now


def _told(jury: _Jury, marks: dict[tuple[int, int], dict[int, Decimal]], teams: list[int]) -> dict[str, Any]:
    given = [(juror, team, ballot_points(own, jury.criteria)) for (juror, team), own in marks.items()]
    return {
        "given": [row for row in given if row[1] in teams],
        "podium": jury.podium(jury.table(_with(jury, marks))),
        "marks": marks,
    }


def _with(jury: _Jury, marks: dict[tuple[int, int], dict[int, Decimal]]) -> list[Ballot]:
    return [*jury.ballots, *(Ballot(juror=juror, team=team, marks=own) for (juror, team), own in marks.items())]


def _coarse(scales: Sequence[Scale]) -> list[dict[int, Decimal]]:
    """A ladder of legal marks from all lowest to all highest, one criterion's step at a time; where all are too many to list."""
    values = {scale.criterion.id: _values(scale) for scale in scales}
    rungs = max(len(some) for some in values.values())
    return [{id_: some[round(n * (len(some) - 1) / (rungs - 1))] for id_, some in values.items()} for n in range(rungs)]


# --- The other questions ------------------------------------------------------------------------------------------


def _strictest(jury: _Jury, now: Podium) -> Answer:
    jurors = {one.juror for one in jury.ballots}
    if len(jurors) < 2:
        return Answer(question="strictest", verdict=UNPROVEN)
    offsets = rank([(one.juror, one.team, ballot_points(one.marks, jury.criteria)) for one in jury.ballots]).offsets
    strictest = min(sorted(jurors), key=offsets.__getitem__)
    left = [one for one in jury.ballots if one.juror != strictest]
    # The question is the order: one ballot fewer must not cost a team its place.
    without = jury.podium(jury.table(left, minimum=1))
    figures = {"juror": strictest, "offset": offsets[strictest]}
    if without == now:
        return Answer(question="strictest", verdict=SAFE, figures=figures)
    return Answer(question="strictest", verdict=COULD_CHANGE, figures={**figures, "podium": without})


def _method(jury: _Jury, now: Podium) -> Answer:
    return _first_other(
        "method", ("mean", "adjusted", "fixed"), lambda method: jury.podium(jury.table(jury.ballots, method)), now
    )


def _first_other(question: str, names: Sequence[str], podium: Callable[[str], Podium], now: Podium) -> Answer:
    for name in names:
        other = podium(name)
        if other != now:
            return Answer(question=question, verdict=COULD_CHANGE, figures={"rule": name, "podium": other})
    return Answer(question=question, verdict=SAFE)


def _tie_rule(jury: _Jury, now: Podium) -> Answer:
    """Equal points that touch the podium: any other rule could put them the other way round. Without such, no rule has a say."""
    rows = [row for row in jury.table(jury.ballots).standings if row.score is not None]
    for place, (one, two) in enumerate(zip(rows, rows[1:], strict=False), start=1):
        if place > jury.places:
            break
        is_equal = one.score is not None and two.score is not None and round((one.score - two.score) * 10**6) == 0
        if is_equal and one.rank is not None and one.rank <= jury.places:
            return Answer(question="tie_rule", verdict=COULD_CHANGE, figures={"teams": [one.team, two.team]})
    return Answer(question="tie_rule", verdict=SAFE)
