"""The organisers' page of the assignment: who scores whom, how good that is, another plan, changes by hand."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from estrade.access.policy import require
from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.conflicts import lift_bar
from judging.forms import PlanForm
from judging.jury import give_everybody_every_team
from judging.plans import Preview, assignment_of, give_ballot, preview_plan, take_ballot, use_everybody, use_plan, use_walks

PLAIN = frozenset({"wrong_role", "wrong_phase", "sign_in_first"})


@require_safe
def plan(request: PageRequest, slug: str) -> HttpResponse:
    """The assignment as it stands; with a number in the address, a plan to look at before it is used."""
    assignment = assignment_of(person=request.user, edition=request.edition)
    form = PlanForm(request.GET) if "per_team" in request.GET else PlanForm(initial={"per_team": 3, "mixes": True})
    preview: Preview | None = None
    if assignment is not None and form.is_bound and form.is_valid():
        try:
            preview = preview_plan(person=request.user, edition_id=request.edition.pk, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
    context = {"assignment": assignment, "form": form, "preview": preview}
    return render(request, "judging/plan.html", context, status=422 if form.errors else 200)


@require_POST
def use(request: PageRequest, slug: str) -> HttpResponse:
    """Use the plan that was looked at, every juror on every team, the walk from stand to stand, or fill what is missing."""
    require(request.user, "edition.manage", request.edition)
    facts = {"person": request.user, "edition_id": request.edition.pk}
    way = request.POST.get("way", "")
    form = PlanForm(request.POST)
    try:
        if way == "fill":
            _say_added(request, give_everybody_every_team(**facts))
        elif way == "everybody":
            _say_used(request, _("Every juror scores every team now."), use_everybody(**facts))
        elif not form.is_valid():
            messages.error(request, _("How many ballots does each team get? Nothing was changed."))
        elif way == "walks":
            use_walks(**facts, per_team=form.cleaned_data["per_team"])
            messages.success(request, _("Jurors now ask for their next team on their own page."))
        else:
            added = use_plan(**facts, **form.cleaned_data, key=request.POST.get("key", ""))
            _say_used(request, _("The plan is in use."), added)
    except Refused as refusal:
        _say_why(request, refusal)
    return redirect("judging:plan", slug=slug)


@require_POST
def hand(request: PageRequest, slug: str) -> HttpResponse:
    """Put one team on a juror's list, take it off, or open a barred ballot again."""
    require(request.user, "edition.manage", request.edition)
    numbers = [request.POST.get(name, "") for name in ("seat", "team")]
    if not all(number.isascii() and number.isdecimal() and len(number) < 18 for number in numbers):
        raise Refused("not_found")
    seat_id, team_id = map(int, numbers)
    facts = {"person": request.user, "seat_id": seat_id, "team_id": team_id}
    try:
        if request.POST.get("do") == "lift":
            lift_bar(**facts)
        elif request.POST.get("do") == "take":
            take_ballot(**facts, edition_id=request.edition.pk)
        else:
            give_ballot(**facts, edition_id=request.edition.pk)
    except Refused as refusal:
        _say_why(request, refusal)
    else:
        messages.success(request, _("Changed. The figures above say what it does to the whole."))
    return redirect("judging:plan", slug=slug)


def _say_added(request: PageRequest, added: int) -> None:
    messages.success(request, ngettext("%(n)s ballot added.", "%(n)s ballots added.", added) % {"n": added})


def _say_used(request: PageRequest, sentence: str, added: int) -> None:
    messages.success(request, sentence)
    if added:
        _say_added(request, added)


def _say_why(request: PageRequest, refusal: Refused) -> None:
    if refusal.code in PLAIN:
        raise refusal
    messages.error(request, status_and_sentence(refusal)[1])
