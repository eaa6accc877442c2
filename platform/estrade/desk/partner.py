"""What a partner follows: where the teams on its own challenges are, and their solutions.

No score, no rank, and no name of anybody who did not agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from challenges.models import Challenge
from estrade.access.policy import can
from estrade.dossiers.reads import Solution, partner_folders
from estrade.editions.models import Edition
from estrade.people.models import Person
from teams.models import Team
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
class FollowedFolder:
    """One challenge (with its `team_count`) and what was handed in to it. `solutions` is empty until they may be read.

    `teams` is empty until the edition is open; `questions`: how many wait for an answer.
    """

    challenge: Challenge
    is_open: bool
    solutions: list[Solution]
    teams: list[Followed]
    questions: int


def followed_folders(*, edition: Edition, person: Person, now: datetime) -> list[FollowedFolder]:
    """The person's own challenges, each with its solutions by number of the team. As many queries for one as for many."""
    folders = partner_folders(edition=edition, person=person, now=now)
    challenges = [folder.challenge for folder in folders]
    followed, waiting = _followed(challenges, person, now), open_questions(challenges)
    return [
        FollowedFolder(one, folder.is_open, folder.solutions, followed.get(one.pk, []), waiting.get(one.pk, 0))
        for folder, one in zip(folders, challenges, strict=True)
    ]


def _followed(challenges: Sequence[Challenge], person: Person, now: datetime) -> dict[int, list[Followed]]:
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
