"""Pages of the dossiers: an organiser releases them, and everybody entitled takes theirs along."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from estrade.access.policy import can, require
from estrade.dossiers.dossiers import Dossier, any_dossier, own_dossier, release_dossiers
from estrade.dossiers.forms import ReleaseForm
from estrade.dossiers.reads import all_folders, partners_with_dossiers, terms_of
from estrade.kernel.clock import db_now
from estrade.web.request import PageRequest
from estrade.web.streaming import Streamed


@require_http_methods(["GET", "HEAD", "POST"])
def dossiers(request: PageRequest, slug: str) -> HttpResponse:
    """Every partner with its solutions, what goes to them, and when."""
    here, now = request.edition, db_now()
    require(request.user, "edition.control", here, at=now)
    terms = terms_of(here, now)
    form = ReleaseForm(request.POST or None, initial={"released": terms.released_at, "with_comments": terms.with_comments})
    if request.method == "POST" and form.is_valid():
        release_dossiers(person=request.user, edition_id=here.pk, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("dossiers:dossiers", slug=slug)
    may = can(request.user, "dossier.release", here, at=now)
    folders = all_folders(edition=here, person=request.user, now=now) if may else []
    partners = [(one, [f for f in folders if f.challenge.partner_id == one.pk]) for one in partners_with_dossiers(here)]
    context = {"form": form, "terms": terms, "partners": partners, "may": may}
    return render(request, "dossiers/dossiers.html", context)


@require_POST
def mine(request: PageRequest, slug: str) -> HttpResponseBase:
    """A partner's own dossier. A POST, since it leaves a line in the audit log."""
    return _zip(own_dossier(person=request.user, edition=request.edition))


@require_POST
def everything(request: PageRequest, slug: str) -> HttpResponseBase:
    """All dossiers in one, for an organiser."""
    return _zip(any_dossier(person=request.user, edition=request.edition))


@require_POST
def one(request: PageRequest, slug: str, organisation_id: int) -> HttpResponseBase:
    """One partner's dossier, for an organiser."""
    return _zip(any_dossier(person=request.user, edition=request.edition, organisation_id=organisation_id))


def _zip(dossier: Dossier) -> HttpResponseBase:
    response = Streamed(dossier.pieces, content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, dossier.filename) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response
