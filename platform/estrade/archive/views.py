"""The page where an organiser takes everything along."""

from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from estrade.access.policy import require
from estrade.archive.exports import export_everything, export_table, may_read_scores
from estrade.archive.tables import TABLES
from estrade.kernel.clock import db_now
from estrade.web.request import PageRequest


@require_safe
def data(request: PageRequest, slug: str) -> HttpResponse:
    """What can be taken along, and where copies of the whole installation are to be found."""
    require(request.user, "data.export", request.edition)
    context = {
        "tables": TABLES,
        "with_scores": may_read_scores(request.user, request.edition),
        # The page "On site" tells of them; on servers whoever runs them knows.
        "makes_copies": settings.VENUE,
    }
    return render(request, "archive/data.html", context)


@require_POST
def everything(request: PageRequest, slug: str) -> HttpResponseBase:
    """The ZIP with everything. A POST, since it leaves a line in the audit log."""
    file = export_everything(person=request.user, edition=request.edition)
    name = f"{request.edition.slug}-{db_now():%Y%m%d-%H%M%S}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


@require_POST
def table(request: PageRequest, slug: str, name: str) -> HttpResponse:
    """One table as CSV."""
    content = export_table(person=request.user, edition=request.edition, key=name)
    disposition = {"Content-Disposition": f'attachment; filename="{request.edition.slug}-{name}.csv"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=disposition)
