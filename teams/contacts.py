"""Who of a team may be named to the partner of its challenge, and reached.

Owns that consent. It is each person's own, off until given, taken back as easily. For a pupil it counts only together
with the parents' consent, and where nobody has said that somebody from a school is of age, they are a pupil.
"""

from collections import defaultdict
from collections.abc import Collection

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person, Role
from teams.models import ContactConsent, Membership, Profile


def decide_about_contact(*, person: Person, edition_id: int, given: bool) -> None:
    """Say that the partner may have one's name and address, or take that back. Asked again, nothing changes."""
    with transaction.atomic():
        edition = Edition.objects.filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        require(person, "contact.decide", edition)
        mine = ContactConsent.objects.filter(edition=edition, person=person)
        if given:
            _row, changed = ContactConsent.objects.get_or_create(edition=edition, person=person, defaults={"given_at": db_now()})
        else:
            changed = bool(mine.delete()[0])
        if changed:
            audit(edition_id=edition_id, actor_id=person.pk, action="contact.decide", thing=f"person {person.pk}", after=given)


def may_be_reached(*, person: Person, edition: Edition) -> bool:
    """Whether this person has said so."""
    return ContactConsent.objects.filter(edition=edition, person=person).exists()


def people_to_reach(*, edition: Edition, team_ids: Collection[int]) -> dict[int, list[Person]]:
    """Team to those of its members who may be named. Three queries."""
    consents = ContactConsent.objects.filter(edition=edition).values("person")
    members = Membership.objects.filter(team__in=team_ids, person__in=consents).select_related("person")
    people = [one.person_id for one in members]
    profiles = {one.person_id: one for one in Profile.objects.filter(edition=edition, person__in=people)}
    pupils = set(
        Role.objects.filter(edition=edition, person__in=people, organisation__category=Organisation.Category.SCHOOL).values_list(
            "person_id", flat=True
        )
    )
    named = defaultdict(list)
    for one in members:
        profile = profiles.get(one.person_id)
        said = profile.is_minor if profile else None
        is_minor = one.person_id in pupils if said is None else said
        parents = profile is not None and profile.parental_consent == Profile.Consent.YES
        if not is_minor or parents:
            named[one.team_id].append(one.person)
    return named
