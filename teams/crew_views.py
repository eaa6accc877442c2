"""The page of a team's people: who is in it, who wants to come in, its code, its history; for organisers, its repair."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from challenges.reads import visible_challenges
from estrade.access.policy import can
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.forms import PAGES_OF_THEIR_OWN, RuleForm
from estrade.web.hosts import shown_origin
from estrade.web.qr import qr_code
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from teams.approaches import answer_request
from teams.crew_reads import earlier_teams, history_of, warnings_of
from teams.forms import TeamForm
from teams.life_forms import AnswerForm, MemberForm, MergeForm, MoveForm, ReasonForm, SplitForm, TeamNoticeForm
from teams.membership import change_captain, change_code, change_team, leave_team, remove_member, withdraw_team
from teams.models import Team
from teams.notices import approaches_of, post_team_notice, remove_team_notice, team_notice
from teams.reads import one_team, readable_teams
from teams.repairs import merge_teams, move_member, reopen_team, split_team
from teams.workspace import workspace_of


@require_safe
def crew(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """A team's people, and what one may do about them."""
    return _page(request, _team(request, team_id))


@require_POST
def change(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Another name or challenge."""
    form = _team_form(request, request.POST)
    return _with_form(
        request, team_id, "team_form", form,
        lambda: change_team(
            person=request.user, team_id=team_id, name=form.cleaned_data["name"], challenge_id=form.cleaned_data["challenge"]
        ),
        _("Saved."),
    )  # fmt: skip


@require_POST
def captain(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Hand the captain's role on."""
    form = MemberForm(request.POST)
    return _with_ids(
        request, team_id, form,
        lambda words: change_captain(person=request.user, team_id=team_id, to_person_id=words["person"]),
        _("The spokesperson is another one now."),
    )  # fmt: skip


@require_POST
def code(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Another code to join."""
    words = _("The team has a new code. The one before lets nobody in any more.")
    return _act(request, team_id, lambda: change_code(person=request.user, team_id=team_id), words)


@require_POST
def leave(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Go."""
    team = _team(request, team_id)
    leave_team(person=request.user, team_id=team_id)
    messages.success(request, _("You have left team %(name)s.") % {"name": team.name})
    return redirect("teams:join", slug=slug)


@require_POST
def remove(request: PageRequest, slug: str, team_id: int, member_id: int) -> HttpResponse:
    """Take somebody out."""
    act = lambda: remove_member(person=request.user, team_id=team_id, member_id=member_id)  # noqa: E731 - as in the others
    return _act(request, team_id, act, _("This person is no longer in the team."))


@require_POST
def answer(request: PageRequest, slug: str, team_id: int, approach_id: int) -> HttpResponse:
    """Say yes or no to who asked; take an invitation back."""
    form = AnswerForm(request.POST)
    return _with_ids(
        request, team_id, form,
        lambda words: answer_request(person=request.user, team_id=team_id, approach_id=approach_id, accept=words["accept"]),
        _("Answered."),
    )  # fmt: skip


@require_POST
def notice(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Put the team on the board."""
    form = TeamNoticeForm(request.POST)
    return _with_form(
        request, team_id, "notice_form", form,
        lambda: post_team_notice(person=request.user, team_id=team_id, **form.words),
        _("Your team is on the board “Find a team”."),
    )  # fmt: skip


@require_POST
def remove_notice(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Take the team off the board."""
    act = lambda: remove_team_notice(person=request.user, team_id=team_id)  # noqa: E731 - as in the others
    return _act(request, team_id, act, _("Your team is no longer on the board."))


@require_POST
def withdraw(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Leave the competition."""
    form = ReasonForm(request.POST)
    return _with_form(
        request, team_id, "withdraw_form", form,
        lambda: withdraw_team(person=request.user, team_id=team_id, reason=form.cleaned_data["reason"]),
        _("The team has withdrawn. Everything it wrote is kept."),
    )  # fmt: skip


@require_POST
def reopen(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Take a withdrawal back."""
    act = lambda: reopen_team(person=request.user, edition_id=request.edition.pk, team_id=team_id)  # noqa: E731 - as in the others
    return _act(request, team_id, act, _("The team is back."))


@require_POST
def move(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Put one member into another team."""
    form = MoveForm(request.POST)
    return _with_ids(
        request, team_id, form,
        lambda words: move_member(
            person=request.user, edition_id=request.edition.pk, member_id=words["person"], to_team_id=words["to"]
        ),
        _("Moved. What both teams wrote stays with them."),
    )  # fmt: skip


@require_POST
def merge(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """All members go on in another team."""
    form = MergeForm(request.POST)
    return _with_ids(
        request, team_id, form,
        lambda words: merge_teams(
            person=request.user, edition_id=request.edition.pk, team_id=team_id, into_id=words["into"]
        ),
        _("Merged. What this team wrote stays here, and its people can read it."),
    )  # fmt: skip


@require_POST
def split(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Some members go on as a team of their own."""
    found = _team(request, team_id)
    form = _split_form(found, request.POST)
    return _with_form(
        request, team_id, "split_form", form,
        lambda: split_team(
            person=request.user, edition_id=request.edition.pk, team_id=team_id,
            member_ids=form.cleaned_data["members"], name=form.cleaned_data["name"],
        ),
        _("Split. The new team begins with a copy of the draft."),
    )  # fmt: skip


def _team(request: PageRequest, team_id: int) -> Team:
    """The team for whoever may see its people; for everybody else it is not there."""
    now = db_now()
    team = one_team(person=request.user, edition=request.edition, team_id=team_id, now=now)
    if not can(request.user, "team.members", team, at=now):
        raise Refused("not_found")
    return team


def _act(request: PageRequest, team_id: int, verb: Callable[[], object], done: str) -> HttpResponse:
    team = _team(request, team_id)
    try:
        verb()
    except Refused as refusal:
        return _refused(request, team, refusal)
    messages.success(request, done)
    return redirect("teams:crew", slug=request.edition.slug, team_id=team_id)


def _with_ids(request: PageRequest, team_id: int, form: Any, verb: Callable[[dict[str, Any]], object], done: str) -> HttpResponse:
    """A form that people cannot get wrong: what does not fit came from elsewhere."""
    team = _team(request, team_id)
    if not form.is_valid():
        return _page(request, team, status=422)
    return _act(request, team_id, lambda: verb(form.cleaned_data), done)


def _with_form(
    request: PageRequest, team_id: int, name: str, form: RuleForm, verb: Callable[[], object], done: str
) -> HttpResponse:
    team = _team(request, team_id)
    if form.is_valid():
        try:
            verb()
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect("teams:crew", slug=request.edition.slug, team_id=team_id)
    return _page(request, team, status=422, **{name: form})


def _refused(request: PageRequest, team: Team, refusal: Refused) -> HttpResponse:
    if refusal.code in PAGES_OF_THEIR_OWN:
        raise refusal
    status, sentence = status_and_sentence(refusal)
    messages.error(request, sentence)
    return _page(request, _team(request, team.pk), status=status)


def _page(request: PageRequest, team: Team, *, status: int = 200, **forms: Any) -> HttpResponse:
    now, edition = db_now(), request.edition
    space = workspace_of(team=team, person=request.user, now=now)
    may_join = edition.phase(now) == 1 and team.withdrawn_at is None
    address = f"{reverse('teams:join', kwargs={'slug': edition.slug})}?code={team.join_code}"
    posted = team_notice(team)
    context: dict[str, Any] = {
        "team": team,
        "space": space,
        "is_in": any(one.person == request.user for one in space.members),
        "warnings": warnings_of(edition, space.members),
        "history": history_of(team, get_language() or "fr"),
        "earlier": earlier_teams(team),
        "notice": posted,
    }
    if space.may_manage and team.withdrawn_at is None:
        words = {"text": posted.text, "skills": ", ".join(posted.skills)} if posted else {}
        context |= {
            "requests": approaches_of(team),
            "team_form": _team_form(request, None, initial={"name": team.name, "challenge": team.challenge_id}),
            "notice_form": TeamNoticeForm(initial=words),
        }
    if may_join and can(request.user, "draft.read", team, at=now) | space.may_manage:
        context["qr"] = qr_code(shown_origin(request) + address)
    if can(request.user, "team.withdraw", team, at=now) and team.withdrawn_at is None:
        context["withdraw_form"] = ReasonForm()
    if can(request.user, "team.repair", team, at=now) and team.withdrawn_at is None:
        context["others"] = [one for one in readable_teams(person=request.user, edition=edition, now=now) if one.pk != team.pk]
        context["split_form"] = _split_form(team, None)
    context["may_reopen"] = team.withdrawn_at is not None and can(request.user, "team.reopen", team, at=now)
    return render(request, "teams/crew.html", context | forms, status=status)


def _team_form(request: PageRequest, data: Any, **options: Any) -> TeamForm:
    visible = visible_challenges(edition=request.edition, person=request.user).filter(published_at__isnull=False)
    return TeamForm(data, challenges=visible, language=get_language() or "fr", **options)


def _split_form(team: Team, data: Any) -> SplitForm:
    return SplitForm(data, members=[(one.person_id, one.person.name) for one in team.memberships.all()])
