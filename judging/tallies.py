"""Tallies: a round read once and ranked. The only place where ballots of the database meet the ranking.

Never writes. A withdrawn team has no place, and its ballots stay in the computation, so that its leaving
moves nobody against anybody else; a barred or void ballot is in no computation at all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from judging.models import Ballot, Criterion, Minute, Round, Score, ScoreRevision
from judging.ranking import Ballot as Marks
from judging.ranking import Criterion as Dimension
from judging.ranking import Standing, linked_groups, table
from teams.models import Team

# What comes to bear where jurors saw different teams; where all teams had the same jurors it is the weighted mean.
METHOD = "adjusted"


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Everything a board is made of, read once. `revisions`: how many scores ever arrived, so that a stale board shows.

    `method`: "mean" where all teams had the same jurors, else "adjusted"; `certificate`: how it was computed.
    `groups`: teams linked by complete ballots; `planned_groups`: by all ballots that may still be filled in. Points of
    different groups do not compare. `minimum`: ballots a team needs for a rank; `decided`: what the chair decided on ties.
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
    teams = list(round_.teams().filter(withdrawn_at=None).select_related("challenge__partner").order_by("number"))
    expected: Counter[int] = Counter()
    planned: list[tuple[int, int]] = []
    complete: dict[int, tuple[int, int]] = {}
    ballots = Ballot.objects.filter(seat__round=round_id, barred_reason="", void=None)
    for pk, seat, team, completed_at in ballots.values_list("pk", "seat_id", "team_id", "completed_at"):
        expected[team] += 1
        planned.append((seat, team))
        if completed_at is not None:
            complete[pk] = (seat, team)
    marks = _marks(round_id, complete)
    criteria = Criterion.objects.filter(rubric=round_.rubric_id).order_by("position", "pk")
    listed = [team.pk for team in teams]
    # A jury of one cannot give two ballots; the rule is about teams that fewer have seen than others.
    minimum = min(round_.edition.fewest_ballots, max(len({seat for seat, _team in planned}), 1))
    decided = list(Minute.objects.filter(round=round_id, kind=Minute.Kind.TIE).order_by("pk").values_list("order", flat=True))
    dimensions = dimensions_of(criteria)
    found = table(marks, dimensions, teams=listed, method=METHOD, minimum=minimum, decided=decided)
    return Tally(
        teams=teams,
        standings=found.standings,
        expected=expected,
        complete=Counter(team for _seat, team in complete.values()),
        revisions=revisions_of(round_id=round_id),
        marks=marks,
        method=found.method,
        certificate=found.certificate,
        groups=found.groups,
        planned_groups=linked_groups(planned, listed),
        minimum=minimum,
        decided=decided,
        criteria=dimensions,
    )


def dimensions_of(criteria: Iterable[Criterion]) -> list[Dimension]:
    """Criteria as the ranking knows them, in the order given."""
    return [Dimension(id=one.pk, weight=one.weight, lowest=one.lowest, highest=one.highest) for one in criteria]


def _marks(round_id: int, complete: dict[int, tuple[int, int]]) -> list[Marks]:
    values: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
    scores = Score.objects.filter(ballot__seat__round=round_id, ballot__barred_reason="", ballot__void=None, value__isnull=False)
    for ballot, criterion, value in scores.values_list("ballot_id", "criterion_id", "value"):
        if ballot in complete and value is not None:
            values[ballot][criterion] = value
    return [Marks(juror=seat, team=team, marks=values[ballot]) for ballot, (seat, team) in complete.items()]


def revisions_of(*, round_id: int) -> int:
    """How many scores ever arrived in a round."""
    return ScoreRevision.objects.filter(ballot__seat__round=round_id).count()
