"""The organisers' page "On site", its poster, and a copy at once."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from estrade.access.policy import require
from estrade.desk.on_site import state_of, ways_to
from estrade.kernel.clock import db_now
from estrade.venue.copies import CopyFailed, copies
from estrade.web.request import PageRequest


@require_safe
def on_site(request: PageRequest, slug: str) -> HttpResponse:
    """The address for the hall, and the state of this installation."""
    here, now = request.edition, db_now()
    require(request.user, "edition.control", here, at=now)
    return render(request, "desk/on_site.html", {"ways": ways_to(here, request), "state": state_of(here, now)})


@require_safe
def poster(request: PageRequest, slug: str) -> HttpResponse:
    """One sheet of A4 for the door: with the address as numbers, or `?by=name` with the name."""
    require(request.user, "edition.control", request.edition)
    ways = ways_to(request.edition, request)
    by_name = request.GET.get("by") == "name" and ways.named is not None
    context = {"ways": ways, "way": ways.named if by_name else ways.first, "by_name": by_name}
    return render(request, "desk/poster.html", context)


@require_POST
def copy_now(request: PageRequest, slug: str) -> HttpResponse:
    """One more copy of everything, at once."""
    require(request.user, "edition.control", request.edition)
    if not copies.is_running:
        raise Http404
    try:
        file = copies.make()
    except CopyFailed as failed:
        messages.error(request, str(failed.sentence))
    else:
        messages.success(request, _("Copied: %(file)s") % {"file": file.name})
    return redirect("desk:on_site", slug=slug)
