"""Tallies: a round read once and ranked. The only place where ballots of the database meet the ranking.

Never writes. A withdrawn team has no place, and its ballots stay in the computation, so that its leaving
moves nobody against anybody else; a barred or void ballot is in no computation at all. A complete ballot that leaves an
optional criterion of some weight open gets the mark that `judging.ranking.marks.filled` finds for it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from judging.models import Ballot, Criterion, Minute, Round, Score, ScoreRevision
from judging.ranking import Ballot as Marks
from judging.ranking import Criterion as Dimension
from judging.ranking import Standing, linked_groups, table
from judging.ranking.marks import filled
from teams.models import Team

# What comes to bear where jurors saw different teams; where all teams had the same jurors it is the weighted mean.
METHOD = "adjusted"
# A mark that stands in for one left open, in the record and here alike.
FILLED_TO = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Everything a board is made of, read once. `revisions`: how many scores ever arrived, so that a stale board shows.

    `method`: "mean" where all teams had the same jurors, else "adjusted"; `certificate`: how it was computed.
    `groups`: teams linked by complete ballots; `planned_groups`: by all ballots that may still be filled in. Points of
    different groups do not compare. `minimum`: ballots a team needs for a rank; `decided`: what the chair decided on ties.
    `stand_ins`: (seat, team) to the marks that stand in for optional criteria left open; they are among `marks` too.
    """

    teams: list[Team]
    standings: list[Standing]
    expected: Counter[int]
    complete: Counter[int]
    revisions: int
    marks: list[Marks]
    method: str
    certificate: dict[str, Any]
    groups: list[list[int]]
    planned_groups: list[list[int]]
    minimum: int
    decided: list[list[int]]
    criteria: list[Dimension]
    stand_ins: dict[tuple[int, int], dict[int, Decimal]]

    @property
    def tied(self) -> list[list[int]]:
        """Teams that share a rank before the chair's word."""
        rows = table(
            self.marks, self.criteria, teams=[team.pk for team in self.teams], method=METHOD, minimum=self.minimum
        ).standings
        by_rank: defaultdict[int, list[int]] = defaultdict(list)
        for row in rows:
            if row.rank is not None:
                by_rank[row.rank].append(row.team)
        return [some for some in by_rank.values() if len(some) > 1]


def tally_of(*, round_id: int) -> Tally:
    """Read and rank a round in a fixed number of queries. Withdrawn teams have no row; their ballots stay in."""
    round_ = Round.objects.select_related("edition").get(pk=round_id)
    found = _ballots_of(round_id)
    criteria = list(Criterion.objects.filter(rubric=round_.rubric_id).order_by("position", "pk"))
    complete = {pk: pair for pk, pair in found.items() if pair.is_complete}
    return _tally(round_, criteria, found, complete, _values(round_id, [one.pk for one in criteria]))


def tally_under(*, round_id: int, criteria: Sequence[Criterion], carried: Mapping[int, int]) -> Tally:
    """The same round as it would be with other criteria. `carried`: number of a criterion now to the one its scores go to."""
    round_ = Round.objects.select_related("edition").get(pk=round_id)
    found = _ballots_of(round_id)
    values = {
        ballot: {carried[criterion]: value for criterion, value in marks.items()}
        for ballot, marks in _values(round_id, list(carried)).items()
    }
    required = {one.pk for one in criteria if one.is_required}
    complete = {pk: pair for pk, pair in found.items() if required <= values.get(pk, {}).keys()}
    return _tally(round_, criteria, found, complete, values)


@dataclass(frozen=True, slots=True)
class _Pair:
    seat: int
    team: int
    is_complete: bool


def _ballots_of(round_id: int) -> dict[int, _Pair]:
    """The ballots that may count, by number."""
    ballots = Ballot.objects.counting().filter(seat__round=round_id)
    rows = ballots.values_list("pk", "seat_id", "team_id", "completed_at")
    return {pk: _Pair(seat, team, completed_at is not None) for pk, seat, team, completed_at in rows}


def _values(round_id: int, criteria: list[int]) -> dict[int, dict[int, Decimal]]:
    """Ballot to its marks on some criteria; what was scored on others is in no computation."""
    values: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
    ballots = Ballot.objects.counting().filter(seat__round=round_id)
    scores = Score.objects.filter(ballot__in=ballots, criterion__in=criteria, value__isnull=False)
    for ballot, criterion, value in scores.values_list("ballot_id", "criterion_id", "value"):
        if value is not None:
            values[ballot][criterion] = value
    return dict(values)


def _tally(
    round_: Round,
    criteria: Sequence[Criterion],
    found: Mapping[int, _Pair],
    complete: Mapping[int, _Pair],
    values: Mapping[int, dict[int, Decimal]],
) -> Tally:
    teams = list(round_.teams().filter(withdrawn_at=None).select_related("challenge__partner").order_by("number"))
    planned = [(pair.seat, pair.team) for pair in found.values()]
    given = [Marks(juror=pair.seat, team=pair.team, marks=values.get(pk, {})) for pk, pair in complete.items()]
    dimensions = dimensions_of(criteria)
    marks, stand_ins = _without_gaps(given, dimensions)
    listed = [team.pk for team in teams]
    # A jury of one cannot give two ballots; the rule is about teams that fewer have seen than others.
    minimum = min(round_.edition.fewest_ballots, max(len({seat for seat, _team in planned}), 1))
    decided = list(Minute.objects.filter(round=round_, kind=Minute.Kind.TIE).order_by("pk").values_list("order", flat=True))
    ranked = table(marks, dimensions, teams=listed, method=METHOD, minimum=minimum, decided=decided)
    return Tally(
        teams=teams,
        standings=ranked.standings,
        expected=Counter(team for _seat, team in planned),
        complete=Counter(pair.team for pair in complete.values()),
        revisions=revisions_of(round_id=round_.pk),
        marks=marks,
        method=ranked.method,
        certificate=ranked.certificate,
        groups=ranked.groups,
        planned_groups=linked_groups(planned, listed),
        minimum=minimum,
        decided=decided,
        criteria=dimensions,
        stand_ins=stand_ins,
    )


def _without_gaps(given: list[Marks], criteria: list[Dimension]) -> tuple[list[Marks], dict[tuple[int, int], dict[int, Decimal]]]:
    """Complete ballots with a mark on every criterion that counts, and the marks that were put in."""
    counting = {one.id: one for one in criteria if one.weight > 0}
    if all(counting.keys() <= one.marks.keys() for one in given):
        return given, {}
    whole: list[Marks] = []
    stand_ins: dict[tuple[int, int], dict[int, Decimal]] = {}
    for ballot, marks in filled(given, criteria, optional=True):
        put_in = {id_: _on_scale(marks[id_], counting[id_]) for id_ in counting if id_ not in ballot.marks}
        whole.append(Marks(juror=ballot.juror, team=ballot.team, marks={**ballot.marks, **put_in}))
        if put_in:
            stand_ins[ballot.juror, ballot.team] = put_in
    return whole, stand_ins


def _on_scale(mark: Decimal | Fraction, criterion: Dimension) -> Decimal:
    """A mark as a decimal that its scale knows: what stands in for a mark is never better or worse than a juror could give."""
    exact = Fraction(mark)
    value = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(FILLED_TO)
    return min(max(value, criterion.lowest), criterion.highest)


def dimensions_of(criteria: Iterable[Criterion]) -> list[Dimension]:
    """Criteria as the ranking knows them, in the order given."""
    return [Dimension(id=one.pk, weight=one.weight, lowest=one.lowest, highest=one.highest) for one in criteria]


def revisions_of(*, round_id: int) -> int:
    """How many scores ever arrived in a round."""
    return ScoreRevision.objects.filter(ballot__seat__round=round_id).count()
