"""The organisers' page of categories: the levels, others by hand, and which team is in which."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from estrade.access.policy import require
from estrade.kernel.refusal import Refused
from estrade.web.forms import PAGES_OF_THEIR_OWN
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.categories import placed_teams
from judging.categorising import add_category, place_teams, remove_category, use_levels
from judging.models import Category
from judging.prizes import is_settled
from teams.models import Team


@require_safe
def categories(request: PageRequest, slug: str) -> HttpResponse:
    """The categories and the teams in them."""
    here = request.edition
    require(request.user, "edition.control", here)
    teams = list(Team.objects.filter(edition=here, withdrawn_at=None).order_by("number"))
    context = {"categories": here.categories.all(), "placed": placed_teams(here, teams), "is_settled": is_settled(here)}
    return render(request, "judging/categories.html", context)


@require_POST
def change(request: PageRequest, slug: str) -> HttpResponse:
    """Add the levels or one by hand, remove one, or say where teams are."""
    here = request.edition
    require(request.user, "edition.manage", here)
    facts = {"person": request.user, "edition_id": here.pk}
    way = request.POST.get("way", "")
    try:
        if way == "levels":
            use_levels(**facts)
        elif way == "add":
            add_category(**facts, name=request.POST.get("name", ""), language=here.main_language)
        elif way.startswith("remove-"):
            number = way.removeprefix("remove-")
            category = get_object_or_404(Category, pk=number if number.isdecimal() and len(number) < 18 else 0, edition=here)
            remove_category(**facts, category_id=category.pk)
        else:
            place_teams(**facts, teams=_chosen(request))
    except Refused as refusal:
        if refusal.code in PAGES_OF_THEIR_OWN - {"not_found"}:
            raise
        messages.error(request, status_and_sentence(refusal)[1])
    else:
        messages.success(request, _("Saved."))
    return redirect("judging:categories", slug=slug)


def _chosen(request: PageRequest) -> dict[int, int | None]:
    chosen: dict[int, int | None] = {}
    for key in request.POST:
        team, value = key.removeprefix("team-"), request.POST[key]
        if team == key:
            continue
        if not all(one.isascii() and one.isdecimal() and len(one) < 18 for one in (team, value or "0")):
            raise Refused("not_found")
        chosen[int(team)] = int(value) if value else None
    return chosen
