"""The one door behind every way of signing in: it opens a session, or asks for the second factor first.

Owns what a session says about its sign-in. Each session begins under a new key; a half-way sign-in lasts ten minutes and
gives no right.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from estrade.kernel.clock import db_now
from estrade.people.models import Person
from estrade.people.second_factor import is_set_up, is_wanted_of
from estrade.web.context import SHARED

BACKEND = "estrade.people.backends.UsernameOrEmail"
PENDING, DONE, OWNS = "half_way", "second_factor_of", "owns_address"
YEAR = 365 * 24 * 3600
HALF_WAY = timedelta(minutes=10)


def come_in(request: HttpRequest, person: Person, onward: str, *, owns_address: bool = False) -> HttpResponse:
    """Open a session and go on; who needs a second factor is asked for it before.

    `owns_address`: came by a mail to the account's address, so may choose a first password (see `may_choose_password`).
    """
    if is_wanted_of(person):
        answer = hold_back(request, person, onward)
    else:
        request.session.pop(PENDING, None)
        login(request, person, backend=BACKEND)
        request.session[OWNS] = owns_address
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


def hold_back(request: HttpRequest, person: Person, onward: str) -> HttpResponse:
    """No session yet: whoever was signed in here is not any more, and the second factor is asked for or set up."""
    logout(request)
    request.session[PENDING] = {"person": person.pk, "next": onward, "at": db_now().timestamp()}
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
    request.session.pop(PENDING, None)
    login(request, person, backend=BACKEND)
    request.session[DONE] = person.pk


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with it."""
    return bool(request.session.get(DONE) == request.user.pk)
