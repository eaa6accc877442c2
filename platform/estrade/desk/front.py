"""The public page of an edition: what several rooms say about it, for anonymous eyes too."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Subquery

from challenges.models import Challenge
from challenges.reads import visible_challenges
from estrade.editions.models import Edition
from estrade.people.models import Organisation, Person, Role
from judging.eligibility import rule
from judging.models import Prize
from judging.rubric_reads import Asked, asked_of
from teams.models import Team


@dataclass(frozen=True)
class Front:
    """Figures and lists of the page. Counts only where people are concerned. Each prize with its rule in one sentence."""

    challenges: list[Challenge]
    participants: int
    teams: int
    schools: list[Organisation]
    partners: list[Organisation]
    asked: list[Asked]
    prizes: list[tuple[Prize, str]]


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
        asked=_asked(edition, challenges),
        prizes=[
            (one, rule(one))
            for one in Prize.objects.filter(edition=edition).select_related("sponsor", "challenge", "category", "round")
        ],
    )


def _asked(edition: Edition, challenges: list[Challenge]) -> list[Asked]:
    """What the jury looks at. The rubric of a challenge that is still a secret would name it."""
    shown = {one.pk for one in challenges}
    return [one for one in asked_of(edition) if one.rubric.challenge_id is None or one.rubric.challenge_id in shown]


def _counted(rows: QuerySet[Any]) -> Subquery:
    return Subquery(rows.order_by().values("edition").annotate(n=Count("pk")).values("n"))
