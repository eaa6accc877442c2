"""The projector's page. One address for the whole event: the server chooses what the room sees."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from estrade.access.policy import can
from estrade.kernel.clock import db_now
from estrade.web.hosts import shown_origin
from estrade.web.qr import qr_code
from estrade.web.request import PageRequest
from realtime.screens import stage_of


@require_safe
def screen(request: PageRequest, slug: str, only: str = "", room: int = 0) -> HttpResponse:
    """Countdown, who is on stage, board, podium: whatever the moment asks for. Public, and the same for everybody.

    `room`: the number of one of several rooms, whose own stage its screen follows.
    """
    here, now = request.edition, db_now()
    stage = stage_of(here, now, only=only, room=room)
    address = shown_origin(request) + reverse("editions:edition", args=[slug])
    context = {
        "stage": stage,
        "page_template": f"realtime/{stage.scene}.html",
        "qr": qr_code(address) if stage.scene == "countdown" else "",
        "address": address.partition("://")[2].rstrip("/"),
        "theme": "projector-light" if request.GET.get("light") == "1" else "projector",
        "may_reveal": can(request.user, "results.reveal", here, at=now),
    }
    return render(request, "realtime/screen.html", context)
