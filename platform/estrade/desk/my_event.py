"""The one thing to do now for whoever helps: jurors, facilitators, partners. Words only: rights stay with the verbs."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from challenges.models import Challenge
from estrade.desk.partner_step import partner_step
from estrade.editions.models import Edition
from estrade.editions.moving import current_and_next
from estrade.editions.phases import Phase
from estrade.people.models import Person, Role
from teams.next_step import NextStep

JURY = frozenset({Role.Name.JUROR, Role.Name.PRESIDENT})


def helper_step(*, edition: Edition, person: Person, own: Sequence[Challenge], now: datetime) -> NextStep:
    """What comes first for this person. Who helps in several ways scores first, because that cannot wait.

    `own`: the challenges of the partner for whom this person speaks.
    """
    phase, roles = edition.phase(now), edition.roles_of(person)
    if phase == Phase.PUBLISHED and Role.Name.PARTNER not in roles:
        url = _where("judging_public:results", edition)
        return NextStep(_("The results are here"), _("Thank you for taking part."), _("See the results"), url)
    if roles & JURY and phase < Phase.PUBLISHED and (phase >= Phase.JUDGING or Role.Name.FACILITATOR not in roles):
        return _to_score(edition, phase)
    if Role.Name.FACILITATOR in roles and phase < Phase.PUBLISHED:
        return _to_run(edition, now)
    if Role.Name.PARTNER not in roles:
        return _to_follow(edition, phase)
    return partner_step(edition=edition, person=person, own=own, now=now)


def _to_score(edition: Edition, phase: Phase) -> NextStep:
    url = _where("judging:jury", edition)
    if phase >= Phase.JUDGING:
        until = edition.freeze_at if phase == Phase.JUDGING else None
        words = _("The leaderboard freezes in") if until else ""
        return NextStep(
            _("Score your teams"), _("Each score is kept as soon as you tap it."), _("Open my teams"), url, words, until
        )
    why = _("You find them here when submissions have closed.")
    label = _("Open my teams") if phase == Phase.CLOSED else ""
    heading, words = _("Your teams come with the pitches"), _("Pitches start in")
    return NextStep(heading, why, label, url if label else "", words, edition.judging_opens_at)


def _to_follow(edition: Edition, phase: Phase) -> NextStep:
    """A school's contact: what anybody may see, and the vote of the audience below it."""
    if phase >= Phase.JUDGING:
        why = _("The teams are pitching. The leaderboard follows the jury.")
        return NextStep(_("Follow your school’s teams"), why, _("See the leaderboard"), _where("judging_public:board", edition))
    until = edition.submissions_close_at if phase < Phase.CLOSED else None
    why, words = _("The challenges and the programme are on the page of the event."), _("Submissions close in") if until else ""
    return NextStep(_("Follow your school’s teams"), why, _("About the event"), _where("editions:edition", edition), words, until)


def _to_run(edition: Edition, now: datetime) -> NextStep:
    _current, coming = current_and_next(list(edition.programme.all()), now)
    why = _("What is going on, what comes next, and “next” in one tap.")
    words, until = (_("Next step in"), coming.starts_at) if coming else ("", None)
    return NextStep(_("Run the programme"), why, _("Open the programme"), _where("desk:programme", edition), words, until)


def _where(name: str, edition: Edition) -> str:
    return reverse(name, args=[edition.slug])
