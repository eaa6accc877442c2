"""What a partner reads: where the teams on its own challenges are, and their solutions.

No score, no rank, no name and no address of anybody.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from challenges.models import Challenge
from challenges.reads import own_challenges
from estrade.access.policy import can
from estrade.editions.models import Edition
from estrade.people.models import Person
from teams.models import Submission, Team
from teams.question_reads import open_questions, open_questions_by_team
from teams.reads import Standing, standings_on


@dataclass(frozen=True)
class Followed:
    """One team as its partner sees it: how many it is, how far its work is, what it waits to be told."""

    team: Team
    size: int
    state: str
    questions: int


@dataclass(frozen=True)
class Folder:
    """One challenge (with its `team_count`) and what was handed in to it. `solutions` is empty until they may be read.

    `teams` is empty until the edition is open; `questions`: how many wait for an answer.
    """

    challenge: Challenge
    is_open: bool
    solutions: list[Submission]
    teams: list[Followed]
    questions: int


def folders_of(*, edition: Edition, person: Person, now: datetime) -> list[Folder]:
    """The person's own challenges, each with its solutions by number of the team. As many queries for one as for many."""
    challenges = list(own_challenges(edition=edition, person=person))
    readable = [one for one in challenges if can(person, "challenge.solutions", one, at=now)]
    visible = Submission.objects.visible_to(person).filter(team__withdrawn_at__isnull=True, current__isnull=False)
    by_challenge: dict[int, list[Submission]] = {one.pk: [] for one in challenges}
    solutions = visible.filter(team__challenge__in=readable).select_related("team", "current")
    for solution in solutions.annotate(size=Count("team__memberships")).order_by("team__number"):
        by_challenge[solution.team.challenge_id or 0].append(solution)
    followed, waiting = _followed(challenges, person, now), open_questions(challenges)
    return [
        Folder(one, one in readable, by_challenge[one.pk], followed.get(one.pk, []), waiting.get(one.pk, 0)) for one in challenges
    ]


def _followed(challenges: list[Challenge], person: Person, now: datetime) -> dict[int, list[Followed]]:
    """The teams on each challenge whose teams the person may follow now."""
    follows = [one for one in challenges if can(person, "challenge.follow", one, at=now)]
    questions, teams = open_questions_by_team(follows), dict[int, list[Followed]]()
    for standing in standings_on(follows, now):
        challenge = standing.team.challenge_id or 0
        asked = questions.get((challenge, standing.team.pk), 0)
        teams.setdefault(challenge, []).append(_as_followed(standing, asked))
    return teams


def _as_followed(standing: Standing, questions: int) -> Followed:
    return Followed(standing.team, len(standing.members), standing.state, questions)
