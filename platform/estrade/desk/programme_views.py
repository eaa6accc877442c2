"""The programme on the day and before it: the one clock, the next step, and what moves when a time moves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.reads import own_challenges
from estrade.access.policy import can, require
from estrade.desk.forms import INSTANT_LABELS, DelayForm, MoveForm, NumberForm, ProgrammeStepForm
from estrade.desk.my_event import helper_step
from estrade.desk.reads import people_told
from estrade.editions.deadlines import MOVABLE
from estrade.editions.moving import INSTANTS, current_and_next, steps_moved_by, steps_moved_with
from estrade.editions.programme import begin_next, move_step, remove_step, write_step
from estrade.editions.reads import announcements, one_step, programme_days
from estrade.editions.taking_back import last_move, take_back
from estrade.editions.timeline import timeline
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.addresses import local_path
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest

DELAY = 5
# Whose first page is not the helpers': what opens it, and where it is.
ELSEWHERE = {"home.read": "teams:home", "edition.control": "desk:control"}

door = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def my_event(request: PageRequest, slug: str) -> HttpResponse:
    """The page of whoever helps: one next step, its time, what was announced. Others have a first page of their own."""
    here, now = request.edition, db_now()
    if not can(request.user, "event.mine", here, at=now):
        for action, address in ELSEWHERE.items():
            if can(request.user, action, here, at=now):
                return redirect(address, slug=slug)
    require(request.user, "event.mine", here, at=now)
    own = list(own_challenges(edition=here, person=request.user))
    context = {
        "step": helper_step(edition=here, person=request.user, own=own, now=now),
        "own": own,
        "phases": timeline(here, now),
        "announcements": announcements(here),
    }
    return render(request, "desk/my_event.html", context)


@require_safe
def programme(request: PageRequest, slug: str) -> HttpResponse:
    """What is going on, what comes next and in how long; the same on every phone."""
    here, now = request.edition, db_now()
    require(request.user, "programme.run", here, at=now)
    current, coming = current_and_next(list(here.programme.all()), now)
    context = {
        "days": programme_days(here),
        "current": current,
        "coming": coming,
        "back": last_move(here, now),
        "may_write": can(request.user, "edition.manage", here, at=now),
    }
    return render(request, "desk/programme.html", context)


@require_POST
def next_step(request: PageRequest, slug: str) -> HttpResponse:
    """Begin the next step now: one tap."""
    form = NumberForm(request.POST)
    if not form.is_valid():
        raise Http404
    step_id = form.cleaned_data["number"]
    return _done(request, lambda: begin_next(person=request.user, edition_id=request.edition.pk, step_id=step_id))


@door
def delay(request: PageRequest, slug: str, step: int) -> HttpResponse:
    """Show what moves when a step begins five minutes later; move it when that is what was wanted."""
    here = request.edition
    require(request.user, "programme.run", here)
    found = one_step(here, step)
    if request.method == "POST":
        form = DelayForm(request.POST)
        if not form.is_valid():
            raise Http404
        typed = form.cleaned_data
        return _done(request, lambda: move_step(person=request.user, edition_id=here.pk, step_id=step, **typed))
    try:
        moves, refusal = steps_moved_by(here, found, found.starts_at + timedelta(minutes=DELAY)), ""
    except Refused as refused:
        moves, refusal = [], status_and_sentence(refused)[1]
    context = {"step": found, "moves": moves, "refusal": refusal, "minutes": DELAY, "told": people_told(here)}
    return render(request, "desk/delay.html", context, status=409 if refusal else 200)


@door
def edit(request: PageRequest, slug: str, step: int | None = None) -> HttpResponse:
    """One line of the programme, new or old."""
    here = request.edition
    require(request.user, "edition.manage", here)
    found = one_step(here, step) if step is not None else None
    form = ProgrammeStepForm(request.POST if request.method == "POST" else None, edition=here, step=found)
    if form.is_bound and form.is_valid():
        try:
            write_step(person=request.user, edition_id=here.pk, step_id=step, new=form.new_step())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Programme saved."))
            return redirect("desk:programme", slug=slug)
    context = {"form": form, "step": found}
    return render(request, "desk/programme_step.html", context, status=422 if form.errors else 200)


@require_POST
def remove(request: PageRequest, slug: str, step: int) -> HttpResponse:
    """Take a line out of the programme."""
    remove_step(person=request.user, edition_id=request.edition.pk, step_id=step)
    messages.success(request, _("Programme saved."))
    return redirect("desk:programme", slug=slug)


@require_safe
def preview(request: PageRequest, slug: str, name: str) -> HttpResponse:
    """What changes when an instant moves, and who is told: before anybody decides. `at` is an instant, `now` the present one."""
    here, now = request.edition, db_now()
    require(request.user, "deadline.move", here, at=now)
    if name not in MOVABLE:
        raise Http404
    # A moment ahead, because an instant that is over when it arrives is refused.
    at = now + timedelta(seconds=10) if request.GET.get("now") else _instant(request.GET.get("at", ""))
    if at is None:
        raise Http404
    before = getattr(here, INSTANTS[name])
    try:
        moves, refusal = steps_moved_with(here, name, at), ""
    except Refused as refused:
        moves, refusal = [], status_and_sentence(refused)[1]
    context: dict[str, Any] = {
        "name": name,
        "label": INSTANT_LABELS[name],
        "before": before,
        "at": at,
        "is_now": bool(request.GET.get("now")),
        "moves": moves,
        "refusal": refusal,
        "told": people_told(here),
        "is_sooner": before is not None and at < before,
        "form": MoveForm(),
    }
    return render(request, "desk/move_preview.html", context, status=409 if refusal else 200)


@require_POST
def undo(request: PageRequest, slug: str) -> HttpResponse:
    """Take back what was moved a moment ago."""
    form = NumberForm(request.POST)
    if not form.is_valid():
        raise Http404

    def act() -> None:
        take_back(person=request.user, edition_id=request.edition.pk, number=form.cleaned_data["number"])

    return _done(request, act, said=_("Taken back. Every countdown follows."))


def _done(request: PageRequest, act: Callable[[], object], *, said: str = "") -> HttpResponse:
    """Do it and go back to where one came from; a refusal is said there."""
    here = request.edition
    try:
        act()
    except Refused as refusal:
        if refusal.code in {"wrong_role", "wrong_phase", "sign_in_first", "not_found"}:
            raise
        messages.warning(request, status_and_sentence(refusal)[1])
    else:
        messages.success(request, said or _("Programme moved. Every phone follows."))
    to_room = said and can(request.user, "edition.control", here)
    onward = reverse("desk:control" if to_room else "desk:programme", args=[here.slug])
    return redirect(local_path(request.POST.get("next", ""), otherwise=onward))


def _instant(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
