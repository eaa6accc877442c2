"""What the figures of a jury mean, in plain words: each warning with its cause and what can be done about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from judging.ranking.diagnosis import Finding, JurorFigures
from judging.ranking.podium import COULD_CHANGE, SAFE, Answer, Podium

# Offsets smaller than this many standard errors may be chance.
SURE = 1.6
Names = Mapping[int, str]


@dataclass(frozen=True, kw_only=True)
class Said:
    """A headline and a sentence or two. `level`: stop, warn, hint, note; for answers safe, could_change, unproven."""

    level: str
    title: str
    text: str


def number(value: float, decimals: int = 1) -> str:
    return number_format(round(value, decimals), decimals)


def listed(names: Names, some: Iterable[int]) -> str:
    return ", ".join(names.get(one, str(one)) for one in some)


def juror_words(one: JurorFigures) -> list[str]:
    """How a juror scores: severity, and whatever stands out."""
    words = []
    if not one.ballots:
        return [_("No complete ballot yet.")]
    if one.offset_error is None:
        words.append(_("Too few ballots to tell how strict."))
    elif abs(one.offset) < SURE * one.offset_error or abs(one.offset) < 0.5:
        words.append(_("As strict as the others."))
    else:
        figures = {"points": number(abs(one.offset)), "error": number(one.offset_error)}
        if one.offset > 0:
            words.append(_("More lenient than the others by about %(points)s points (± %(error)s).") % figures)
        else:
            words.append(_("Stricter than the others by about %(points)s points (± %(error)s).") % figures)
    if one.spread is not None and one.spread > 1.5:
        words.append(_("Uses more of the scale than the others."))
    elif one.spread is not None and one.spread < 0.6:
        words.append(_("Uses less of the scale than the others."))
    if one.agreement is not None:
        if one.agreement >= 0.7:
            words.append(_("Order close to that of the others."))
        elif one.agreement >= 0.3:
            words.append(_("Order partly that of the others."))
        else:
            words.append(_("Order unlike that of the others."))
    return words


def finding_words(one: Finding, *, jurors: Names, teams: Names) -> Said:
    """One condition: what it is, where it comes from, what helps."""
    figures = {key: value for key, value in one.figures.items() if isinstance(value, int | float | str)}
    figures["juror"] = jurors.get(one.figures.get("juror", 0), "")
    figures["jurors"] = listed(jurors, one.figures.get("jurors", []))
    figures["team"] = teams.get(one.figures.get("team", 0), "")
    figures["behind"] = ", ".join(f"{jurors.get(who, '')} {done}/{of}" for who, done, of in one.figures.get("behind", []))
    figures["teams"] = listed(teams, one.figures.get("teams", []))
    if "off" in figures:
        figures["points"] = number(abs(one.figures["off"]), 0)
    title, text = _finding(one, teams)
    return Said(level=one.level, title=title % figures, text=text % figures)


def _finding(one: Finding, teams: Names) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - a table of sentences
    code = one.code
    if code == "groups_not_linked":
        return (
            _("The teams fall into %(groups)s groups without a juror in common"),
            _(
                "Levels of groups cannot be compared. Let jurors of one group score teams of another: %(needed)s ballots at"
                " least, better %(advised)s. Or rank the groups apart. Signing all the same needs a reason."
            ),
        )
    if code == "hangs_on_juror":
        return (
            _("Only %(jurors)s links some teams with the others"),
            _("Without this person's ballots the teams could not be compared. One more juror who scores both sides helps."),
        )
    if code == "weakly_linked":
        return (
            _("Some teams are hard to compare: %(teams)s"),
            _("Few jurors lead from one to the other, so their difference is less sure. A juror who scores both helps."),
        )
    if code == "teams_not_ranked":
        return (
            _("Not ranked yet: %(teams)s"),
            _("A team needs %(minimum)s ballots for a rank. Ask the jurors who have it on their list."),
        )
    if code == "few_ballots_for_teams":
        return (
            _("Fewer than %(advised)s ballots: %(teams)s"),
            _("They are ranked, on little. One more ballot each makes the order surer than any formula."),
        )
    if code == "jurors_with_few_ballots":
        return (
            _("Few ballots so far: %(behind)s"),
            _("They count, and how strict these jurors are can hardly be told yet. A nudge, or a substitute."),
        )
    if code == "juror_inconsistent":
        return (
            _("%(juror)s scores unlike the panel"),
            _("The ballots scatter more than chance explains. Talk to the juror; an organiser can void ballots, with a reason."),
        )
    if code == "juror_against_the_others":
        return (
            _("%(juror)s tends to put the teams the other way round"),
            _("This happens to honest jurors too. Ask whether the scale was read the right way."),
        )
    if code == "juror_does_not_discriminate":
        return (
            _("%(juror)s gives nearly every team the same"),
            _("These ballots hardly tell teams apart. Ask the juror to look at the levels again."),
        )
    if code == "unusual_ballot":
        higher = one.figures["off"] > 0
        return (
            _("Unusual ballot: %(juror)s on %(team)s"),
            _("About %(points)s points above what the other ballots let expect. Ask the juror to confirm it.")
            if higher
            else _("About %(points)s points below what the other ballots let expect. Ask the juror to confirm it."),
        )
    if code == "rests_on_juror":
        changes = (
            _("Without this juror's ballots the winner would be another one.")
            if one.figures["winner_changes"]
            else _("Without this juror's ballots the podium would be another one.")
        )
        gained = listed(teams, one.figures["in"])
        who = _("On the podium then: %(teams)s.") % {"teams": gained} if gained else ""
        advice = _("Look at this juror's ballots on the first teams together, and minute what you find.")
        return (
            _("The result rests on %(juror)s"),
            " ".join(part.replace("%", "%%") for part in (changes, who, advice) if part),
        )
    if code == "mostly_noise":
        return (
            _("The order is mostly chance"),
            _("Teams differ less than ballots on one team do. More ballots help; say so in the deliberation."),
        )
    if code == "no_intervals":
        return (
            _("Too few ballots to say how sure the order is"),
            _("Margins are not shown. They come with more ballots on the same teams."),
        )
    return (
        _("No measurable difference between jurors"),
        _("Nobody has to be corrected: the points are the plain mean."),
    )


def answer_words(one: Answer, *, jurors: Names, teams: Names) -> Said:
    """One answer to "does it matter?"."""
    question, figures = one.question, one.figures
    podium = podium_words(figures["podium"], teams) if "podium" in figures else ""
    if question == "missing":
        return _missing_words(one, podium, jurors, teams)
    if question == "strictest":
        title = _("Without the strictest juror")
        name = jurors.get(figures.get("juror", 0), "")
        if one.verdict == SAFE:
            text = _("The podium stays the same without %(juror)s.") % {"juror": name}
        elif one.verdict == COULD_CHANGE:
            text = _("Without %(juror)s the podium would be: %(podium)s.") % {"juror": name, "podium": podium}
        else:
            text = _("There are too few jurors to leave one out.")
    elif question == "method":
        title = _("By another method")
        rules = {"mean": _("the plain mean"), "adjusted": _("corrected for severity"), "fixed": _("fully corrected for severity")}
        if one.verdict == SAFE:
            text = _("Plain mean or corrected for severity: the podium is the same.")
        else:
            text = _("By another method (%(rule)s) the podium would be: %(podium)s.") % {
                "rule": rules.get(figures.get("rule", ""), ""),
                "podium": podium,
            }
    else:
        title = _("By another rule for ties")
        if one.verdict == SAFE:
            text = _("No equal points touch the podium: no rule for ties has a say.")
        else:
            text = _("Equal points on the podium: %(teams)s. Their order hangs on the rule.") % {
                "teams": listed(teams, figures["teams"])
            }
    return Said(level=one.verdict, title=title, text=text)


def _missing_words(one: Answer, podium: str, jurors: Names, teams: Names) -> Said:
    count = one.figures["ballots"]
    title = ngettext("With the ballot that is missing", "With the ballots that are missing", count)
    if not count:
        return Said(level=SAFE, title=_("With the ballots that are missing"), text=_("None is missing."))
    if one.verdict == SAFE:
        text = ngettext(
            "Whatever marks the ballot brings, the podium stays the same: proven.",
            "Whatever marks the %(n)s ballots bring, the podium stays the same: proven.",
            count,
        ) % {"n": count}
    elif one.verdict == COULD_CHANGE:
        if one.figures["as_expected"]:
            text = _("If they come as expected, the podium will be: %(podium)s.") % {"podium": podium}
        else:
            given = [
                _("%(juror)s gives %(team)s %(points)s of 100")
                % {"juror": jurors.get(juror, ""), "team": teams.get(team, ""), "points": number(points, 0)}
                for juror, team, points in one.figures["given"]
            ]
            text = _("For example, if %(given)s, the podium will be: %(podium)s.") % {"given": ", ".join(given), "podium": podium}
    else:
        text = _("No example was found and nothing is proven: too many possibilities. Wait for the ballots if you can.")
    return Said(level=one.verdict, title=title, text=text)


def podium_words(podium: Podium, teams: Names) -> str:
    """ "1. Lumo, 2. Vélo" in words that need no layout."""
    return ", ".join(f"{rank}. {listed(teams, sorted(some))}" for rank, some in podium)
