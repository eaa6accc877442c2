"""A new edition in three screens, and its settings later."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from estrade.access.policy import can, require
from estrade.desk.founding_forms import COPY, SCREENS, FoundingForm, SettingsForm, first_answers, refilled
from estrade.editions.editions import change_settings
from estrade.editions.models import Edition, Network
from estrade.editions.reads import all_editions, first_network
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.request import PageRequest
from judging.founding import SetUp, found_edition, setup_of_edition, setup_of_format

MOST_COPIES = 5

door = require_http_methods(["GET", "HEAD", "POST"])


@door
def new(request: PageRequest) -> HttpResponse:
    """A new edition; whoever creates it becomes its organiser."""
    network = first_network()
    require(request.user, "edition.create", network or Network())
    earlier = _earlier(request, network)
    if request.method != "POST":
        return _screen(request, FoundingForm(network=network, earlier=earlier, initial=first_answers(network)), 1)
    form = FoundingForm(request.POST, network=network, earlier=earlier)
    screen = min(max(int(request.POST["screen"]), 1), len(SCREENS)) if request.POST.get("screen", "").isdecimal() else 1
    go = request.POST.get("go", "create")
    if go == "back":
        return _anew(request, form, form.answers(), max(screen - 1, 1))
    if go == "next":
        form.forget_errors_after(screen)
        if form.errors:
            return _screen(request, form, form.screen_of_errors(screen))
        answers = refilled(form.answers(), earlier) if screen == 1 and form.cleaned_data.get("starts_on") else form.answers()
        return _anew(request, form, answers, min(screen + 1, len(SCREENS)))
    if form.is_valid():
        try:
            new_edition = form.new_edition()
            setup = _setup(request, form, new_edition.starts_on)
            edition = found_edition(person=request.user, **form.network_words(), new=new_edition, setup=setup)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Edition created. You are its organiser."))
            return redirect("desk:control", slug=edition.slug)
    return _screen(request, form, form.screen_of_errors(screen))


@door
def settings(request: PageRequest, slug: str) -> HttpResponse:
    """The answers of the founding, to be changed. Times are moved in the control room, the programme has a page of its own."""
    here, now = request.edition, db_now()
    require(request.user, "edition.control", here, at=now)
    typed = request.POST if request.method == "POST" else None
    form = SettingsForm(typed, initial={name: getattr(here, name) for name in SettingsForm.base_fields})
    if form.is_bound and form.is_valid():
        try:
            change_settings(person=request.user, edition_id=here.pk, settings=form.settings())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Settings saved."))
            return redirect("desk:settings", slug=slug)
    may_change = can(request.user, "edition.manage", here, at=now)
    return render(request, "desk/settings.html", {"form": form, "may_change": may_change}, status=422 if form.errors else 200)


def _earlier(request: PageRequest, network: Network | None) -> dict[str, Edition]:
    """The latest editions that this person runs, under the name each has in the form."""
    if network is None:
        return {}
    mine = [one for one in all_editions()[:50] if can(request.user, "edition.control", one)]
    return {f"{COPY}{one.pk}": one for one in mine[:MOST_COPIES]}


def _setup(request: PageRequest, form: FoundingForm, first_day: Any) -> SetUp:
    source = form.cleaned_data["source"]
    original = form.earlier.get(source)
    if original is None:
        return setup_of_format(source, first_day=first_day)
    with_challenges = form.cleaned_data.get("with_challenges", False)
    return setup_of_edition(person=request.user, original=original, first_day=first_day, with_challenges=with_challenges)


def _anew(request: PageRequest, form: FoundingForm, answers: dict[str, Any], screen: int) -> HttpResponse:
    """Another screen with everything that was typed, and nothing said to be wrong that has not been asked yet."""
    shown = FoundingForm(network=form.network, earlier=form.earlier, initial=answers)
    return _screen(request, shown, screen, readings=form.readings())


def _screen(request: PageRequest, form: FoundingForm, screen: int, **more: Any) -> HttpResponse:
    asked, advanced = SCREENS[screen - 1]
    here = {*asked, *advanced}
    context = {
        "form": form,
        "screen": screen,
        "screens": len(SCREENS),
        "asked": [form[name] for name in asked if name in form.fields],
        "advanced": [form[name] for name in advanced],
        "is_advanced_open": bool(form.errors.keys() & set(advanced)),
        "carried": [field for field in form if field.name not in here],
        **more,
    }
    return render(request, "desk/founding.html", context, status=422 if form.errors else 200)
