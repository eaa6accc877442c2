"""The one thing a partner should do now: the challenge first, then what teams ask, then the solutions. Words only."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from challenges.models import Challenge, Step
from challenges.reads import own_organisations
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.localtext import local
from estrade.people.models import Person
from judging.prize_reads import own_choices
from teams.next_step import NextStep
from teams.question_reads import open_questions


def partner_step(*, edition: Edition, person: Person, own: Sequence[Challenge], now: datetime) -> NextStep:
    """What comes first for who speaks for a partner; `own`: the challenges of that partner."""
    phase = edition.phase(now)
    if phase == Phase.PUBLISHED:
        why, label = _("Each solution with its files: in one ZIP, or printed."), _("Open my solutions")
        return NextStep(_("Your solutions are ready"), why, label, _where("desk:partner", edition))
    if phase >= Phase.CLOSED:
        return _to_read(edition, person, now)
    heading, why, label, url = (
        _to_answer(edition, own, phase) or _to_write(edition, person, own) or _to_follow(edition, own, phase)
    )
    if phase == Phase.BEFORE:
        return NextStep(heading, why, label, url, _("The event opens in"), edition.opens_at)
    return NextStep(heading, why, label, url, _("Submissions close in"), edition.submissions_close_at)


def _to_answer(edition: Edition, own: Sequence[Challenge], phase: Phase) -> tuple[str, str, str, str] | None:
    n = sum(open_questions(own).values()) if phase == Phase.OPEN else 0
    if not n:
        return None
    heading = ngettext("Answer %(n)s question", "Answer %(n)s questions", n) % {"n": n}
    why = _("Teams wait for what only you know. Answer one team or all of them.")
    return heading, why, _("Read and answer"), _where("teams:questions", edition)


def _to_write(edition: Edition, person: Person, own: Sequence[Challenge]) -> tuple[str, str, str, str] | None:
    if not own and not own_organisations(edition=edition, person=person):
        why = _("Your challenge belongs to it. Ask the organisers to invite you again with its name; your account stays.")
        return (
            _("Your organisation is missing"),
            why,
            _("Read the challenges"),
            _where("editions:edition", edition) + "#challenges",
        )
    if not own:
        why = _("A problem that you really have, in your words. The organisers read it, then publish it.")
        return _("Write your challenge"), why, _("Write the challenge"), _where("challenges:new", edition)
    draft = next((one for one in own if one.state == "draft"), None)
    if draft is None:
        return None
    edit = reverse("challenges:edit", args=[edition.slug, draft.slug])
    last = draft.steps.order_by("-at", "-pk").first()
    if last is not None and last.kind == Step.Kind.SENT_BACK:
        why = _("Their remark: %(remark)s") % {"remark": last.words}
        return _("The organisers sent your challenge back"), why, _("Change the challenge"), edit
    why = _("“%(title)s” is a draft. Submit it for approval when it is ready.") % {"title": _title(draft)}
    return _("Finish your challenge"), why, _("Open the draft"), edit


def _to_follow(edition: Edition, own: Sequence[Challenge], phase: Phase) -> tuple[str, str, str, str]:
    waiting = next((one for one in own if one.state == "waiting"), None)
    if waiting is not None:
        why = _("The organisers read “%(title)s”, then publish it or send it back with a remark.") % {"title": _title(waiting)}
        return _("Your challenge awaits approval"), why, _("See my challenges"), _where("challenges:manage", edition)
    if phase == Phase.BEFORE:
        why, label = _("Teams read it from the opening on."), _("Read the challenge")
        return _("Your challenge is published"), why, label, reverse("challenges:challenge", args=[edition.slug, own[0].slug])
    why, label = _("How far each team is. Their solutions come when submissions have closed."), _("See the teams")
    return _("Follow the teams on your challenge"), why, label, _where("desk:partner", edition)


def _to_read(edition: Edition, person: Person, now: datetime) -> NextStep:
    url = _where("desk:partner", edition)
    choices = own_choices(person=person, edition=edition, now=now)
    choice = next((one for one in choices if one.is_open and one.teams and not one.prize.chosen_id), None)
    if choice is not None:
        heading = _("Choose who gets your prize: %(prize)s") % {"prize": local(choice.prize.name, get_language() or "fr")}
        until = choice.prize.choose_until
        return NextStep(
            heading, _("Read the solutions first."), _("Choose"), url, _("Time left to choose") if until else "", until
        )
    why = _("Everything in one ZIP comes with the results.")
    return NextStep(_("Read the solutions to your challenge"), why, _("Open my solutions"), url)


def _title(challenge: Challenge) -> str:
    return local(challenge.title, get_language() or "fr")


def _where(name: str, edition: Edition) -> str:
    return reverse(name, args=[edition.slug])
