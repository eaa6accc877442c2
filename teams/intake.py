"""Bring a list of participants into an edition: all of it, or nothing.

Owns people who come from a list, their role and profile, and their wishes. It never raises a role,
never takes over an account: an e-mail in a list proves nothing about who holds it. Somebody already
known is only met again where a list brought them before, in the same network.

Words: see `teams.intake_reading`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person, Role
from estrade.people.people import create_person
from teams.events import ParticipantsImported
from teams.intake_reading import Finding, Level, Listed, Reading, read_people
from teams.models import Profile, Wish
from teams.spellings import Known

SCHOOLS = (Organisation.Category.SCHOOL, Organisation.Category.HIGHER_EDUCATION)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an import did, or would do when `dry_run`. Blocked: it did nothing; the findings say why."""

    reading: Reading
    findings: tuple[Finding, ...]
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    dry_run: bool = False

    @property
    def is_blocked(self) -> bool:
        return any(finding.level is Level.BLOCKING for finding in self.findings)


@dataclass(kw_only=True)
class _Plan:
    """Listed people with the person each is, where there is one, and what stands in the way."""

    known: dict[str, Person] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def import_participants(*, person: Person | None, edition: Edition, data: bytes, filename: str, dry_run: bool = False) -> Report:
    """Create or update the participants of an exported list. One blocking finding and nothing is written.

    The same file twice changes nothing. Nobody is removed: who is no longer in the list stays. `person` is
    None for the operator at the command line. Refuses whoever may not import into this edition now; `rehearsal_only`.
    """
    with transaction.atomic():
        edition = Edition.objects.select_for_update(no_key=True).get(pk=edition.pk)
        if person is not None:
            require(person, "people.import", edition)
        if edition.rehearses_id is not None:
            # A list names real people, and a rehearsal has none.
            raise Refused("rehearsal_only")
        schools = {one.slug: one for one in Organisation.objects.filter(category__in=SCHOOLS)}
        reading = read_people(data, schools=map(known_school, schools.values()), challenges=known_challenges(edition))
        plan = _plan(edition, reading.people)
        findings = tuple(sorted((*reading.findings, *plan.findings), key=lambda finding: finding.row))
        if dry_run or any(finding.level is Level.BLOCKING for finding in findings):
            created = sum(one.email not in plan.known for one in reading.people)
            met = len(reading.people) - created
            return Report(reading=reading, findings=findings, created=created, updated=met, dry_run=dry_run)
        report = _write(edition, reading, findings, plan, schools)
        _tell(edition, report, actor_id=person.pk if person else None, filename=filename)
    return report


def known_school(school: Organisation) -> Known:
    """The spellings under which a cell may name a school."""
    return Known(school.slug, school.short_name, (school.name, *school.spellings))


def known_challenges(edition: Edition) -> list[Known]:
    """Forms name a challenge by its partner or by its title. A partner with two challenges names neither of them."""
    challenges = list(Challenge.objects.filter(edition=edition).select_related("partner"))
    partners = [challenge.partner_id for challenge in challenges]
    known = []
    for challenge in challenges:
        partner, titles = challenge.partner, tuple(challenge.title.values())
        if partners.count(challenge.partner_id) == 1:
            known.append(Known(challenge.slug, partner.short_name, (*titles, partner.name, *partner.spellings)))
        else:
            known.append(Known(challenge.slug, next(iter(titles), challenge.slug), titles))
    return known


def _plan(edition: Edition, people: Iterable[Listed]) -> _Plan:
    """Who is already known, and whether the list may speak about them."""
    rows = {one.email: one.row for one in people}
    plan = _Plan()
    came_from_a_list = Role.objects.filter(
        Q(edition=edition) | Q(edition__network=edition.network_id), role=Role.Name.PARTICIPANT
    ).values("person")
    met = Person.objects.annotate(address=Lower("email")).filter(address__in=rows)
    theirs = set(met.filter(pk__in=came_from_a_list).values_list("pk", flat=True))
    for person in met:
        email = (person.email or "").lower()
        plan.known[email] = person
        # A password or a further power means that somebody owns the account: then only this edition's own
        # participants are met again.
        owned = person.has_usable_password() or person.is_staff or person.is_superuser
        here = "participant" in person.roles_in(edition.pk)
        if not here and (owned or person.pk not in theirs):
            plan.findings.append(Finding(rows[email], "email_taken", Level.BLOCKING, figures={"text": email}))
    return plan


def _write(
    edition: Edition, reading: Reading, findings: tuple[Finding, ...], plan: _Plan, schools: dict[str, Organisation]
) -> Report:
    people: dict[str, Person] = {}
    changed: set[str] = set()
    for listed in reading.people:
        person = plan.known.get(listed.email)
        if person is None:
            person = create_person(first_name=listed.first_name, last_name=listed.last_name, email=listed.email)
        elif _rename(person, listed):
            changed.add(listed.email)
        people[listed.email] = person
        if _set_place(edition, person, listed, schools[listed.school]):
            changed.add(listed.email)
    changed |= _set_wishes(edition, reading.people, people)
    met = [one.email for one in reading.people if one.email in plan.known]
    updated = sum(email in changed for email in met)
    created = len(people) - len(met)
    return Report(reading=reading, findings=findings, created=created, updated=updated, unchanged=len(met) - updated)


def _rename(person: Person, listed: Listed) -> bool:
    """A list corrects the name of somebody whom only lists know; an account's owner keeps the own one."""
    if person.has_usable_password() or (person.first_name, person.last_name) == (listed.first_name, listed.last_name):
        return False
    person.first_name, person.last_name = listed.first_name, listed.last_name
    person.save(update_fields=["first_name", "last_name"])
    return True


def _set_place(edition: Edition, person: Person, listed: Listed, school: Organisation) -> bool:
    """School, level, skills and choices in this edition. Whether anything changed."""
    place = {"organisation": school, "level": listed.level}
    brought = {"skills": list(listed.skills), "choices": list(listed.choices)}
    role, new_role = Role.objects.get_or_create(person=person, edition=edition, role=Role.Name.PARTICIPANT, defaults=place)
    profile, new_profile = Profile.objects.get_or_create(person=person, edition=edition, defaults=brought)
    is_new = new_role or new_profile
    if (role.organisation_id, role.level) != (school.pk, listed.level):
        Role.objects.filter(pk=role.pk).update(**place)
        is_new = True
    if {"skills": profile.skills, "choices": profile.choices} != brought:
        Profile.objects.filter(pk=profile.pk).update(**brought)
        is_new = True
    return is_new


def _set_wishes(edition: Edition, listed: Iterable[Listed], people: dict[str, Person]) -> set[str]:
    """The wishes of the people in the list become those of the list. Returns whose changed."""
    emails = {person.pk: email for email, person in people.items()}
    wanted = {
        (people[one.email].pk, people[other].pk, kind)
        for one in listed
        for kind, others in ((Wish.Kind.TOGETHER, one.friends), (Wish.Kind.APART, one.apart))
        for other in others
    }
    held = {
        (wish.person_id, wish.other_id, Wish.Kind(wish.kind)): wish.pk
        for wish in Wish.objects.filter(edition=edition, person__in=emails)
    }
    Wish.objects.filter(pk__in=[pk for wish, pk in held.items() if wish not in wanted]).delete()
    Wish.objects.bulk_create(
        Wish(edition=edition, person_id=person, other_id=other, kind=kind) for person, other, kind in sorted(wanted - held.keys())
    )
    return {emails[person] for person, _, _ in wanted ^ held.keys()}


def _tell(edition: Edition, report: Report, *, actor_id: int | None, filename: str) -> None:
    """Figures only: the list itself stays out of the log. A list that changed nothing leaves no trace."""
    if not report.created and not report.updated:
        return
    figures = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
    audit(
        edition_id=edition.pk,
        actor_id=actor_id,
        action="people.import",
        thing=f"edition {edition.slug}",
        after={"file": filename[-120:], **figures},
    )
    event = ParticipantsImported(created=report.created, updated=report.updated)
    record(event, edition_id=edition.pk, on=[ORGANISERS], actor_id=actor_id)
