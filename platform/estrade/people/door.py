"""The one door behind every way of signing in: it opens a session, or asks for the second factor first.

Owns what a session says about its sign-in. Each session begins under a new key; a half-way sign-in lasts ten minutes and
gives no right.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from estrade.kernel.clock import db_now
from estrade.people.models import Person, PersonalCode
from estrade.people.second_factor import is_set_up, is_wanted_of
from estrade.web.context import SHARED

BACKEND = "estrade.people.backends.UsernameOrEmail"
PENDING, DONE, OWNS, ONLY = "half_way", "second_factor_of", "owns_address", "only_edition"
YEAR = 365 * 24 * 3600
HALF_WAY = timedelta(minutes=10)


def come_in(
    request: HttpRequest, person: Person, onward: str, *, owns_address: bool = False, paper: PersonalCode | None = None
) -> HttpResponse:
    """Open a session and go on; who needs a second factor is asked for it before.

    `owns_address`: came by a mail to the account's address, so may choose a first password (see `may_choose_password`).
    `paper`: came by this code, so is nobody in any other edition, and no longer signed in than it serves.
    """
    if is_wanted_of(person):
        answer = hold_back(request, person, onward, only_edition=paper.edition_id if paper else None)
    else:
        request.session.pop(PENDING, None)
        login(request, person, backend=BACKEND)
        request.session[OWNS] = owns_address
        _keep_to(request, paper.edition_id if paper else None)
        left = (paper.expires_at - db_now()).total_seconds() if paper else settings.SESSION_COOKIE_AGE
        request.session.set_expiry(max(1, min(int(left), settings.SESSION_COOKIE_AGE)))
        answer = redirect(onward)
    if request.POST.get("asks_shared"):
        _note_shared(answer, is_shared=bool(request.POST.get("shared")))
    return answer


def may_choose_password(request: HttpRequest) -> bool:
    """Who has a password changes it by it. Who has none needs the address: a borrowed badge must not outlive the event."""
    return request.user.is_authenticated and bool(request.user.has_usable_password() or request.session.get(OWNS))


def _note_shared(answer: HttpResponse, *, is_shared: bool) -> None:
    """Whether several people use this device: a property of the device, so it outlives the session."""
    if is_shared:
        answer.set_cookie(SHARED, "1", max_age=YEAR, samesite="Lax", secure=settings.SECURE, httponly=True)
    else:
        answer.delete_cookie(SHARED, samesite="Lax")


def person_of(request: HttpRequest) -> Any:
    """Who is signed in, with the limit of the key that opened the session; asks the session's row once per request,
    and leaves the answer where the log of requests looks."""
    person: Any = get_user(request)
    if person.is_authenticated:
        person.only_edition = request.session.get(ONLY)
    return person


def _keep_to(request: HttpRequest, only_edition: int | None) -> None:
    """The limit of this sign-in, in place of that of an earlier one of the same person."""
    if only_edition is None:
        request.session.pop(ONLY, None)
    else:
        request.session[ONLY] = only_edition
    request.user.only_edition = only_edition  # type: ignore[union-attr]  # just signed in


def hold_back(request: HttpRequest, person: Person, onward: str, *, only_edition: int | None = None) -> HttpResponse:
    """No session yet: whoever was signed in here is not any more, and the second factor is asked for or set up."""
    logout(request)
    pending = {"person": person.pk, "next": onward, "at": db_now().timestamp(), "only": only_edition}
    request.session[PENDING] = pending
    return redirect("people:second_factor" if is_set_up(person) else "people:set_up_second_factor")


def half_way(request: HttpRequest) -> tuple[Person, str] | None:
    """Who gave the first key in this browser lately, and where to go afterwards."""
    pending: Any = request.session.get(PENDING)
    if not pending or db_now().timestamp() - pending["at"] > HALF_WAY.total_seconds():
        return None
    person = Person.objects.filter(pk=pending["person"], is_active=True).first()
    return (person, pending["next"]) if person else None


def finish(request: HttpRequest, person: Person) -> None:
    """Open the session: both keys were given."""
    pending: Any = request.session.pop(PENDING, None)
    login(request, person, backend=BACKEND)
    request.session[DONE] = person.pk
    _keep_to(request, pending.get("only") if pending else None)


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with it."""
    return bool(request.session.get(DONE) == request.user.pk)
