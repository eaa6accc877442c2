"""Challenges as people look at them."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from challenges.models import Challenge, person_partner_ids
from estrade.access.policy import can
from estrade.editions.models import Edition
from estrade.people.models import Organisation, Person


def visible_challenges(*, edition: Edition, person: Person | None) -> QuerySet[Challenge]:
    """The edition's challenges this person may see, in order, each with its partner and `team_count`."""
    visible = Challenge.objects.visible_to(person).filter(edition=edition).select_related("partner", "edition")
    return visible.annotate(team_count=Count("teams", filter=Q(teams__withdrawn_at__isnull=True)))


def own_challenges(*, edition: Edition, person: Person) -> QuerySet[Challenge]:
    """The challenges of the organisations this person speaks for in the edition."""
    return visible_challenges(edition=edition, person=person).filter(partner__in=person_partner_ids(person, edition.pk))


def readable_challenges(*, edition: Edition, person: Person | None, now: datetime) -> list[Challenge]:
    """Those of the edition's challenges that this person may read in this phase, in order."""
    if can(person, "challenge.read", edition, at=now):
        return list(visible_challenges(edition=edition, person=person))
    if person is None or not person.is_authenticated:
        return []
    # Before the opening: one's own. Rights on all of them are the same, so one is asked about.
    own = list(own_challenges(edition=edition, person=person))
    return own if own and can(person, "challenge.read", own[0], at=now) else []


def partner_names() -> list[str]:
    """Names of organisations that are no schools, for the field that proposes them."""
    schools = (Organisation.Category.SCHOOL, Organisation.Category.HIGHER_EDUCATION)
    return list(Organisation.objects.exclude(category__in=schools).values_list("name", flat=True)[:200])
