"""Challenges are written and published here.

Owns the texts of a challenge and the moment it becomes public. Never decides who works on one: that is
`teams.membership`. Partners write their own, organisers every one; texts map languages to words.
"""

from dataclasses import dataclass, field, fields, replace

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify

from challenges.events import ChallengePublished, ChallengeWritten
from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, PUBLIC, challenge_stream, record
from estrade.kernel.cleantext import many_lines, not_longer
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person
from estrade.people.organisations import organisation_named

LIMITS = {"title": 120, "question": 300, "body": 20_000, "tags": 200, "referent": 300}


@dataclass(frozen=True, kw_only=True)
class ChallengeText:
    """What a challenge says. Every text maps languages to words; `capacity` is the number of teams at most."""

    title: dict[str, str]
    question: dict[str, str]
    body: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    referent: dict[str, str] = field(default_factory=dict)
    capacity: int | None = None
    position: int = 0


RESERVED_SLUGS = frozenset({"manage", "new"})


def write_new_challenge(*, person: Person, edition_id: int, partner_name: str, text: ChallengeText) -> Challenge:
    """Draft a challenge after those that exist, under an address made from its title.

    A partner known by name, in capitals or not, is met again; a new name is a new organisation. Refused: name_missing,
    too_long, not_found, wrong_role.
    """
    with transaction.atomic():
        # Two challenges written at once get two places and two addresses.
        edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        require(person, "challenge.write", edition)
        partner = organisation_named(partner_name, category=Organisation.Category.BUSINESS)
        taken = set(Challenge.objects.filter(edition=edition).values_list("slug", flat=True)) | RESERVED_SLUGS
        stem = slugify(next((words for words in text.title.values() if words), ""))[:44].strip("-") or "challenge"
        slug = next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
        last = Challenge.objects.filter(edition=edition).aggregate(last=Max("position"))["last"] or 0
        text = replace(text, position=last + 1)
        return create_challenge(person=person, edition_id=edition_id, partner_id=partner.pk, slug=slug, text=text)


def create_challenge(*, person: Person, edition_id: int, partner_id: int, slug: str, text: ChallengeText) -> Challenge:
    """Draft a challenge of a partner. Refused: name_taken (slug), too_long."""
    text = _clean(text)
    if slug in RESERVED_SLUGS:
        raise Refused("name_taken", field="slug")
    with transaction.atomic():
        edition = Edition.objects.filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        challenge = Challenge(edition=edition, partner_id=partner_id, slug=not_longer("slug", slug, 50), **vars(text))
        require(person, "challenge.write", challenge)
        try:
            with transaction.atomic():
                challenge.save()
        except IntegrityError as taken:
            raise Refused("name_taken", field="slug") from taken
        _note_written(person, challenge, before=None)
    return challenge


def edit_challenge(*, person: Person, challenge_id: int, text: ChallengeText) -> Challenge:
    """Replace the texts of a challenge. Refused: not_found, challenge_incomplete once it is public, too_long."""
    text = _clean(text)
    with transaction.atomic():
        challenge = _locked(person, challenge_id)
        require(person, "challenge.write", challenge)
        before = {one.name: getattr(challenge, one.name) for one in fields(text)}
        for name, value in vars(text).items():
            setattr(challenge, name, value)
        if challenge.published_at is not None:
            _require_complete(challenge)
        challenge.save()
        _note_written(person, challenge, before=before)
    return challenge


def publish_challenge(*, person: Person, challenge_id: int) -> Challenge:
    """Make a challenge public, once and for all; asked again, nothing happens. Refused: challenge_incomplete."""
    with transaction.atomic():
        challenge = _locked(person, challenge_id)
        require(person, "challenge.publish", challenge)
        if challenge.published_at is not None:
            return challenge
        _require_complete(challenge)
        challenge.published_at = db_now()
        challenge.save(update_fields=["published_at"])
        audit(edition_id=challenge.edition_id, actor_id=person.pk, action="challenge.publish", thing=f"challenge {challenge.pk}")
        record(
            ChallengePublished(challenge=challenge.pk),
            edition_id=challenge.edition_id,
            on=[PUBLIC, ORGANISERS, challenge_stream(challenge.pk)],
            actor_id=person.pk,
        )
    return challenge


def _locked(person: Person, challenge_id: int) -> Challenge:
    visible = Challenge.objects.visible_to(person).select_related("edition")
    challenge = visible.select_for_update(of=("self",)).filter(pk=challenge_id).first()
    if challenge is None:
        raise Refused("not_found")
    return challenge


def _clean(text: ChallengeText) -> ChallengeText:
    cleaned = {
        name: {language: not_longer(name, many_lines(words), limit) for language, words in getattr(text, name).items()}
        for name, limit in LIMITS.items()
    }
    return ChallengeText(**cleaned, capacity=text.capacity, position=text.position)


def _require_complete(challenge: Challenge) -> None:
    if not any(challenge.title.values()) or not any(challenge.question.values()):
        raise Refused("challenge_incomplete")


def _note_written(person: Person, challenge: Challenge, *, before: object) -> None:
    after = {name: getattr(challenge, name) for name in LIMITS}
    audit(
        edition_id=challenge.edition_id,
        actor_id=person.pk,
        action="challenge.write",
        thing=f"challenge {challenge.pk}",
        before=before,
        after=after,
    )
    record(
        ChallengeWritten(challenge=challenge.pk),
        edition_id=challenge.edition_id,
        on=[ORGANISERS, challenge_stream(challenge.pk)],
        actor_id=person.pk,
    )
