"""From a read edition file to an edition that exists: one call per verb, no rule of its own.

All or nothing: one refusal, and nothing of the file is there. It stands in the highest room it needs, below
the command line and the demonstration, which both call it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models.functions import Lower

from challenges.challenges import ChallengeText, create_challenge, publish_challenge, submit_challenge
from challenges.models import Challenge
from estrade.access.policy import can
from estrade.editions.edition_file import ChallengeEntry, EditionFile, RubricEntry
from estrade.editions.editions import NewEdition, create_edition
from estrade.editions.models import Edition
from estrade.editions.programme import NewStep, write_programme
from estrade.people.models import Organisation, Person, Role
from estrade.people.organisations import note_organisation
from estrade.people.people import create_person, give_role
from judging.prizes import NewPrize, offer_prize
from judging.rubrics import NewCriterion, create_rubric
from teams.form_fields import QUOTA_MB, Asked, FormField
from teams.submission_form import change_form


def load_edition(*, person: Person, file: EditionFile) -> Edition:
    """Create the edition of a file with its organisations, programme, challenges, rubric, prizes and form.

    Every challenge gets its referent, who submits it; `person` becomes the edition's organiser and publishes it. Refused for
    the reasons of the verbs, for instance name_taken when the edition is already there.
    """
    with transaction.atomic():
        organisations = {
            one.slug: note_organisation(
                slug=one.slug,
                name=one.name,
                short_name=one.short_name,
                category=one.category,
                spellings=one.spellings,
            )
            for one in file.organisations
        }
        new = NewEdition(
            slug=file.slug,
            number=file.number,
            name=file.name,
            kind=file.kind,
            theme=dict(file.theme),
            lead=dict(file.lead),
            starts_on=file.starts_on,
            ends_on=file.ends_on,
            time_zone=file.time_zone,
            place=file.place,
            languages=list(file.languages),
            is_fictional=file.is_fictional,
            opens_at=file.opens_at,
            submissions_close_at=file.submissions_close_at,
            judging_opens_at=file.judging_opens_at,
            freeze_at=file.freeze_at,
            board_mode=file.board_mode,
            welcomes_minors=file.welcomes_minors,
            smallest_team=file.smallest_team,
            largest_team=file.largest_team,
            most_from_one_school=file.most_from_one_school,
        )
        edition = create_edition(person=person, network_slug=file.network_slug, network_name=file.network_name, new=new)
        write_programme(person=person, edition_id=edition.pk, steps=steps_of(file))
        challenges = {
            entry.slug: _load_challenge(person, edition, entry, organisations[entry.partner], position)
            for position, entry in enumerate(file.challenges, start=1)
        }
        create_rubric(person=person, edition_id=edition.pk, criteria=criteria_of(file.rubric))
        for prize in file.prizes:
            offered = NewPrize(
                name=dict(prize.name),
                citation=dict(prize.citation),
                amount=prize.amount,
                currency=prize.currency,
                sponsor=organisations[prize.sponsor] if prize.sponsor else None,
                rank=prize.rank,
                decided_by=prize.decided_by,
                challenge=challenges[prize.challenge] if prize.challenge else None,
            )
            offer_prize(person=person, edition_id=edition.pk, new=offered)
        asked = form_of_file(file)
        # Where the time for handing in is over already, nobody is asked anything.
        if asked is not None and can(person, "submission.form", edition):
            change_form(person=person, edition_id=edition.pk, asked=asked)
    edition.refresh_from_db()
    return edition


def moved_to(file: EditionFile, starts_on: date) -> EditionFile:
    """The same edition beginning on another day: every local time of day stays what it was."""
    days = starts_on - file.starts_on
    zone = ZoneInfo(file.time_zone)

    def moved(at: datetime) -> datetime:
        return (at.astimezone(zone).replace(tzinfo=None) + days).replace(tzinfo=zone)

    return replace(
        file,
        starts_on=starts_on,
        ends_on=file.ends_on + days,
        opens_at=moved(file.opens_at),
        submissions_close_at=moved(file.submissions_close_at),
        judging_opens_at=moved(file.judging_opens_at),
        freeze_at=moved(file.freeze_at) if file.freeze_at else None,
        programme=tuple(replace(step, at=moved(step.at)) for step in file.programme),
    )


def steps_of(file: EditionFile) -> list[NewStep]:
    """The programme of a file as the verb wants it."""
    return [
        NewStep(
            starts_at=one.at,
            title=one.title,
            place=one.place,
            is_key=one.is_key,
            is_fixed=one.is_fixed,
            least_minutes=one.least_minutes,
        )
        for one in file.programme
    ]


def _load_challenge(person: Person, edition: Edition, entry: ChallengeEntry, partner: Organisation, position: int) -> Challenge:
    referent = _referent(edition, entry, partner)
    give_role(person=person, edition_id=edition.pk, to=referent, role=Role.Name.PARTNER, organisation=partner)
    on_site = {
        language: f"{referent.name}, {entry.referent.title[language]}, {entry.referent.place[language]}"
        for language in entry.referent.title
    }
    text = ChallengeText(
        title=dict(entry.title),
        question=dict(entry.question),
        body=dict(entry.body),
        tags={language: " · ".join(words) for language, words in entry.tags.items()},
        referent=on_site,
        capacity=entry.capacity,
        position=position,
    )
    challenge = create_challenge(person=person, edition_id=edition.pk, partner_id=partner.pk, slug=entry.slug, text=text)
    submit_challenge(person=referent, challenge_id=challenge.pk, revision=challenge.revision)
    return publish_challenge(person=person, challenge_id=challenge.pk, revision=challenge.revision)


def _referent(edition: Edition, entry: ChallengeEntry, partner: Organisation) -> Person:
    """Who already spoke for the partner in this network is met again; otherwise a new person, without password."""
    spoke = Role.objects.filter(role=Role.Name.PARTNER, organisation=partner, edition__network=edition.network_id)
    known = (
        Person.objects.annotate(address=Lower("email"))
        .filter(address=entry.referent.email.lower(), pk__in=spoke.values("person"))
        .first()
    )
    return known or create_person(
        first_name=entry.referent.first_name, last_name=entry.referent.last_name, email=entry.referent.email
    )


def form_of_file(file: EditionFile) -> Asked | None:
    """What a file asks of the teams as the verb wants it; None where it leaves that to the usual form."""
    entry = file.submission
    if entry is None:
        return None
    fields = tuple(
        FormField(
            key=one.key,
            kind=one.kind,
            label=dict(one.label),
            hint=dict(one.hint),
            is_required=one.is_required,
            limit=one.limit,
            most=one.most,
            accepts=one.accepts,
        )
        for one in entry.fields
    )
    return Asked(fields=fields, required=entry.required, quota_mb=entry.quota_mb or QUOTA_MB)


def criteria_of(rubric: RubricEntry) -> list[NewCriterion]:
    """The rubric of a file as the verb wants it."""

    def level(number: int, text: Mapping[str, str]) -> dict[str, Any]:
        value = rubric.lowest + number * rubric.step
        return {"value": float(value) if value % 1 else int(value), "label": rubric.labels[number], "text": text}

    return [
        NewCriterion(
            key=entry.key,
            label=dict(entry.label),
            weight=entry.weight,
            question=dict(entry.question),
            lowest=rubric.lowest,
            highest=rubric.highest,
            step=rubric.step,
            levels=[level(number, text) for number, text in enumerate(entry.levels)],
        )
        for entry in rubric.criteria
    ]
