"""Awards: which team gets which prize that does not simply go to a rank of the whole order.

Reads the signed standings, the choices that were made and the votes; never writes, never ranks anew: the one fit over all
ballots is filtered. No award says a team's points: it may be shown before the podium.
"""

from collections import Counter
from typing import Any

from estrade.editions.models import Edition
from judging.eligibility import may_win
from judging.models import Prize, SignOff
from judging.rubrics import plain
from teams.models import Team

Row = dict[str, Any]


def prizes_of(signed: SignOff) -> list[Prize]:
    """The prizes of the signed round's edition, in their order."""
    return list(Prize.objects.filter(edition=signed.round.edition_id).select_related("sponsor", "challenge"))


def awards_of(signed: SignOff, prizes: list[Prize]) -> list[Row]:
    """One entry per prize that was won apart from the whole order: {rank: None, teams, prizes: [the prize]}, in their order."""
    apart = [prize for prize in prizes if not prize.is_overall]
    if not apart:
        return []
    listed = [row["id"] for row in signed.standings]
    teams = {team.pk: team for team in Team.objects.filter(pk__in=listed, withdrawn_at=None).select_related("challenge")}
    entries = [
        {
            "rank": None,
            "teams": [shown_team(row, points=False) for row in _winners(prize, signed, teams)],
            "prizes": [shown(prize)],
        }
        for prize in apart
    ]
    return [entry for entry in entries if entry["teams"]]


def unchosen_prizes(edition: Edition) -> list[Prize]:
    """Prizes whose partner has not chosen yet, or chose a team that cannot win any more."""
    prizes = Prize.objects.filter(edition=edition, decided_by=Prize.DecidedBy.PARTNER)
    found = prizes.select_related("sponsor", "challenge", "chosen__challenge")
    return [prize for prize in found if prize.chosen is None or not may_win(prize, prize.chosen)]


def shown_team(row: Row, *, points: bool = True) -> Row:
    """A team as the public reads it, from a row of the signed standings."""
    score = round(row["score"], 1) if points and row["score"] is not None else None
    return {**{name: row[name] for name in ("id", "name", "title", "partner")}, "score": score}


def shown(prize: Prize) -> Row:
    """A prize as the public reads it."""
    return {
        "name": prize.name,
        "citation": prize.citation,
        "amount": None if prize.amount is None else plain(prize.amount),
        "currency": prize.currency,
        "sponsor": prize.sponsor.short_name if prize.sponsor else "",
        "by": str(prize.decided_by),
    }


def _winners(prize: Prize, signed: SignOff, teams: dict[int, Team]) -> list[Row]:
    fit = [row for row in signed.standings if row["id"] in teams and may_win(prize, teams[row["id"]])]
    if prize.decided_by == Prize.DecidedBy.PARTNER:
        return [row for row in fit if row["id"] == prize.chosen_id]
    if prize.decided_by == Prize.DecidedBy.AUDIENCE:
        votes = Counter(prize.votes.values_list("team_id", flat=True))
        most = max((votes[row["id"]] for row in fit), default=0)
        # Who has as many votes shares the prize: nobody's vote counts for more.
        return [row for row in fit if most and votes[row["id"]] == most]
    return _at_place(prize.rank, [row for row in fit if row["rank"] is not None])


def _at_place(place: int, ranked: list[Row]) -> list[Row]:
    """The rows at a place among `ranked`, best first. Who shares a rank shares the places that the group covers."""
    before = 0
    while before < len(ranked):
        tied = [row for row in ranked if row["rank"] == ranked[before]["rank"]]
        if before < place <= before + len(tied):
            return tied
        before += len(tied)
    return []
