"""Identities, and the roles that give them rights in an edition.

Owns the creation of people and the giving and taking of roles. An identity alone gives no right.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.text import slugify

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record
from estrade.kernel.cleantext import folded, not_longer, one_line
from estrade.kernel.refusal import Refused
from estrade.people.events import RoleGiven, RoleTaken
from estrade.people.models import Organisation, Person, Role, plain_name

# Rows per statement: below the number of values that any supported database takes at once.
BATCH = 500
Item = TypeVar("Item")


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


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person as a list brings one: a name, and an e-mail address where there is one."""

    first_name: str
    last_name: str
    email: str | None = None


def create_people(new: Sequence[NewPerson]) -> list[Person]:
    """As many identities as there are entries, in their order, without passwords; a few queries per thousand.

    Refused as `create_person`; one refusal and nobody is created.
    """
    for one in new:
        not_longer("first_name", one.first_name, 80)
        not_longer("last_name", one.last_name, 80)
        not_longer("email", one.email or "", 254)
        if not (one.first_name or one.last_name):
            raise Refused("name_missing", field="last_name")
    emails = [one.email.lower() for one in new if one.email]
    for some in batches(emails):
        if Person.objects.annotate(address=Lower("email")).filter(address__in=some).exists():
            raise Refused("email_taken", field="email")
    people = [
        Person(username=username, first_name=one.first_name, last_name=one.last_name, email=one.email or None)
        for one, username in zip(new, _free_usernames([_stem(one.first_name, one.last_name) for one in new]), strict=True)
    ]
    for person in people:
        person.set_unusable_password()
        person.plain_name = plain_name(person)
    try:
        with transaction.atomic():
            return Person.objects.bulk_create(people, batch_size=BATCH)
    except IntegrityError as taken:
        raise Refused("name_taken", field="username") from taken


def rename_people(people: Sequence[Person]) -> None:
    """Store the names that these people were given; a few queries per thousand."""
    for person in people:
        person.plain_name = plain_name(person)
    Person.objects.bulk_update(people, ["first_name", "last_name", "plain_name"], batch_size=BATCH)


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Parts that a database takes in one statement."""
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _stem(first: str, last: str) -> str:
    return (".".join(part for part in (slugify(first), slugify(last)) if part) or "person")[:70]


def _free_usernames(stems: Sequence[str]) -> list[str]:
    """One free name per stem, in order: the stem itself, or with the next number that nobody has."""
    wanted = list(dict.fromkeys(stems))
    taken = {name for some in batches(wanted) for name in _names(Q(username__in=some))}
    # Only stems that are taken, or wanted twice, need numbered followers.
    often = Counter(stems)
    numbered = [stem for stem in wanted if stem in taken or often[stem] > 1]
    for start in range(0, len(numbered), 50):
        some = numbered[start : start + 50]
        taken |= set(_names(reduce(or_, (Q(username__startswith=f"{stem}.") for stem in some))))
    names: list[str] = []
    last: Counter[str] = Counter()
    for stem in stems:
        name = stem if stem not in taken else ""
        while not name:
            last[stem] += 1
            name = candidate if (candidate := f"{stem}.{last[stem] + 1}") not in taken else ""
        taken.add(name)
        names.append(name)
    return names


def _names(which: Q) -> Iterator[str]:
    return Person.objects.filter(which).order_by().values_list("username", flat=True).iterator()


def _free_username(first: str, last: str) -> str:
    stem = _stem(first, last)
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
