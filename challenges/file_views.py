"""Files of a challenge: the page where they are brought, and the way to each."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.files import LIMIT_MB, MOST_FILES, add_challenge_file, challenge_file, remove_challenge_file
from challenges.forms import ChallengeFileForm
from challenges.reads import visible_challenges
from estrade.access.policy import require
from estrade.files.kinds import accept_of, names_of
from estrade.files.scanning import is_scanning
from estrade.files.serving import answer_with
from estrade.files.uploads import Sending
from estrade.kernel.refusal import Refused
from estrade.web.request import PageRequest


@require_http_methods(["GET", "HEAD", "POST"])
def files(request: PageRequest, slug: str, challenge_slug: str) -> HttpResponse:
    """The files that come with a challenge, for whoever writes it."""
    visible = visible_challenges(edition=request.edition, person=request.user)
    known = get_object_or_404(visible, slug=challenge_slug)
    require(request.user, "challenge.write", known)
    form = ChallengeFileForm(request.POST or None, request.FILES or None, initial={"client_id": uuid4()})
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        sending = Sending.of_form(sent, client_id=form.cleaned_data["client_id"])
        try:
            added = add_challenge_file(person=request.user, challenge_id=known.pk, sending=sending, pieces=sent.chunks())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(file)s comes with the challenge.") % {"file": added.stored.name})
            return redirect("challenges:files", slug=slug, challenge_slug=challenge_slug)
    context = {
        "form": form, "known": known, "formats": names_of(), "accept": accept_of(), "limit": LIMIT_MB, "most": MOST_FILES,
        "files": known.files.select_related("stored"), "scanned": is_scanning(),
    }  # fmt: skip
    return render(request, "challenges/files.html", context, status=422 if form.errors else 200)


@require_POST
def remove_file(request: PageRequest, slug: str, challenge_slug: str, file_id: int) -> HttpResponse:
    """Take a file away from a challenge."""
    known = get_object_or_404(visible_challenges(edition=request.edition, person=request.user), slug=challenge_slug)
    remove_challenge_file(person=request.user, challenge_id=known.pk, file_id=file_id)
    return redirect("challenges:files", slug=slug, challenge_slug=challenge_slug)


@require_safe
def download(request: PageRequest, slug: str, challenge_slug: str, token: str) -> HttpResponseBase:
    """One file of a challenge."""
    stored = challenge_file(person=request.user, edition=request.edition, challenge_slug=challenge_slug, token=token)
    return answer_with(stored, inline="view" in request.GET)
