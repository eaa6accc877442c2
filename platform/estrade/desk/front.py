"""The public page of an edition: what several rooms say about it, for anonymous eyes too."""

from dataclasses import dataclass

from django.db.models import Count, Q

from challenges.models import Challenge
from challenges.reads import visible_challenges
from estrade.editions.models import Edition
from estrade.people.models import Organisation, Person, Role
from judging.models import Prize
from judging.rubric_reads import Asked, asked_of


@dataclass(frozen=True)
class Front:
    """Figures and lists of the page. Counts only where people are concerned."""

    challenges: list[Challenge]
    participants: int
    teams: int
    schools: list[Organisation]
    partners: list[Organisation]
    asked: list[Asked]
    prizes: list[Prize]


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
        asked=_asked(edition, challenges),
        prizes=list(Prize.objects.filter(edition=edition).select_related("sponsor")),
    )


def _asked(edition: Edition, challenges: list[Challenge]) -> list[Asked]:
    """What the jury looks at. The rubric of a challenge that is still a secret would name it."""
    shown = {one.pk for one in challenges}
    return [one for one in asked_of(edition) if one.rubric.challenge_id is None or one.rubric.challenge_id in shown]
