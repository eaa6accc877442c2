"""The public page of an edition: what several rooms say about it, for anonymous eyes too."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q

from challenges.models import Challenge
from challenges.reads import visible_challenges
from estrade.editions.models import Edition
from estrade.people.models import Organisation, Person, Role
from judging.eligibility import rule
from judging.models import Criterion, Prize


@dataclass(frozen=True)
class Weighed:
    """A criterion with its share of the total in percent, and its share of the heaviest one for the bar."""

    criterion: Criterion
    percent: Decimal
    bar: Decimal


@dataclass(frozen=True)
class Front:
    """Figures and lists of the page. Counts only where people are concerned. Each prize with its rule in one sentence."""

    challenges: list[Challenge]
    participants: int
    teams: int
    schools: list[Organisation]
    partners: list[Organisation]
    criteria: list[Weighed]
    prizes: list[tuple[Prize, str]]


def front_of(edition: Edition, *, person: Person | None, with_challenges: bool) -> Front:
    """Everything the public page shows, in a number of queries that does not grow."""
    challenges = list(visible_challenges(edition=edition, person=person)) if with_challenges else []
    counted = Edition.objects.filter(pk=edition.pk).aggregate(
        participants=Count("roles", filter=Q(roles__role=Role.Name.PARTICIPANT), distinct=True),
        teams=Count("teams", filter=Q(teams__withdrawn_at__isnull=True), distinct=True),
    )
    of_participants = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT)
    schools = Organisation.objects.filter(pk__in=of_participants.values("organisation"))
    partners = {challenge.partner_id: challenge.partner for challenge in challenges}
    return Front(
        challenges=challenges,
        participants=counted["participants"],
        teams=counted["teams"],
        schools=list(schools),
        partners=sorted(partners.values(), key=lambda one: one.name),
        criteria=_weighed(edition),
        prizes=[
            (one, rule(one)) for one in Prize.objects.filter(edition=edition).select_related("sponsor", "challenge", "category")
        ],
    )


def _weighed(edition: Edition) -> list[Weighed]:
    latest = edition.rubrics.order_by("-version").values("pk")[:1]
    criteria = list(Criterion.objects.filter(rubric__in=latest))
    total = sum((one.weight for one in criteria), Decimal(0))
    heaviest = max((one.weight for one in criteria), default=Decimal(0))
    if not total:
        return []
    return [Weighed(one, 100 * one.weight / total, 100 * one.weight / heaviest) for one in criteria]
