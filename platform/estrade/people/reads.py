"""People of an edition, as organisers look at them."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from estrade.editions.models import Edition
from estrade.people.models import PersonalCode, Role
from estrade.people.words import ROLES


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
