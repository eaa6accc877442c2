"""The people of an edition, as organisers look for them. Reads only.

As many queries for ten thousand people as for ten. What is typed is compared with the plain name
(no accents, no capitals), each word with the beginning of a word; or with the number in a list, or the
beginning of an e-mail address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from estrade.editions.models import Edition
from estrade.kernel.cleantext import plain_words
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person, Role
from teams.models import Membership, Profile, Team

PER_PAGE = 50
NOBODYS_SCHOOL = "none"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an organiser asks for. `school` is a slug, or "none" for people without one."""

    words: str = ""
    school: str = ""
    role: str = ""
    without_team: bool = False
    without_consent: bool = False

    @property
    def is_everybody(self) -> bool:
        return self == Wanted()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the list."""

    person: Person
    roles: Sequence[Role]
    school: Organisation | None
    level: str
    team: Team | None
    profile: Profile | None

    @property
    def is_participant(self) -> bool:
        return any(role.role == Role.Name.PARTICIPANT for role in self.roles)

    @property
    def lacks_consent(self) -> bool:
        return bool(self.profile and self.profile.is_minor and self.profile.parental_consent != Profile.Consent.YES)


@dataclass(frozen=True, kw_only=True)
class Roster:
    """One page of the list. `found`: how many are on all its pages."""

    entries: Sequence[Entry]
    found: int
    page: int
    pages: int


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many take part, by school; how many of them have no team; how many minors lack their parents' consent."""

    people: int = 0
    participants: int = 0
    without_team: int = 0
    without_consent: int = 0
    by_school: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def people_of(*, edition: Edition, wanted: Wanted, page: int = 1) -> Roster:
    """The wanted page of the people who have a role in the edition, by family name."""
    people = _wanted(edition, wanted)
    found = people.count()
    pages = max(1, -(-found // PER_PAGE))
    page = min(max(page, 1), pages)
    some = people.order_by("plain_name", "pk")[(page - 1) * PER_PAGE : page * PER_PAGE]
    entries = [_entry(person) for person in _with_everything(some, edition)]
    return Roster(entries=entries, found=found, page=page, pages=pages)


def one_of(*, edition: Edition, person_id: int) -> Entry:
    """One person of the edition. Refused("not_found") for everybody else."""
    people = Person.objects.filter(_has_role(edition), pk=person_id)
    person = _with_everything(people, edition).first()
    if person is None:
        raise Refused("not_found")
    return _entry(person)


def counts_of(edition: Edition) -> Counts:
    """The figures above the list."""
    participants = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT)
    by_school = list(
        participants.order_by()
        .values("organisation__slug", "organisation__short_name")
        .annotate(people=Count("pk"))
        .order_by("organisation__short_name")
    )
    consent = Profile.objects.filter(edition=edition, is_minor=True).exclude(parental_consent=Profile.Consent.YES)
    placed = Membership.objects.filter(edition=edition, person=OuterRef("person"))
    return Counts(
        people=Role.objects.filter(edition=edition).values("person").distinct().count(),
        participants=sum(row["people"] for row in by_school),
        without_team=participants.filter(~Exists(placed)).count(),
        without_consent=consent.count(),
        by_school=by_school,
    )


def _wanted(edition: Edition, wanted: Wanted) -> QuerySet[Person]:
    conditions: dict[str, Any] = {"role": wanted.role} if wanted.role else {}
    if wanted.school == NOBODYS_SCHOOL:
        conditions["organisation"] = None
    elif wanted.school:
        conditions["organisation__slug"] = wanted.school
    if wanted.without_team:
        conditions["role"] = Role.Name.PARTICIPANT
    people = Person.objects.filter(_has_role(edition, **conditions))
    if wanted.without_team:
        people = people.filter(~Exists(Membership.objects.filter(edition=edition, person=OuterRef("pk"))))
    if wanted.without_consent:
        minors = Profile.objects.filter(edition=edition, person=OuterRef("pk"), is_minor=True)
        people = people.filter(Exists(minors.exclude(parental_consent=Profile.Consent.YES)))
    return people.filter(_search(edition, wanted.words)) if wanted.words.strip() else people


def _has_role(edition: Edition, **conditions: Any) -> Exists:
    return Exists(Role.objects.filter(edition=edition, person=OuterRef("pk"), **conditions))


def _search(edition: Edition, text: str) -> Q:
    typed = text.strip()[:80]
    number = typed.removeprefix("n°").removeprefix("N°").strip()
    condition = Q(email__istartswith=typed) | Q(
        Exists(Profile.objects.filter(edition=edition, person=OuterRef("pk"), listed_as=number))
    )
    words = plain_words(typed).split()
    names = Q()
    for word in words:
        names &= Q(plain_name__startswith=word) | Q(plain_name__contains=f" {word}")
    return condition | names if words else condition


def _with_everything(people: QuerySet[Person], edition: Edition) -> QuerySet[Person]:
    return people.prefetch_related(
        Prefetch("roles", Role.objects.filter(edition=edition).select_related("organisation"), to_attr="roles_here"),
        Prefetch("memberships", Membership.objects.filter(edition=edition).select_related("team"), to_attr="teams_here"),
        Prefetch("profiles", Profile.objects.filter(edition=edition), to_attr="profiles_here"),
    )


def _entry(person: Any) -> Entry:
    """`person` comes with the three lists that `_with_everything` fetched."""
    roles: list[Role] = person.roles_here
    taking_part = [role for role in roles if role.role == Role.Name.PARTICIPANT]
    first = next(iter([*taking_part, *(role for role in roles if role.organisation), *roles]))
    return Entry(
        person=person,
        roles=roles,
        school=first.organisation,
        level=first.level,
        team=person.teams_here[0].team if person.teams_here else None,
        profile=person.profiles_here[0] if person.profiles_here else None,
    )


def known_schools() -> QuerySet[Organisation]:
    """Every school that a person may come from, by name."""
    categories = (Organisation.Category.SCHOOL, Organisation.Category.HIGHER_EDUCATION)
    return Organisation.objects.filter(category__in=categories).order_by("short_name", "pk")
