"""The public page of an edition: what several rooms say about it, for anonymous eyes too."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Subquery

from challenges.models import Challenge
from challenges.reads import visible_challenges
from estrade.editions.models import Edition
from estrade.people.models import Organisation, Person, Role
from judging.models import Criterion, Prize
from teams.models import Team


@dataclass(frozen=True)
class Weighed:
    """A criterion with its share of the total in percent, and its share of the heaviest one for the bar."""

    criterion: Criterion
    percent: Decimal
    bar: Decimal


@dataclass(frozen=True)
class Front:
    """Figures and lists of the page. Counts only where people are concerned."""

    challenges: list[Challenge]
    participants: int
    teams: int
    schools: list[Organisation]
    partners: list[Organisation]
    criteria: list[Weighed]
    prizes: list[Prize]


def front_of(edition: Edition, *, person: Person | None, with_challenges: bool) -> Front:
    """Everything the public page shows, in a number of queries that does not grow."""
    challenges = list(visible_challenges(edition=edition, person=person)) if with_challenges else []
    of_participants = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT)
    present = Team.objects.filter(edition=edition, withdrawn_at__isnull=True)
    # Each counted by itself: joined in one statement they are people times teams, seconds for a large hall.
    figures = Edition.objects.filter(pk=edition.pk).values_list(_counted(of_participants), _counted(present))
    participants, teams = figures.get()
    schools = Organisation.objects.filter(pk__in=of_participants.values("organisation"))
    partners = {challenge.partner_id: challenge.partner for challenge in challenges}
    return Front(
        challenges=challenges,
        participants=participants or 0,
        teams=teams or 0,
        schools=list(schools),
        partners=sorted(partners.values(), key=lambda one: one.name),
        criteria=_weighed(edition),
        prizes=list(Prize.objects.filter(edition=edition).select_related("sponsor")),
    )


def _counted(rows: QuerySet[Any]) -> Subquery:
    return Subquery(rows.order_by().values("edition").annotate(n=Count("pk")).values("n"))


def _weighed(edition: Edition) -> list[Weighed]:
    latest = edition.rubrics.order_by("-version").values("pk")[:1]
    criteria = list(Criterion.objects.filter(rubric__in=latest))
    total = sum((one.weight for one in criteria), Decimal(0))
    heaviest = max((one.weight for one in criteria), default=Decimal(0))
    if not total:
        return []
    return [Weighed(one, 100 * one.weight / total, 100 * one.weight / heaviest) for one in criteria]
