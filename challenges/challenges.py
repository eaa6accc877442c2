"""Challenges are written, approved, published and amended here.

Owns the texts of a challenge, the moment it becomes public and its history. Never decides who works on one: that is
`teams.membership`. Partners write their own, organisers every one; texts map languages to words.
Words: a challenge is a *draft*, *waiting* for approval, or *published*; while teams can read it, it changes by
*amendment* only: dated, with a reason, told to the teams.
"""

from dataclasses import dataclass, field, fields, replace

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify

from challenges.events import (
    ChallengeAmended,
    ChallengePublished,
    ChallengeSentBack,
    ChallengeSubmitted,
    ChallengeWritten,
)
from challenges.links import checked_links
from challenges.models import Challenge, Step, person_partner_ids
from estrade.access.policy import can, require
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, PUBLIC, DomainEvent, challenge_stream, record, team_stream
from estrade.kernel.cleantext import many_lines, not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person
from estrade.people.organisations import organisation_named

LIMITS = {
    "title": 120,
    "question": 300,
    "body": 20_000,
    "provided": 5_000,
    "expected": 5_000,
    "links": 3_000,
    "eligibility": 300,
    "tags": 200,
    "referent": 300,
}
REASON = 500
MOST_OPEN_TO = 60


@dataclass(frozen=True, kw_only=True)
class ChallengeText:
    """What a challenge says. Every text maps languages to words; `capacity` is the number of teams at most.

    `open_to` holds slugs under "schools" and words under "levels"; a missing or empty list is everybody.
    """

    title: dict[str, str]
    question: dict[str, str]
    body: dict[str, str] = field(default_factory=dict)
    provided: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    eligibility: dict[str, str] = field(default_factory=dict)
    open_to: dict[str, list[str]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    referent: dict[str, str] = field(default_factory=dict)
    capacity: int | None = None
    position: int = 0


def text_of(challenge: Challenge) -> ChallengeText:
    """What a challenge says now, to change some of it with `dataclasses.replace`."""
    return ChallengeText(**{one.name: getattr(challenge, one.name) for one in fields(ChallengeText)})


RESERVED_SLUGS = frozenset({"manage", "new"})


def write_new_challenge(*, person: Person, edition_id: int, partner_name: str, text: ChallengeText) -> Challenge:
    """Draft a challenge after those that exist, under an address made from its title.

    A partner known by name, in capitals or not, is met again; a new name is a new organisation, which only organisers
    can bring in. Refused: name_missing, too_long, not_found, wrong_role.
    """
    with transaction.atomic():
        edition = _locked_edition(edition_id)
        require(person, "challenge.write", edition)
        partner = organisation_named(partner_name, category=Organisation.Category.BUSINESS)
        return _write_after_the_others(person, edition, partner.pk, text)


def write_own_challenge(*, person: Person, edition_id: int, partner_id: int, text: ChallengeText) -> Challenge:
    """The same for a partner, in the name of an organisation they speak for. Refused: not_found for any other, too_long."""
    with transaction.atomic():
        edition = _locked_edition(edition_id)
        if partner_id not in person_partner_ids(person, edition_id):
            raise Refused("not_found")
        return _write_after_the_others(person, edition, partner_id, text)


def create_challenge(*, person: Person, edition_id: int, partner_id: int, slug: str, text: ChallengeText) -> Challenge:
    """Draft a challenge of a partner. Refused: name_taken (slug), too_long, link_invalid, school_unknown."""
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


def edit_challenge(*, person: Person, challenge_id: int, revision: int, text: ChallengeText) -> Challenge:
    """Replace the texts of a challenge that nobody else reads yet; one that awaited approval is a draft again.

    Refused: not_found, challenge_moved_on when somebody wrote it after `revision`, challenge_approved for a partner once
    an organiser has published it, amendment_needed while teams can read it, challenge_incomplete, too_long.
    """
    text = _clean(text)
    with transaction.atomic():
        challenge = _locked(person, challenge_id)
        now = db_now()
        require(person, "challenge.write", challenge, at=now)
        _require_unchanged(challenge, revision)
        if challenge.published_at is not None:
            if challenge.phase(now) is not Phase.BEFORE:
                raise Refused("amendment_needed")
            if not can(person, "challenge.publish", challenge, at=now):
                raise Refused("challenge_approved")
        before, _changed = _put(challenge, text)
        challenge.waiting_since = None
        if challenge.published_at is not None:
            _require_complete(challenge)
        challenge.save()
        _note_written(person, challenge, before=before)
    return challenge


def amend_challenge(*, person: Person, challenge_id: int, revision: int, text: ChallengeText, why: str) -> Step | None:
    """Change a challenge that teams can read: dated, with its reason, told to the teams on it. None if nothing changes.

    Refused: not_found, wrong_phase, reason_required, challenge_moved_on, not_published, capacity_taken when more teams
    than that work on it, challenge_incomplete, too_long.
    """
    text = _clean(text)
    with transaction.atomic():
        challenge = _locked(person, challenge_id)
        require(person, "challenge.amend", challenge)
        why = not_longer("why", one_line(why), REASON)
        if not why:
            raise Refused("reason_required", field="why")
        if challenge.published_at is None:
            raise Refused("not_published")
        _require_unchanged(challenge, revision)
        teams = list(challenge.teams.filter(withdrawn_at__isnull=True).values_list("pk", flat=True))
        if text.capacity is not None and text.capacity != challenge.capacity and text.capacity < len(teams):
            raise Refused("capacity_taken", field="capacity", teams=len(teams))
        before, changed = _put(challenge, text)
        if not changed:
            return None
        _require_complete(challenge)
        challenge.save()
        step = _step(challenge, Step.Kind.AMENDED, person, words=why, changed=changed)
        after = {name: getattr(challenge, name) for name in before}
        _audit(person, challenge, "challenge.amend", before=before, after=after, reason=why)
        streams = [PUBLIC, *map(team_stream, teams)]
        _tell(person, challenge, ChallengeAmended(challenge=challenge.pk, step=step.pk), also=streams)
    return step


def submit_challenge(*, person: Person, challenge_id: int, revision: int) -> Challenge:
    """Ask the organisers to approve a challenge; asked again, nothing happens.

    Refused: not_found, challenge_incomplete, challenge_moved_on.
    """
    with transaction.atomic():
        challenge = _locked(person, challenge_id)
        require(person, "challenge.submit", challenge)
        if challenge.published_at is not None or challenge.waiting_since is not None:
            return challenge
        _require_unchanged(challenge, revision)
        _require_complete(challenge)
        challenge.waiting_since = db_now()
        challenge.save(update_fields=["waiting_since"])
        _step(challenge, Step.Kind.SUBMITTED, person)
        _audit(person, challenge, "challenge.submit")
        _tell(person, challenge, ChallengeSubmitted(challenge=challenge.pk))
    return challenge


def send_back(*, person: Person, challenge_id: int, remark: str) -> Challenge:
    """Give a challenge back to its partner with a remark; a published one only before the opening and without teams.

    Refused: not_found, reason_required, too_long, not_submitted for a draft, challenge_in_use.
    """
    with transaction.atomic():
        challenge = _locked(person, challenge_id)
        now = db_now()
        require(person, "challenge.publish", challenge, at=now)
        remark = not_longer("remark", one_line(remark), REASON)
        if not remark:
            raise Refused("reason_required", field="remark")
        if challenge.state == "draft":
            raise Refused("not_submitted")
        if challenge.published_at is not None and (challenge.phase(now) is not Phase.BEFORE or challenge.teams.exists()):
            raise Refused("challenge_in_use")
        challenge.waiting_since = challenge.published_at = None
        challenge.save(update_fields=["waiting_since", "published_at"])
        _step(challenge, Step.Kind.SENT_BACK, person, words=remark)
        _audit(person, challenge, "challenge.send_back", reason=remark)
        _tell(person, challenge, ChallengeSentBack(challenge=challenge.pk))
    return challenge


def publish_challenge(*, person: Person, challenge_id: int, revision: int) -> Challenge:
    """Approve a challenge and make it public; asked again, nothing happens.

    `revision` is the text that the organiser has read. Refused: not_found, challenge_incomplete, challenge_moved_on.
    """
    with transaction.atomic():
        challenge = _locked(person, challenge_id)
        require(person, "challenge.publish", challenge)
        if challenge.published_at is not None:
            return challenge
        _require_unchanged(challenge, revision)
        _require_complete(challenge)
        challenge.published_at, challenge.waiting_since = db_now(), None
        challenge.save(update_fields=["published_at", "waiting_since"])
        _step(challenge, Step.Kind.PUBLISHED, person)
        _audit(person, challenge, "challenge.publish")
        _tell(person, challenge, ChallengePublished(challenge=challenge.pk), also=[PUBLIC])
    return challenge


def _locked_edition(edition_id: int) -> Edition:
    # Two challenges written at once get two places and two addresses.
    edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition


def _write_after_the_others(person: Person, edition: Edition, partner_id: int, text: ChallengeText) -> Challenge:
    taken = set(Challenge.objects.filter(edition=edition).values_list("slug", flat=True)) | RESERVED_SLUGS
    stem = slugify(next((words for words in text.title.values() if words), ""))[:44].strip("-") or "challenge"
    slug = next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
    last = Challenge.objects.filter(edition=edition).aggregate(last=Max("position"))["last"] or 0
    text = replace(text, position=last + 1)
    return create_challenge(person=person, edition_id=edition.pk, partner_id=partner_id, slug=slug, text=text)


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
    cleaned["links"] = {language: checked_links(lines) for language, lines in cleaned["links"].items()}
    return ChallengeText(**cleaned, open_to=_open_to(text.open_to), capacity=text.capacity, position=text.position)


def _open_to(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    schools = sorted(set(wanted.get("schools", [])))[:MOST_OPEN_TO]
    levels = [not_longer("levels", level, 60) for one in wanted.get("levels", []) if (level := one_line(one))]
    if Organisation.objects.filter(slug__in=schools).count() < len(schools):
        raise Refused("school_unknown", field="schools")
    kept = {"schools": schools, "levels": list(dict.fromkeys(levels))[:MOST_OPEN_TO]}
    return {name: values for name, values in kept.items() if values}


def _put(challenge: Challenge, text: ChallengeText) -> tuple[dict[str, object], list[str]]:
    """Lay a text over a challenge. What it said before, and the names of the parts that changed."""
    before = {one.name: getattr(challenge, one.name) for one in fields(text)}
    for name, value in vars(text).items():
        setattr(challenge, name, value)
    changed = [name for name, value in before.items() if name != "position" and _said(value) != _said(getattr(text, name))]
    challenge.revision += 1
    return before, changed


def _said(value: object) -> object:
    """An empty text in some language says as much as none."""
    return {key: words for key, words in value.items() if words} if isinstance(value, dict) else value


def _require_unchanged(challenge: Challenge, revision: int) -> None:
    if challenge.revision != revision:
        raise Refused("challenge_moved_on")


def _require_complete(challenge: Challenge) -> None:
    language = challenge.edition.main_language
    if not challenge.title.get(language) or not challenge.question.get(language):
        raise Refused("challenge_incomplete")


def _step(challenge: Challenge, kind: str, person: Person, *, words: str = "", changed: list[str] | None = None) -> Step:
    return Step.objects.create(challenge=challenge, kind=kind, at=db_now(), person=person, words=words, changed=changed or [])


def _note_written(person: Person, challenge: Challenge, *, before: object) -> None:
    after = {name: getattr(challenge, name) for name in (*LIMITS, "open_to", "capacity")}
    _audit(person, challenge, "challenge.write", before=before, after=after)
    _tell(person, challenge, ChallengeWritten(challenge=challenge.pk))


def _audit(
    person: Person, challenge: Challenge, action: str, *, before: object = None, after: object = None, reason: str = ""
) -> None:
    audit(
        edition_id=challenge.edition_id,
        actor_id=person.pk,
        action=action,
        thing=f"challenge {challenge.pk}",
        before=before,
        after=after,
        reason=reason,
    )


def _tell(person: Person, challenge: Challenge, event: DomainEvent, *, also: list[str] | None = None) -> None:
    on = [ORGANISERS, challenge_stream(challenge.pk), *(also or [])]
    record(event, edition_id=challenge.edition_id, on=on, actor_id=person.pk)
