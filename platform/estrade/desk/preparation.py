"""What is still missing before the next phase: the organiser's check list. Reads only; the pages it leads to do the work."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.people.models import PersonalCode, Role
from judging.models import Ballot, SignOff
from judging.rubrics import rubric_of
from teams.models import Team

JURY = (Role.Name.JUROR, Role.Name.PRESIDENT)
TITLES: dict[str, Promise] = {
    "challenges": _("Challenges published"),
    "people": _("Participants brought in"),
    "jury": _("Jury put together"),
    "codes": _("Personal codes printed"),
    "in_teams": _("Everybody in a team"),
    "with_challenge": _("A challenge for every team"),
    "handed_in": _("Solutions handed in"),
    "rubric": _("Rubric written"),
    "ballots": _("Ballots complete"),
    "signed": _("Results signed"),
}
# What the list is about, by the phase that is going on.
HEADINGS: dict[Phase, Promise] = {
    Phase.BEFORE: _("Before the event opens"),
    Phase.OPEN: _("Before submissions close"),
    Phase.CLOSED: _("Before the pitches start"),
    Phase.JUDGING: _("Before the leaderboard freezes"),
    Phase.FROZEN: _("Before the results are public"),
}


@dataclass(frozen=True)
class Item:
    """One line: done or not, how far in words, and the page that does it."""

    key: str
    is_done: bool
    words: str
    url: str

    @property
    def title(self) -> Promise:
        return TITLES[self.key]


@dataclass(frozen=True)
class CheckList:
    """What the next phase waits for; `next` is the first thing that is missing."""

    heading: Promise
    items: list[Item]

    @property
    def next(self) -> Item | None:
        return next((item for item in self.items if not item.is_done), None)


def check_list(edition: Edition, now: datetime) -> CheckList | None:
    """The list of the phase that is going on, in a number of queries that does not grow; None once results are public."""
    phase = edition.phase(now)
    if phase == Phase.PUBLISHED:
        return None
    parts: dict[Phase, tuple[Callable[[Edition], list[Item]], ...]] = {
        Phase.BEFORE: (preparation_of,),
        Phase.OPEN: (preparation_of, _of_teams),
        Phase.CLOSED: (_of_judging,),
        Phase.JUDGING: (_of_ballots,),
        Phase.FROZEN: (_of_ballots, _of_results),
    }
    return CheckList(HEADINGS[phase], [item for part in parts[phase] for item in part(edition)])


def _of_teams(edition: Edition) -> list[Item]:
    people = edition.roles.filter(role=Role.Name.PARTICIPANT).count()
    teams = Team.objects.filter(edition=edition, withdrawn_at=None)
    placed = edition.roles.filter(role=Role.Name.PARTICIPANT, person__memberships__team__in=teams).distinct().count()
    counted = teams.aggregate(all=Count("pk"), ready=Count("pk", filter=Q(challenge__isnull=False)))
    fix = _where("teams:people", edition) + "?only=team" if counted["all"] else _where("teams:compose", edition)
    return [
        _of("in_teams", placed, people, fix),
        _of("with_challenge", counted["ready"], counted["all"], _where("teams:teams", edition)),
    ]


def _of_judging(edition: Edition) -> list[Item]:
    teams = Team.objects.filter(edition=edition, withdrawn_at=None)
    counted = teams.aggregate(all=Count("pk"), ready=Count("pk", filter=Q(submission__current__isnull=False)))
    rubric = rubric_of(edition)
    criteria = rubric.criteria.count() if rubric else 0
    jurors = edition.roles.filter(role__in=JURY).count()
    setup = _where("judging:setup", edition)
    return [
        _of("handed_in", counted["ready"], counted["all"], _where("teams:teams", edition) + "?only=missing"),
        Item(
            "rubric",
            criteria > 0,
            ngettext("%(n)s criterion", "%(n)s criteria", criteria) % {"n": criteria},
            _where("judging:rubric", edition),
        ),
        Item("jury", jurors > 0, ngettext("%(n)s juror", "%(n)s jurors", jurors) % {"n": jurors}, setup),
    ]


def _of_ballots(edition: Edition) -> list[Item]:
    latest = edition.rounds.order_by("-number").values("pk")[:1]
    ballots = Ballot.objects.counting().filter(seat__round__in=latest, team__withdrawn_at=None)
    counted = ballots.aggregate(all=Count("pk"), ready=Count("pk", filter=Q(completed_at__isnull=False)))
    return [_of("ballots", counted["ready"], counted["all"], _where("desk:control", edition) + "#td")]


def _of_results(edition: Edition) -> list[Item]:
    signed = SignOff.objects.filter(round__in=edition.rounds.order_by("-number").values("pk")[:1]).exists()
    return [Item("signed", signed, "", _where("desk:sign_off", edition))]


def _of(key: str, done: int, of: int, url: str) -> Item:
    return Item(key, 0 < of == done, gettext("%(published)s of %(all)s") % {"published": done, "all": of}, url)


def preparation_of(edition: Edition) -> list[Item]:
    """The lines in the order in which one does them, in two queries."""
    counted = Edition.objects.filter(pk=edition.pk).aggregate(
        written=Count("challenges", distinct=True),
        published=Count("challenges", filter=Q(challenges__published_at__isnull=False), distinct=True),
        waiting=Count("challenges", filter=Q(challenges__waiting_since__isnull=False), distinct=True),
        participants=Count("roles", filter=Q(roles__role=Role.Name.PARTICIPANT), distinct=True),
        jurors=Count("roles", filter=Q(roles__role__in=JURY), distinct=True),
    )
    with_code = PersonalCode.objects.filter(edition=edition, person__roles__edition=edition)
    codes = with_code.filter(person__roles__role=Role.Name.PARTICIPANT).count()
    return [
        Item(
            "challenges",
            0 < counted["written"] == counted["published"],
            _challenges_in_words(counted),
            _where("challenges:manage", edition),
        ),
        Item(
            "people",
            counted["participants"] > 0,
            ngettext("%(n)s person", "%(n)s people", counted["participants"]) % {"n": counted["participants"]},
            _where("teams:people", edition),
        ),
        Item(
            "jury",
            counted["jurors"] > 0,
            ngettext("%(n)s juror", "%(n)s jurors", counted["jurors"]) % {"n": counted["jurors"]},
            _where("judging:setup", edition),
        ),
        Item(
            "codes",
            0 < counted["participants"] <= codes,
            gettext("%(published)s of %(all)s") % {"published": codes, "all": counted["participants"]},
            _where("people:codes", edition),
        ),
    ]


def _challenges_in_words(counted: dict[str, int]) -> str:
    words = gettext("%(published)s of %(all)s") % {"published": counted["published"], "all": counted["written"]}
    if not counted["waiting"]:
        return words
    waiting = ngettext("%(n)s challenge awaits approval", "%(n)s challenges await approval", counted["waiting"])
    return f"{words}, {waiting % {'n': counted['waiting']}}"


def _where(name: str, edition: Edition) -> str:
    return reverse(name, args=[edition.slug])
