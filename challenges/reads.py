"""Challenges as people look at them."""

from django.db.models import Count, Q, QuerySet

from challenges.models import Challenge, person_partner_ids
from estrade.editions.models import Edition
from estrade.people.models import Person


def visible_challenges(*, edition: Edition, person: Person | None) -> QuerySet[Challenge]:
    """The edition's challenges this person may see, in order, each with its partner and `team_count`."""
    visible = Challenge.objects.visible_to(person).filter(edition=edition).select_related("partner", "edition")
    return visible.annotate(team_count=Count("teams", filter=Q(teams__withdrawn_at__isnull=True)))


def own_challenges(*, edition: Edition, person: Person) -> QuerySet[Challenge]:
    """The challenges of the organisations this person speaks for in the edition."""
    return visible_challenges(edition=edition, person=person).filter(partner__in=person_partner_ids(person, edition.pk))
