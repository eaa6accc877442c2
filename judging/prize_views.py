"""Prizes: the organisers' list and form, a team's view of them, and the partner's choice."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.access.policy import require
from estrade.kernel.refusal import Refused
from estrade.web.forms import PAGES_OF_THEIR_OWN
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.finals import rule_of_final
from judging.models import Prize
from judging.prize_forms import PrizeForm
from judging.prize_reads import known_houses, offered_prizes, own_prizes
from judging.prizes import choose_winner, is_settled, remove_prize, write_prize
from judging.votes import cast_vote, close_voting, open_voting

door = require_http_methods(["GET", "HEAD", "POST"])


@door
def prizes(request: PageRequest, slug: str) -> HttpResponse:
    """What can be won, and the form for one prize more."""
    here = request.edition
    require(request.user, "edition.control", here)
    form = PrizeForm(request.POST if request.method == "POST" else None, edition=here)
    if _written(request, form, None):
        return redirect("judging:prizes", slug=slug)
    offered = offered_prizes(person=request.user, edition=here)
    context = {"offered": offered, "form": form, "houses": known_houses(here), "is_settled": is_settled(here)}
    return render(request, "judging/prizes.html", context, status=422 if form.errors else 200)


@door
def prize(request: PageRequest, slug: str, prize_id: int) -> HttpResponse:
    """One prize, to be written anew."""
    here = request.edition
    require(request.user, "edition.control", here)
    known = get_object_or_404(Prize.objects.select_related("sponsor"), pk=prize_id, edition=here)
    form = PrizeForm(request.POST if request.method == "POST" else None, edition=here, known=known)
    if _written(request, form, known.pk):
        return redirect("judging:prizes", slug=slug)
    context = {"prize": known, "form": form, "houses": known_houses(here), "is_settled": is_settled(here)}
    return render(request, "judging/prize.html", context, status=422 if form.errors else 200)


@require_POST
def remove(request: PageRequest, slug: str, prize_id: int) -> HttpResponse:
    """Take a prize back."""
    get_object_or_404(Prize, pk=prize_id, edition=request.edition)
    try:
        remove_prize(person=request.user, prize_id=prize_id)
    except Refused as refusal:
        _say_why(request, refusal)
    else:
        messages.success(request, _("The prize is taken back."))
    return redirect("judging:prizes", slug=slug)


@require_POST
def choose(request: PageRequest, slug: str, prize_id: int) -> HttpResponse:
    """The partner's choice, from its own page."""
    get_object_or_404(Prize, pk=prize_id, edition=request.edition)
    team = request.POST.get("team", "")
    if not (team.isascii() and team.isdecimal() and len(team) < 18):
        messages.error(request, _("Choose a team first. Nothing was changed."))
        return redirect("desk:partner", slug=slug)
    try:
        choose_winner(person=request.user, prize_id=prize_id, team_id=int(team) or None)
    except Refused as refusal:
        _say_why(request, refusal)
    else:
        messages.success(request, _("Your choice is kept. Nobody but you and the organisers sees it before the ceremony."))
    return redirect("desk:partner", slug=slug)


@require_POST
def voting(request: PageRequest, slug: str, prize_id: int) -> HttpResponse:
    """Open or close the vote of the audience."""
    get_object_or_404(Prize, pk=prize_id, edition=request.edition, decided_by=Prize.DecidedBy.AUDIENCE)
    closes = request.POST.get("do") == "close"
    try:
        (close_voting if closes else open_voting)(person=request.user, prize_id=prize_id)
    except Refused as refusal:
        _say_why(request, refusal)
    else:
        messages.success(request, _("The vote is closed.") if closes else _("The vote is open: it is on everybody’s page."))
    return redirect("judging:prizes", slug=slug)


@require_POST
def vote(request: PageRequest, slug: str, prize_id: int) -> HttpResponse:
    """One person's vote."""
    get_object_or_404(Prize, pk=prize_id, edition=request.edition, decided_by=Prize.DecidedBy.AUDIENCE)
    team = request.POST.get("team", "")
    if not (team.isascii() and team.isdecimal() and len(team) < 18):
        messages.error(request, _("Choose a team first. Nothing was changed."))
        return redirect("judging:my_prizes", slug=slug)
    try:
        cast_vote(person=request.user, prize_id=prize_id, team_id=int(team))
    except Refused as refusal:
        _say_why(request, refusal)
    else:
        messages.success(request, _("Your vote is kept."))
    return redirect("judging:my_prizes", slug=slug)


@require_safe
def mine(request: PageRequest, slug: str) -> HttpResponse:
    """What can be won, and whether the reader's own team can."""
    here = request.edition
    context = {"prizes": own_prizes(person=request.user, edition=here), "final": rule_of_final(here)}
    return render(request, "judging/my_prizes.html", context)


def _written(request: PageRequest, form: PrizeForm, prize_id: int | None) -> bool:
    if not form.is_bound or not form.is_valid():
        return False
    new, sponsor = form.written()
    try:
        write_prize(person=request.user, edition_id=request.edition.pk, prize_id=prize_id, new=new, sponsor=sponsor)
    except Refused as refusal:
        form.refuse(refusal)
        return False
    messages.success(request, _("The prize is written down."))
    return True


def _say_why(request: PageRequest, refusal: Refused) -> None:
    if refusal.code in PAGES_OF_THEIR_OWN:
        raise refusal
    messages.error(request, status_and_sentence(refusal)[1])
