"""Identities, and the roles that give them rights in an edition.

Owns the creation of people and the giving and taking of roles. An identity alone gives no right.
"""

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record
from estrade.kernel.cleantext import folded, not_longer, one_line
from estrade.kernel.refusal import Refused
from estrade.people.events import RoleGiven, RoleTaken
from estrade.people.models import Organisation, Person, Role


def create_person(
    *,
    first_name: str,
    last_name: str,
    email: str | None = None,
    username: str = "",
    password: str | None = None,
    language: str = "",
) -> Person:
    """A new identity. Without a user name it gets "first.last", numbered when taken; without an e-mail it has none.

    Refused: name_missing, too_long, name_taken (a user name that looks equal), email_taken.
    """
    first, last = not_longer("first_name", one_line(first_name), 80), not_longer("last_name", one_line(last_name), 80)
    if not (first or last or username):
        raise Refused("name_missing", field="last_name")
    email = not_longer("email", one_line(email), 254) if email else None
    wanted = not_longer("username", folded(username), 80)
    with transaction.atomic():
        if email and Person.objects.filter(email__iexact=email).exists():
            raise Refused("email_taken", field="email")
        if wanted and Person.objects.filter(username=wanted).exists():
            raise Refused("name_taken", field="username")
        name = wanted or _free_username(first, last)
        try:
            with transaction.atomic():
                return Person.objects.create_user(
                    name, password, first_name=first, last_name=last, email=email, language=language
                )
        except IntegrityError as taken:
            raise Refused("name_taken", field="username") from taken


def _free_username(first: str, last: str) -> str:
    stem = (".".join(part for part in (slugify(first), slugify(last)) if part) or "person")[:70]
    taken = set(Person.objects.filter(username__startswith=stem).values_list("username", flat=True))
    return next(name for name in (stem, *(f"{stem}.{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def give_role(
    *, person: Person, edition_id: int, to: Person, role: str, organisation: Organisation | None = None, level: str = ""
) -> Role:
    """Give `to` a role in the edition; asked again, it only brings organisation and level up to date."""
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "edition.manage", edition)
        known = Role.objects.filter(edition=edition, person=to, role=role).first()
        given = known or Role(edition=edition, person=to, role=role)
        given.organisation = organisation or given.organisation
        given.level = not_longer("level", one_line(level), 60) or given.level
        given.save()
        if known is None:
            audit(edition_id=edition_id, actor_id=person.pk, action="role.give", thing=f"person {to.pk}", after=role)
            record(RoleGiven(person=to.pk, role=role), edition_id=edition_id, on=[ORGANISERS], actor_id=person.pk)
    to.forget_roles()
    return given


def take_role(*, person: Person, edition_id: int, of: Person, role: str, reason: str = "") -> None:
    """Take a role away; nothing happens when there is none. Refused: last_organiser."""
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "edition.manage", edition)
        held = Role.objects.select_for_update().filter(edition=edition, role=role)
        mine = [one for one in held if one.person_id == of.pk]
        if not mine:
            return
        if role == Role.Name.ORGANISER and len(held) == 1:
            raise Refused("last_organiser")
        mine[0].delete()
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="role.take",
            thing=f"person {of.pk}",
            before=role,
            reason=one_line(reason),
        )
        record(RoleTaken(person=of.pk, role=role), edition_id=edition_id, on=[ORGANISERS], actor_id=person.pk)
    of.forget_roles()


def _edition(edition_id: int) -> Edition:
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition
