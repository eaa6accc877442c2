"""The page of one challenge."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from challenges.reads import visible_challenges
from estrade.access.policy import can
from estrade.editions.timeline import countdown
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.request import PageRequest


@require_safe
def challenge(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """What a partner asks, what comes with it, and who is on site."""
    visible = visible_challenges(edition=request.edition, person=request.user)
    shown, now = get_object_or_404(visible, slug=challenge_slug), db_now()
    if not can(request.user, "challenge.read", shown, at=now):
        # Before the opening a published challenge is still a secret: it does not exist.
        raise Refused("not_found")
    return render(request, "challenges/challenge.html", {"challenge": shown, "next": countdown(request.edition, now)})
