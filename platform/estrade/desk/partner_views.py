"""The partner's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from challenges.models import Challenge
from challenges.reads import own_organisations
from estrade.access.policy import can, require
from estrade.desk.partner import followed_folders
from estrade.dossiers.reads import terms_of
from estrade.kernel.clock import db_now
from estrade.web.request import PageRequest
from judging.prize_reads import own_choices


@require_safe
def partner(request: PageRequest, slug: str) -> HttpResponse:
    """The solutions to the challenges of one's own organisation."""
    here, now = request.edition, db_now()
    require(request.user, "folder.read", here, at=now)
    folders = followed_folders(edition=here, person=request.user, now=now)
    size = sum(stored.size for folder in folders for solution in folder.solutions for stored in solution.stored)
    choices = own_choices(person=request.user, edition=here, now=now)
    own = own_organisations(edition=here, person=request.user)
    context = {
        "folders": folders,
        "terms": terms_of(here, now),
        "size": size,
        "choices": choices,
        "may_start": bool(own) and can(request.user, "challenge.write", Challenge(edition=here, partner=own[0]), at=now),
    }
    return render(request, "desk/partner.html", context)
