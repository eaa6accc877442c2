"""What a partner reads: the solutions to its own challenges. No score, no rank, no address of anybody."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from challenges.models import Challenge
from challenges.reads import own_challenges
from estrade.access.policy import can
from estrade.editions.models import Edition
from estrade.people.models import Person
from teams.models import Submission


@dataclass(frozen=True)
class Folder:
    """One challenge (with its `team_count`) and what was handed in to it. `solutions` is empty until they may be read."""

    challenge: Challenge
    is_open: bool
    solutions: list[Submission]


def folders_of(*, edition: Edition, person: Person, now: datetime) -> list[Folder]:
    """The person's own challenges, each with its solutions by number of the team. Two queries, whatever is there."""
    challenges = list(own_challenges(edition=edition, person=person))
    readable = [one for one in challenges if can(person, "challenge.solutions", one, at=now)]
    visible = Submission.objects.visible_to(person).filter(team__withdrawn_at__isnull=True, current__isnull=False)
    by_challenge: dict[int, list[Submission]] = {one.pk: [] for one in challenges}
    solutions = visible.filter(team__challenge__in=readable).select_related("team", "current")
    for solution in solutions.annotate(size=Count("team__memberships")).order_by("team__number"):
        by_challenge[solution.team.challenge_id or 0].append(solution)
    return [Folder(one, one in readable, by_challenge[one.pk]) for one in challenges]
