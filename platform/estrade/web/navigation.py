"""The menu of an edition: one entry per page the reader may open now, decided by the permission matrix."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from estrade.access.policy import can


@dataclass(frozen=True)
class Page:
    """A page that may be in the menu: its address, words (short ones for phones), icon, and the action that opens it.

    Who may do what `unless` names finds it in another menu. `also`: how further addresses of the edition begin that belong
    to this entry.
    """

    address: str
    label: Promise | str
    icon: str
    action: str
    short: Promise | str = ""
    part: Promise | str = ""
    unless: str = ""
    also: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of the menu as shown. `is_current` marks the page being read; `part` is the heading it stands under."""

    url: str
    label: str
    short: str
    icon: str
    is_current: bool
    part: str = ""


PAGES = (
    Page("teams:home", _("My event"), "home", "home.read", _("Home")),
    Page("teams:mine", _("My team"), "users", "home.read", _("Team")),
    Page("desk:control", _("Control room"), "gauge", "edition.control"),
    # Whoever comes in lands on the first of these: jurors at their sheets, other helpers at their one next step.
    Page("judging:jury", _("Jury"), "list", "seat.read"),
    Page("desk:my_event", _("My event"), "home", "event.mine", _("Home")),
    Page("teams:find", _("Find a team"), "plus", "find.read", _("Find")),
    Page("desk:programme", _("Programme"), "clock", "programme.run"),
    Page("judging:floor", _("In the room"), "video", "help.answer", _("Room")),
    Page("judging:cockpit", _("Deliberation"), "gauge", "standings.read"),
    Page("desk:partner", _("My solutions"), "file", "folder.read", _("Solutions")),
    Page("challenges:manage", _("My challenges"), "bulb", "folder.read", _("Challenges")),
    Page("teams:questions", _("Questions"), "msg", "question.list", unless="edition.control"),
    Page("editions:edition", _("Event"), "cal", "edition.read"),
    Page("judging_public:board", _("Leaderboard"), "screen", "board.read"),
    Page("judging_public:results", _("Results"), "trophy", "results.read"),
)

# The menu beside the organisers' pages: what one does on the day first, what is set once under "Settings".
ORGANISER_PAGES = (
    Page("desk:control", _("Today"), "gauge", "edition.control"),
    Page("teams:people", _("People"), "users", "people.read"),
    Page("teams:teams", _("Teams"), "users", "edition.control", also="team/"),
    Page("people:invitations", _("Invitations"), "users", "people.invite"),
    Page("people:codes", _("Personal codes"), "print", "codes.issue"),
    Page("challenges:manage", _("Challenges"), "bulb", "edition.control", also="challenges/"),
    Page("teams:questions", _("Questions"), "msg", "edition.control"),
    Page("teams:compose", _("Compose the teams"), "users", "teams.compose"),
    Page("teams:morning", _("The morning"), "clock", "team.repair"),
    Page("judging:setup", _("Jury"), "list", "edition.control"),
    Page("desk:programme", _("Programme"), "cal", "programme.run"),
    Page("judging:cockpit", _("Deliberation"), "trophy", "standings.read"),
    Page("dossiers:dossiers", _("Partners’ dossiers"), "file", "edition.control"),
    Page("judging:prizes", _("Prizes"), "trophy", "edition.control", part=_("Settings")),
    Page("teams:submission_form", _("Submission form"), "file", "edition.control", part=_("Settings")),
    Page("desk:settings", _("Rules of the event"), "check", "edition.control", part=_("Settings")),
    Page("rehearsal:rehearsal", _("Rehearsal"), "video", "rehearsal.manage", part=_("Settings")),
    Page("archive:data", _("Data and copies"), "download", "data.export", part=_("Settings")),
    Page("desk:on_site", _("On site"), "pin", "edition.control", part=_("Settings")),
)


def organiser_entries(person: Any, edition: Any, *, path: str, now: datetime) -> list[Entry]:
    """The organisers' menu; empty for everybody else."""
    if not can(person, "edition.control", edition, at=now):
        return []
    return entries(person, edition, path=path, now=now, pages=ORGANISER_PAGES)


def entries(person: Any, edition: Any, *, path: str, now: datetime, pages: Sequence[Page] = PAGES) -> list[Entry]:
    """The pages of `edition` open to `person` at `now`, in order. A room that is not installed has no entry."""
    root = reverse("editions:edition", kwargs={"slug": edition.slug})
    shown = []
    for page in pages:
        if not can(person, page.action, edition, at=now):
            continue
        if page.unless and can(person, page.unless, edition, at=now):
            continue
        try:
            url = reverse(page.address, kwargs={"slug": edition.slug})
        except NoReverseMatch:
            continue
        exact = page.address == "editions:edition"
        within = bool(page.also) and path.startswith(f"{root}{page.also}")
        shown.append(
            Entry(
                url,
                str(page.label),
                str(page.short or page.label),
                page.icon,
                path == url if exact else within or path.startswith(url),
                str(page.part),
            )
        )
    # A page within another one's address (the deliberation under the jury) is not both.
    here = max((entry.url for entry in shown if entry.is_current), key=len, default="")
    return [replace(entry, is_current=entry.is_current and entry.url == here) for entry in shown]
