"""The audience's vote: everybody with a place at the event gives one vote for a prize, and not to the own team.

Owns votes, the opening and the end of voting. Never says how anybody voted, nor how many votes a team has, before the prize
is given: no event, no line of the audit log and no page of the organisers names a team. A vote is given once and stays.
Words: the *turnout* is how many have voted of those who may.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from estrade.access.policy import matrix, require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, PUBLIC, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from judging.categories import category_of
from judging.eligibility import may_win
from judging.events import VotingClosed, VotingOpened
from judging.models import Prize, Vote
from judging.prizes import refuse_settled
from teams.models import Membership, Team


@dataclass(frozen=True, kw_only=True)
class Turnout:
    """How many have voted for a prize, of how many who may."""

    voted: int
    may: int


def open_voting(*, person: Person, prize_id: int) -> Prize:
    """Let the audience vote from now on; opened already, nothing happens. Closed before, it goes on with the votes there are.

    Refused: `prizes_settled`. Raises Prize.DoesNotExist for a prize that the audience does not decide about.
    """
    with transaction.atomic():
        prize = _locked(person, prize_id)
        if prize.is_voting:
            return prize
        prize.voting_opened_at, prize.voting_closed_at = db_now(), None
        prize.save(update_fields=["voting_opened_at", "voting_closed_at"])
        _tell(person, prize, VotingOpened(prize=prize.pk), "vote.open")
    return prize


def close_voting(*, person: Person, prize_id: int) -> Prize:
    """Take no vote from now on; whoever is voting at this moment comes before it or is told. Closed already, nothing happens."""
    with transaction.atomic():
        prize = _locked(person, prize_id)
        if prize.is_voting:
            _close(person, prize)
    return prize


def close_all(*, person: Person, edition: Edition) -> None:
    """The reveal begins: what is open is closed. For the verb that has asked the policy and holds the results."""
    for prize in _of_audience().filter(edition=edition).order_by("pk"):
        if prize.is_voting:
            _close(person, prize)


def cast_vote(*, person: Person, prize_id: int, team_id: int) -> Vote:
    """Give one's vote. The same once more is the first vote.

    Refused: `vote_not_open`, `vote_over`, `voted_already` for another team, `vote_for_own_team`, `not_eligible` (team).
    Raises Prize.DoesNotExist, Team.DoesNotExist.
    """
    with transaction.atomic():
        # Held until the vote is in: the end of voting comes before it or after it.
        prize = _of_audience().select_related("edition", "challenge", "sponsor").get(pk=prize_id)
        now = db_now()
        require(person, "prize.vote", prize.edition, at=now)
        earlier = Vote.objects.filter(prize=prize, person=person).first()
        if earlier is not None and earlier.team_id == team_id:
            return earlier
        if not prize.is_voting:
            raise Refused("vote_over" if prize.voting_opened_at else "vote_not_open")
        if earlier is not None:
            raise Refused("voted_already")
        team = Team.objects.select_related("challenge").get(pk=team_id, edition=prize.edition_id)
        if Membership.objects.filter(edition=prize.edition_id, person=person, team=team).exists():
            raise Refused("vote_for_own_team")
        if not may_win(prize, team, category_of(prize.edition, [team]).get(team.pk)):
            raise Refused("not_eligible", field="team", team=team.name)
        return Vote.objects.create(prize=prize, person=person, team=team, at=now)


def turnout_of(prize: Prize) -> Turnout:
    """Counts of people alone."""
    roles = [role for role, grants in matrix()["prize.vote"].items() if grants and role in Role.Name.values]
    may = Role.objects.filter(edition=prize.edition_id, role__in=roles, person__is_active=True).values("person").distinct()
    return Turnout(voted=prize.votes.count(), may=may.count())


def _of_audience() -> QuerySet[Prize]:
    return Prize.objects.select_for_update(no_key=True, of=("self",)).filter(decided_by=Prize.DecidedBy.AUDIENCE)


def _locked(person: Person, prize_id: int) -> Prize:
    edition = locked_edition(Prize.objects.values_list("edition_id", flat=True).get(pk=prize_id))
    require(person, "edition.manage", edition)
    refuse_settled(edition)
    prize = _of_audience().get(pk=prize_id)
    prize.edition = edition
    return prize


def _close(person: Person, prize: Prize) -> None:
    prize.voting_closed_at = db_now()
    prize.save(update_fields=["voting_closed_at"])
    _tell(person, prize, VotingClosed(prize=prize.pk), "vote.close", votes=prize.votes.count())


def _tell(person: Person, prize: Prize, event: VotingOpened | VotingClosed, action: str, votes: int | None = None) -> None:
    audit(edition_id=prize.edition_id, actor_id=person.pk, action=action, thing=f"prize {prize.pk}", after=votes)
    record(event, edition_id=prize.edition_id, on=[ORGANISERS, PUBLIC], actor_id=person.pk)
