"""What organisers should know of their letters. Named in the settings."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils.text import format_lazy
from django.utils.translation import ngettext_lazy

from estrade.kernel.clock import db_now
from estrade.notifications.models import Letter
from estrade.web.health import Problem

# A mail server may be away for a moment; a quarter of a sign-in code's life is too long.
PATIENCE = timedelta(minutes=5)


def letters_leave() -> Problem | None:
    """Where there is a mail server, it takes what is written."""
    if settings.MAIL != "smtp":
        return None
    try:
        now = db_now()
        waiting = Letter.objects.filter(sent_at=None, written_at__lt=now - PATIENCE, expires_at__gt=now).count()
    except DatabaseError:
        return None
    if not waiting:
        return None
    sentence = ngettext_lazy(
        "One letter has waited for more than {minutes} minutes. Check the mail server; printed codes open the same pages.",
        "{count} letters have waited for more than {minutes} minutes. Check the mail server; printed codes open the same pages.",
        waiting,
    )
    return Problem("letters_wait", format_lazy(sentence, count=waiting, minutes=PATIENCE // timedelta(minutes=1)))
