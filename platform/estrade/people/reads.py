"""People of an edition, as organisers look at them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.people.models import Invitation, Person, PersonalCode, Role
from estrade.people.words import INVITATION_STATES, ROLE, ROLES
from estrade.web.navigation import entries


@dataclass(frozen=True)
class RoleWithCodes:
    """How many hold a role, and how many of them have a personal code."""

    role: Role.Name
    people: int
    with_code: int

    @property
    def words(self) -> str:
        return str(ROLES[self.role])

    @property
    def missing(self) -> int:
        return self.people - self.with_code


def roles_with_codes(edition: Edition) -> list[RoleWithCodes]:
    """The roles that somebody holds, in the order of the list of roles. People who keep the installation running do not count."""
    has_code = Exists(PersonalCode.objects.filter(edition=edition, person=OuterRef("person")))
    held = Role.objects.filter(edition=edition, person__is_staff=False, person__is_superuser=False).annotate(has_code=has_code)
    counted = {
        row["role"]: (row["people"], row["with_code"])
        for row in held.order_by().values("role").annotate(people=Count("pk"), with_code=Count("pk", filter=Q(has_code=True)))
    }
    return [RoleWithCodes(role, *counted[role]) for role in Role.Name if role in counted]


@dataclass(frozen=True)
class InvitationLine:
    """One invitation and what became of it: sent, opened, accepted, expired or revoked."""

    invitation: Invitation
    state: str

    @property
    def role(self) -> str:
        return str(ROLE[self.invitation.role])

    @property
    def words(self) -> str:
        return str(INVITATION_STATES[self.state])


def invitations_of(edition: Edition, now: datetime) -> list[InvitationLine]:
    """Everybody who was invited by mail, by role and name. One query."""
    rows = Invitation.objects.filter(edition=edition).select_related("organisation")
    return [InvitationLine(one, _state_of(one, now)) for one in rows]


def first_page(person: Person, edition: Edition) -> str:
    """Where somebody who just came in goes: the first page of the menu, else the page of the edition."""
    pages = entries(person, edition, path="", now=db_now())
    return pages[0].url if pages else reverse("editions:edition", args=[edition.slug])


def own_first_page(person: Person) -> str:
    """Where somebody goes who came in without saying where: to the only event with a part for them, else to the list."""
    events = list(Edition.objects.filter(roles__person=person, rehearses=None).distinct()[:2])
    return first_page(person, events[0]) if len(events) == 1 else reverse("editions:root")


def _state_of(invitation: Invitation, now: datetime) -> str:
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.revoked_at is not None:
        return "revoked"
    if invitation.expires_at <= now:
        return "expired"
    return "opened" if invitation.opened_at else "sent"
