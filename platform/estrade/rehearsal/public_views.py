"""The page of seats. Its address is the only key: 128 bits, valid until the rehearsal is wiped."""

from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from estrade.kernel.refusal import Refused
from estrade.rehearsal.reads import door_of, doors_of, play_with
from estrade.rehearsal.rehearsals import take_seat
from estrade.web.hosts import shown_origin
from estrade.web.qr import qr_code
from estrade.web.request import PageRequest


@never_cache
@require_safe
def lobby(request: PageRequest, token: str) -> HttpResponse:
    """Every seat of the rehearsal, with one button each."""
    play = play_with(token)
    if play is None:
        raise Http404
    timezone.activate(play.edition.zone)
    address = shown_origin(request) + request.path
    context = {
        "edition": play.edition,
        "play": play,
        "parts": doors_of(play),
        "token": token,
        "qr": qr_code(address),
        "address": address,
        # An account of its own would be signed out by taking a seat in this browser.
        "has_account": request.user.is_authenticated and request.user.rehearses_id is None,
    }
    return render(request, "rehearsal/lobby.html", context)


@require_POST
def seat(request: PageRequest, token: str, seat: int) -> HttpResponse:
    """Sit down: this browser is that double from now on."""
    with transaction.atomic():
        play, double = take_seat(token=token, person_id=seat)
        door = door_of(play, seat)
        if door is None:
            raise Refused("not_found")
        login(request, double, backend=settings.AUTHENTICATION_BACKENDS[0])
        # Written while the play's row is held, so that a wipe finds it.
        request.session.save()
    return redirect(door.path)
