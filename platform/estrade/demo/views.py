"""The lobby with its one-click seats, and the demo bar's buttons. Installed only for the demonstration."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from estrade.demo.loader import demo_play, reload_demo
from estrade.demo.lobby import Door, doors, doors_after_results, pulse_doors
from estrade.demo.pulse import load_pulse_soon
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.people.models import Person
from estrade.rehearsal.models import Play
from estrade.rehearsal.player import player
from estrade.rehearsal.reads import state_of


def lobby(request: HttpRequest) -> HttpResponse:
    """All addresses of the demonstration on one page."""
    after, published = doors_after_results()
    context = {"doors": doors(), "after": after, "published": published, "pulse_doors": pulse_doors(), "play": demo_play()}
    return render(request, "demo/lobby.html", context)


def enter(request: HttpRequest, key: str) -> HttpResponse:
    """Sign in as the person behind a door and go where the door leads.

    Each seat gets a host name of its own (`captain.localhost`), so that one browser can hold several
    seats in several tabs without their sessions mixing.
    """
    door = next((door for door in (*doors(), *doors_after_results()[0], *pulse_doors()) if door.key == key), None)
    if door is None or door.username is None:
        return redirect("demo:lobby")
    if (own := _own_host(request, door)) is not None:
        return HttpResponseRedirect(own)
    person = get_object_or_404(Person, username=door.username)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect(door.path)


def _own_host(request: HttpRequest, door: Door) -> str | None:
    agent = request.headers.get("User-Agent", "")
    knows_localhost_names = "Chrome/" in agent or "Firefox/" in agent
    host, _, port = request.get_host().partition(":")
    if host not in {"127.0.0.1", "localhost"} or not knows_localhost_names:
        return None
    return f"http://{door.key}.localhost:{port or 80}{reverse('demo:enter', args=[door.key])}"


def state(request: HttpRequest) -> HttpResponse:
    """What the demo bar shows: act, played seconds, paused or not."""
    play = demo_play()
    told = state_of(play)
    if play and play.edition.phase(db_now()) == Phase.PUBLISHED:
        told |= {"act": _("The results are published. All seats: feedback, jury record, the partner’s dossier."), "next": ""}
    return JsonResponse(told)


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Stop or resume the play for everybody."""
    Play.objects.filter(story=Play.Story.AFTERNOON).update(is_paused=request.POST.get("paused") == "1")
    return _back(request)


@require_POST
def restart(request: HttpRequest) -> HttpResponse:
    """Load the edition afresh; everybody is signed out."""
    reload_demo()
    player.wake()
    load_pulse_soon()
    return redirect("demo:lobby")


def _back(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if safe else reverse("demo:lobby"))
