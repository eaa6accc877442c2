"""The page "Find a team": people without a team and teams with open places meet. No address, no message: a press of a button."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from challenges.reads import visible_challenges
from estrade.access.policy import can, require
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.forms import PAGES_OF_THEIR_OWN
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from teams.approaches import answer_invitation, ask_to_join, invite
from teams.life_forms import AnswerForm, OwnNoticeForm
from teams.models import Approach
from teams.notices import approaches_to, board_of, own_notice, post_own_notice, remove_own_notice, skills_known
from teams.reads import team_of


@require_safe
def find(request: PageRequest, slug: str) -> HttpResponse:
    """The board, one's own notice, and what waits for an answer."""
    require(request.user, "find.read", request.edition)
    return _page(request)


@require_POST
def post(request: PageRequest, slug: str) -> HttpResponse:
    """Put oneself on the board."""
    require(request.user, "find.read", request.edition)
    form = _form(request, request.POST)
    if form.is_valid():
        try:
            post_own_notice(person=request.user, edition_id=request.edition.pk, **form.words)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("You are on the board. Teams can invite you now."))
            return redirect("teams:find", slug=slug)
    return _page(request, form=form, status=422)


@require_POST
def remove(request: PageRequest, slug: str) -> HttpResponse:
    """Leave the board."""
    require(request.user, "find.read", request.edition)
    remove_own_notice(person=request.user, edition_id=request.edition.pk)
    messages.success(request, _("You are no longer on the board."))
    return redirect("teams:find", slug=slug)


@require_POST
def ask(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Ask a team to take one in."""
    require(request.user, "find.read", request.edition)
    try:
        asked = ask_to_join(person=request.user, edition_id=request.edition.pk, team_id=team_id)
    except Refused as refusal:
        return _refused(request, refusal)
    if asked.state == Approach.State.ACCEPTED:
        messages.success(request, _("You are in the team: it had invited you already."))
        return redirect("teams:home", slug=slug)
    messages.success(request, _("Asked. The team's spokesperson answers; the answer appears here by itself."))
    return redirect("teams:find", slug=slug)


@require_POST
def invite_person(request: PageRequest, slug: str, notice_id: int) -> HttpResponse:
    """Invite somebody who is on the board into one's own team."""
    require(request.user, "find.read", request.edition)
    team = team_of(person=request.user, edition=request.edition)
    if team is None:
        raise Refused("not_found")
    try:
        invited = invite(person=request.user, team_id=team.pk, notice_id=notice_id)
    except Refused as refusal:
        return _refused(request, refusal)
    came_in = invited.state == Approach.State.ACCEPTED
    messages.success(request, _("This person is in your team: they had asked already.") if came_in else _("Invited."))
    return redirect("teams:find", slug=slug)


@require_POST
def answer(request: PageRequest, slug: str, approach_id: int) -> HttpResponse:
    """Say yes or no to an invitation, or take back what one had asked."""
    require(request.user, "find.read", request.edition)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422)
    try:
        answered = answer_invitation(
            person=request.user, edition_id=request.edition.pk, approach_id=approach_id, accept=form.cleaned_data["accept"]
        )
    except Refused as refusal:
        return _refused(request, refusal)
    if answered.state == Approach.State.ACCEPTED:
        messages.success(request, _("You are in team %(name)s.") % {"name": answered.team.name})
        return redirect("teams:home", slug=slug)
    messages.success(request, _("Answered."))
    return redirect("teams:find", slug=slug)


def _page(request: PageRequest, *, form: OwnNoticeForm | None = None, status: int = 200) -> HttpResponse:
    edition, now = request.edition, db_now()
    takes_part = can(request.user, "find.post", edition, at=now)
    team = team_of(person=request.user, edition=edition) if takes_part else None
    notice = own_notice(edition=edition, person=request.user) if takes_part else None
    if form is None and takes_part and team is None:
        skills = notice.skills if notice else skills_known(edition=edition, person=request.user)
        words = {"text": notice.text, "challenge": notice.challenge_id} if notice else {}
        form = _form(request, None, initial={**words, "skills": ", ".join(skills)})
    context: dict[str, Any] = {
        "board": board_of(edition=edition, reader=request.user, own_team=team),
        "team": team,
        "notice": notice,
        "form": form,
        "approaches": approaches_to(person=request.user, edition=edition) if takes_part else [],
        "may_ask": team is None and can(request.user, "team.ask", edition, at=now),
        "may_invite": team is not None and can(request.user, "team.manage", team, at=now),
    }
    return render(request, "teams/find.html", context, status=status)


def _refused(request: PageRequest, refusal: Refused) -> HttpResponse:
    if refusal.code in PAGES_OF_THEIR_OWN:
        raise refusal
    status, sentence = status_and_sentence(refusal)
    messages.error(request, sentence)
    return _page(request, status=status)


def _form(request: PageRequest, data: Any, **options: Any) -> OwnNoticeForm:
    visible = visible_challenges(edition=request.edition, person=request.user).filter(published_at__isnull=False)
    return OwnNoticeForm(data, challenges=visible, language=get_language() or "fr", **options)
