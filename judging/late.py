"""Late scores: what jurors' devices delivered after the round was closed, for organisers to decide about on one page.

Reads only; the decisions are `judging.corrections`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.people.models import Person
from judging.models import Ballot, Correction, Criterion, LateDecision, Score, ScoreRevision


@dataclass(frozen=True, kw_only=True)
class LateScore:
    """One criterion: what stands, what came late (the last of it), when by the device's clock and by ours."""

    criterion: Criterion
    standing: Decimal | None
    value: Decimal | None
    device_at: datetime | None
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class LateBallot:
    """The late scores of a ballot that are to be decided. `up_to`: the last receipt that is shown."""

    ballot: Ballot
    scores: list[LateScore]
    up_to: int
    waits: Correction | None


@dataclass(frozen=True, kw_only=True)
class LateList:
    """What is to be decided and what was, the last decision first."""

    open: list[LateBallot]
    decided: list[LateDecision]


def late_list(*, person: Person, edition: Edition) -> LateList:
    """The late scores of all rounds, in a number of queries that does not grow. Refused by the policy."""
    require(person, "score.correct", edition)
    decisions = LateDecision.objects.filter(ballot__seat__round__edition=edition).select_related(
        "ballot__seat__person", "ballot__team"
    )
    decided = list(decisions.select_related("person").order_by("-pk"))
    upto: dict[int, int] = {}
    for one in decided:
        upto[one.ballot_id] = max(upto.get(one.ballot_id, 0), one.up_to)
    late = ScoreRevision.objects.filter(ballot__in=Ballot.objects.counting().filter(seat__round__edition=edition), is_late=True)
    late = late.select_related("ballot__seat__person", "ballot__team", "criterion")
    of_ballot: dict[Ballot, dict[int, ScoreRevision]] = {}
    for revision in late.order_by("ballot__seat__round", "ballot__seat__number", "ballot__team__number", "pk"):
        if revision.pk is not None and revision.pk > upto.get(revision.ballot_id, 0):
            of_ballot.setdefault(revision.ballot, {})[revision.criterion_id] = revision
    standing = {
        (one.ballot_id, one.criterion_id): one.value for one in Score.objects.filter(ballot__in=[one.pk for one in of_ballot])
    }
    waiting = Correction.objects.filter(ballot__seat__round__edition=edition, kind=Correction.Kind.LATE, decided_at=None)
    waits = {one.ballot_id: one for one in waiting.select_related("person")}
    return LateList(
        open=[
            LateBallot(
                ballot=ballot,
                scores=[_late_score(one, standing.get((ballot.pk, one.criterion_id))) for one in _in_order(revisions)],
                up_to=max(one.pk or 0 for one in revisions.values()),
                waits=waits.get(ballot.pk),
            )
            for ballot, revisions in of_ballot.items()
        ],
        decided=decided,
    )


def late_ballots(*, round_id: int) -> int:
    """On how many ballots late scores wait for a decision."""
    ballots = Ballot.objects.counting().filter(seat__round=round_id, revisions__is_late=True).distinct()
    decided: dict[int, int] = {}
    for ballot, up_to in LateDecision.objects.filter(ballot__seat__round=round_id).values_list("ballot_id", "up_to"):
        decided[ballot] = max(decided.get(ballot, 0), up_to)
    late = ScoreRevision.objects.filter(ballot__in=ballots, is_late=True).values_list("ballot_id", "pk")
    return len({ballot for ballot, pk in late if pk > decided.get(ballot, 0)})


def _in_order(revisions: dict[int, ScoreRevision]) -> list[ScoreRevision]:
    return sorted(revisions.values(), key=lambda one: (one.criterion.position, one.criterion_id))


def _late_score(one: ScoreRevision, standing: Decimal | None) -> LateScore:
    return LateScore(
        criterion=one.criterion, standing=standing, value=one.value, device_at=one.device_at, received_at=one.received_at
    )
