"""The board and the results for everybody. Both show what was recorded for the public, and nothing else."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from estrade.editions.timeline import countdown
from estrade.kernel.clock import db_now
from estrade.web.request import PageRequest
from judging.public import public_board, public_results


@require_safe
def board(request: PageRequest, slug: str) -> HttpResponse:
    """The order of the teams as the room sees it, live or frozen."""
    here = request.edition
    shown = public_board(here)
    context = {"board": shown, "results": public_results(here), "next": countdown(here, db_now())}
    return render(request, "judging/board.html", context)


@require_safe
def results(request: PageRequest, slug: str) -> HttpResponse:
    """What has been revealed so far; the whole order and the prizes once published."""
    here = request.edition
    # The last key step of the programme is the ceremony.
    ceremony = here.programme.filter(is_key=True, starts_at__gt=db_now()).last()
    shown = public_results(here)
    corrected = shown.get("corrected")
    corrected_at = datetime.fromisoformat(corrected["at"]) if corrected else None
    return render(request, "judging/results.html", {"results": shown, "ceremony": ceremony, "corrected_at": corrected_at})
