"""The page of one challenge, and the organisers' list of them with the form to write one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.challenges import edit_challenge, publish_challenge, write_new_challenge
from challenges.forms import ChallengeForm
from challenges.models import Challenge
from challenges.reads import partner_names, visible_challenges
from estrade.access.policy import can, require
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
    return render(
        request,
        "challenges/challenge.html",
        {"challenge": shown, "files": shown.files.select_related("stored"), "next": countdown(request.edition, now)},
    )


@require_safe
def manage(request: PageRequest, slug: str) -> HttpResponse:
    """Every challenge with its state, and what to do with it next."""
    require(request.user, "edition.control", request.edition)
    challenges = list(visible_challenges(edition=request.edition, person=request.user))
    return render(request, "challenges/manage.html", {"challenges": challenges})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest, slug: str) -> HttpResponse:
    """Write a challenge; its partner comes to be with it."""
    require(request.user, "challenge.write", request.edition)
    form = ChallengeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = form.text(language=request.LANGUAGE_CODE, position=0)
        try:
            made = write_new_challenge(
                person=request.user, edition_id=request.edition.pk, partner_name=form.cleaned_data["partner"], text=text
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _written(request, made)
    context = {"form": form, "partners": partner_names()}
    return render(request, "challenges/write.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """Change the words of a challenge in the reader's language."""
    visible = visible_challenges(edition=request.edition, person=request.user)
    known = get_object_or_404(visible, slug=challenge_slug)
    require(request.user, "challenge.write", known)
    form = ChallengeForm.of(known, language=request.LANGUAGE_CODE)
    if request.method == "POST":
        form = ChallengeForm(request.POST)
        del form.fields["partner"]
        if form.is_valid():
            text = form.text(language=request.LANGUAGE_CODE, position=known.position, known=known)
            try:
                return _written(request, edit_challenge(person=request.user, challenge_id=known.pk, text=text))
            except Refused as refusal:
                form.refuse(refusal)
    return render(request, "challenges/write.html", {"form": form, "known": known}, status=422 if form.errors else 200)


@require_POST
def publish(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """Make a challenge public: from the opening on, everybody reads it."""
    visible = visible_challenges(edition=request.edition, person=request.user)
    known = get_object_or_404(visible, slug=challenge_slug)
    publish_challenge(person=request.user, challenge_id=known.pk)
    messages.success(request, _("The challenge is published. It can be read from the opening on."))
    return redirect("challenges:manage", slug=slug)


def _written(request: PageRequest, challenge: Challenge) -> HttpResponse:
    """Saved; and published in the same press, if that was the button."""
    if "publish" in request.POST:
        publish_challenge(person=request.user, challenge_id=challenge.pk)
        messages.success(request, _("The challenge is published. It can be read from the opening on."))
    else:
        messages.success(request, _("The challenge is saved."))
    return redirect("challenges:manage", slug=request.edition.slug)
