"""Challenges as people look at them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet

from challenges.links import Link, links_of
from challenges.models import Challenge, Step, person_partner_ids
from estrade.access.policy import can
from estrade.editions.models import Edition
from estrade.kernel.cleantext import folded
from estrade.kernel.localtext import local
from estrade.people.models import Organisation, Person, Role

SCHOOLS = (Organisation.Category.SCHOOL, Organisation.Category.HIGHER_EDUCATION)


def visible_challenges(*, edition: Edition, person: Person | None) -> QuerySet[Challenge]:
    """The edition's challenges this person may see, in order, each with its partner and `team_count`."""
    visible = Challenge.objects.visible_to(person).filter(edition=edition).select_related("partner", "edition")
    return _counted(visible)


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


def managed_challenges(*, edition: Edition, person: Person) -> list[Challenge]:
    """A partner's own challenges and an organiser's all, each with its history, newest step first."""
    steps = Prefetch("steps", Step.objects.select_related("person").order_by("-at", "-pk"))
    managed = Challenge.objects.managed_by(person).filter(edition=edition).select_related("partner", "edition")
    return list(_counted(managed).prefetch_related(steps))


def questioned_challenges(*, edition: Edition, person: Person, now: datetime) -> list[Challenge]:
    """The challenges about which this person reads every question: one's own, or all of the edition."""
    if can(person, "question.read", edition, at=now):
        return list(visible_challenges(edition=edition, person=person))
    return list(own_challenges(edition=edition, person=person))


def amendments_of(challenge: Challenge) -> list[Step]:
    """What changed since it was published, the latest first."""
    return list(challenge.steps.filter(kind=Step.Kind.AMENDED).select_related("person").order_by("-at", "-pk"))


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a challenge says in one language, as its page and the preview show it."""

    title: str
    question: str
    tags: str
    body: str
    provided: str
    expected: str
    links: list[Link]
    eligibility: str
    referent: str


def words_of(challenge: Challenge, language: str) -> Words:
    """Each text in `language`, else in the first language it was written in."""
    texts = {name: local(getattr(challenge, name), language) for name in Words.__dataclass_fields__}
    return Words(**{**texts, "links": links_of(texts["links"])})  # type: ignore[arg-type]  # the links are the one list


def schools_of(edition: Edition) -> list[Organisation]:
    """The schools from which somebody takes part."""
    return list(Organisation.objects.filter(category__in=SCHOOLS, roles__edition=edition).distinct().order_by("name"))


@dataclass(frozen=True)
class Openness:
    """To whom a challenge is open. `fits`: whether the reader is one of them; None for who takes no part."""

    schools: list[str]
    levels: list[str]
    fits: bool | None


def openness_of(challenge: Challenge, person: Person | None) -> Openness | None:
    """None for a challenge that everybody may choose."""
    slugs, levels = challenge.open_to.get("schools", []), challenge.open_to.get("levels", [])
    if not slugs and not levels:
        return None
    names = list(Organisation.objects.filter(slug__in=slugs).values_list("short_name", flat=True)) if slugs else []
    mine = None
    if person is not None and person.is_authenticated:
        roles = Role.objects.filter(person=person, edition=challenge.edition_id, role=Role.Name.PARTICIPANT)
        mine = roles.select_related("organisation").first()
    return Openness(names, levels, None if mine is None else is_open_to(challenge, mine))


def is_open_to(challenge: Challenge, participant: Role) -> bool:
    """Whether a participant's school and level are among those of a challenge; what is not known of somebody fits."""
    slugs, levels = challenge.open_to.get("schools", []), challenge.open_to.get("levels", [])
    school = participant.organisation.slug if participant.organisation else ""
    fits_school = not slugs or not school or school in slugs
    return fits_school and (not levels or not participant.level or folded(participant.level) in map(folded, levels))


def partner_names() -> list[str]:
    """Names of organisations that are no schools, for the field that proposes them."""
    return list(Organisation.objects.exclude(category__in=SCHOOLS).values_list("name", flat=True)[:200])


def own_organisations(*, edition: Edition, person: Person) -> list[Organisation]:
    """The organisations this person speaks for as a partner."""
    return list(Organisation.objects.filter(pk__in=person_partner_ids(person, edition.pk)))


def _counted(challenges: QuerySet[Challenge]) -> QuerySet[Challenge]:
    """Each with `team_count`. A query that counts forgets the order of its model, so the order is said again."""
    counted = challenges.annotate(team_count=Count("teams", filter=Q(teams__withdrawn_at__isnull=True)))
    return counted.order_by("position", "pk")
