"""The one thing a participant should do now, and what is done already. Words only: rights stay with the verbs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.editions.timeline import countdown
from estrade.kernel.localtext import local
from estrade.people.models import Person
from teams.models import Receipt, Team
from teams.words import as_team
from teams.workspace import Workspace


@dataclass(frozen=True)
class NextStep:
    """A heading, why, where to go, and the time left with the words in front of it."""

    heading: str
    why: str
    label: str = ""
    url: str = ""
    words: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Item:
    """One line of the checklist; `state` is "done", "todo" or "late", `anchor` the field it leads to, `url` another page."""

    label: str
    state: str
    anchor: str = ""
    url: str = ""


def checklist(space: Workspace | None) -> list[Item]:
    """From joining a team to handing in. What is missing when the time is over is late."""
    if space is None or space.draft is None:
        return [Item(_("Join a team"), "done" if space else "todo")]
    todo = "todo" if space.window.is_open else "late"
    labels = {
        "title": _("Give the solution a title"),
        "summary": _("Sum it up in one sentence"),
        "text": _("Describe the problem and the solution"),
    }
    delivered = space.current is not None
    return [
        Item(_("Join a team"), "done"),
        Item(_("Choose a challenge"), "done" if space.team.challenge_id else todo, url=_where_to_choose(space)),
        *(Item(label, todo if name in space.missing else "done", f"id_{name}") for name, label in labels.items()),
        *_required_items(space, todo),
        Item(_("Hand in the solution"), "done" if delivered else todo, "deliver"),
    ]


def _where_to_choose(space: Workspace) -> str:
    """The spokesperson chooses, on the page of the team's people."""
    if not space.may_manage:
        return ""
    crew = reverse("teams:crew", kwargs={"slug": space.team.edition.slug, "team_id": space.team.pk})
    return f"{crew}#settings"


def _required_items(space: Workspace, todo: str) -> list[Item]:
    """What this edition requires besides."""
    items = []
    if "link" in space.asked.required:
        items.append(Item(_("Link to a demonstration"), "done" if space.is_filled("link") else todo, "id_link"))
    for field in space.asked.fields:
        if field.is_required:
            anchor = f"place-{field.key}" if field.is_file else f"id_answer_{field.key}"
            label = local(field.label, get_language() or "fr")
            items.append(Item(label, "done" if space.is_filled(field.key) else todo, anchor))
    return items


def next_step(
    *, edition: Edition, space: Workspace | None, person: Person, now: datetime, invited_by: Sequence[Team] = ()
) -> NextStep:
    """What to do now, for this person, in this phase. `invited_by`: teams that wait for the answer of somebody without one."""
    phase = edition.phase(now)
    if phase == Phase.PUBLISHED:
        label, url = _("See the results"), _address("judging_public:results", edition)
        return NextStep(_("The results are here"), _("Thank you for taking part."), label if url else "", url)
    if space is None:
        return _without_team(edition, phase, invited_by, now)
    if space.team.withdrawn_at is not None:
        return _withdrawn(space, phase)
    if space.window.is_open:
        return _at_work(space, person)
    if phase == Phase.BEFORE:
        return _waiting(edition, now, _("See you at the opening"), _("Your team is ready. The challenges come with the opening."))
    if space.current is None:
        return _missed(space)
    if phase == Phase.CLOSED:
        return _waiting(edition, now, _("Your solution is handed in"), _("Prepare your pitch: three minutes, then questions."))
    if phase == Phase.JUDGING:
        why = _("The jury scores each team after its pitch. You pass as number %(number)s.") % {"number": space.team.number}
        label, url = _("See the leaderboard"), _address("judging_public:board", edition)
        return NextStep(_("The pitches have started"), why, label if url else "", url)
    return NextStep(_("The jury deliberates"), _("The leaderboard stands still. The results come with the prize-giving."))


def _without_team(edition: Edition, phase: Phase, invited_by: Sequence[Team], now: datetime) -> NextStep:
    if phase == Phase.OPEN and invited_by:
        heading = _("%(team)s invites you") % {"team": as_team(invited_by[0].name)}
        if len(invited_by) > 1:
            heading = _("%(n)s teams invite you") % {"n": len(invited_by)}
        url, words = reverse("teams:find", kwargs={"slug": edition.slug}), _("Submissions close in")
        return NextStep(heading, _("Say yes or no: they wait for you."), _("Answer"), url, words, edition.submissions_close_at)
    if phase == Phase.OPEN:
        why = _("Enter the code a friend gave you, or start a team of your own.")
        url = reverse("teams:join", kwargs={"slug": edition.slug})
        words = _("Submissions close in")
        return NextStep(_("Join a team"), why, _("Join or create a team"), url, words, edition.submissions_close_at)
    if phase == Phase.BEFORE:
        return _waiting(edition, now, _("Your place is booked"), _("Teams are formed at the opening."))
    return NextStep(_("You are in no team"), _("The time for joining one is over. An organiser can help you."))


def _withdrawn(space: Workspace, phase: Phase) -> NextStep:
    url = reverse("teams:crew", kwargs={"slug": space.team.edition.slug, "team_id": space.team.pk})
    why = _("Everything it wrote is kept. An organiser can take this back.")
    if phase == Phase.OPEN:
        why = _("Everything it wrote is kept. An organiser can take this back, or you leave it and join another team.")
    return NextStep(_("Your team has withdrawn"), why, _("The team and its people"), url)


def _at_work(space: Workspace, person: Person) -> NextStep:
    url = reverse("teams:team", kwargs={"slug": space.team.edition.slug, "team_id": space.team.pk})
    words = _("Your extension ends in") if space.is_extended else _("Submissions close in")
    until = space.window.closes_at
    if space.missing:
        n = len(space.missing)
        why = ngettext(
            "One thing is missing. The draft saves by itself, the whole team can complete it.",
            "%(n)s things are missing. The draft saves by itself, the whole team can complete it.",
            n,
        )
        return NextStep(_("Complete your submission"), why % {"n": n}, _("Complete it"), url, words, until)
    if space.current is not None and not space.is_changed:
        why = _("Version %(number)s counts. You can replace it until the deadline.") % {"number": space.current.number}
        return NextStep(_("Your solution is handed in"), why, _("Look at it"), url, words, until)
    captain = space.team.captain
    if captain is not None and captain.pk != person.pk:
        why = _("Everything is there. %(name)s, your spokesperson, hands it in.") % {"name": captain.name}
        return NextStep(_("Ready to be handed in"), why, _("Read it again"), url, words, until)
    if space.current is not None:
        return NextStep(
            _("Hand in your new version"), _("The draft has changed since the last one."), _("Hand it in"), url, words, until
        )
    return NextStep(
        _("Hand in your solution"), _("Everything is there. You can still replace it later."), _("Hand it in"), url, words, until
    )


def _missed(space: Workspace) -> NextStep:
    url = reverse("teams:team", kwargs={"slug": space.team.edition.slug, "team_id": space.team.pk})
    if space.waiting is not None and space.waiting.state == Receipt.State.LATE:
        why = _("It arrived after the deadline. An organiser decides whether it counts.")
        return NextStep(_("Your late submission is being looked at"), why, _("Look at it"), url)
    if space.missing:
        why = _("Nothing was handed in, and the draft is not complete. An organiser can give your team more time.")
        return NextStep(_("The deadline has passed"), why, _("Open your submission"), url)
    why = _("Nothing was handed in. Your draft is kept: you can still send it, and an organiser decides whether it counts.")
    return NextStep(_("The deadline has passed"), why, _("Open your submission"), url)


def _waiting(edition: Edition, now: datetime, heading: str, why: str) -> NextStep:
    ahead = countdown(edition, now)
    return NextStep(heading, why, words=ahead.words if ahead else "", until=ahead.at if ahead else None)


def _address(name: str, edition: Edition) -> str:
    try:
        return reverse(name, kwargs={"slug": edition.slug})
    except NoReverseMatch:
        return ""
