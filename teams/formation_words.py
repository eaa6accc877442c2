"""What `teams.formation` says in codes and figures, as sentences for organisers."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teams.formation import Reason
from teams.formation.scoring import Broken

Name = Callable[[str], str]


def rank_words(rank: int | None, *, stated: bool = True) -> str:
    """Which choice somebody got."""
    if not stated:
        return _("no choice stated")
    if rank is None:
        return _("not among the choices")
    names = [_("first choice"), _("second choice"), _("third choice")]
    return names[rank - 1] if rank <= len(names) else _("choice number %(rank)s") % {"rank": rank}


def reason_sentence(reason: Reason, *, person: Name, challenge: Name) -> str:
    """Why somebody is here, in one sentence."""
    got = rank_words(reason.rank, stated=reason.code != "no_choice")
    words = {"got": got[:1].upper() + got[1:], "wanted": challenge(reason.wanted) if reason.wanted else "", **reason.figures}
    if reason.code == "locked":
        return _("Place locked by an organiser (%(got)s).") % {"got": got}
    if reason.code in ("first_choice", "no_choice"):
        return _with_company(words["got"], reason, person)
    if reason.code == "full":
        return _("%(got)s, because %(wanted)s is full (%(places)s places in %(teams)s teams).") % words
    if reason.code == "rule":
        return _("%(got)s, because every way to %(wanted)s breaks a rule of sizes, schools or groups.") % words
    return _exchange_sentence(reason, words, person)


def _exchange_sentence(reason: Reason, words: Mapping[str, Any], person: Name) -> str:
    figures = {**words, "gain": f"{words['gain']:g}", "price": f"{words['price']:g}", "other": person(words["other"] or "")}
    if reason.code == "better":
        return _("%(got)s; since the plan was changed by hand, a place at %(wanted)s would be better for all.") % figures
    if words["other"]:
        exchange = _("%(got)s: changing places with %(other)s (%(wanted)s) would gain %(gain)s and cost the others %(price)s.")
        return exchange % figures
    return _("%(got)s: a place at %(wanted)s would gain %(gain)s and cost the others %(price)s.") % figures


def _with_company(got: str, reason: Reason, person: Name) -> str:
    if reason.friends:
        return _("%(got)s, with %(friends)s.") % {"got": got, "friends": ", ".join(map(person, reason.friends))}
    if reason.brings:
        return _("%(got)s; alone in the team to bring: %(skills)s.") % {"got": got, "skills": ", ".join(reason.brings)}
    return f"{got}."


def broken_sentence(one: Broken, *, person: Name, challenge: Name, school: Name) -> str:
    """A broken rule, and by how much."""
    people = ", ".join(map(person, one.students))
    figures = {**one.figures, "people": people, "challenge": challenge(one.challenge) if one.challenge else ""}
    if one.rule == "max_same_school":
        figures["school"] = school(str(one.figures["school"]))
    sentences = {
        "team_size": _("%(size)s people: a team has %(min)s to %(max)s."),
        "max_same_school": _("%(count)s people from %(school)s: %(limit)s at most."),
        "teams_per_challenge": _("%(challenge)s has %(teams)s teams: %(min)s to %(max)s are allowed."),
        "together": _("Want to be together and are not: %(people)s."),
        "apart": _("Must not be in one team: %(people)s."),
        "locked": _("A locked place could not be kept: %(people)s."),
        "placed_once": _("Has no place, or two: %(people)s."),
        "present": _("No longer takes part: %(people)s."),
        "challenge_unknown": _("The challenge %(challenge)s is not open."),
    }
    return sentences[one.rule] % figures


def obstacle_sentence(obstacle: Mapping[str, Any], *, school: Name) -> str:
    """What would have to give way for a plan without a broken rule, with the figures where counting shows why."""
    names = {
        "locked": _("free the locked places"),
        "teams_per_challenge": _("allow another number of teams per challenge"),
        "team_size": _("allow other team sizes"),
        "max_same_school": _("allow more people of one school in a team"),
        "together": _("separate people who wished for each other"),
        "apart": _("lift a separation"),
    }
    ways = " + ".join(names[rule] for rule in obstacle["rules"])
    why = next((counted for row in obstacle["figures"] if (counted := _counted(row, school))), "")
    return " ".join(part for part in (ways[:1].upper() + ways[1:] + ".", why) if part)


def _counted(row: Mapping[str, Any], school: Name) -> str:
    if row["found"] == "too_few_people":
        return _("%(people)s people are too few for %(teams)s teams of %(size)s: %(short)s are missing.") % row
    if row["found"] == "too_many_people":
        return _("%(people)s people are too many for %(teams)s teams of %(size)s: %(over)s are left over.") % row
    if row["found"] == "school_too_large":
        return _("%(count)s people come from %(school)s: at %(limit)s per team, %(teams)s teams do not hold them.") % {
            **row,
            "school": school(row["school"]),
        }
    if row["found"] == "group_too_large":
        words = ngettext("%(count)s person is linked by wishes.", "%(count)s people are linked by wishes.", row["count"])
        return words % row
    return ""
