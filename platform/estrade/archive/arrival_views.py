"""Bringing an edition into an installation without any: choose a file, look at it, say yes."""

from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY, login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from estrade.access.policy import require
from estrade.archive.arrival import Preview, check_no_edition, import_edition, read_edition, unpack_files
from estrade.archive.forms import ArrivalForm, ConfirmForm
from estrade.archive.waiting import forget, keep, waiting
from estrade.editions.models import Network
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from estrade.web.request import PageRequest


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest) -> HttpResponse:
    """Choose a file, and see what is in it."""
    require(request.user, "edition.create", Network())
    check_no_edition()
    form = ArrivalForm(request.POST, request.FILES) if request.method == "POST" else ArrivalForm()
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            digest = keep(file.chunks(), size=file.size)
            context |= {"preview": _looked_at(digest), "confirm": ConfirmForm(initial={"digest": digest})}
        except Refused as refusal:
            forget()
            form.refuse(refusal)
    return render(request, "archive/arrival.html", context, status=422 if form.errors else 200)


@require_POST
def confirm(request: PageRequest) -> HttpResponse:
    """Take in the file that was looked at."""
    require(request.user, "edition.create", Network())
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        raise Refused("edition_file_missing")
    with waiting(form.cleaned_data["digest"]) as file:
        arriving = read_edition(file)
    person, backend = request.user, request.session[BACKEND_SESSION_KEY]
    arrived = import_edition(person=person, arriving=arriving)
    with waiting(form.cleaned_data["digest"]) as file:
        unpack_files(file)
    forget()
    if arrived.moved:
        # Every session ended, since numbers of accounts have changed; whoever brought the edition stays.
        request.session.flush()
        login(request, Person.objects.get(pk=arrived.moved.get(person.pk, person.pk)), backend=backend)
    messages.success(request, _("The edition is here, checked against its own log. People have no password yet."))
    return redirect("editions:edition", slug=arrived.edition.slug)


def _looked_at(digest: str) -> Preview:
    with waiting(digest) as file:
        return read_edition(file).preview
