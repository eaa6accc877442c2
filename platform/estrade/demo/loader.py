"""Fill an empty database with the demonstration, or empty it and fill it again."""

from django.core.management import call_command
from django.db import transaction

from estrade.demo.sample import load_sample, tempers
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.people.models import Person
from estrade.rehearsal.copying import new_token
from estrade.rehearsal.models import Play
from estrade.rehearsal.script import LAST_BALLOT

VISITOR = "jury8"


def load_demo() -> Edition:
    """Load the sample edition and begin a play of it. Expects a database without editions."""
    with transaction.atomic():
        edition = load_sample()
        begin_play(edition)
    return edition


def begin_play(edition: Edition) -> None:
    """The afternoon of the sample edition, played as soon as somebody looks."""
    with transaction.atomic():
        now = db_now()
        Play.objects.create(
            edition=edition,
            story=Play.Story.AFTERNOON,
            length=LAST_BALLOT,
            token=new_token(),
            waits_for_eyes=True,
            began_at=now,
            alive_at=now,
            held_until=now,
            # The eighth seat is the visitor's from the beginning.
            taken=[Person.objects.get(username=VISITOR).pk],
            facts=tempers(edition),
        )


def reload_demo() -> Edition:
    """Forget everything, sessions included, and load anew. Others see the old edition until the new one is whole."""
    with transaction.atomic():
        call_command("flush", verbosity=0, interactive=False)
        return load_demo()


def demo_play() -> Play | None:
    """The play of the sample edition; a rehearsal that somebody starts in the demonstration is not it."""
    return Play.objects.select_related("edition").filter(story=Play.Story.AFTERNOON).first()
