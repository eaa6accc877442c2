"""What the projector shows at a moment, from the edition's times and the public journal.

Knows no ballot and no true board: what is not in the public journal cannot get here.
Words: a *scene* is one of countdown, onstage, board, award and podium; a *place* is one step of the podium, empty
until its name has been revealed.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from estrade.editions.models import Announcement, Edition, ProgrammeStep
from estrade.editions.phases import Phase
from estrade.editions.timeline import Countdown, countdown
from estrade.journal.log import PUBLIC, heads_of
from judging.public import OnStage, public_board, public_results, public_stage
from teams.models import Team

ROWS = 12
LARGE_ROWS = 8
LINES = 4
NEWS_FOR = timedelta(minutes=10)
PODIUM = 3
FOLLOWING = 3


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One picture: the scene, the number of the public stream it is true at, and what the scene needs."""

    scene: str
    head: int
    phase: Phase
    next: Countdown | None
    news: Announcement | None
    board: dict[str, Any] = field(default_factory=dict)
    rows: int = ROWS
    results: dict[str, Any] = field(default_factory=dict)
    places: list[dict[str, Any]] = field(default_factory=list)
    award: dict[str, Any] = field(default_factory=dict)
    category: dict[str, str] = field(default_factory=dict)
    programme: list[ProgrammeStep] = field(default_factory=list)
    upcoming: int | None = None
    delivered: int = 0
    teams: int = 0
    pitching: Team | None = None
    room: OnStage = field(default_factory=OnStage)
    following: list[Team] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Whether this is the screen of a room that has not called its first team yet."""
        return self.room.room > 0 and self.pitching is None and not self.room.began

    @property
    def pitch(self) -> str:
        """What the team on stage calls its work, as it handed it in."""
        work = getattr(self.pitching, "submission", None)
        return work.current.title if work and work.current else ""


def page_size(teams: int) -> int:
    """Rows on each page of the board: as few pages as fit, filled evenly, so that no page shows two teams alone."""
    pages = max(1, ceil(teams / ROWS))
    return max(LARGE_ROWS, ceil(teams / pages))


def stage_of(edition: Edition, now: datetime, *, only: str = "", room: int = 0) -> Stage:
    """What the room sees at `now`. The head is read first: news that arrive meanwhile are applied again, never missed.

    While a team is on stage the room sees it, else the board. `only`: "onstage" or "board" for a hall with two screens, each
    of which keeps to its own picture until the reveal. `room`: its number, for the screen of one of several rooms, which waits
    for its own first team; the others show the room that spoke last, and say which.
    """
    head = heads_of(edition_id=edition.pk, streams=[PUBLIC])[PUBLIC]
    phase = edition.phase(now)
    common: dict[str, Any] = {
        "head": head,
        "phase": phase,
        "next": countdown(edition, now),
        "news": edition.announcements.filter(at__gt=now - NEWS_FOR).first(),
    }
    if phase < Phase.JUDGING:
        return _countdown(edition, now, common)
    results = public_results(edition)
    last = results["entries"][-1] if results["entries"] and not results["published"] else None
    if last is not None and last["rank"] is None:
        return Stage(scene="award", results=results, award=last, **common)
    if phase == Phase.PUBLISHED or results["published"] or results["of"]:
        category = last.get("category") if last else None
        return Stage(scene="podium", results=results, places=places(results, category), category=category or {}, **common)
    seen = OnStage() if only == "board" else public_stage(edition, room=room)
    waits = room > 0 and phase == Phase.JUDGING and seen.team is None and not seen.began
    if seen.team is not None or waits or only == "onstage":
        return _onstage(edition, seen, common)
    board = public_board(edition)
    return Stage(scene="board", board=board, rows=page_size(len(board["rows"])), **common)


def _onstage(edition: Edition, seen: OnStage, common: dict[str, Any]) -> Stage:
    """Who pitches and who comes next, in the order of the numbers. A team that withdrew leaves the picture."""
    teams = Team.objects.filter(edition=edition, withdrawn_at=None).select_related("challenge__partner", "submission__current")
    ordered = [one for one in teams.order_by("number") if seen.teams is None or one.pk in seen.teams]
    place = next((n for n, team in enumerate(ordered) if team.pk == seen.team), None)
    first = 0 if place is None else place + 1
    # Before any room has called a team nobody has said which teams are this room's.
    ordered = [] if seen.room and seen.teams is None else ordered
    pitching = None if place is None else ordered[place]
    return Stage(scene="onstage", pitching=pitching, room=seen, following=ordered[first : first + FOLLOWING], **common)


def _countdown(edition: Edition, now: datetime, common: dict[str, Any]) -> Stage:
    steps = list(edition.programme.all())
    past = [step for step in steps if step.starts_at <= now]
    ahead = [step for step in steps if step.starts_at > now]
    teams = Team.objects.filter(edition=edition, withdrawn_at=None)
    return Stage(
        scene="countdown",
        programme=[*past[-1:], *ahead][:LINES],
        upcoming=ahead[0].pk if ahead else None,
        teams=teams.count(),
        delivered=teams.filter(submission__current__isnull=False).count(),
        **common,
    )


def places(results: dict[str, Any], category: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The podium as it stands on the stage (second, first, third), of a category while that one is being revealed.

    A place not yet revealed has a rank and no entry.
    """
    shown = {entry["rank"]: entry for entry in reversed(results["entries"]) if entry.get("category") == category}
    return [{"rank": rank, "entry": shown.get(rank)} for rank in (2, 1, 3)]
