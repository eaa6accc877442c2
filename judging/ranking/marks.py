"""From a juror's marks to the score of a ballot. Exact: integers and fractions, no rounding anywhere.

Score of a ballot, 0 to 100:  y = 100 * sum_c w_c u_c / sum_c w_c,   u_c = (x_c - lo_c) / (hi_c - lo_c)
where w_c is the criterion's weight and lo_c, hi_c its scale. Criteria of weight 0 never count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

from judging.ranking.problems import Unrankable

Mark = Decimal | Fraction


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """`weight` >= 0; `lowest` < `highest`."""

    id: int
    weight: Decimal
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """One juror's marks for one team: criterion id to a value within that criterion's scale."""

    juror: int
    team: int
    marks: Mapping[int, Decimal]


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A ballot that counts; `score` is a whole number of units, the same unit on all ballots."""

    juror: int
    team: int
    score: int
    marks: Mapping[int, Mark]


def ballot_points(marks: Mapping[int, Decimal], criteria: Sequence[Criterion]) -> float:
    """The points (0 to 100) that marks are worth; a criterion without a mark adds nothing. Raises as `standings`.

    >>> one = Criterion(id=1, weight=Decimal(3), lowest=Decimal(0), highest=Decimal(10))
    >>> two = Criterion(id=2, weight=Decimal(1), lowest=Decimal(1), highest=Decimal(5))
    >>> ballot_points({1: Decimal(8), 2: Decimal(3)}, [one, two])
    72.5
    """
    return float(_points(marks, worths(criteria)))


def worths(criteria: Sequence[Criterion]) -> dict[int, tuple[Fraction, Fraction]]:
    """Criterion id to its lowest value and what one unit above it is worth; criteria of weight 0 are left out."""
    if negative := next((c for c in criteria if not c.weight >= 0), None):
        raise Unrankable("weight_invalid", f"The weight of criterion {negative.id} is negative.", criterion=negative.id)
    counting = [criterion for criterion in criteria if criterion.weight > 0]
    if not counting:
        raise Unrankable("weights_all_zero", "all weights are zero")
    if flat := next((c for c in counting if not c.lowest < c.highest), None):
        raise Unrankable("scale_without_length", f"a scale has no length (criterion {flat.id})", criterion=flat.id)
    total = sum((Fraction(criterion.weight) for criterion in counting), Fraction(0))
    return {c.id: (Fraction(c.lowest), 100 * Fraction(c.weight) / total / Fraction(c.highest - c.lowest)) for c in counting}


def scored_ballots(ballots: Iterable[Ballot], criteria: Sequence[Criterion], *, partial: bool) -> tuple[list[Scored], int]:
    """The ballots that count, sorted by identifiers, and how many units a point has.

    A ballot counts when every criterion of weight > 0 is marked; with `partial`, as soon as one is: see `filled`.
    Whole units instead of fractions: as exact, and ten thousand ballots in a tenth of the time.
    """
    worth = worths(criteria)
    given = sorted(ballots, key=lambda ballot: (ballot.team, ballot.juror))
    for one, other in zip(given, given[1:], strict=False):
        if (one.team, one.juror) == (other.team, other.juror):
            raise Unrankable(
                "ballot_twice", f"Juror {one.juror} has two ballots on team {one.team}.", juror=one.juror, entrant=one.team
            )
    _check(given, criteria)
    complete: list[tuple[Ballot, Mapping[int, Mark]]] = [(one, one.marks) for one in given if worth.keys() <= one.marks.keys()]
    if partial:
        complete = filled(given, criteria)
    marks = {(id_, own[id_]) for _ballot, own in complete for id_ in worth}
    points = {(id_, mark): _points({id_: mark}, worth) for id_, mark in marks}
    units = lcm(*(value.denominator for value in points.values()))
    whole = {key: int(value * units) for key, value in points.items()}
    scored = [
        Scored(juror=ballot.juror, team=ballot.team, score=sum(whole[id_, own[id_]] for id_ in worth), marks=own)
        for ballot, own in complete
    ]
    return scored, units


def filled(
    ballots: Sequence[Ballot], criteria: Sequence[Criterion], *, optional: bool = False
) -> list[tuple[Ballot, Mapping[int, Mark]]]:
    """Ballots with their gaps filled: what this criterion gets on average, plus how far the ballot's other marks are off theirs.

    Averages are those of the complete ballots; without any, a ballot with gaps does not count. Never zero, and never a
    new weighting alone: a juror who left out the criterion everybody does badly in must not have helped the team.
    `optional`: a gap is nobody's omission, so without complete ballots each criterion's average is that of the ballots
    that mark it, and a criterion that nobody marks is worth on each ballot what the others are, so that it moves nobody.
    """
    counting = [criterion for criterion in criteria if criterion.weight > 0]
    unmarked = [c for c in counting if optional and not any(c.id in one.marks for one in ballots)]
    asked = [criterion for criterion in counting if criterion not in unmarked]
    whole = [one for one in ballots if all(criterion.id in one.marks for criterion in asked)]
    level = {c.id: sum((_share(c, one.marks[c.id]) for one in whole), Fraction(0)) / len(whole) for c in asked if whole}
    if optional and not whole:
        level = _levels(ballots, asked)
    found: list[tuple[Ballot, Mapping[int, Mark]]] = []
    for ballot in ballots:
        present = [criterion for criterion in asked if criterion.id in ballot.marks]
        if not present or not level:
            continue
        off = sum((_share(c, ballot.marks[c.id]) - level[c.id] for c in present), Fraction(0)) / len(present)
        missing = {c.id: _value(c, level[c.id] + off) for c in asked if c.id not in ballot.marks}
        own: Mapping[int, Mark] = {**ballot.marks, **missing} if missing else ballot.marks
        if unmarked:
            worth = sum((Fraction(c.weight) * _share(c, own[c.id]) for c in asked), Fraction(0))
            share = worth / sum((Fraction(c.weight) for c in asked), Fraction(0))
            own = {**own, **{c.id: _value(c, share) for c in unmarked}}
        found.append((ballot, own))
    return found


def _levels(ballots: Sequence[Ballot], criteria: Sequence[Criterion]) -> dict[int, Fraction]:
    """Criterion id to its average share among the ballots that mark it; each is marked by one at least."""
    shares = {c.id: [_share(c, one.marks[c.id]) for one in ballots if c.id in one.marks] for c in criteria}
    return {id_: sum(some, Fraction(0)) / len(some) for id_, some in shares.items()}


def _share(criterion: Criterion, mark: Mark) -> Fraction:
    return (Fraction(mark) - Fraction(criterion.lowest)) / Fraction(criterion.highest - criterion.lowest)


def _value(criterion: Criterion, share: Fraction) -> Fraction:
    return Fraction(criterion.lowest) + share * Fraction(criterion.highest - criterion.lowest)


def _points(marks: Mapping[int, Mark], worth: Mapping[int, tuple[Fraction, Fraction]]) -> Fraction:
    return sum(((Fraction(marks[id_]) - lowest) * unit for id_, (lowest, unit) in worth.items() if id_ in marks), Fraction(0))


def _check(ballots: Sequence[Ballot], criteria: Sequence[Criterion]) -> None:
    """Marks are numbers on their scales; a criterion that nobody listed is nobody's business here."""
    scales = {criterion.id: criterion for criterion in criteria}
    fine: set[tuple[int, Decimal]] = set()
    for ballot in ballots:
        for id_, mark in ballot.marks.items():
            if id_ not in scales or (mark == mark and (id_, mark) in fine):  # noqa: PLR0124 - a NaN differs from itself
                continue
            facts = {"juror": ballot.juror, "entrant": ballot.team, "criterion": id_}
            if not Decimal(mark).is_finite():
                raise Unrankable("mark_not_a_number", f"A mark of juror {ballot.juror} is not a number.", **facts)
            if not scales[id_].lowest <= mark <= scales[id_].highest:
                raise Unrankable("mark_off_scale", f"A mark of juror {ballot.juror} is off its scale.", **facts)
            fine.add((id_, mark))
