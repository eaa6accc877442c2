"""The teams of an edition as organisers look for them: who is where, and who has handed in. Reads only.

As many queries for a thousand teams as for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from estrade.editions.models import Edition
from estrade.kernel.cleantext import one_line
from teams.models import Receipt, Team
from teams.reads import Standing, standings_among

PER_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class WantedTeams:
    """What the list is narrowed down to. `only`: "missing", "late", "extended" or "withdrawn"; `challenge` is a slug."""

    words: str = ""
    challenge: str = ""
    only: str = ""

    @property
    def is_everything(self) -> bool:
        return self == WantedTeams()


@dataclass(frozen=True, kw_only=True)
class TeamList:
    """One page of the list. `found`: how many teams are on all its pages."""

    standings: Sequence[Standing]
    found: int
    page: int
    pages: int


@dataclass(frozen=True, kw_only=True)
class TeamCounts:
    """How many teams there are, withdrawn ones apart, and how many of them have something that counts."""

    teams: int
    delivered: int
    withdrawn: int

    @property
    def missing(self) -> int:
        return self.teams - self.delivered


def teams_of(*, edition: Edition, wanted: WantedTeams, now: datetime, page: int = 1) -> TeamList:
    """The wanted page of the teams, in the order of their number."""
    teams = _wanted(edition, wanted)
    found = teams.count()
    pages = max(1, -(-found // PER_PAGE))
    page = min(max(page, 1), pages)
    some = teams.order_by("number")[(page - 1) * PER_PAGE : page * PER_PAGE]
    return TeamList(standings=standings_among(some, now), found=found, page=page, pages=pages)


def team_counts(edition: Edition) -> TeamCounts:
    """The figures above the list."""
    present = Q(withdrawn_at__isnull=True)
    figures = Team.objects.filter(edition=edition).aggregate(
        teams=Count("pk", filter=present),
        delivered=Count("pk", filter=present & Q(submission__current__isnull=False)),
        withdrawn=Count("pk", filter=~present),
    )
    return TeamCounts(**figures)


def _wanted(edition: Edition, wanted: WantedTeams) -> QuerySet[Team]:
    teams = Team.objects.filter(edition=edition)
    for word in one_line(wanted.words).split():
        named = Q(name__icontains=word)
        teams = teams.filter(named | Q(number=int(word)) if word.isdecimal() and len(word) < 9 else named)
    if wanted.challenge:
        teams = teams.filter(challenge__slug=wanted.challenge)
    if wanted.only == "withdrawn":
        return teams.filter(withdrawn_at__isnull=False)
    if wanted.only:
        teams = teams.filter(withdrawn_at__isnull=True)
    if wanted.only == "missing":
        teams = teams.filter(submission__current__isnull=True)
    elif wanted.only == "late":
        waits = Receipt.objects.filter(submission__team=OuterRef("pk"), state=Receipt.State.LATE)
        teams = teams.filter(Exists(waits))
    elif wanted.only == "extended":
        teams = teams.filter(extensions__isnull=False).distinct()
    return teams
