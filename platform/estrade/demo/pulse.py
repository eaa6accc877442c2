"""Idéathon Pulse beside the sample hackathon: its first afternoon, 204 pupils, teams composed by the product itself.

Made with the product's own verbs, step by step, each in a transaction of its own: the hackathon is being played
meanwhile and its writers must not wait. A start that was cut short goes on where it stopped.
"""

import logging
import threading
import time
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import Count

from estrade.demo.pulse_life import bring_to_life
from estrade.demo.sample import DATA
from estrade.editions.edition_file import EditionFile, read_edition_file
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.people.models import Person, Role
from estrade.people.people import create_person, give_role
from judging.edition_loading import load_edition
from teams.composing import Wanted, latest_composition, start_composition, use_plan
from teams.intake import import_participants
from teams.intake_schools import Answers
from teams.models import Notice, Team

SLUG = "ideathon-pulse"
LIST = DATA / "ideathon-204-liste.csv"
# What the clock on the wall of the story says now: the teams are at work, the deadline is ahead.
STORY_TIME = "2027-03-18T13:40:00"
WANTED = Wanted(size_min=5, size_max=6, max_same_school=2, skills=(), preset="balanced")
FACILITATORS = (("animation", "Salomé", "Artavigne"), ("animation2", "Noé", "Briquelin"), ("animation3", "Basile", "Corvenet"))
CAPTAIN, NEWCOMER = "eleve", "sans-equipe"
# Seconds: while it waits for the composing, and before it begins at all.
PAUSE, DELAY = 0.2, 8.0

_one_at_a_time = threading.Lock()
logger = logging.getLogger(__name__)


def load_pulse() -> Edition:
    """Load what is not there yet. Expects the sample hackathon, whose organiser runs this one as well."""
    maud = Person.objects.get(username="maud")
    edition = Edition.objects.filter(slug=SLUG).first()
    if edition is None:
        file = read_edition_file((DATA / f"{SLUG}.toml").read_bytes())
        edition = load_edition(person=maud, file=at_work(file, db_now()))
    if not edition.roles.filter(role=Role.Name.FACILITATOR).exists():
        for username, first, last in FACILITATORS:
            person = create_person(username=username, first_name=first, last_name=last, language="fr")
            give_role(person=maud, edition_id=edition.pk, to=person, role=Role.Name.FACILITATOR)
    if not edition.roles.filter(role=Role.Name.PARTICIPANT).exists():
        import_participants(
            person=maud, edition=edition, data=LIST.read_bytes(), filename=LIST.name, answers=Answers(suggested=True)
        )
    if not Team.objects.filter(edition=edition).exists():
        _compose(maud, edition)
    if not Notice.objects.filter(edition=edition).exists():
        bring_to_life(maud=maud, edition=edition, captain=CAPTAIN, newcomer=NEWCOMER)
    return edition


def load_pulse_soon() -> None:
    """Load it beside everything else, once the demonstration is up and its first visitors have their pages."""
    timer = threading.Timer(DELAY, _in_thread)
    timer.daemon = True
    timer.start()


def at_work(file: EditionFile, now: datetime) -> EditionFile:
    """The edition as if its first afternoon were now."""
    zone = ZoneInfo(file.time_zone)
    story = datetime.fromisoformat(STORY_TIME).replace(tzinfo=zone)
    shift = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0) - story
    instants = ("opens_at", "submissions_close_at", "judging_opens_at")
    opens_at, freeze_at = file.opens_at + shift, (file.freeze_at or file.judging_opens_at) + shift
    return replace(
        file,
        **{name: getattr(file, name) + shift for name in instants},
        freeze_at=freeze_at,
        starts_on=opens_at.astimezone(zone).date(),
        ends_on=freeze_at.astimezone(zone).date(),
        programme=tuple(replace(step, at=step.at + shift) for step in file.programme),
    )


def _compose(maud: Person, edition: Edition) -> None:
    run = latest_composition(edition)
    if run is None or not run.plan:
        run = start_composition(person=maud, edition_id=edition.pk, wanted=WANTED)
        # In one process the run has begun in a thread of its own.
        while run.is_under_way:
            time.sleep(PAUSE)
            run.refresh_from_db()
    use_plan(person=maud, edition_id=edition.pk, composition_id=run.pk)
    # The team that the demonstration offers has a place left, so that somebody can ask for it.
    teams = Team.objects.filter(edition=edition).select_related("captain").annotate(size=Count("memberships"))
    first = teams.filter(size__lt=edition.largest_team or 6).order_by("number").first() or teams.order_by("number").first()
    assert first is not None
    assert first.captain is not None
    Person.objects.filter(pk=first.captain.pk).update(username=CAPTAIN)


def _in_thread() -> None:
    try:
        with _one_at_a_time:
            load_pulse()
    except Exception:
        logger.exception("Idéathon Pulse could not be loaded; the hackathon is complete without it")
    finally:
        connections.close_all()
