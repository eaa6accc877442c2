"""More minutes for a team, as the control room gives them: to the full minute, and once however often the button is hit."""

from datetime import datetime, timedelta

from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.extensions import extend_team, window_of
from teams.models import Team

USUAL_MINUTES = 10


def team_here(edition: Edition, team_id: int) -> Team:
    """The team of this edition. Refused: not_found."""
    team = Team.objects.filter(edition=edition, pk=team_id).select_related("edition").first()
    if team is None:
        raise Refused("not_found")
    return team


def give_minutes(*, person: Person, edition: Edition, team_id: int, minutes: int, closes: datetime, reason: str) -> datetime:
    """Give `minutes` from `closes`, the closing time the organiser saw, or from now when it is over. Until when.

    A second copy of the same form finds the time already given and changes nothing. Refused: as `extend_team`, not_found.
    """
    now = db_now()
    # The end of all years has no next minute; a year from now is refused just as well.
    until = _full_minute(max(min(closes, now + timedelta(days=366)), now)) + timedelta(minutes=minutes)
    team = team_here(edition, team_id)
    given = window_of(team, now).closes_at
    if given >= until:
        return given
    return extend_team(person=person, team_id=team_id, until=until, reason=reason).until


def _full_minute(at: datetime) -> datetime:
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + timedelta(minutes=1)
