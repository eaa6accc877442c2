"""Sentences of the team pages that both the server and the page's script show."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from teams.models import Submission


def saved_words(draft: Submission) -> str:
    """When the draft was saved, in the edition's time zone: "Draft saved at 13:47"."""
    if draft.draft_saved_at is None:
        return _("Nothing written yet")
    return _("Draft saved at %(time)s") % {"time": date_format(localtime(draft.draft_saved_at), "TIME_FORMAT")}
