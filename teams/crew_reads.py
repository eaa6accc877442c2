"""What the page of a team's people shows besides them: warnings, and the team's history in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.journal.log import team_stream
from estrade.journal.models import Event
from estrade.kernel.localtext import local
from estrade.people.models import Person
from teams.models import Merger, Team
from teams.workspace import Member

# What happened to a team, without each saved draft.
TOLD = (
    "team.created", "team.changed", "team.withdrawn", "team.reopened", "team.merged", "team.split", "member.joined",
    "member.left", "captain.changed", "submission.delivered", "submission.captured", "late.accepted", "extension.granted",
)  # fmt: skip
LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that happened. `by`: who did it, where that is somebody else."""

    at: datetime
    words: str
    by: str


def warnings_of(edition: Edition, members: Sequence[Member]) -> list[str]:
    """Which of the edition's rules the team does not keep."""
    found, size = [], len(members)
    if edition.smallest_team is not None and 0 < size < edition.smallest_team:
        words = ngettext(
            "%(size)s person: a team has at least %(least)s.", "%(size)s people: a team has at least %(least)s.", size
        )
        found.append(words % {"size": size, "least": edition.smallest_team})
    if edition.largest_team is not None and size > edition.largest_team:
        found.append(_("%(size)s people: a team has at most %(most)s.") % {"size": size, "most": edition.largest_team})
    if edition.most_from_one_school is not None:
        schools = Counter(one.organisation.short_name for one in members if one.organisation)
        found += [
            _("%(count)s people from %(school)s: %(limit)s at most.")
            % {"count": count, "school": school, "limit": edition.most_from_one_school}
            for school, count in sorted(schools.items())
            if count > edition.most_from_one_school
        ]
    return found


def history_of(team: Team, language: str) -> list[Line]:
    """What happened to the team, newest first, from its stream of the journal."""
    events = Event.objects.filter(edition=team.edition_id, stream=team_stream(team.pk), kind__in=TOLD)
    # A thing told to several teams at once stands in the stream of each.
    ours = [one for one in events.order_by("-seq")[:LONGEST] if team.pk in _teams_in(one.payload)]
    ids = {pk for one in ours for pk in (one.payload.get("person"), one.actor_id) if pk is not None}
    people = {one.pk: one.name for one in Person.objects.filter(pk__in=ids)}
    names = {one.pk: one.name for one in Team.objects.filter(pk__in={pk for event in ours for pk in _teams_in(event.payload)})}
    titles = {one.pk: local(one.title, language) for one in Challenge.objects.filter(edition=team.edition_id)}
    lines = []
    for one in ours:
        words = _sentence(one.kind, one.payload, team, people, names, titles)
        by = people.get(one.actor_id or 0, "") if one.actor_id != one.payload.get("person") else ""
        lines.append(Line(at=one.at, words=words, by=by))
    return lines


def earlier_teams(team: Team) -> list[Team]:
    """The teams whose people went on in this one; what they wrote can still be read."""
    return [one.team for one in Merger.objects.filter(into=team).select_related("team")]


def _teams_in(facts: Mapping[str, Any]) -> set[int]:
    return {facts[name] for name in ("team", "into", "origin") if name in facts}


def _sentence(
    kind: str,
    facts: Mapping[str, Any],
    team: Team,
    people: Mapping[int, str],
    names: Mapping[int, str],
    titles: Mapping[int, str],
) -> str:
    person = facts.get("person")
    figures = {
        "person": people.get(person, _("somebody who left")) if person else "",
        "challenge": titles.get(facts.get("challenge") or 0, _("none yet")),
        "number": facts.get("number", ""),
        "team": names.get(facts["team"], ""),
        "other": names.get(facts.get("into") or facts.get("origin") or 0, ""),
    }
    mine = facts["team"] == team.pk
    sentences = {
        "team.created": _("The team was founded."),
        "team.changed": _("Name or challenge changed; challenge: %(challenge)s."),
        "team.withdrawn": _("The team withdrew."),
        "team.reopened": _("The team came back."),
        "team.merged": _("The team went on in %(other)s.") if mine else _("The team %(team)s went on in this one."),
        "team.split": _("The team was split off from %(other)s.") if mine else _("Part of the team went on as %(team)s."),
        "member.joined": _("%(person)s came into the team."),
        "member.left": _("%(person)s left the team."),
        "captain.changed": _("%(person)s is the spokesperson.") if person else _("Nobody is the spokesperson."),
        "submission.delivered": _("Version %(number)s was handed in."),
        "submission.captured": _("The draft was taken at the deadline as version %(number)s."),
        "late.accepted": _("A late version was accepted."),
        "extension.granted": _("The team got more time."),
    }
    return sentences[kind] % figures
