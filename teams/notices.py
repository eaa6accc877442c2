"""The board "Find a team": people without a team and teams with open places, each there of their own accord.

Owns `Notice`. On the board people are first names only, minors or not, and never their school, their address or a way to
write to them. Who may look: participants of the edition, its facilitators and its organisers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count

from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.log import ORGANISERS, PARTICIPANTS, record
from estrade.kernel.cleantext import folded, not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.events import FindBoardChanged
from teams.membership import locked_team
from teams.models import Approach, Membership, Notice, Profile, Team

TEXT_LIMIT, SKILL_LIMIT, SKILLS = 200, 40, 8


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the board. `places`: how many are free, None without a limit. `approach`: what is open with the reader."""

    notice: Notice
    name: str
    places: int | None = None
    approach: Approach | None = None


@dataclass(frozen=True, kw_only=True)
class Board:
    """What the board shows one reader."""

    people: Sequence[Row]
    teams: Sequence[Row]


def post_own_notice(
    *, person: Person, edition_id: int, text: str, skills: Iterable[str], challenge_id: int | None = None
) -> Notice:
    """Put oneself on the board, or change what it says. Refused: already_in_team, too_long, too_many_skills, not_found."""
    text, tags = _clean(text, skills)
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "find.post", edition)
        if Membership.objects.filter(edition=edition, person=person).exists():
            raise Refused("already_in_team")
        known = Challenge.objects.filter(edition=edition, published_at__isnull=False)
        if challenge_id is not None and not known.filter(pk=challenge_id).exists():
            raise Refused("not_found")
        words = {"text": text, "skills": tags, "challenge_id": challenge_id, "posted_at": db_now()}
        notice, _ = Notice.objects.update_or_create(edition=edition, person=person, defaults=words)
        _tell(edition.pk, person)
    return notice


def remove_own_notice(*, person: Person, edition_id: int) -> None:
    """Leave the board. Nothing happens for who is not on it."""
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "find.post", edition)
        if Notice.objects.filter(edition=edition, person=person).delete()[0]:
            _tell(edition.pk, person)


def post_team_notice(*, person: Person, team_id: int, text: str, skills: Iterable[str]) -> Notice:
    """Say that the team has open places. Refused: team_full, team_withdrawn, too_long, too_many_skills, not_found."""
    text, tags = _clean(text, skills)
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        if team.withdrawn_at is not None:
            raise Refused("team_withdrawn")
        limit = team.edition.largest_team
        if limit is not None and team.memberships.count() >= limit:
            raise Refused("team_full", limit=limit)
        words = {"edition_id": team.edition_id, "text": text, "skills": tags, "posted_at": db_now()}
        notice, _ = Notice.objects.update_or_create(team=team, defaults=words)
        _tell(team.edition_id, person)
    return notice


def remove_team_notice(*, person: Person, team_id: int) -> None:
    """Take the team off the board. Nothing happens for one that is not on it."""
    with transaction.atomic():
        team = locked_team(person, team_id)
        require(person, "team.manage", team)
        if Notice.objects.filter(team=team).delete()[0]:
            _tell(team.edition_id, person)


def board_of(*, edition: Edition, reader: Person, own_team: Team | None) -> Board:
    """The board for one reader: full teams and people who found one are not on it. A fixed number of queries."""
    notices = Notice.objects.filter(edition=edition).select_related("person", "challenge", "team__challenge")
    counted = notices.annotate(size=Count("team__memberships", distinct=True)).order_by("-posted_at", "-pk")
    asked = Approach.objects.filter(edition=edition, state=Approach.State.OPEN)
    mine = {one.team_id: one for one in asked.filter(person=reader)}
    ours = {one.person_id: one for one in asked.filter(team=own_team)} if own_team else {}
    return _rows(counted, edition, mine, ours)


def own_notice(*, edition: Edition, person: Person) -> Notice | None:
    """What a person put on the board."""
    return Notice.objects.filter(edition=edition, person=person).first()


def team_notice(team: Team) -> Notice | None:
    """What a team put on the board."""
    return Notice.objects.filter(team=team).first()


def skills_known(*, edition: Edition, person: Person) -> list[str]:
    """What the person said at registration, to begin a notice with."""
    profile = Profile.objects.filter(edition=edition, person=person).first()
    return list(profile.skills) if profile else []


def approaches_to(*, person: Person, edition: Edition) -> list[Approach]:
    """The open requests of a person, and the invitations that wait for an answer."""
    found = Approach.objects.filter(edition=edition, person=person, state=Approach.State.OPEN)
    return list(found.select_related("team__challenge", "person"))


def approaches_of(team: Team) -> list[Approach]:
    """Who asked a team and waits, and whom it invited."""
    return list(team.approaches.filter(state=Approach.State.OPEN).select_related("person", "team__challenge"))


def _rows(notices: Iterable[Notice], edition: Edition, mine: Mapping[int, Approach], ours: Mapping[int, Approach]) -> Board:
    people, teams = [], []
    for notice in notices:
        if notice.person is not None:
            name = notice.person.get_short_name()
            people.append(Row(notice=notice, name=name, approach=ours.get(notice.person.pk)))
        elif notice.team is not None and notice.team.withdrawn_at is None:
            size: int = notice.size  # type: ignore[attr-defined]  # counted by board_of
            places = edition.largest_team - size if edition.largest_team is not None else None
            if places is None or places > 0:
                row = Row(notice=notice, name=notice.team.name, places=places, approach=mine.get(notice.team.pk))
                teams.append(row)
    return Board(people=people, teams=teams)


def _clean(text: str, skills: Iterable[str]) -> tuple[str, list[str]]:
    text = not_longer("text", one_line(text), TEXT_LIMIT)
    tags = {folded(clean): clean for one in skills if (clean := not_longer("skills", one_line(one), SKILL_LIMIT))}
    if len(tags) > SKILLS:
        raise Refused("too_many_skills", field="skills", limit=SKILLS)
    return text, list(tags.values())


def _edition(edition_id: int) -> Edition:
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition


def _tell(edition_id: int, actor: Person) -> None:
    record(FindBoardChanged(), edition_id=edition_id, on=[PARTICIPANTS, ORGANISERS], actor_id=actor.pk)
