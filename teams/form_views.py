"""The organisers' page of the submission form."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from estrade.access.policy import can, require
from estrade.kernel.refusal import Refused
from estrade.web.request import PageRequest
from teams.form_forms import FormEditor
from teams.submission_form import change_form, form_of


@require_http_methods(["GET", "HEAD", "POST"])
def submission_form(request: PageRequest, slug: str) -> HttpResponse:
    """What teams are asked, field by field; written anew as a whole."""
    require(request.user, "edition.control", request.edition)
    editor = FormEditor(request.POST or None, asked=form_of(request.edition), languages=request.edition.languages or ["fr", "en"])
    if request.method == "POST" and editor.is_valid():
        try:
            change_form(person=request.user, edition_id=request.edition.pk, asked=editor.asked_now())
        except Refused as refusal:
            editor.refuse(refusal)
        else:
            messages.success(request, _("The submission form is saved."))
            return redirect("teams:submission_form", slug=slug)
    context = {"editor": editor, "may_change": can(request.user, "submission.form", request.edition)}
    return render(request, "teams/submission_form.html", context, status=422 if editor.errors else 200)
