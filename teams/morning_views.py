"""The organisers' page of the morning: tick who is missing, look at the fewest moves, apply them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from estrade.access.policy import require
from estrade.kernel.cleantext import one_line
from estrade.kernel.refusal import Refused
from estrade.web.forms import PAGES_OF_THEIR_OWN
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from teams.life_forms import ApplyForm, marks_in
from teams.morning_reads import marked_names, missing_of, proposals_in
from teams.mornings import apply_repair, mark_absences, proposal_of, rules_of, situation_of


@require_safe
def morning(request: PageRequest, slug: str) -> HttpResponse:
    """The list to be ticked."""
    require(request.user, "team.repair", request.edition)
    return _page(request)


@require_POST
def mark(request: PageRequest, slug: str) -> HttpResponse:
    """Keep what was ticked."""
    require(request.user, "team.repair", request.edition)
    try:
        mark_absences(person=request.user, edition_id=request.edition.pk, marks=marks_in(request.POST))
    except Refused as refusal:
        return _refused(request, refusal)
    messages.success(request, _("Saved."))
    if "plan" in request.POST:
        return redirect("teams:morning_plan", slug=slug)
    return redirect("teams:morning", slug=slug)


@require_safe
def plan(request: PageRequest, slug: str) -> HttpResponse:
    """The fewest moves, with and without dissolving a team. Nothing is written."""
    require(request.user, "team.repair", request.edition)
    try:
        return _plan(request)
    except Refused as refusal:
        return _refused(request, refusal)


@require_POST
def apply(request: PageRequest, slug: str) -> HttpResponse:
    """Carry out what was shown."""
    require(request.user, "team.repair", request.edition)
    form = ApplyForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422)
    try:
        done = apply_repair(person=request.user, edition_id=request.edition.pk, **form.cleaned_data)
    except Refused as refusal:
        return _refused(request, refusal)
    words = _(
        "Done: %(moved)s moved, %(placed)s placed, %(left)s left, %(dissolved)s teams dissolved. Everybody sees it on their page."
    )
    messages.success(request, words % done)
    return redirect("teams:morning", slug=slug)


def _plan(request: PageRequest) -> HttpResponse:
    situation = situation_of(request.edition)
    context: dict[str, Any] = {
        "marked": marked_names(request.edition),
        "rules": rules_of(request.edition),
        "situation": situation,
    }
    if situation.rows:
        answer = proposal_of(situation)
        context |= {"answer": answer, "proposals": proposals_in(request.edition, situation, answer)}
    return render(request, "teams/morning_plan.html", context)


def _page(request: PageRequest, *, status: int = 200) -> HttpResponse:
    text = request.GET.get("page", "1")
    words, only = one_line(request.GET.get("q", ""))[:80], request.GET.get("only", "")
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "missing": missing_of(
            request.edition, words=words, only=only, page=int(text) if text.isdecimal() and len(text) < 9 else 1
        ),
        "marked": marked_names(request.edition),
        "words": words,
        "only": only,
        "kept": query.urlencode(),
    }
    return render(request, "teams/morning.html", context, status=status)


def _refused(request: PageRequest, refusal: Refused) -> HttpResponse:
    if refusal.code in PAGES_OF_THEIR_OWN:
        raise refusal
    status, sentence = status_and_sentence(refusal)
    messages.error(request, sentence)
    return _page(request, status=status)
