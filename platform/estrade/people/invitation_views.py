"""Inviting people by mail, and accepting."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estrade.access.policy import require
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.door import come_in
from estrade.people.forms import InviteForm
from estrade.people.invitations import (
    accept_invitation,
    invitation_of,
    invite_people,
    owner_of_address,
    read_guests,
    resend_invitation,
    revoke_invitation,
)
from estrade.people.reads import first_page, invitations_of
from estrade.people.words import LINE_PROBLEMS, ROLE
from estrade.web.request import PageRequest


@never_cache
@require_safe
def invitations(request: PageRequest, slug: str) -> HttpResponse:
    """Who is invited, and what became of it."""
    require(request.user, "people.invite", request.edition)
    form = InviteForm(initial={"language": request.LANGUAGE_CODE})
    context = {"form": form, "lines": invitations_of(request.edition, db_now()), "mail": settings.MAIL}
    return render(request, "people/invitations.html", context)


@never_cache
@require_POST
def invite(request: PageRequest, slug: str) -> HttpResponse:
    """First the preview, line by line; then, with `send`, the invitations."""
    require(request.user, "people.invite", request.edition)
    form = InviteForm(request.POST, request.FILES)
    guests = []
    if form.is_valid():
        words = form.cleaned_data
        try:
            if "send" in request.POST:
                count = invite_people(
                    person=request.user,
                    edition_id=request.edition.pk,
                    text=words["people"],
                    role=words["role"],
                    language=words["language"],
                )
                said = ngettext("%(n)s invitation leaves.", "%(n)s invitations leave.", count) % {"n": count}
                messages.success(request, said)
                return redirect("people:invitations", slug=slug)
            guests = read_guests(words["people"], edition=request.edition, role=words["role"])
        except Refused as refusal:
            form.refuse(refusal)
    lines = [(guest, ROLE[guest.role], LINE_PROBLEMS.get(guest.problem, "")) for guest in guests]
    good = sum(not guest.problem for guest in guests)
    context = {"form": form, "preview": lines, "good": good, "bad": len(lines) - good, "mail": settings.MAIL}
    if not guests:
        context["lines"] = invitations_of(request.edition, db_now())
    return render(request, "people/invitations.html", context, status=422 if form.errors else 200)


@require_POST
def change(request: PageRequest, slug: str, invitation_id: int) -> HttpResponse:
    """Send again, or take back."""
    verb = revoke_invitation if request.POST.get("what") == "revoke" else resend_invitation
    verb(person=request.user, edition_id=request.edition.pk, invitation_id=invitation_id)
    return redirect("people:invitations", slug=slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: PageRequest, token: str) -> HttpResponse:
    """The page behind the link of the mail. Only its button accepts, so a program that follows links accepts nothing."""
    person = request.user if request.user.is_authenticated else None
    if request.method == "POST":
        edition = invitation_of(token).edition
        guest = accept_invitation(person=person, token=token)
        guest.forget_roles()
        if person is not None and person.pk == guest.pk:
            return redirect(first_page(guest, edition))
        return come_in(request, guest, first_page(guest, edition), owns_address=True)
    found = invitation_of(token)
    owner = owner_of_address(found)
    context = {
        "found": found,
        "role": ROLE[found.role],
        "token": token,
        "has_account": owner is not None,
        "is_own": owner is not None and person is not None and owner.pk == person.pk,
        "somebody_else": person if person is not None and (owner is None or owner.pk != person.pk) else None,
    }
    return render(request, "people/invitation.html", context)
