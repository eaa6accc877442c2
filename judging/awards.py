"""Awards: which team gets which prize that does not simply go to a rank of the whole order.

Reads the signed standings, the choices that were made and the votes; never writes, never ranks anew: the one fit over all
ballots is filtered. No award says a team's points: it may be shown before the podium.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from estrade.editions.models import Edition
from judging.categories import category_of
from judging.eligibility import may_win
from judging.models import Prize, SignOff
from judging.rubrics import plain
from teams.models import Team

Row = dict[str, Any]


def prizes_of(signed: SignOff) -> list[Prize]:
    """The prizes of the signed round's edition, in their order. One that names this very round is one that names none."""
    prizes = list(
        Prize.objects.filter(edition=signed.round.edition_id).select_related("sponsor", "challenge", "category", "round")
    )
    for prize in prizes:
        if prize.round_id == signed.round_id:
            prize.round = None
    return prizes


def awards_of(signed: SignOff, prizes: list[Prize]) -> list[Row]:
    """One entry per prize that was won apart from an order: {rank: None, teams, prizes: [the prize]}, in their order.

    Prizes for a place in the order of all teams or of a category are with that place. Who did not go on to a final may be
    chosen by a partner and by the audience, and wins by the jury what goes by the order of an earlier round.
    """
    apart = [prize for prize in prizes if not prize.is_overall and not _is_of_category(prize)]
    if not apart:
        return []
    rows = [*signed.standings, *not_in_final(signed)]
    earlier = {one.round_id: one.standings for one in SignOff.objects.filter(round__in=[one.round_id for one in apart])}
    teams = _teams(rows)
    categories = category_of(signed.round.edition, list(teams.values()))
    entries = []
    for prize in apart:
        order = rows if prize.round_id is None else earlier.get(prize.round_id, [])
        fit = [row for row in order if _fits(prize, row, teams, categories)]
        winners = [shown_team(row, points=False) for row in _winners(prize, fit)]
        entries.append({"rank": None, "teams": winners, "prizes": [shown(prize)]})
    return [entry for entry in entries if entry["teams"]]


def category_orders(signed: SignOff, prizes: list[Prize]) -> list[Row]:
    """The order of each category: {name, entries: [{rank, teams, prizes, category: name}]}, best first, in their order.

    The signed order with the others left out, ranked from one: who shares a rank in all shares it here. Without points, which
    would say the places of the whole order. A category without a ranked team is left out, and one of all ranked teams too:
    its podium would be that of the whole order.
    """
    found = list(signed.round.edition.categories.all())
    if not found:
        return []
    teams = _teams(signed.standings)
    categories = category_of(signed.round.edition, list(teams.values()))
    orders, ranked = [], sum(row["rank"] is not None for row in signed.standings)
    for category in found:
        of_it = [row for row in signed.standings if categories.get(row["id"]) == category.pk and row["rank"] is not None]
        own = [prize for prize in prizes if _is_of_category(prize) and prize.category_id == category.pk]
        entries = []
        for rank, rows in _by_place(of_it):
            won = [shown(prize) for prize in own if rank <= prize.rank < rank + len(rows)]
            shown_rows = [shown_team(row, points=False) for row in rows]
            entries.append({"rank": rank, "teams": shown_rows, "prizes": won, "category": category.name})
        if entries and len(of_it) < ranked:
            orders.append({"name": category.name, "entries": entries})
    return orders


def not_in_final(signed: SignOff) -> list[Row]:
    """Teams that did not advance to a final, as they were signed before it, without the place and points of another round."""
    if not signed.round.is_final:
        return []
    before = SignOff.objects.filter(round__edition=signed.round.edition_id, round__number__lt=signed.round.number)
    listed = {row["id"] for row in signed.standings}
    rows = {row["id"]: row for one in before.order_by("round__number") for row in one.standings if row["id"] not in listed}
    here = set(Team.objects.filter(pk__in=rows, withdrawn_at=None).values_list("pk", flat=True))
    return [{**row, "rank": None, "score": None} for pk, row in rows.items() if pk in here]


def unchosen_prizes(edition: Edition) -> list[Prize]:
    """Prizes whose partner has not chosen yet, or chose a team that cannot win any more."""
    prizes = Prize.objects.filter(edition=edition, decided_by=Prize.DecidedBy.PARTNER)
    found = list(prizes.select_related("sponsor", "challenge", "category", "chosen__challenge"))
    categories = category_of(edition, [prize.chosen for prize in found if prize.chosen])
    return [one for one in found if one.chosen is None or not may_win(one, one.chosen, categories.get(one.chosen.pk))]


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


def _winners(prize: Prize, fit: list[Row]) -> list[Row]:
    if prize.decided_by == Prize.DecidedBy.PARTNER:
        return [row for row in fit if row["id"] == prize.chosen_id]
    if prize.decided_by == Prize.DecidedBy.AUDIENCE:
        votes = Counter(prize.votes.values_list("team_id", flat=True))
        most = max((votes[row["id"]] for row in fit), default=0)
        # Who has as many votes shares the prize: nobody's vote counts for more.
        return [row for row in fit if most and votes[row["id"]] == most]
    ranked = [row for row in fit if row["rank"] is not None]
    return next((rows for place, rows in _by_place(ranked) if place <= prize.rank < place + len(rows)), [])


def _is_of_category(prize: Prize) -> bool:
    apart = prize.challenge_id is not None or prize.round_id is not None
    return prize.decided_by == Prize.DecidedBy.JURY and prize.category_id is not None and not apart


def _fits(prize: Prize, row: Row, teams: dict[int, Team], categories: dict[int, int]) -> bool:
    return row["id"] in teams and may_win(prize, teams[row["id"]], categories.get(row["id"]))


def _teams(rows: list[Row]) -> dict[int, Team]:
    listed = [row["id"] for row in rows]
    return {team.pk: team for team in Team.objects.filter(pk__in=listed, withdrawn_at=None).select_related("challenge")}


def _by_place(ranked: list[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Places among `ranked`, best first, each with the rows that share it: 1, 2, 2, 4 are 1, 2 and 4."""
    place = 1
    for _rank, rows in groupby(ranked, key=itemgetter("rank")):
        tied = list(rows)
        yield place, tied
        place += len(tied)
