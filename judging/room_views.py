"""The organisers' pages of rooms and of the final: split, arrange, link; the rule, who would go on, and the opening."""

from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.access.policy import can, require
from estrade.editions.models import Edition
from estrade.kernel.refusal import Refused
from estrade.web.forms import PAGES_OF_THEIR_OWN
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.border import border_of, changes_text, decide_border
from judging.finals import final_plan, open_final, plan_final
from judging.forms import FinalForm, RoomsForm
from judging.rooms import arrange_rooms, join_rooms, link_rooms, rooms_of, split_rooms
from judging.rubric_reads import latest_rubrics


@require_safe
def rooms(request: PageRequest, slug: str) -> HttpResponse:
    """Which teams pitch where, to which jurors."""
    shown = rooms_of(person=request.user, edition=request.edition)
    return render(request, "judging/rooms.html", {"shown": shown, "form": RoomsForm(initial={"count": 2})})


@require_POST
def change_rooms(request: PageRequest, slug: str) -> HttpResponse:
    """Split, join, link, or save what was moved by hand."""
    require(request.user, "edition.manage", request.edition)
    facts = {"person": request.user, "edition_id": request.edition.pk}
    way, form = request.POST.get("way", ""), RoomsForm(request.POST)
    try:
        if way == "join":
            join_rooms(**facts)
            messages.success(request, _("One room for all again."))
        elif way == "link":
            added = link_rooms(**facts)
            messages.success(request, ngettext("%(n)s ballot added.", "%(n)s ballots added.", added) % {"n": added})
        elif way == "split" and form.is_valid():
            split_rooms(**facts, count=form.cleaned_data["count"])
            messages.success(request, _("The rooms are made. Move what does not fit."))
        elif way == "arrange":
            moved = {kind: dict(_moved(request, kind)) for kind in ("team", "seat")}
            teams = {pk: room for pk, room in moved["team"].items() if room is not None}
            names = {pk: request.POST[key] for key, pk in _numbered(request, "name")}
            arrange_rooms(**facts, teams=teams, jurors=moved["seat"], names=names)
            messages.success(request, _("Saved."))
        else:
            messages.error(request, _("How many rooms? Nothing was changed."))
    except Refused as refusal:
        _say_why(request, refusal)
    return redirect("judging:rooms", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
def final(request: PageRequest, slug: str) -> HttpResponse:
    """The rule of the final, and who would go on by it."""
    here = request.edition
    require(request.user, "edition.control", here)
    round_ = here.rounds.order_by("-number").first()
    known = {"by": round_.final_by, "count": round_.final_count, "ties": round_.final_ties} if round_ else {}
    form = FinalForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_bound and form.is_valid():
        try:
            plan_final(person=request.user, edition_id=here.pk, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("judging:final", slug=slug)
    plan = final_plan(person=request.user, edition=here) if can(request.user, "standings.read", here) else None
    context = {
        "round": round_,
        "form": form,
        "plan": plan,
        "rubrics": [one for one in latest_rubrics(here) if round_ is not None and one.pk != round_.rubric_id],
        **_border(here if can(request.user, "standings.read", here) else None),
        "earlier": here.rounds.filter(sign_off__isnull=False),
    }
    return render(request, "judging/final.html", context, status=422 if form.errors else 200)


@require_POST
def border(request: PageRequest, slug: str) -> HttpResponse:
    """What becomes of the final when the order behind it has changed."""
    require(request.user, "edition.manage", request.edition)
    facts = {name: request.POST.get(name, "") for name in ("way", "key", "reason")}
    try:
        decide_border(person=request.user, edition_id=request.edition.pk, **facts)
    except Refused as refusal:
        _say_why(request, refusal)
    else:
        messages.success(request, _("Decided and minuted."))
    return redirect("judging:final", slug=slug)


@require_POST
def begin_final(request: PageRequest, slug: str) -> HttpResponse:
    """Open the final of those who advance."""
    seats = [int(seat) for seat in request.POST.getlist("seat") if _is_number(seat)]
    rubric = request.POST.get("rubric", "")
    key, rubric_id = request.POST.get("key", ""), int(rubric) if _is_number(rubric) else None
    try:
        open_final(person=request.user, edition_id=request.edition.pk, key=key, seats=seats, rubric_id=rubric_id)
    except Refused as refusal:
        _say_why(request, refusal)
        return redirect("judging:final", slug=slug)
    messages.success(request, _("The final is open. Its jurors find their teams on their own pages."))
    return redirect("judging:plan", slug=slug)


def _border(here: Edition | None) -> dict[str, object]:
    found = border_of(here) if here is not None else None
    return {"border": found, "border_words": changes_text(found) if found else ""}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


def _numbered(request: PageRequest, kind: str) -> Iterator[tuple[str, int]]:
    for key in request.POST:
        number = key.removeprefix(f"{kind}-")
        if number != key and _is_number(number):
            yield key, int(number)


def _moved(request: PageRequest, kind: str) -> Iterator[tuple[int, int | None]]:
    for key, pk in _numbered(request, kind):
        room = request.POST[key]
        try:
            yield pk, forms.IntegerField(required=False, min_value=1, max_value=2**31).clean(room)
        except forms.ValidationError:
            raise Refused("not_found") from None


def _say_why(request: PageRequest, refusal: Refused) -> None:
    if refusal.code in PAGES_OF_THEIR_OWN - {"not_found"}:
        raise refusal
    messages.error(request, status_and_sentence(refusal)[1])
