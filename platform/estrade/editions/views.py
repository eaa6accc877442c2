"""The first page of the site, and the form that creates an edition."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from estrade.access.policy import require
from estrade.editions.editions import create_edition
from estrade.editions.forms import EditionForm
from estrade.editions.models import Network
from estrade.editions.reads import all_editions, first_network, nobody_yet
from estrade.kernel.refusal import Refused
from estrade.web.request import PageRequest


@require_safe
def root(request: PageRequest) -> HttpResponse:
    """The only edition, a list of several, or how to create the first."""
    editions = list(all_editions()[:50])
    if not editions and request.user.is_authenticated and request.user.is_superuser:
        return redirect("editions:new")
    if len(editions) == 1:
        return redirect("editions:edition", slug=editions[0].slug)
    return render(request, "editions/root.html", {"editions": editions, "nobody_yet": not editions and nobody_yet()})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest) -> HttpResponse:
    """A new edition; whoever creates it becomes its organiser."""
    network = first_network()
    require(request.user, "edition.create", network or Network())
    form = EditionForm(request.POST or None, network=network)
    if request.method == "POST" and form.is_valid():
        try:
            edition = create_edition(person=request.user, **form.network_words(), new=form.new_edition())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Edition created. You are its organiser."))
            # By name: the control room stands in a room above this one.
            return redirect("desk:control", slug=edition.slug)
    return render(request, "editions/new.html", {"form": form}, status=422 if form.errors else 200)
