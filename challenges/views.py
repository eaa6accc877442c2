"""The page of one challenge, and the pages on which partners and organisers write, approve and amend them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.challenges import (
    amend_challenge,
    edit_challenge,
    publish_challenge,
    send_back,
    submit_challenge,
    write_new_challenge,
    write_own_challenge,
)
from challenges.forms import PARTS, ChallengeForm, RemarkForm
from challenges.models import Challenge
from challenges.reads import (
    amendments_of,
    managed_challenges,
    openness_of,
    own_organisations,
    partner_names,
    schools_of,
    visible_challenges,
    words_of,
)
from estrade.access.policy import can, require
from estrade.editions.phases import Phase
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
    context = {
        "challenge": shown,
        "words": words_of(shown, request.LANGUAGE_CODE),
        "files": shown.files.select_related("stored"),
        "openness": openness_of(shown, request.user),
        "amendments": [_in_words(step) for step in amendments_of(shown)],
        "next": countdown(request.edition, now),
        "listens": can(request.user, "stream.challenge", shown, at=now),
    }
    return render(request, "challenges/challenge.html", context)


@require_safe
def manage(request: PageRequest, slug: str) -> HttpResponse:
    """The challenges one looks after, each with its state, its history, and what to do with it next."""
    require(request.user, "challenge.manage", request.edition)
    return _managed(request, RemarkForm())


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest, slug: str) -> HttpResponse:
    """Write a challenge: a partner in the name of their organisation, an organiser in anybody's."""
    here, organises = request.edition, _organises(request)
    require(request.user, "challenge.manage", here)
    own = own_organisations(edition=here, person=request.user)
    thing = here if organises or not own else Challenge(edition=here, partner=own[0])
    require(request.user, "challenge.write", thing)
    partners = None if organises else own
    form = ChallengeForm(request.POST or None, edition=here, schools=schools_of(here), partners=partners)
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        chosen, text = form.cleaned_data["partner"], form.text(position=0)
        try:
            if organises:
                made = write_new_challenge(person=request.user, edition_id=here.pk, partner_name=chosen, text=text)
            else:
                made = write_own_challenge(person=request.user, edition_id=here.pk, partner_id=chosen, text=text)
            return _written(request, made)
        except Refused as refusal:
            form.refuse(refusal)
    return _form_page(request, form, partners=partner_names() if organises else [])


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """Change the words of a challenge; of one that teams can read, by an amendment."""
    known, now = _managed_one(request, challenge_slug), db_now()
    amends = known.published_at is not None and known.phase(now) is not Phase.BEFORE
    require(request.user, "challenge.amend" if amends else "challenge.write", known, at=now)
    form = ChallengeForm(
        request.POST or None, edition=request.edition, schools=schools_of(request.edition), known=known, amends=amends
    )
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        change: dict[str, Any] = {
            "challenge_id": known.pk, "revision": form.cleaned_data["revision"], "text": form.text(position=known.position)
        }  # fmt: skip
        try:
            if not amends:
                return _written(request, edit_challenge(person=request.user, **change))
            if amend_challenge(person=request.user, **change, why=form.cleaned_data["why"]):
                messages.success(request, _("The challenge is amended. Its teams are told."))
            else:
                messages.info(request, _("Nothing has changed, so nothing was told to anybody."))
            return redirect("challenges:challenge", slug=slug, challenge_slug=known.slug)
        except Refused as refusal:
            form.refuse(refusal)
    return _form_page(request, form, known=known, amends=amends)


@require_POST
def submit(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """Ask the organisers to publish a challenge."""
    known = _managed_one(request, challenge_slug)
    submit_challenge(person=request.user, challenge_id=known.pk, revision=_revision(request))
    messages.success(request, _("The challenge awaits the organisers’ approval."))
    return redirect("challenges:manage", slug=slug)


@require_POST
def give_back(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """Send a challenge back to its partner with a remark."""
    known, form = _managed_one(request, challenge_slug), RemarkForm(request.POST)
    if form.is_valid():
        try:
            send_back(person=request.user, challenge_id=known.pk, remark=form.cleaned_data["remark"])
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The challenge is back with its partner, with your remark."))
            return redirect("challenges:manage", slug=slug)
    require(request.user, "challenge.publish", known)
    return _managed(request, form, refused=known)


@require_POST
def publish(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """Make a challenge public: from the opening on, everybody reads it."""
    known = _managed_one(request, challenge_slug)
    publish_challenge(person=request.user, challenge_id=known.pk, revision=_revision(request))
    messages.success(request, _("The challenge is published. It can be read from the opening on."))
    return redirect("challenges:manage", slug=slug)


def _written(request: PageRequest, challenge: Challenge) -> HttpResponse:
    """Saved; and in the same press published or submitted, if that was the button."""
    one = {"person": request.user, "challenge_id": challenge.pk, "revision": challenge.revision}
    if "publish" in request.POST:
        publish_challenge(**one)
        messages.success(request, _("The challenge is published. It can be read from the opening on."))
    elif "submit" in request.POST:
        submit_challenge(**one)
        messages.success(request, _("The challenge awaits the organisers’ approval."))
    else:
        messages.success(request, _("The challenge is saved."))
    return redirect("challenges:manage", slug=request.edition.slug)


def _managed(request: PageRequest, form: RemarkForm, *, refused: Challenge | None = None) -> HttpResponse:
    here, now = request.edition, db_now()
    # What waits for the reader's word stands first.
    challenges = sorted(managed_challenges(edition=here, person=request.user), key=lambda one: one.state != "waiting")
    rows = [
        {
            "challenge": one,
            "steps": [_in_words(step) for step in one.steps.all()],
            "may_publish": can(request.user, "challenge.publish", one, at=now),
            "may_write": can(request.user, "challenge.write", one, at=now),
            "may_amend": can(request.user, "challenge.amend", one, at=now),
            "form": form if one == refused else RemarkForm(),
        }
        for one in challenges
    ]
    own = own_organisations(edition=here, person=request.user)
    thing = here if _organises(request) or not own else Challenge(edition=here, partner=own[0])
    context = {
        "rows": rows,
        "waiting": sum(one.state == "waiting" for one in challenges),
        "may_start": can(request.user, "challenge.write", thing, at=now),
        "frame": _frame(request),
    }
    return render(request, "challenges/manage.html", context, status=422 if form.errors else 200)


def _managed_one(request: PageRequest, challenge_slug: str) -> Challenge:
    """One that the reader looks after; who looks after none at all is told so, any other is not there."""
    require(request.user, "challenge.manage", request.edition)
    managed = Challenge.objects.managed_by(request.user).filter(edition=request.edition, slug=challenge_slug)
    known = managed.select_related("partner", "edition").first()
    if known is None:
        raise Refused("not_found")
    return known


def _form_page(request: PageRequest, form: ChallengeForm, **context: Any) -> HttpResponse:
    looks = "preview" in request.POST
    context |= {
        "form": form,
        "preview": form.preview() if looks else [],
        "organises": _organises(request),
        "frame": _frame(request),
    }
    return render(request, "challenges/write.html", context, status=422 if form.is_bound and form.errors and not looks else 200)


def _organises(request: PageRequest) -> bool:
    return "organiser" in request.edition.roles_of(request.user)


def _frame(request: PageRequest) -> str:
    return "web/organiser.html" if _organises(request) else "challenges/frame.html"


def _revision(request: PageRequest) -> int:
    given = request.POST.get("revision", "")
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise Http404
    return int(given)


def _in_words(step: Any) -> dict[str, Any]:
    return {"step": step, "parts": [PARTS[name] for name in step.changed if name in PARTS]}
