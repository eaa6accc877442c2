"""The organisers' page of the rehearsal, and the buttons of its bar."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.access.policy import require
from estrade.kernel.refusal import Refused
from estrade.rehearsal.forms import StartForm
from estrade.rehearsal.models import Play
from estrade.rehearsal.player import player
from estrade.rehearsal.reads import acts_of, added_words, last_proof, play_of, state_of
from estrade.rehearsal.rehearsals import pause_rehearsal, start_rehearsal, wipe_rehearsal
from estrade.web.addresses import local_path
from estrade.web.hosts import shown_origin
from estrade.web.qr import qr_code
from estrade.web.request import PageRequest

LOOPBACK = ("localhost", "127.", "[::1]")


@require_http_methods(["GET", "HEAD", "POST"])
def rehearsal(request: PageRequest, slug: str) -> HttpResponse:
    """Before: choose and begin. During: the seats and the acts. After: the proof."""
    if request.edition.rehearses is not None:
        return redirect("rehearsal:rehearsal", slug=request.edition.rehearses.slug)
    require(request.user, "rehearsal.manage", request.edition)
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            start_rehearsal(
                person=request.user, edition_id=request.edition.pk, length=timedelta(minutes=form.cleaned_data["minutes"])
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            player.wake()
            return redirect("rehearsal:rehearsal", slug=slug)
    context = {"form": form, "proof": last_proof(request.edition), **_going_on(request)}
    return render(request, "rehearsal/rehearsal.html", context, status=422 if form.errors else 200)


def _going_on(request: PageRequest) -> dict[str, Any]:
    """What the page shows of a rehearsal that is there. A restored copy may have lost its play: it can be wiped."""
    copy = request.edition.rehearsals.first()
    play = play_of(request.edition)
    if copy is None or play is None:
        return {"copy": copy}
    address = shown_origin(request) + reverse("rehearsal_lobby:lobby", args=[play.token])
    return {
        "copy": copy,
        "play": play,
        "acts": acts_of(play),
        "added": added_words(play),
        "state": state_of(play),
        "address": address,
        "qr": qr_code(address),
        "only_here": request.get_host().startswith(LOOPBACK),
    }


@require_POST
def pause(request: PageRequest, slug: str) -> HttpResponse:
    """Stop or resume the play for everybody. From a page of the copy, or from the organisers' page."""
    here = request.edition.rehearses or request.edition
    pause_rehearsal(person=request.user, edition_id=here.pk, paused=request.POST.get("paused") == "1")
    return redirect(local_path(request.POST.get("next", ""), otherwise=reverse("rehearsal:rehearsal", args=[here.slug])))


@require_http_methods(["GET", "HEAD", "POST"])
def wipe(request: PageRequest, slug: str) -> HttpResponse:
    """Stop, delete everything, and show the proof."""
    if request.edition.rehearses is not None:
        return redirect("rehearsal:wipe", slug=request.edition.rehearses.slug)
    require(request.user, "rehearsal.manage", request.edition)
    copy = request.edition.rehearsals.first()
    if copy is None:
        return redirect("rehearsal:rehearsal", slug=slug)
    if request.method != "POST":
        return render(request, "rehearsal/wipe.html", {"copy": copy})
    wipe_rehearsal(person=request.user, edition_id=request.edition.pk)
    messages.success(request, _("The rehearsal is wiped. The proof is below."))
    return redirect("rehearsal:rehearsal", slug=slug)


@require_safe
def state(request: PageRequest, slug: str) -> JsonResponse:
    """The act under way, for the bar. Who may see a page of the copy may see this."""
    play = Play.objects.select_related("edition").filter(edition=request.edition).first()
    if play is None or request.edition.rehearses_id is None:
        raise Http404
    return JsonResponse(state_of(play))
