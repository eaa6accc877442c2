"""What the pages of a rehearsal show."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry
from estrade.kernel.clock import db_now
from estrade.people.models import Role
from estrade.rehearsal.cast import story_of
from estrade.rehearsal.filling import ADDED
from estrade.rehearsal.models import Play
from estrade.rehearsal.proof import DOUBLES, SESSIONS
from estrade.rehearsal.script import Act
from judging.models import Seat
from teams.models import Team

# Tables as people call them; the others go by their own name.
WORDS: dict[str, Promise] = {
    "editions.Edition": _("The copy of the event"),
    "editions.ProgrammeStep": _("Lines of the programme"),
    "editions.Transition": _("Moments carried out"),
    "editions.Announcement": _("Announcements"),
    DOUBLES: _("Doubles of people"),
    "people.Role": _("Roles"),
    "people.Presence": _("Who was online"),
    SESSIONS: _("Open sessions of doubles"),
    "challenges.Challenge": _("Challenges"),
    "teams.Profile": _("Profiles"),
    "teams.Wish": _("Wishes"),
    "teams.Team": _("Teams"),
    "teams.Membership": _("Members of teams"),
    "teams.Merger": _("Teams that went on in another"),
    "teams.Approach": _("Requests and invitations"),
    "teams.Notice": _("Notices on the board “Find a team”"),
    "teams.Submission": _("Drafts"),
    "teams.Receipt": _("Versions handed in"),
    "teams.ReceiptCounter": _("Counters of receipts"),
    "teams.Extension": _("Extra time"),
    "judging.Rubric": _("Rubrics"),
    "judging.Criterion": _("Criteria"),
    "judging.Round": _("Rounds of judging"),
    "judging.Seat": _("Seats of jurors"),
    "judging.Tie": _("Ties between jurors and participants"),
    "judging.Ballot": _("Ballots"),
    "judging.Score": _("Scores"),
    "judging.ScoreRevision": _("Every score that arrived"),
    "judging.SignOff": _("Signatures of the results"),
    "judging.Prize": _("Prizes"),
    "journal.Stream": _("Counters of the journal"),
    "journal.Event": _("Events of the journal"),
    "journal.Snapshot": _("Boards"),
    "journal.AuditEntry": _("Entries of the audit log"),
    "journal.AuditHead": _("Ends of the audit log"),
    "rehearsal.Play": _("The state of the play"),
}


@dataclass(frozen=True)
class ShownAct:
    """A line of the story: `state` is done, now or ahead."""

    act: Act
    state: str


@dataclass(frozen=True)
class ShownProof:
    """The proof as kept in the audit log of the event. `is_whole` is False when a stop came before the search."""

    at: Any
    by: str
    lines: list[tuple[str, int, int]]
    rows: int
    tables: int
    columns: int
    hits: list[tuple[str, int]]
    is_clean: bool
    is_whole: bool


@dataclass(frozen=True)
class Door:
    """A seat that somebody with the address may take; `person` is None for a page that is open to everybody."""

    label: str
    note: str
    path: str
    person: int | None = None
    is_taken: bool = False


def play_of(original: Edition) -> Play | None:
    """The play of the rehearsal of an edition, if one is going on."""
    return Play.objects.select_related("edition").filter(edition__rehearses=original).first()


def play_with(token: str) -> Play | None:
    """The play whose page of seats has this secret; never the demonstration's."""
    plays = Play.objects.select_related("edition__network", "edition__rehearses")
    return plays.filter(token=token, edition__rehearses__isnull=False).first()


def state_of(play: Play | None) -> dict[str, Any]:
    """What the bar shows: act, played seconds, paused or not."""
    elapsed = play.elapsed if play else 0.0
    acts = story_of(play).acts if play else ()
    current = max((act for act in acts if act.at <= elapsed), key=lambda act: act.at, default=None)
    following = next((act for act in acts if act.at > elapsed), None)
    return {
        "elapsed": round(elapsed),
        "paused": bool(play and play.is_paused),
        "key": current.key if current else "",
        "act": str(current.text) if current else "",
        "clock": f"{int(elapsed) // 60}:{int(elapsed) % 60:02d}",
        "next": f"{following.clock} {following.text}" if following else "",
    }


def acts_of(play: Play) -> list[ShownAct]:
    """Every act with where the play stands."""
    acts = story_of(play).acts
    reached = [act for act in acts if act.at <= play.elapsed]
    return [
        ShownAct(act, "now" if reached and act is reached[-1] else "done" if act.at <= play.elapsed else "ahead") for act in acts
    ]


def added_words(play: Play) -> list[str]:
    """What the set-up lacked, in words."""
    return [gettext(str(ADDED[kind])) % {"n": number} for kind, number in play.added.items() if kind in ADDED]


def last_proof(original: Edition) -> ShownProof | None:
    """The proof of the latest wipe, from the audit log."""
    entries = AuditEntry.objects.filter(edition=original, action__in=["rehearsal.wipe", "rehearsal.proof"])
    entry = entries.select_related("actor").order_by("-number").first()
    if entry is None:
        return None
    found: dict[str, Any] = entry.after or {}
    is_whole = entry.action == "rehearsal.proof"
    before, after = (found["before"], found["after"]) if is_whole else ({}, found["left"])
    lines = [(_word(label), before.get(label, 0), after.get(label, 0)) for label in (*before, *(set(after) - set(before)))]
    hits = [(_word(label), rows) for label, rows in found.get("hits", {}).items()]
    return ShownProof(
        at=entry.at,
        by=entry.actor.name if entry.actor else "",
        lines=sorted(lines),
        rows=sum(before.values()) if is_whole else found["rows"],
        tables=found.get("tables", 0),
        columns=found.get("columns", 0),
        hits=hits,
        is_clean=not any(after.values()) and not hits,
        is_whole=is_whole,
    )


def _word(label: str) -> str:
    return str(WORDS.get(label, label))


def doors_of(play: Play) -> list[tuple[str, list[Door]]]:
    """The seats by kind, in a number of queries that does not grow."""
    copy, taken = play.edition, set(play.taken)
    slug = [copy.slug]
    team_page = reverse("teams:home", args=slug)
    # Before the deadline a juror's list has no page yet.
    judges = copy.phase(db_now()) >= Phase.CLOSED
    jury_page = reverse("judging:jury" if judges else "editions:edition", args=slug)
    teams = Team.objects.filter(edition=copy, withdrawn_at=None, captain__rehearses=copy).select_related("captain", "challenge")
    captains = [
        Door(team.captain.name, team.name, team_page, team.captain_id, team.captain_id in taken)
        for team in teams.order_by("number")
        if team.captain is not None
    ]
    last = copy.rounds.order_by("-number").first()
    seats = Seat.objects.filter(round=last, person__rehearses=copy).select_related("person").order_by("number")
    jurors = [Door(seat.person.name, seat.code, jury_page, seat.person_id, seat.person_id in taken) for seat in seats]
    roles = Role.objects.filter(edition=copy, person__rehearses=copy).select_related("person", "organisation")
    partners = [
        Door(role.person.name, role.organisation.short_name if role.organisation else "", reverse("desk:partner", args=slug),
             role.person_id, role.person_id in taken)
        for role in roles.filter(role=Role.Name.PARTNER)
    ]  # fmt: skip
    placed = {door.person for door in (*captains, *jurors, *partners)}
    others = [
        Door(role.person.name, gettext(role.get_role_display()), reverse("editions:edition", args=slug), role.person_id,
             role.person_id in taken)
        for role in roles.filter(role__in=[Role.Name.FACILITATOR, Role.Name.SCHOOL_CONTACT])
        if role.person_id not in placed
    ]  # fmt: skip
    pages = [
        Door(gettext("Projector"), gettext("For the projector: board, then podium."), reverse("realtime:screen", args=slug)),
        Door(gettext("Public page"), gettext("What the world sees."), reverse("editions:edition", args=slug)),
    ]
    parts = [
        (gettext("Pages for everybody"), pages),
        (gettext("Captains"), captains),
        (gettext("Jury"), jurors),
        (gettext("Partners"), partners),
        (gettext("Others"), others),
    ]
    return [(title, doors) for title, doors in parts if doors]


def door_of(play: Play, person_id: int) -> Door | None:
    """The door of one seat, for the way in."""
    return next((door for _title, doors in doors_of(play) for door in doors if door.person == person_id), None)
