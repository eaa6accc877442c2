"""A juror's pages: the list of teams, and the sheet of one team. The sheet works as a plain form."""

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from estrade.access.policy import require
from estrade.kernel.localtext import local
from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.ballots import write_score
from judging.deliberation import mark_nudge_seen, nudge_for
from judging.forms import fields_of, intended_scores, own_ranking, state_of
from judging.models import Nudge, Seat
from judging.reads import DONE, OFF, Sheet, juror_list, juror_sheet


@require_safe
def jury(request: PageRequest, slug: str) -> HttpResponse:
    """The juror's teams in order of passage, and the next one to score; whoever has no seat is told so."""
    require(request.user, "seat.read", request.edition)
    try:
        mine = juror_list(person=request.user, edition_id=request.edition.pk)
    except ObjectDoesNotExist:
        return render(request, "judging/no_seat.html")
    following = next((one for one in mine.ballots if one.state not in {DONE, OFF}), None)
    return render(request, "judging/jury.html", {"mine": mine, "following": following, "nudge": _nudge(request, mine.seat)})


@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """One team's ballot. A form without script writes each changed criterion and comes back."""
    require(request.user, "seat.read", request.edition)
    own = juror_sheet(person=request.user, edition_id=request.edition.pk, team_id=team_id)
    if request.method == "POST":
        _write(request, own)
        return redirect("judging:sheet", slug=slug, team_id=_where_to(request, own))
    nudge = _nudge(request, own.seat)
    context = {"sheet": own, "nudge": nudge, "fields": fields_of(own), "state": state_of(own), "ranking": own_ranking(own)}
    return render(request, "judging/sheet.html", context)


def _nudge(request: PageRequest, seat: Seat) -> Nudge | None:
    """The word the juror should read now; that it is on the screen is noted."""
    nudge = nudge_for(seat)
    if nudge is not None and nudge.seen_at is None and request.method == "GET":
        mark_nudge_seen(person=request.user, seat_id=seat.pk)
    return nudge


def _write(request: PageRequest, own: Sheet) -> None:
    labels = {item.criterion.pk: local(item.criterion.label, request.LANGUAGE_CODE) for item in own.criteria}
    written = 0
    for score in intended_scores(request.POST, own):
        try:
            write_score(person=request.user, edition_id=request.edition.pk, team_id=own.team.pk, **vars(score))
            written += 1
        except Refused as refusal:
            messages.error(request, f"{labels[score.criterion_id]}: {status_and_sentence(refusal)[1]}")
    if written:
        messages.success(request, _("Scores received."))


def _where_to(request: PageRequest, own: Sheet) -> int:
    return own.after.pk if "next" in request.POST and own.after else own.team.pk
