"""The control room. One page to look at; each of its buttons is a plain form with an address of its own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.access.policy import require
from estrade.desk.extra_time import USUAL_MINUTES, give_minutes, team_here
from estrade.desk.forms import (
    INSTANT_LABELS,
    AnnounceForm,
    ExtendForm,
    FreezeForm,
    MoveForm,
    OptionalReasonForm,
    PublishForm,
    ReasonForm,
    StepForm,
    dialogs_for,
)
from estrade.desk.preparation import check_list
from estrade.desk.reads import current_round, receipt_of, room_of, was_just_said
from estrade.editions.announcements import announce as say
from estrade.editions.deadlines import INSTANTS, MOVABLE, move_deadline
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.addresses import local_path
from estrade.web.forms import RuleForm
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.boards import freeze_board, thaw_board
from judging.reveal import advance_reveal, ballots_missing, groups_apart, publish_results, step_back
from judging.reveal import sign_off as sign
from teams.extensions import window_of
from teams.submissions import accept_late as accept

# Somebody was faster, or the button was hit twice: what was wanted is so already.
ALREADY = frozenset(
    {
        "board_frozen",
        "board_not_frozen",
        "already_signed",
        "already_signed_off",
        "reveal_moved_on",
        "reveal_finished",
        "reveal_not_begun",
        "results_published",
        "not_late",
    }
)
# Who may not look at the control room gets no form back either.
HIDDEN = frozenset({"wrong_role", "sign_in_first", "not_found"})

door = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def control(request: PageRequest, slug: str) -> HttpResponse:
    """The whole edition at a glance, live."""
    here, now = request.edition, db_now()
    require(request.user, "edition.control", here, at=now)
    room = room_of(edition=here, person=request.user, now=now)
    context = {
        "room": room,
        "next_label": INSTANT_LABELS[room.next.name] if room.next else "",
        "dialogs": dialogs_for(here),
        "checks": check_list(here, now),
        "soon": now + timedelta(minutes=1),
    }
    return render(request, "desk/control.html", context)


@door
def announce(request: PageRequest, slug: str) -> HttpResponse:
    """Say something to everybody, at once."""

    def act(typed: dict[str, Any]) -> None:
        text = typed["text"]
        if not was_just_said(edition=request.edition, person=request.user, text=text, now=db_now()):
            say(person=request.user, edition_id=request.edition.pk, text={request.LANGUAGE_CODE: text})

    return _form(request, AnnounceForm, "announce", act, _("Announcement sent."))


@door
def move(request: PageRequest, slug: str, name: str) -> HttpResponse:
    """Move one of the edition's instants; every countdown follows."""

    def act(typed: dict[str, Any]) -> None:
        move_deadline(person=request.user, edition_id=request.edition.pk, name=name, **typed)

    return _form(
        request,
        MoveForm,
        "move",
        act,
        _("Time moved. Every countdown follows."),
        initial={"at": getattr(request.edition, INSTANTS[name]) if name in MOVABLE else None},
        label=INSTANT_LABELS.get(name, ""),
    )


@door
def extend(request: PageRequest, slug: str, team: int) -> HttpResponse:
    """Give one team more time to hand in."""

    def act(typed: dict[str, Any]) -> None:
        give_minutes(person=request.user, edition=request.edition, team_id=team, **typed)

    require(request.user, "edition.control", request.edition)
    found = team_here(request.edition, team)
    initial = {"minutes": USUAL_MINUTES, "closes": window_of(found, db_now()).closes_at}
    said = _("The team has more time. Its page says so.")
    return _form(request, ExtendForm, "extend", act, said, initial=initial, team=found)


@door
def accept_late(request: PageRequest, slug: str, receipt: int) -> HttpResponse:
    """Let a late delivery count."""

    def act(typed: dict[str, Any]) -> None:
        accept(person=request.user, receipt_id=receipt_of(request.edition, receipt).pk, **typed)

    return _form(request, ReasonForm, "accept_late", act, _("Late delivery accepted."))


@door
def freeze(request: PageRequest, slug: str) -> HttpResponse:
    """Freeze the public board."""

    def act(typed: dict[str, Any]) -> None:
        freeze_board(person=request.user, edition_id=request.edition.pk)

    return _form(request, FreezeForm, "freeze", act, _("The leaderboard is frozen."))


@door
def thaw(request: PageRequest, slug: str) -> HttpResponse:
    """Take a freeze back."""

    def act(typed: dict[str, Any]) -> None:
        thaw_board(person=request.user, edition_id=request.edition.pk, **typed)

    return _form(request, OptionalReasonForm, "thaw", act, _("The leaderboard is live again."))


@door
def sign_off(request: PageRequest, slug: str) -> HttpResponse:
    """Close the scoring and sign the ranking."""

    def act(typed: dict[str, Any]) -> None:
        sign(person=request.user, round_id=_round_id(request), **typed)

    said = _("Signed. The reveal can begin once every signature is there.")
    round_id = _round_id(request)
    figures: dict[str, Any] = {"missing": ballots_missing(round_id=round_id), "groups": groups_apart(round_id=round_id)}
    return _form(request, OptionalReasonForm, "sign_off", act, said, **figures)


@require_POST
def reveal(request: PageRequest, slug: str) -> HttpResponse:
    """Show the next step on every screen."""

    def act(typed: dict[str, Any]) -> None:
        advance_reveal(person=request.user, round_id=_round_id(request), **typed)

    return _form(request, StepForm, "reveal", act, _("The next step is on the screens."))


@require_POST
def reveal_back(request: PageRequest, slug: str) -> HttpResponse:
    """Take the last step from every screen."""

    def act(typed: dict[str, Any]) -> None:
        step_back(person=request.user, round_id=_round_id(request), **typed)

    return _form(request, StepForm, "reveal", act, _("The last step is taken back."))


@door
def publish(request: PageRequest, slug: str) -> HttpResponse:
    """Make the final order public."""

    def act(typed: dict[str, Any]) -> None:
        if request.edition.published_at is None:
            publish_results(person=request.user, round_id=_round_id(request))

    return _form(request, PublishForm, "publish", act, _("The results are published."))


def _form(
    request: PageRequest,
    form_class: type[RuleForm],
    name: str,
    act: Callable[[dict[str, Any]], None],
    said: str,
    *,
    initial: dict[str, Any] | None = None,
    **shown: Any,
) -> HttpResponse:
    """Show the form alone, or do what it says and go back to the control room, or to the page that it came from."""
    require(request.user, "edition.control", request.edition)
    form = form_class(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            act(form.cleaned_data)
        except Refused as refusal:
            if refusal.code in HIDDEN:
                raise
            if refusal.code in ALREADY:
                messages.info(request, status_and_sentence(refusal)[1])
            else:
                form.refuse(refusal)
        else:
            messages.success(request, said)
        if not form.errors:
            onward = reverse("desk:control", args=[request.edition.slug])
            return redirect(local_path(request.POST.get("next", ""), otherwise=onward))
    context = {"form": form, "part": f"desk/{name}_form.html", "action": request.path, "is_page": True, **shown}
    return render(request, "desk/confirm.html", context, status=422 if form.errors else 200)


def _round_id(request: PageRequest) -> int:
    round_ = current_round(request.edition)
    if round_ is None:
        raise Http404
    return round_.pk
