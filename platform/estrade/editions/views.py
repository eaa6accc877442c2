"""The first page of the site."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from estrade.editions.reads import all_editions, nobody_yet
from estrade.web.request import PageRequest


@require_safe
def root(request: PageRequest) -> HttpResponse:
    """The only edition, a list of several, or how to create the first."""
    editions = list(all_editions()[:50])
    if not editions and request.user.is_authenticated and request.user.is_superuser:
        return redirect("editions:new")
    if len(editions) == 1:
        return redirect("editions:edition", slug=editions[0].slug)
    return render(request, "editions/root.html", {"editions": editions, "nobody_yet": not editions and nobody_yet()})
