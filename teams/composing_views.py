"""The organisers' page for composing the teams. Every button is a plain form; nothing here decides."""

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from estrade.access.policy import require
from estrade.kernel.refusal import Refused
from estrade.web.forms import PAGES_OF_THEIR_OWN
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from teams.composing import Wanted, place_person, start_composition, stop_composition, use_plan, wanted_of
from teams.composing_reads import composing_page, skills_of
from teams.forms import ComposeForm, PlaceForm, PlanForm

# How often the page asks anew while a run is under way, by a header that needs no script.
SECONDS_BETWEEN_LOOKS = "2"


@require_safe
def compose(request: PageRequest, slug: str) -> HttpResponse:
    """The form, the run under way, or the latest plan."""
    require(request.user, "teams.compose", request.edition)
    return _page(request)


@require_POST
def start(request: PageRequest, slug: str) -> HttpResponse:
    """Begin a run."""
    require(request.user, "teams.compose", request.edition)
    form = ComposeForm(request.POST, skills=skills_of(request.edition))
    if form.is_valid():
        try:
            start_composition(
                person=request.user, edition_id=request.edition.pk, wanted=form.wanted, keep_held="keep" in request.POST
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect("teams:compose", slug=slug)
    return _page(request, form=form, status=422)


@require_POST
def stop(request: PageRequest, slug: str) -> HttpResponse:
    """End the run under way with what it has."""
    stop_composition(person=request.user, edition_id=request.edition.pk)
    return redirect("teams:compose", slug=slug)


@require_POST
def place(request: PageRequest, slug: str) -> HttpResponse:
    """Move one person by hand, or lock the place."""
    require(request.user, "teams.compose", request.edition)
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422)
    words = form.cleaned_data
    try:
        place_person(
            person=request.user,
            edition_id=request.edition.pk,
            composition_id=words["plan"],
            who=words["who"],
            team=words["team"],
            held=words["held"],
        )
    except Refused as refusal:
        return _refused(request, refusal)
    return redirect(reverse("teams:compose", kwargs={"slug": slug}) + f"#p{words['who']}")


@require_POST
def use(request: PageRequest, slug: str) -> HttpResponse:
    """Make teams of the plan."""
    require(request.user, "teams.compose", request.edition)
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422)
    try:
        made = use_plan(person=request.user, edition_id=request.edition.pk, composition_id=form.cleaned_data["plan"])
    except Refused as refusal:
        return _refused(request, refusal)
    words = ngettext("%(count)s team is made.", "%(count)s teams are made.", len(made)) % {"count": len(made)}
    messages.success(request, words)
    return redirect("teams:compose", slug=slug)


def _page(request: PageRequest, *, form: ComposeForm | None = None, status: int = 200) -> HttpResponse:
    page = composing_page(request.edition)
    if form is None:
        wanted = wanted_of(page.run) if page.run else Wanted()
        form = ComposeForm(initial=asdict(wanted), skills=skills_of(request.edition))
    answer = render(request, "teams/compose.html", {"page": page, "form": form}, status=status)
    if page.run is not None and page.run.is_under_way:
        answer["Refresh"] = SECONDS_BETWEEN_LOOKS
    return answer


def _refused(request: PageRequest, refusal: Refused) -> HttpResponse:
    """The page again with the sentence above it; what no page can help with keeps its own."""
    if refusal.code in PAGES_OF_THEIR_OWN:
        raise refusal
    status, sentence = status_and_sentence(refusal)
    messages.error(request, sentence)
    return _page(request, status=status)
