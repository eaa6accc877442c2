"""Late scores, and corrections that wait for a second organiser."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from estrade.access.policy import require
from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from judging.corrections import accept_late_scores, decide_correction, refuse_late_scores
from judging.late import late_list
from judging.models import Ballot, Correction, LateDecision

PLAIN = frozenset({"sign_in_first", "wrong_role", "wrong_phase", "not_found"})


@require_http_methods(["GET", "HEAD", "POST"])
def late(request: PageRequest, slug: str) -> HttpResponse:
    """What came after the round was closed: accepted or refused, ballot by ballot."""
    require(request.user, "score.correct", request.edition)
    refused = ""
    if request.method == "POST":
        try:
            messages.success(request, _decide(request))
            return redirect("judging:late", slug=slug)
        except Refused as refusal:
            if refusal.code in PLAIN:
                raise
            refused = status_and_sentence(refusal)[1]
    found = late_list(person=request.user, edition=request.edition)
    return render(request, "judging/late.html", {"late": found, "refused": refused}, status=422 if refused else 200)


@require_POST
def decide(request: PageRequest, slug: str, correction_id: int) -> HttpResponse:
    """Confirm a correction, or drop it."""
    require(request.user, "score.correct", request.edition)
    pk = Correction.objects.get(pk=correction_id, ballot__team__edition=request.edition).pk
    confirms = request.POST.get("way") == "confirm"
    try:
        decide_correction(person=request.user, correction_id=pk, confirms=confirms)
    except Refused as refusal:
        if refusal.code in PLAIN:
            raise
        messages.error(request, status_and_sentence(refusal)[1])
    else:
        messages.success(request, _("Confirmed and done.") if confirms else _("Dropped. Nothing was changed."))
    return redirect("judging:cockpit", slug=slug)


def _decide(request: PageRequest) -> str:
    numbers = [request.POST.get(name, "") for name in ("ballot", "up_to")]
    if not all(one.isascii() and one.isdecimal() and len(one) < 18 for one in numbers):
        raise Refused("not_found")
    ballot = Ballot.objects.get(pk=int(numbers[0]), team__edition=request.edition)
    facts = {"person": request.user, "ballot_id": ballot.pk, "up_to": int(numbers[1])}
    reason = request.POST.get("reason", "")
    if request.POST.get("way") != "accept":
        refuse_late_scores(**facts, reason=reason)
        return _("Refused. The scores stay in the list of all that arrived.")
    if isinstance(accept_late_scores(**facts, reason=reason), LateDecision):
        return _("Accepted: they count. The result has a new version.")
    return _("Another organiser has to confirm this on the page “Deliberation”.")
