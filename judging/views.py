"""A juror's pages: the charter, the list of teams, the sheet of one team, conflicts and help. All work as plain forms."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.access.policy import require
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.kernel.localtext import local
from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.ballots import REMOVED, read_value, write_score
from judging.conflicts import accept_charter, declare_conflict, note_barred_try
from judging.deliberation import mark_nudge_seen, nudge_for
from judging.finals import rule_of_final
from judging.forms import declared, fields_of, intended_remarks, intended_scores, own_ranking, state_of
from judging.help import call_for_help, end_help
from judging.models import Criterion, Nudge, Seat
from judging.plans import take_next_team
from judging.reads import Sheet, juror_list, juror_sheet
from judging.reasons import CHOICES
from judging.remarks import write_remark


@require_safe
def jury(request: PageRequest, slug: str) -> HttpResponse:
    """The juror's teams in order of passage, and the next one to score; whoever has no seat is told so."""
    require(request.user, "seat.read", request.edition)
    try:
        mine = juror_list(person=request.user, edition_id=request.edition.pk)
    except ObjectDoesNotExist:
        return render(request, "judging/no_seat.html")
    if mine.seat.charter_at is None and mine.round.closed_at is None:
        return render(request, "judging/charter.html", {"mine": mine, "choices": CHOICES})
    nudge, final = _nudge(request, mine.seat), rule_of_final(request.edition)
    context = {"mine": mine, "following": mine.following, "nudge": nudge, "final": final}
    return render(request, "judging/jury.html", context)


@require_POST
def charter(request: PageRequest, slug: str) -> HttpResponse:
    """Accept the charter with the conflicts ticked, and go straight to the sheet that is wanted now."""
    accept_charter(person=request.user, edition_id=request.edition.pk, conflicts=declared(request.POST))
    mine = juror_list(person=request.user, edition_id=request.edition.pk)
    is_open = request.edition.phase(db_now()) >= Phase.JUDGING and not mine.round.walks
    if is_open and mine.following is not None:
        return redirect("judging:sheet", slug=slug, team_id=mine.following.team.pk)
    return redirect("judging:jury", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """One team's ballot. A form without script writes each changed criterion and text and comes back."""
    require(request.user, "seat.read", request.edition)
    own = _sheet(request, team_id)
    if own.seat.charter_at is None and own.round.closed_at is None:
        return redirect("judging:jury", slug=slug)
    if request.method == "POST":
        _write(request, own)
        return redirect("judging:sheet", slug=slug, team_id=_where_to(request, own))
    nudge = _nudge(request, own.seat)
    context = {"sheet": own, "nudge": nudge, "fields": fields_of(own), "state": state_of(own), "ranking": own_ranking(own)}
    return render(request, "judging/sheet.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def conflict(request: PageRequest, slug: str, team_id: int) -> HttpResponse:
    """Say that one cannot judge this team."""
    require(request.user, "seat.read", request.edition)
    own = _sheet(request, team_id)
    context: dict[str, Any] = {"sheet": own, "choices": CHOICES}
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind in CHOICES:
            declare_conflict(person=request.user, edition_id=request.edition.pk, team_id=team_id, kind=kind)
            team = own.team.name
            messages.success(request, _("%(team)s is no longer on your list. The organisers have been told.") % {"team": team})
            return redirect("judging:jury", slug=slug)
        context["is_unanswered"] = True
    return render(request, "judging/conflict.html", context, status=422 if "is_unanswered" in context else 200)


@require_POST
def next_team(request: PageRequest, slug: str) -> HttpResponse:
    """Where a juror who walks from stand to stand goes next."""
    team = take_next_team(person=request.user, edition_id=request.edition.pk)
    if team is None:
        messages.success(request, _("No stand is waiting for you: the others have their ballots or a visitor. Look again soon."))
        return redirect("judging:jury", slug=slug)
    return redirect("judging:sheet", slug=slug, team_id=team.pk)


@require_POST
def call(request: PageRequest, slug: str) -> HttpResponse:
    """Call somebody, or say that it is no longer needed, and stay where one was."""
    if "ended" in request.POST:
        mine = juror_list(person=request.user, edition_id=request.edition.pk)
        if mine.call is not None:
            end_help(person=request.user, call_id=mine.call.pk)
    else:
        call_for_help(person=request.user, edition_id=request.edition.pk)
    team = request.POST.get("team", "")
    if team.isascii() and team.isdecimal() and len(team) < 18:
        return redirect("judging:sheet", slug=slug, team_id=int(team))
    return redirect("judging:jury", slug=slug)


def _sheet(request: PageRequest, team_id: int) -> Sheet:
    """The juror's own sheet. Asking for a barred one is written down and answered as if there were none."""
    try:
        return juror_sheet(person=request.user, edition_id=request.edition.pk, team_id=team_id)
    except ObjectDoesNotExist:
        note_barred_try(person=request.user, edition_id=request.edition.pk, team_id=team_id)
        raise


def _nudge(request: PageRequest, seat: Seat) -> Nudge | None:
    """The word the juror should read now; that it is on the screen is noted."""
    nudge = nudge_for(seat)
    if nudge is not None and nudge.seen_at is None and request.method == "GET":
        mark_nudge_seen(person=request.user, seat_id=seat.pk)
    return nudge


def _write(request: PageRequest, own: Sheet) -> None:
    facts: dict[str, Any] = {"person": request.user, "edition_id": request.edition.pk, "team_id": own.team.pk}
    labels = {item.criterion.pk: local(item.criterion.label, request.LANGUAGE_CODE) for item in own.criteria}
    written = 0
    for score in intended_scores(request.POST, own):
        try:
            receipt = write_score(
                **facts,
                criterion_id=score.criterion_id,
                value=read_value(score.typed, from_form=True),
                client_id=score.client_id,
                base_version=score.base_version,
            )
            written += 1
        except Criterion.DoesNotExist:
            raise BadRequest("a sheet of elsewhere") from None
        except Refused as refusal:
            label = labels.get(score.criterion_id, "")
            why = status_and_sentence(refusal)[1]
            messages.error(request, _("%(criterion)s: %(why)s") % {"criterion": label, "why": why} if label else why)
            continue
        if receipt.status == REMOVED:
            messages.warning(
                request, _("The rubric has changed: a score of yours for a criterion that is gone is kept, and does not count.")
            )
    for remark in intended_remarks(request.POST):
        try:
            write_remark(**facts, **vars(remark))
            written += 1
        except Refused as refusal:
            messages.error(request, status_and_sentence(refusal)[1])
    if written:
        messages.success(request, _("Scores received."))


def _where_to(request: PageRequest, own: Sheet) -> int:
    return own.after.pk if "next" in request.POST and own.after else own.team.pk
