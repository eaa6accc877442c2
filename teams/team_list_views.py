"""The organisers' list of teams: the way to each team, and to ten minutes more."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from challenges.reads import visible_challenges
from estrade.access.policy import can, require
from estrade.kernel.clock import db_now
from estrade.kernel.localtext import local
from estrade.web.request import PageRequest
from teams.forms import TeamListForm
from teams.people_views import page_of, query_of
from teams.team_list import team_counts, teams_of


@require_safe
def teams(request: PageRequest, slug: str) -> HttpResponse:
    """Every team of the edition, searched and narrowed down."""
    here, now = request.edition, db_now()
    require(request.user, "edition.control", here, at=now)
    language = get_language() or "fr"
    challenges = visible_challenges(edition=here, person=request.user)
    form = TeamListForm(request.GET, challenges=[(one.slug, local(one.title, language)) for one in challenges])
    wanted = form.wanted
    context = {
        "list": teams_of(edition=here, wanted=wanted, now=now, page=page_of(request)),
        "counts": team_counts(here),
        "form": form,
        "wanted": wanted,
        "kept": query_of(request),
        "may_extend": can(request.user, "team.extend", here, at=now),
    }
    return render(request, "teams/team_list.html", context)
