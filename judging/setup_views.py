"""The organisers' page of the jury: add a juror, see the seats, set the weights."""

from collections.abc import Callable
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.kernel.refusal import Refused
from estrade.people.badges import sheet_of
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.forms import HandOverForm, JurorForm, LeaveForm, NeedsForm
from judging.jury import (
    add_juror,
    give_everybody_every_team,
    jury_setup,
    needs_of,
    replace_juror,
    seat_line,
    set_corrections_by_two,
    set_fewest_ballots,
    set_minutes_per_ballot,
    set_weights,
)
from judging.leaving import bring_back, stand_down
from judging.schools import set_school_share


@require_safe
def setup(request: PageRequest, slug: str) -> HttpResponse:
    """The jury as it stands, and the form for one juror more."""
    return _page(request, JurorForm())


@never_cache
@require_POST
def juror(request: PageRequest, slug: str) -> HttpResponse:
    """Add a juror and show the code, once."""
    form = JurorForm(request.POST)
    if form.is_valid():
        try:
            badge = add_juror(person=request.user, edition_id=request.edition.pk, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return render(request, "judging/new_juror.html", sheet_of(request, [badge]))
    return _page(request, form, status=422)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: PageRequest, slug: str, seat_id: int) -> HttpResponse:
    """One juror: stand down, come back, or hand the seat to somebody else, whose code is shown once."""
    line = seat_line(person=request.user, edition=request.edition, seat_id=seat_id)
    way = request.POST.get("way", "")
    leave = LeaveForm(request.POST if way == "leave" else None)
    hand = HandOverForm(request.POST if way == "hand" else None)
    form = hand if way == "hand" else leave
    try:
        if way == "back":
            bring_back(person=request.user, seat_id=seat_id)
            return redirect("judging:setup", slug=slug)
        if way == "leave" and leave.is_valid():
            stand_down(person=request.user, seat_id=seat_id, **leave.cleaned_data)
            messages.success(request, _("%(name)s stood down.") % {"name": line.seat.person.name})
            return redirect("judging:setup", slug=slug)
        if way == "hand" and hand.is_valid():
            badge = replace_juror(person=request.user, edition_id=request.edition.pk, seat_id=seat_id, **hand.cleaned_data)
            return render(request, "judging/new_juror.html", sheet_of(request, [badge]))
    except Refused as refusal:
        form.refuse(refusal) if form.is_bound else messages.error(request, status_and_sentence(refusal)[1])
    context = {"line": line, "leave": leave, "hand": hand, "form": form}
    return render(request, "judging/seat.html", context, status=422 if form.errors else 200)


@require_POST
def assign(request: PageRequest, slug: str) -> HttpResponse:
    """Give every seat a ballot on every team."""
    added = give_everybody_every_team(person=request.user, edition_id=request.edition.pk)
    messages.success(request, ngettext("%(n)s ballot added.", "%(n)s ballots added.", added) % {"n": added})
    return redirect("judging:setup", slug=slug)


@require_POST
def weights(request: PageRequest, slug: str) -> HttpResponse:
    """Change how much each criterion counts."""
    shown = jury_setup(person=request.user, edition=request.edition)
    wanted: dict[int, Decimal] = {}
    for criterion in shown.criteria:
        try:
            typed = request.POST.get(f"weight-{criterion.pk}", "")
            wanted[criterion.pk] = forms.DecimalField(min_value=0, max_digits=6, decimal_places=2, localize=True).clean(typed)
        except forms.ValidationError:
            messages.error(request, _("A weight is a number, zero or more. Nothing was changed."))
            return redirect("judging:setup", slug=slug)
    try:
        set_weights(person=request.user, edition_id=request.edition.pk, weights=wanted)
    except Refused as refusal:
        messages.error(request, status_and_sentence(refusal)[1])
    else:
        messages.success(request, _("Weights saved."))
    return redirect("judging:setup", slug=slug)


@require_POST
def fewest(request: PageRequest, slug: str) -> HttpResponse:
    """Change how many ballots a team needs for a rank."""
    typed = request.POST.get("fewest", "")
    number = int(typed) if typed.isdecimal() and len(typed) < 4 else 0
    _save(request, lambda: set_fewest_ballots(person=request.user, edition_id=request.edition.pk, fewest=number))
    return redirect("judging:setup", slug=slug)


@require_POST
def minutes(request: PageRequest, slug: str) -> HttpResponse:
    """Keep how many minutes a juror needs for one team."""
    typed = request.POST.get("minutes", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 0
    _save(request, lambda: set_minutes_per_ballot(person=request.user, edition_id=request.edition.pk, minutes=number))
    answer = redirect("judging:setup", slug=slug)
    answer["Location"] += "#needs"
    return answer


@require_POST
def school(request: PageRequest, slug: str) -> HttpResponse:
    """From which share of the own school on a juror may not score a team."""
    typed = request.POST.get("share", "").strip()
    share = None if not typed else int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
    _save(request, lambda: set_school_share(person=request.user, edition_id=request.edition.pk, share=share))
    return redirect("judging:setup", slug=slug)


@require_POST
def by_two(request: PageRequest, slug: str) -> HttpResponse:
    """Whether corrections from the freeze on need two organisers."""
    wanted = "by_two" in request.POST
    _save(request, lambda: set_corrections_by_two(person=request.user, edition_id=request.edition.pk, by_two=wanted))
    return redirect("judging:setup", slug=slug)


def _save(request: PageRequest, act: Callable[[], object]) -> None:
    try:
        act()
    except Refused as refusal:
        if refusal.code in {"wrong_role", "sign_in_first", "wrong_phase", "not_found"}:
            raise
        messages.error(request, status_and_sentence(refusal)[1])
    else:
        messages.success(request, _("Saved."))


def _page(request: PageRequest, form: JurorForm, status: int = 200) -> HttpResponse:
    here, asked = request.edition, NeedsForm(request.GET if "teams" in request.GET else None)
    jury = jury_setup(person=request.user, edition=here)
    needs = needs_of(edition=here, wanted=asked.cleaned_data if asked.is_bound and asked.is_valid() else {})
    shown = asked if asked.is_bound else NeedsForm(initial=vars(needs))
    context = {"jury": jury, "form": form, "needs": needs, "needs_form": shown, "kept_minutes": here.minutes_per_ballot}
    return render(request, "judging/setup.html", context, status=status)
