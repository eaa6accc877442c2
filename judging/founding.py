"""A new edition with its set-up: from a format (a weekend hackathon, a two-day ideathon) or from an earlier edition.

Owns what is taken over: programme, rubric, prizes, submission form and, where wanted, challenges as drafts. Never takes people,
teams, scores or work. Stands in the highest room it needs; each row is written by the verb of its own room.
Words: a *format* is an edition file without people and challenges, kept beside this module.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction

from challenges.challenges import ChallengeText, create_challenge
from estrade.access.policy import can, require
from estrade.editions.edition_file import EditionFile, read_edition_file
from estrade.editions.editions import NewEdition, create_edition
from estrade.editions.models import Edition
from estrade.editions.programme import NewStep, write_programme
from estrade.people.models import Person
from judging.edition_loading import criteria_of, form_of_file, steps_of
from judging.prizes import NewPrize, offer_prize
from judging.rubrics import NewCriterion, create_rubric, new_criteria_of, rubric_of
from teams.form_fields import Asked
from teams.submission_form import change_form, form_of

FORMATS = ("weekend-hackathon", "two-day-ideathon")
FOLDER = Path(__file__).with_name("formats")


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """What comes with an edition besides its own row. A challenge is its partner, its address and its text."""

    steps: list[NewStep]
    criteria: list[NewCriterion]
    prizes: list[NewPrize]
    challenges: list[tuple[int, str, ChallengeText]]
    form: Asked | None


@cache
def format_named(name: str) -> EditionFile:
    """One of FORMATS, read once."""
    return read_edition_file((FOLDER / f"{name}.toml").read_bytes())


def setup_of_format(name: str, *, first_day: date) -> SetUp:
    """What a format brings to an edition that begins on `first_day`."""
    file = format_named(name)
    # A format knows no organisation, so none of its prizes waits for one.
    prizes = [NewPrize(name=one.name, citation=one.citation, rank=one.rank) for one in file.prizes]
    steps = _moved(steps_of(file), first_day - file.starts_on, ZoneInfo(file.time_zone))
    return SetUp(steps=steps, criteria=criteria_of(file.rubric), prizes=prizes, challenges=[], form=form_of_file(file))


def setup_of_edition(*, person: Person, original: Edition, first_day: date, with_challenges: bool) -> SetUp:
    """What an earlier edition brings to one that begins on `first_day`. Refused to whoever does not run the earlier one."""
    require(person, "edition.control", original)
    rubric = rubric_of(original)
    challenges = original.challenges.order_by("position", "pk") if with_challenges else original.challenges.none()
    return SetUp(
        steps=_moved(_steps(original), first_day - original.starts_on, original.zone),
        criteria=new_criteria_of(rubric) if rubric else [],
        prizes=[
            NewPrize(
                name=one.name,
                citation=one.citation,
                amount=one.amount,
                currency=one.currency,
                sponsor=one.sponsor,
                rank=one.rank,
                decided_by=one.decided_by,
                challenge=one.challenge,
            )
            for one in original.prizes.select_related("sponsor", "challenge")
            # A prize for the teams on one challenge comes with the challenge; categories are of their own edition.
            if (one.challenge is None or with_challenges) and one.category_id is None
        ],
        # Who answers questions on site is a person, and people are not taken over.
        challenges=[
            (
                one.partner_id,
                one.slug,
                ChallengeText(
                    title=one.title,
                    question=one.question,
                    body=one.body,
                    tags=one.tags,
                    capacity=one.capacity,
                    position=one.position,
                ),
            )
            for one in challenges
        ],
        form=form_of(original),
    )


def found_edition(*, person: Person, network_slug: str, network_name: str, new: NewEdition, setup: SetUp) -> Edition:
    """Create an edition and everything it begins with, or nothing. Refused for the reasons of the verbs it calls."""
    with transaction.atomic():
        edition = create_edition(person=person, network_slug=network_slug, network_name=network_name, new=new)
        write_programme(person=person, edition_id=edition.pk, steps=setup.steps)
        if setup.criteria:
            create_rubric(person=person, edition_id=edition.pk, criteria=setup.criteria)
        made = {
            slug: create_challenge(person=person, edition_id=edition.pk, partner_id=partner_id, slug=slug, text=text)
            for partner_id, slug, text in setup.challenges
        }
        for prize in setup.prizes:
            own = replace(prize, challenge=made[prize.challenge.slug]) if prize.challenge else prize
            offer_prize(person=person, edition_id=edition.pk, new=own)
        # Where the time for handing in is over from the beginning, nobody is asked anything.
        if setup.form is not None and can(person, "submission.form", edition):
            change_form(person=person, edition_id=edition.pk, asked=setup.form)
    return edition


def moved(at: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    """The same local time of day, `days` later. Through UTC, so that a time in the night of the clock change exists."""
    return (at.astimezone(zone).replace(tzinfo=None) + days).replace(tzinfo=zone).astimezone(UTC)


def _moved(steps: list[NewStep], days: timedelta, zone: ZoneInfo) -> list[NewStep]:
    return [replace(one, starts_at=moved(one.starts_at, days, zone)) for one in steps]


def _steps(edition: Edition) -> list[NewStep]:
    return [
        NewStep(
            starts_at=one.starts_at,
            title=one.title,
            place=one.place,
            is_key=one.is_key,
            is_fixed=one.is_fixed,
            least_minutes=one.least_minutes,
        )
        for one in edition.programme.all()
    ]
