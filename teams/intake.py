"""Bring a list of participants into an edition: all of it, or nothing.

Owns people who come from a list, their role and profile, and their wishes. It never raises a role,
never takes over an account: an e-mail in a list proves nothing about who holds it, and none is given to
somebody who had none. Somebody already known is only met again where a list brought them before: by the
address in the same network, by the number in the list within the edition.

Words: see `teams.intake_reading`. A *ground* is what a list is read against: schools and challenges.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.text import slugify

from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person, Role
from estrade.people.organisations import note_organisation
from estrade.people.people import BATCH, NewPerson, batches, create_people, rename_people
from teams.events import ParticipantsImported
from teams.intake_names import has_lost_letters, may_be
from teams.intake_reading import Finding, Level, Listed, Reading, read_people
from teams.intake_schools import Answers, NewSchool
from teams.models import Profile, Wish
from teams.spellings import Known, spelling_key, spellings_of

SCHOOLS = (Organisation.Category.SCHOOL, Organisation.Category.HIGHER_EDUCATION)
Pair = tuple[str, str, str]


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
        return any(finding.level in {Level.BLOCKING, Level.QUESTION} for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a list is read against. Equal grounds give equal readings."""

    schools: tuple[Known, ...]
    challenges: tuple[Known, ...]


@dataclass(kw_only=True)
class _Met:
    """What is stored of one person: role and profile in the edition, where there are any."""

    person: Person
    role: Role | None = None
    profile: Profile | None = None


@dataclass(kw_only=True)
class _Plan:
    """Listed people with what is stored of them, what will change, and what stands in the way."""

    known: dict[str, _Met] = field(default_factory=dict)
    fields: dict[str, set[str]] = field(default_factory=dict)
    wanted: set[Pair] = field(default_factory=set)
    held: dict[Pair, int] = field(default_factory=dict)
    rewished: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def note(self, one: Listed, code: str, level: Level, **figures: str | int) -> None:
        self.findings.append(Finding(one.row, code, level, figures=figures))


def import_participants(
    *,
    person: Person | None,
    edition: Edition,
    data: bytes,
    filename: str,
    dry_run: bool = False,
    answers: Answers | None = None,
    sheet: str = "",
) -> Report:
    """Create or update the participants of an exported list. One blocking finding or open question and nothing is written.

    The same file twice changes nothing. Nobody is removed: who is no longer in the list stays. `person` is
    None for the operator at the command line. Schools that nobody knows are created only as `answers` say.
    Refuses whoever may not import into this edition now; `rehearsal_only`.
    """
    if person is not None:
        require(person, "people.import", edition)
    # Reading takes seconds where a list is long: before the transaction, so that nobody waits for it.
    ground = ground_of(edition)
    reading = read_list(data, ground, answers, sheet)
    with transaction.atomic():
        edition = Edition.objects.select_for_update(no_key=True).get(pk=edition.pk)
        if person is not None:
            require(person, "people.import", edition)
        if (now := ground_of(edition)) != ground:
            reading = read_list(data, now, answers, sheet)
        return carry_out(edition=edition, reading=reading, filename=filename, actor=person, dry_run=dry_run)


def carry_out(*, edition: Edition, reading: Reading, filename: str, actor: Person | None, dry_run: bool) -> Report:
    """Write what a reading says, inside the caller's transaction, which holds the edition and has asked for the right.

    Refused: rehearsal_only, because a list names real people and a rehearsal has none.
    """
    if edition.rehearses_id is not None:
        raise Refused("rehearsal_only")
    plan = _plan(edition, reading)
    findings = tuple(sorted((*reading.findings, *plan.findings), key=lambda finding: finding.row))
    created = sum(one.key not in plan.known for one in reading.people)
    updated = sum(one.key in plan.fields for one in reading.people)
    unchanged = len(reading.people) - created - updated
    report = Report(reading=reading, findings=findings, created=created, updated=updated, unchanged=unchanged, dry_run=dry_run)
    if dry_run or report.is_blocked:
        return report
    _write(edition, reading, plan)
    _tell(edition, report, actor_id=actor.pk if actor else None, filename=filename)
    return report


def ground_of(edition: Edition) -> Ground:
    """The schools and challenges that a list of this edition may name, as they are now."""
    schools = Organisation.objects.filter(category__in=SCHOOLS).order_by("pk")
    return Ground(schools=tuple(map(known_school, schools)), challenges=tuple(known_challenges(edition)))


def named_answers(*, edition: Edition, data: bytes, sheet: str, pairs: Iterable[tuple[str, str]], suggested: bool) -> Answers:
    """Answers for unknown schools from pairs of spellings: what is written, and what it means.

    Raises KeyError for a spelling that is neither in the list nor known.
    """
    ground = ground_of(edition)
    reading = read_list(data, ground, Answers(), sheet)
    unknown = {spelling_key(text): one for one in reading.unknown for text, _ in one.spellings}
    known = spellings_of(ground.schools)
    answers = {}
    for written, name in pairs:
        if spelling_key(written) not in unknown:
            raise KeyError(written)
        one, key = unknown[spelling_key(written)], spelling_key(name)
        if key in known:
            answers[one.key] = f"as:{known[key].key}"
        elif key not in unknown:
            raise KeyError(name)
        elif unknown[key].key == one.key:
            answers[one.key] = "higher" if one.is_higher else "school"
        else:
            answers[one.key] = f"with:{unknown[key].key}"
    return Answers(answers=answers, suggested=suggested)


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


def read_list(data: bytes, ground: Ground, answers: Answers | None, sheet: str) -> Reading:
    """What a list says on this ground. Asks nobody and writes nothing."""
    return read_people(data, schools=ground.schools, challenges=ground.challenges, answers=answers, sheet=sheet)


# --- What will change ---------------------------------------------------------------------------------------------


def _plan(edition: Edition, reading: Reading) -> _Plan:
    """Who is already known, whether the list may speak about them, and what it changes. Queries per batch, not per person."""
    plan = _Plan()
    roles = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT).select_related("person", "organisation")
    here = {role.person_id: _Met(person=role.person, role=role) for role in roles}
    numbers: dict[str, _Met] = {}
    for profile in Profile.objects.filter(edition=edition).select_related("person"):
        met = here.setdefault(profile.person_id, _Met(person=profile.person))
        met.profile = profile
        if profile.listed_as:
            numbers[profile.listed_as] = met
    _meet_by_email(edition, reading.people, plan, here)
    claimed = {met.person.pk for met in plan.known.values()}
    for one in reading.people:
        if one.number and one.key not in plan.known and one.number in numbers:
            _meet_by_number(one, numbers[one.number], plan, claimed)
    _check_new_schools(reading, plan)
    _plan_wishes(edition, reading, plan)
    for one in reading.people:
        _note_fate(one, reading, plan)
    return plan


def _meet_by_email(edition: Edition, people: Iterable[Listed], plan: _Plan, here: Mapping[int, _Met]) -> None:
    by_email = {one.email: one for one in people if one.email}
    met = [
        person
        for some in batches(list(by_email))
        for person in Person.objects.annotate(address=Lower("email")).filter(address__in=some)
    ]
    elsewhere = [person.pk for person in met if person.pk not in here]
    came_from_a_list = Q(edition=edition) | Q(edition__network=edition.network_id)
    theirs = {
        pk
        for some in batches(elsewhere)
        for pk in Role.objects.filter(came_from_a_list, role=Role.Name.PARTICIPANT, person__in=some).values_list(
            "person", flat=True
        )
    }
    for person in met:
        one = by_email[(person.email or "").lower()]
        known = here.get(person.pk)
        plan.known[one.key] = known or _Met(person=person)
        # A password or a further power means that somebody owns the account: then only this edition's own
        # participants are met again.
        owned = person.has_usable_password() or person.is_staff or person.is_superuser
        if (known is None or known.role is None) and (owned or person.pk not in theirs):
            plan.note(one, "email_taken", Level.BLOCKING, text=one.email)


def _meet_by_number(one: Listed, met: _Met, plan: _Plan, claimed: set[int]) -> None:
    """The number tells who it is, unless the whole name says that it is somebody else."""
    person = met.person
    if person.pk in claimed:
        # Another line of the list is this person already, by the address or by the same number.
        plan.note(one, "number_taken", Level.BLOCKING, text=one.number, name=person.name, other=one.name)
        return
    is_same = may_be(one.first_name, person.first_name) or may_be(one.last_name, person.last_name)
    if one.email:
        # Numbers of another list mean nothing here. Of the same person no address is taken from a list.
        if may_be(one.first_name, person.first_name) and may_be(one.last_name, person.last_name):
            plan.known[one.key] = met
            claimed.add(person.pk)
            plan.note(one, "email_not_taken", Level.WARNING, text=one.email, name=person.name)
        return
    plan.known[one.key] = met
    claimed.add(person.pk)
    if not is_same:
        plan.note(one, "number_taken", Level.BLOCKING, text=one.number, name=person.name, other=one.name)


def _check_new_schools(reading: Reading, plan: _Plan) -> None:
    """A name that an organisation bears already, or two new ones want, is no name for a new school."""
    names = [school.name for school in reading.schools.created]
    taken = set(Organisation.objects.filter(name__in=names).values_list("name", flat=True))
    for name in sorted({name for name in names if name in taken or names.count(name) > 1}):
        plan.findings.append(Finding(0, "school_name_taken", Level.BLOCKING, figures={"text": name}))


def _plan_wishes(edition: Edition, reading: Reading, plan: _Plan) -> None:
    """The wishes of the people in the list become those of the list, of the kinds that the list speaks about."""
    kinds = {"friends": Wish.Kind.TOGETHER, "apart": Wish.Kind.APART}
    spoken = {kind.value for column, kind in kinds.items() if column in reading.columns}
    plan.wanted = {
        (one.key, other, kind.value)
        for one in reading.people
        for kind, others in ((Wish.Kind.TOGETHER, one.friends), (Wish.Kind.APART, one.apart))
        for other in others
    }
    keys = {met.person.pk: key for key, met in plan.known.items()}
    for wish in Wish.objects.filter(edition=edition, kind__in=spoken):
        if wish.person_id in keys:
            other = keys.get(wish.other_id, f"person {wish.other_id}")
            plan.held[keys[wish.person_id], other, wish.kind] = wish.pk
    plan.rewished = {key for key, _, _ in plan.wanted ^ plan.held.keys()}


def _note_fate(one: Listed, reading: Reading, plan: _Plan) -> None:
    """New, changed in these things, or the same."""
    school = reading.school_names.get(one.school, "")
    met = plan.known.get(one.key)
    if met is None:
        plan.note(one, "person_new", Level.NEW, name=one.name, school=school)
        return
    changes = dict(_changes(one, reading, met))
    if one.key in plan.rewished:
        changes["wishes"] = ("", "")
    if not changes:
        plan.note(one, "person_same", Level.KEPT, name=one.name, school=school)
        return
    plan.fields[one.key] = set(changes)
    for what, (before, after) in changes.items():
        plan.note(one, f"{what}_changed", Level.CHANGED, name=one.name, before=before[:120], after=after[:120])


def _changes(one: Listed, reading: Reading, met: _Met) -> Iterator[tuple[str, tuple[str, str]]]:
    """What the list changes of somebody known, before and after. What it does not speak about stays."""
    person, role, profile = met.person, met.role, met.profile
    if _renames(one, person):
        yield "name", (person.name, one.name)
    if role is None or role.organisation is None or role.organisation.slug != one.school:
        before = role.organisation.short_name if role and role.organisation else ""
        yield "school", (before, reading.school_names.get(one.school, ""))
    if "level" in reading.columns and (role is None or role.level != one.level):
        yield "level", (role.level if role else "", one.level)
    if "skills" in reading.columns and (profile is None or tuple(profile.skills) != one.skills):
        yield "skills", (", ".join(profile.skills) if profile else "", ", ".join(one.skills))
    if any(column.startswith("choice.") for column in reading.columns) and (
        profile is None or tuple(profile.choices) != one.choices
    ):
        yield "choices", (", ".join(profile.choices) if profile else "", ", ".join(one.choices))
    if one.is_minor is not None and (profile is None or profile.is_minor != one.is_minor):
        yield "minor", ("", "")
    if one.consent and (profile is None or profile.parental_consent != one.consent):
        yield "consent", ("", "")


def _renames(one: Listed, person: Person) -> bool:
    """A list corrects the name of somebody whom only lists know; an account's owner keeps the own one.

    A name that lost letters never replaces the whole one.
    """
    if person.has_usable_password() or (person.first_name, person.last_name) == (one.first_name, one.last_name):
        return False
    lost = has_lost_letters(one.name) and not has_lost_letters(person.name)
    return not (lost and may_be(one.first_name, person.first_name) and may_be(one.last_name, person.last_name))


# --- Writing ------------------------------------------------------------------------------------------------------


def _write(edition: Edition, reading: Reading, plan: _Plan) -> None:
    schools = _settle_schools(reading)
    new = [one for one in reading.people if one.key not in plan.known]
    made = create_people([NewPerson(one.first_name, one.last_name, one.email or None) for one in new])
    met = plan.known | {one.key: _Met(person=person) for one, person in zip(new, made, strict=True)}
    renamed = []
    for one in reading.people:
        if "name" in plan.fields.get(one.key, ()):
            person = met[one.key].person
            person.first_name, person.last_name = one.first_name, one.last_name
            renamed.append(person)
    rename_people(renamed)
    _write_roles(edition, reading, met, schools)
    _write_profiles(edition, reading, met)
    _write_wishes(edition, plan, met)


def _settle_schools(reading: Reading) -> dict[str, Organisation]:
    """Schools by the keys of the reading: those that were asked for are created, the others learn spellings."""
    for school in reading.schools.created:
        _create_school(school)
    for slug, spellings in reading.schools.learnt.items():
        known = Organisation.objects.get(slug=slug)
        note_organisation(slug=slug, name=known.name, category=known.category, spellings=spellings)
    found = {school.slug: school for school in Organisation.objects.filter(category__in=SCHOOLS)}
    by_name = {school.name: school for school in found.values()}
    return found | {school.key: by_name[school.name] for school in reading.schools.created}


def _create_school(new: NewSchool) -> None:
    category = Organisation.Category.HIGHER_EDUCATION if new.is_higher else Organisation.Category.SCHOOL
    stem = slugify(new.name)[:44] or "school"
    taken = set(Organisation.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    slug = next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
    spellings = [text for text in new.spellings if spelling_key(text) != spelling_key(new.name)]
    note_organisation(slug=slug, name=new.name, category=category, spellings=spellings)


def _write_roles(edition: Edition, reading: Reading, met: Mapping[str, _Met], schools: Mapping[str, Organisation]) -> None:
    new, changed = [], []
    for one in reading.people:
        role, school = met[one.key].role, schools[one.school]
        if role is None:
            person = met[one.key].person
            given = Role(person=person, edition=edition, role=Role.Name.PARTICIPANT, organisation=school, level=one.level)
            new.append(given)
            continue
        level = one.level if "level" in reading.columns else role.level
        if (role.organisation_id, role.level) != (school.pk, level):
            role.organisation, role.level = school, level
            changed.append(role)
    Role.objects.bulk_create(new, batch_size=BATCH)
    Role.objects.bulk_update(changed, ["organisation", "level"], batch_size=BATCH)


def _write_profiles(edition: Edition, reading: Reading, met: Mapping[str, _Met]) -> None:
    new, changed = [], []
    has_choices = any(column.startswith("choice.") for column in reading.columns)
    for one in reading.people:
        known = met[one.key].profile
        profile = known or Profile(edition=edition, person=met[one.key].person)
        before = _content(profile)
        if known is None or "skills" in reading.columns:
            profile.skills = list(one.skills)
        if known is None or has_choices:
            profile.choices = list(one.choices)
        if not one.email:
            profile.listed_as = one.number
        if one.is_minor is not None:
            profile.is_minor = one.is_minor
        if one.consent:
            profile.parental_consent = one.consent
        if known is None:
            new.append(profile)
        elif _content(profile) != before:
            changed.append(profile)
    Profile.objects.bulk_create(new, batch_size=BATCH)
    fields = ["skills", "choices", "listed_as", "is_minor", "parental_consent"]
    Profile.objects.bulk_update(changed, fields, batch_size=BATCH)


def _content(profile: Profile) -> tuple[object, ...]:
    return (profile.skills, profile.choices, profile.listed_as, profile.is_minor, profile.parental_consent)


def _write_wishes(edition: Edition, plan: _Plan, met: Mapping[str, _Met]) -> None:
    gone = [pk for pair, pk in plan.held.items() if pair not in plan.wanted]
    for some in batches(gone):
        Wish.objects.filter(pk__in=some).delete()
    wishes = (
        Wish(edition=edition, person=met[one].person, other=met[other].person, kind=kind)
        for one, other, kind in sorted(plan.wanted - plan.held.keys())
    )
    Wish.objects.bulk_create(wishes, batch_size=BATCH)


def _tell(edition: Edition, report: Report, *, actor_id: int | None, filename: str) -> None:
    """Figures only: the list itself stays out of the log. A list that changed nothing leaves no trace."""
    if not report.created and not report.updated:
        return
    figures = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
    schools = [school.name for school in report.reading.schools.created]
    audit(
        edition_id=edition.pk,
        actor_id=actor_id,
        action="people.import",
        thing=f"edition {edition.slug}",
        after={"file": filename[-120:], **figures, **({"schools": schools} if schools else {})},
    )
    event = ParticipantsImported(created=report.created, updated=report.updated)
    record(event, edition_id=edition.pk, on=[ORGANISERS], actor_id=actor_id)
