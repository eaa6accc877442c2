"""The public page of an edition joins several rooms, so it lives in this binder under the name of the editions."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from estrade.access.policy import can
from estrade.desk.front import front_of
from estrade.editions.reads import programme_days
from estrade.editions.timeline import countdown
from estrade.kernel.clock import db_now
from estrade.web.request import PageRequest


@require_safe
def edition(request: PageRequest, slug: str) -> HttpResponse:
    """What the event is about, for everybody."""
    here, now = request.edition, db_now()
    shown = can(request.user, "challenge.read", here, at=now)
    context = {
        "front": front_of(here, person=request.user, with_challenges=shown),
        "days": programme_days(here),
        "next": countdown(here, now),
    }
    return render(request, "desk/edition.html", context)
