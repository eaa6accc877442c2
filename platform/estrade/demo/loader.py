"""Fill an empty database with the demonstration, or empty it and fill it again."""

from django.core.management import call_command
from django.db import transaction

from estrade.demo.models import Play
from estrade.demo.sample import load_sample
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now


def load_demo() -> Edition:
    """Load the sample edition and begin a play of it. Expects a database without editions."""
    with transaction.atomic():
        edition = load_sample()
        now = db_now()
        Play.objects.create(edition=edition, began_at=now, alive_at=now)
    return edition


def reload_demo() -> Edition:
    """Forget everything, sessions included, and load anew. Others see the old edition until the new one is whole."""
    with transaction.atomic():
        call_command("flush", verbosity=0, interactive=False)
        return load_demo()
