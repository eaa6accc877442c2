"""The page of whoever runs the room: which team is on stage, and which juror needs somebody."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from estrade.access.policy import can, require
from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.help import claim_help, end_help, open_calls
from judging.stage import put_on_stage, stage_of


@require_safe
def floor(request: PageRequest, slug: str) -> HttpResponse:
    """The stage with next and previous, and the calls for help."""
    require(request.user, "help.answer", request.edition)
    context: dict[str, Any] = {"calls": open_calls(person=request.user, edition=request.edition)}
    context["may_type"] = can(request.user, "paper.type", request.edition)
    if can(request.user, "stage.manage", request.edition):
        context["stage"] = stage_of(person=request.user, edition=request.edition, room_id=_number(request.GET.get("room", "")))
    return render(request, "judging/floor.html", context)


@require_POST
def stage(request: PageRequest, slug: str) -> HttpResponse:
    """Put a team on stage, or nobody."""
    team_id, room_id = (_number(request.POST.get(name, "")) for name in ("team", "room"))
    try:
        put_on_stage(person=request.user, edition_id=request.edition.pk, team_id=team_id, room_id=room_id)
    except Refused as refusal:
        if refusal.code not in {"round_closed", "not_found"}:
            raise
        messages.error(request, status_and_sentence(refusal)[1])
    where = reverse("judging:floor", args=[slug])
    return redirect(f"{where}?room={room_id}" if room_id else where)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


@require_POST
def answer(request: PageRequest, slug: str, call_id: int) -> HttpResponse:
    """Take a call, or end it."""
    try:
        if "ended" in request.POST:
            end_help(person=request.user, call_id=call_id)
        else:
            claim_help(person=request.user, call_id=call_id)
            messages.success(request, _("You are expected. The juror sees your name."))
    except Refused as refusal:
        if refusal.code not in {"help_claimed", "help_ended"}:
            raise
        messages.error(request, status_and_sentence(refusal)[1])
    return redirect("judging:floor", slug=slug)
