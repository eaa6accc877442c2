"""Sentences of the team pages that more than one place shows: the server and the page's script, a heading and a template."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from estrade.kernel.cleantext import folded
from teams.files import is_late
from teams.models import DraftFile, Submission

# A team that calls itself so needs no such word before its name.
_TEAM = frozenset({folded("Team"), folded("Équipe")})


def as_team(name: str) -> str:
    """ "Team Canopée", but "Team 4" for a team of that name."""
    first = folded(name).partition(" ")[0]
    return name if first in _TEAM else _("Team %(name)s") % {"name": name}


def saved_words(draft: Submission) -> str:
    """When the draft was saved, in the edition's time zone: "Draft saved at 13:47"."""
    if draft.draft_saved_at is None:
        return _("Nothing written yet")
    return _("Draft saved at %(time)s") % {"time": date_format(localtime(draft.draft_saved_at), "TIME_FORMAT")}


def brought_words(brought: DraftFile) -> str:
    """What has become of a file that was sent."""
    if is_late(brought):
        return _("%(file)s arrived after the deadline: it counts only if an organiser accepts it.") % {
            "file": brought.stored.name
        }
    return _("%(file)s is in the draft.") % {"file": brought.stored.name}
