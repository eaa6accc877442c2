"""Prizes as organisers, teams and partners look at them. Says who may win and who decides, never who will win."""

from dataclasses import dataclass
from datetime import datetime

from challenges.models import person_partner_ids
from estrade.access.policy import can, require
from estrade.editions.models import Edition
from estrade.people.models import Organisation, Person
from judging.categories import category_of
from judging.eligibility import may_win, rule, why
from judging.models import Prize, Vote
from judging.prizes import is_settled
from judging.votes import Turnout, turnout_of
from teams.models import Team


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A prize with its rule in one sentence, how many of the teams can win it, and one sentence for each team."""

    prize: Prize
    rule: str
    can_win: int
    sentences: list[str]
    turnout: Turnout | None


@dataclass(frozen=True, kw_only=True)
class OwnPrize:
    """A prize as a reader sees it: its rule, and the sentence about the reader's own team where there is one.

    `ballot`: the teams the reader may vote for now; `vote`: what the reader has voted.
    """

    prize: Prize
    rule: str
    sentence: str
    ballot: list[Team]
    vote: Vote | None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A prize that waits for its partner: the teams to choose among; `is_open` until the time is over or the reveal begins."""

    prize: Prize
    rule: str
    teams: list[Team]
    is_open: bool


def offered_prizes(*, person: Person, edition: Edition) -> list[Offered]:
    """All prizes for the organisers, in a number of queries that grows with the prizes of the audience only."""
    require(person, "edition.control", edition)
    teams = _teams(edition)
    categories = category_of(edition, teams)
    return [
        Offered(
            prize=prize,
            rule=rule(prize),
            can_win=sum(may_win(prize, team, categories.get(team.pk)) for team in teams),
            sentences=[why(prize, team, categories.get(team.pk)) for team in teams],
            turnout=turnout_of(prize) if prize.decided_by == Prize.DecidedBy.AUDIENCE else None,
        )
        for prize in _prizes(edition)
    ]


def own_prizes(*, person: Person, edition: Edition) -> list[OwnPrize]:
    """All prizes for somebody with a part in the edition."""
    require(person, "prize.read", edition)
    team = Team.objects.filter(edition=edition, memberships__person=person).select_related("challenge").first()
    prizes = _prizes(edition)
    own = category_of(edition, [team]).get(team.pk) if team else None
    votes = {one.prize_id: one for one in Vote.objects.filter(prize__in=prizes, person=person).select_related("team")}
    may_vote = any(one.is_voting for one in prizes) and can(person, "prize.vote", edition)
    others = [one for one in _teams(edition) if team is None or one.pk != team.pk] if may_vote else []
    categories = category_of(edition, others)
    return [
        OwnPrize(
            prize=one,
            rule=rule(one),
            sentence=why(one, team, own) if team else "",
            ballot=[other for other in others if may_win(one, other, categories.get(other.pk))]
            if one.is_voting and one.pk not in votes
            else [],
            vote=votes.get(one.pk),
        )
        for one in prizes
    ]


def own_choices(*, person: Person, edition: Edition, now: datetime) -> list[Choice]:
    """The prizes that the person's organisations decide about, each with the teams that can win it."""
    houses = person_partner_ids(person, edition.pk)
    prizes = [one for one in _prizes(edition) if one.decided_by == Prize.DecidedBy.PARTNER and one.sponsor_id in houses]
    if not prizes:
        return []
    teams, settled = _teams(edition), is_settled(edition)
    categories = category_of(edition, teams)
    return [
        Choice(
            prize=prize,
            rule=rule(prize),
            teams=[team for team in teams if may_win(prize, team, categories.get(team.pk))],
            is_open=not settled
            and can(person, "prize.choose", prize, at=now)
            and (prize.choose_until is None or now < prize.choose_until),
        )
        for prize in prizes
    ]


def known_houses(edition: Edition) -> list[Organisation]:
    """Organisations that have a challenge in the edition, to be offered as sponsors."""
    return list(Organisation.objects.filter(challenges__edition=edition).distinct())


def _prizes(edition: Edition) -> list[Prize]:
    return list(
        Prize.objects.filter(edition=edition).select_related("edition", "sponsor", "challenge", "category", "round", "chosen")
    )


def _teams(edition: Edition) -> list[Team]:
    return list(Team.objects.filter(edition=edition, withdrawn_at=None).select_related("challenge").order_by("number"))
