"""Files of a team's submission: sent in one form, or piece by piece by the page's script, and given back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.files.serving import answer_with
from estrade.files.uploads import PIECE, Sending, append_piece, drop_upload, received_of
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.refusals import status_and_sentence
from estrade.web.request import PageRequest
from teams.file_forms import PlainFileForm, StartForm
from teams.files import attach_file, begin_file, bring_file, readable_file, remove_file, team_upload
from teams.reads import one_team
from teams.words import brought_words


@require_POST
def bring(request: PageRequest, slug: str, team_id: int, field: str) -> HttpResponse:
    """A file by the plain form: whole, in one request."""
    one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    try:
        sending, pieces = PlainFileForm(request.POST, request.FILES).sent()
        brought = bring_file(person=request.user, team_id=team_id, field=field, sending=sending, pieces=pieces)
    except Refused as refusal:
        return _said_on_the_page(request, team_id, refusal)
    messages.success(request, brought_words(brought))
    return redirect("teams:team", slug=slug, team_id=team_id)


@require_POST
def start(request: PageRequest, slug: str, team_id: int, field: str) -> HttpResponse:
    """Begin a file piece by piece, or go on with one: what its name is here, and how much of it has arrived."""
    one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    form = StartForm(request.POST)
    if not form.is_valid():
        raise Refused("fields_invalid", field=next(iter(form.errors)))
    upload = begin_file(person=request.user, team_id=team_id, field=field, sending=Sending(**form.cleaned_data))
    return JsonResponse({"token": upload.token, "received": received_of(upload), "piece": PIECE})


@require_http_methods(["GET", "HEAD", "POST"])
def piece(request: PageRequest, slug: str, team_id: int, token: str) -> HttpResponse:
    """The next piece, as plain bytes after `offset`; asked without one, how much has arrived."""
    one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    upload = team_upload(person=request.user, team_id=team_id, token=token)
    if request.method != "POST":
        return JsonResponse({"received": received_of(upload)})
    offset = request.GET.get("offset", "")
    if not (offset.isascii() and offset.isdecimal() and len(offset) < 16):
        raise Refused("query_invalid", field="offset")
    return JsonResponse({"received": append_piece(upload=upload, offset=int(offset), data=request.body)})


@require_POST
def finish(request: PageRequest, slug: str, team_id: int, token: str) -> HttpResponse:
    """Examine what has arrived and put it into the draft. The key of the upload finds it again after a lost answer."""
    one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    brought = attach_file(person=request.user, team_id=team_id, token=token, client_id=_key(request.POST.get("client_id", "")))
    return JsonResponse({"words": brought_words(brought)})


@require_POST
def cancel(request: PageRequest, slug: str, team_id: int, token: str) -> HttpResponse:
    """Give an upload up."""
    one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    drop_upload(team_upload(person=request.user, team_id=team_id, token=token))
    return JsonResponse({})


@require_POST
def remove(request: PageRequest, slug: str, team_id: int, file_id: int) -> HttpResponse:
    """Take a file out of the draft."""
    one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
    try:
        remove_file(person=request.user, team_id=team_id, file_id=file_id)
    except Refused as refusal:
        return _said_on_the_page(request, team_id, refusal)
    messages.success(request, _("The file is no longer in the draft."))
    return redirect("teams:team", slug=slug, team_id=team_id)


@require_safe
def download(request: PageRequest, slug: str, team_id: int, token: str) -> HttpResponseBase:
    """A file of the draft or of a version; the right to it is asked at each request."""
    stored = readable_file(person=request.user, edition=request.edition, team_id=team_id, token=token)
    return answer_with(stored, inline="view" in request.GET)


def _said_on_the_page(request: PageRequest, team_id: int, refusal: Refused) -> HttpResponse:
    """No file can be kept in a form: the sentence stands above the page as it was."""
    if refusal.code in {"not_found", "wrong_role", "wrong_phase", "sign_in_first"}:
        raise refusal
    messages.error(request, status_and_sentence(refusal)[1])
    return redirect("teams:team", slug=request.edition.slug, team_id=team_id)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
