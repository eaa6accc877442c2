"""What an organiser corrects by hand about one person of the edition, and two rows that are one human being.

Owns the name, school and level of a participant after the import, and the merging of duplicates. It never
renames an account that somebody owns, and never joins two people who both have something to lose.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, person_stream, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person, Role
from estrade.people.people import rename_people
from teams.events import PeopleMerged, PersonEdited
from teams.models import Absence, Approach, Membership, Notice, Profile, Wish


@dataclass(frozen=True, kw_only=True)
class PersonWords:
    """What can be corrected. `school_id` is None for nobody's school."""

    first_name: str
    last_name: str
    school_id: int | None
    level: str


def is_used(person: Person) -> bool:
    """Whether somebody has signed in with this account, or can."""
    return person.has_usable_password() or person.is_staff or person.is_superuser or person.last_login is not None


def owns_name(person: Person, edition_id: int) -> bool:
    """Whether the name is not the organisers' to change: the account is somebody's, or other editions know it too."""
    return is_used(person) or person.roles.exclude(edition=edition_id).exists()


def edit_person(*, person: Person, edition_id: int, person_id: int, words: PersonWords) -> None:
    """Correct name, school and level of a participant.

    Refused: not_found, not_a_participant, name_missing, too_long, name_is_owned, school_unknown.
    """
    with transaction.atomic():
        edition = _edition(edition_id)
        known = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
        require(person, "people.edit", edition)
        roles = list(Role.objects.select_for_update().filter(edition=edition, person=person_id))
        if known is None or not roles:
            raise Refused("not_found")
        role = next((one for one in roles if one.role == Role.Name.PARTICIPANT), None)
        if role is None:
            raise Refused("not_a_participant")
        first = not_longer("first_name", one_line(words.first_name), 80)
        last = not_longer("last_name", one_line(words.last_name), 80)
        level = not_longer("level", one_line(words.level), 60)
        if not (first or last):
            raise Refused("name_missing", field="last_name")
        renamed = (first, last) != (known.first_name, known.last_name)
        if renamed and owns_name(known, edition_id):
            raise Refused("name_is_owned", field="last_name")
        if words.school_id is not None and not Organisation.objects.filter(pk=words.school_id).exists():
            raise Refused("school_unknown", field="school")
        before = {"name": known.name, "school": role.organisation_id, "level": role.level}
        known.first_name, known.last_name = first, last
        after = {"name": known.name, "school": words.school_id, "level": level}
        if before == after and not renamed:
            return
        if renamed:
            rename_people([known])
        Role.objects.filter(pk=role.pk).update(organisation=words.school_id, level=level)
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="people.edit",
            thing=f"person {known.pk}",
            before=before,
            after=after,
        )
        on = [ORGANISERS, person_stream(known.pk)]
        record(PersonEdited(person=known.pk), edition_id=edition_id, on=on, actor_id=person.pk)


def merge_people(*, person: Person, edition_id: int, keep_id: int, other_id: int) -> None:
    """Two participants of the edition who are one: `keep_id` stays and gets what the other has; the other leaves.

    What the one that stays has is never replaced: a profile fills only its gaps. The other keeps its account in
    other editions; without any it is switched off. Refused: not_found, not_a_participant, merge_with_oneself,
    merge_both_have_teams, merge_both_have_accounts, merge_has_other_roles.
    """
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "people.edit", edition)
        if keep_id == other_id:
            raise Refused("merge_with_oneself")
        both = {one.pk: one for one in Person.objects.select_for_update().filter(pk__in=[keep_id, other_id]).order_by("pk")}
        roles = Role.objects.select_for_update().filter(edition=edition, person__in=both)
        keep_roles = [role for role in roles if role.person_id == keep_id]
        other_roles = [role for role in roles if role.person_id == other_id]
        if not keep_roles or not other_roles:
            raise Refused("not_found")
        if any(role.role != Role.Name.PARTICIPANT for role in other_roles):
            raise Refused("merge_has_other_roles", name=both[other_id].name)
        keep, other = both[keep_id], both[other_id]
        _refuse_losses(edition, keep, other)
        _move(edition, keep, other)
        _move_search(edition, keep, other, actor=person)
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="people.merge",
            thing=f"person {keep.pk}",
            before={"kept": keep.name, "other": other.name, "other_id": other.pk},
            after={"kept": keep.name},
        )
        event = PeopleMerged(person=keep.pk, other=other.pk)
        record(event, edition_id=edition_id, on=[ORGANISERS], actor_id=person.pk)


def _refuse_losses(edition: Edition, keep: Person, other: Person) -> None:
    if Membership.objects.filter(edition=edition, person__in=[keep, other]).count() > 1:
        raise Refused("merge_both_have_teams")
    if is_used(keep) and is_used(other):
        raise Refused("merge_both_have_accounts")
    if is_used(other):
        # The account that is used is the one to keep: its owner would be locked out.
        raise Refused("merge_other_is_used", name=other.name)


def _move(edition: Edition, keep: Person, other: Person) -> None:
    role = Role.objects.get(edition=edition, person=other, role=Role.Name.PARTICIPANT)
    mine = Role.objects.filter(edition=edition, person=keep, role=Role.Name.PARTICIPANT).first()
    if mine is None:
        Role.objects.filter(pk=role.pk).update(person=keep)
    else:
        mine.organisation_id, mine.level = mine.organisation_id or role.organisation_id, mine.level or role.level
        mine.save(update_fields=["organisation", "level"])
        role.delete()
    for membership in Membership.objects.filter(edition=edition, person=other).select_related("team"):
        Membership.objects.filter(pk=membership.pk).update(person=keep)
        if membership.team.captain_id == other.pk:
            membership.team.captain = keep
            membership.team.save(update_fields=["captain"])
    _move_profile(edition, keep, other)
    _move_wishes(edition, keep, other)
    if not other.roles.exists():
        email, other.email, other.is_active = other.email, None, False
        other.save(update_fields=["email", "is_active"])
        # The next list meets the one that stays. An account in use gets no address that only a list gave.
        if email and not keep.email and not is_used(keep):
            keep.email = email
            keep.save(update_fields=["email"])


def _move_profile(edition: Edition, keep: Person, other: Person) -> None:
    theirs = Profile.objects.filter(edition=edition, person=other).first()
    mine = Profile.objects.filter(edition=edition, person=keep).first()
    if theirs is None:
        return
    if mine is None:
        Profile.objects.filter(pk=theirs.pk).update(person=keep)
        return
    theirs.delete()
    mine.skills, mine.choices = mine.skills or theirs.skills, mine.choices or theirs.choices
    mine.listed_as = mine.listed_as or theirs.listed_as
    mine.is_minor = theirs.is_minor if mine.is_minor is None else mine.is_minor
    mine.parental_consent = mine.parental_consent or theirs.parental_consent
    mine.save()


def _move_wishes(edition: Edition, keep: Person, other: Person) -> None:
    """Wishes of and about the other become those of the one that stays, each once, none about oneself."""
    held = set(Wish.objects.filter(edition=edition).values_list("person", "other", "kind"))
    for wish in Wish.objects.filter(Q(person=other) | Q(other=other), edition=edition):
        one = keep.pk if wish.person_id == other.pk else wish.person_id
        about = keep.pk if wish.other_id == other.pk else wish.other_id
        if one == about or (one, about, wish.kind) in held:
            wish.delete()
            continue
        held.add((one, about, wish.kind))
        Wish.objects.filter(pk=wish.pk).update(person=one, other=about)


def _move_search(edition: Edition, keep: Person, other: Person, *, actor: Person) -> None:
    """Notices, approaches and the morning's mark become those of the one that stays; who is in a team looks for none."""
    found_one = Membership.objects.filter(edition=edition, person=keep).exists()
    asked = Approach.objects.filter(edition=edition, person__in=[keep, other], state=Approach.State.OPEN)
    kept = {one.team_id for one in asked.filter(person=keep)}
    for approach in asked.order_by("pk"):
        if found_one or (approach.person_id == other.pk and approach.team_id in kept):
            approach.state, approach.decided_by, approach.decided_at = Approach.State.TAKEN_BACK, actor, db_now()
            approach.save(update_fields=["state", "decided_by", "decided_at"])
    Approach.objects.filter(edition=edition, person=other).update(person=keep)
    if found_one:
        Notice.objects.filter(edition=edition, person__in=[keep, other]).delete()
    for model in (Notice, Absence):
        if model.objects.filter(edition=edition, person=keep).exists():
            model.objects.filter(edition=edition, person=other).delete()
        model.objects.filter(edition=edition, person=other).update(person=keep)


def _edition(edition_id: int) -> Edition:
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition
