"""Who may win which prize, and why, in one sentence.

Knows the prize and the team alone: no ballot, no rank, no vote. What it says may be shown to the team before the ceremony.
"""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from estrade.kernel.localtext import local
from judging.models import Prize
from teams.models import Team


def may_win(prize: Prize, team: Team, category: int | None) -> bool:
    """Whether the prize can go to this team of this category. A prize and a team of one edition, with their challenges."""
    if team.withdrawn_at is not None or (prize.category_id is not None and prize.category_id != category):
        return False
    if prize.challenge_id is not None:
        return team.challenge_id == prize.challenge_id
    if prize.decided_by == Prize.DecidedBy.PARTNER:
        return team.challenge is not None and team.challenge.partner_id == prize.sponsor_id
    return True


def why(prize: Prize, team: Team, category: int | None) -> str:
    """One sentence: that the team can win and who decides, or what keeps it from winning."""
    if team.withdrawn_at is not None:
        return _("Team %(team)s has withdrawn, so it wins no prize.") % {"team": team.name}
    if prize.category is not None and prize.category_id != category:
        name = local(prize.category.name, get_language() or "en")
        return _("Team %(team)s cannot win it: the prize is for the category “%(category)s”.") % {
            "team": team.name,
            "category": name,
        }
    if not may_win(prize, team, category):
        figures = {"team": team.name, "challenge": _title(prize), "sponsor": prize.sponsor.name if prize.sponsor else ""}
        if prize.challenge_id is not None:
            return _("Team %(team)s cannot win it: the prize is for the teams on “%(challenge)s”.") % figures
        return _("Team %(team)s cannot win it: %(sponsor)s chooses among the teams on its own challenges.") % figures
    return _("Team %(team)s can win it: %(rule)s") % {"team": team.name, "rule": rule(prize)}


def rule(prize: Prize) -> str:
    """Who decides and among which teams, as one sentence that can follow a colon."""
    figures = {
        "challenge": _title(prize),
        "sponsor": prize.sponsor.name if prize.sponsor else "",
        "rank": prize.rank,
        "category": local(prize.category.name, get_language() or "en") if prize.category else "",
    }
    said = _decided(prize) % figures
    if prize.category is not None:
        said += " " + _("Only in the category “%(category)s”.") % figures
    if prize.round is not None:
        said += " " + _("The order of round %(round)s decides, not that of a final.") % {"round": prize.round.number}
    return said


def _decided(prize: Prize) -> str:
    on_one = prize.challenge_id is not None
    if prize.decided_by == Prize.DecidedBy.PARTNER:
        if on_one:
            return _("%(sponsor)s chooses among the teams on “%(challenge)s”.")
        return _("%(sponsor)s chooses among the teams on its challenges.")
    if prize.decided_by == Prize.DecidedBy.AUDIENCE:
        if on_one:
            return _("everybody at the event has one vote, for a team on “%(challenge)s”; the most votes win.")
        return _("everybody at the event has one vote, and not for the own team; the most votes win.")
    if on_one:
        if prize.rank == 1:
            return _("it goes to the best team on “%(challenge)s” in the jury’s order.")
        return _("it goes to place %(rank)s among the teams on “%(challenge)s” in the jury’s order.")
    if prize.category_id is not None:
        if prize.rank == 1:
            return _("it goes to the best team of the category in the jury’s order.")
        return _("it goes to place %(rank)s of the category in the jury’s order.")
    if prize.rank == 1:
        return _("it goes to the first of all teams in the jury’s order.")
    return _("it goes to place %(rank)s of all teams in the jury’s order.")


def _title(prize: Prize) -> str:
    return local(prize.challenge.title, get_language() or "en") if prize.challenge else ""
