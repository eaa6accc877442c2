"""The one door behind every way of signing in: it opens a session, or asks for the second factor first.

Owns what a session says about its sign-in. Each session begins under a new key; a half-way sign-in lasts ten minutes and
gives no right.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from estrade.kernel.clock import db_now
from estrade.people.models import Person, PersonalCode
from estrade.people.reads import own_first_page
from estrade.people.second_factor import is_set_up, is_wanted_of
from estrade.web.context import SHARED

BACKEND = "estrade.people.backends.UsernameOrEmail"
PENDING, DONE, OWNS, ONLY, UNTIL = "half_way", "second_factor_of", "owns_address", "only_edition", "open_until"
YEAR = 365 * 24 * 3600
HALF_WAY = timedelta(minutes=10)


@dataclass(frozen=True)
class Worth:
    """What the first key gives its session; a half-way sign-in carries it along. `until` in seconds since 1970."""

    owns_address: bool = False
    only_edition: int | None = None
    until: float | None = None


def come_in(
    request: HttpRequest, person: Person, onward: str, *, owns_address: bool = False, paper: PersonalCode | None = None
) -> HttpResponse:
    """Open a session and go on; who needs a second factor is asked for it before.

    `owns_address`: came by a mail to the account's address, so may choose a first password (see `may_choose_password`).
    `paper`: came by this code, so is nobody in any other edition, and no longer signed in than it serves.
    """
    worth = Worth(owns_address)
    if paper is not None:
        worth = Worth(owns_address, paper.edition_id, paper.expires_at.timestamp())
    if onward == reverse("editions:root"):
        onward = own_first_page(person)
    if is_wanted_of(person):
        answer = _ask_further(request, person, onward, worth)
    else:
        _open(request, person, worth)
        answer = redirect(onward)
    if request.POST.get("asks_shared"):
        _note_shared(answer, is_shared=bool(request.POST.get("shared")))
    return answer


def _open(request: HttpRequest, person: Person, worth: Worth) -> None:
    """The session of every way in."""
    request.session.pop(PENDING, None)
    login(request, person, backend=BACKEND)
    request.session[OWNS] = worth.owns_address
    _keep_to(request, worth.only_edition)
    if worth.until is None:
        request.session.pop(UNTIL, None)
        request.session.set_expiry(settings.SESSION_COOKIE_AGE)
    else:
        request.session[UNTIL] = worth.until
        # An instant, not a length: a length begins again with each change of the session.
        longest = db_now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        request.session.set_expiry(min(datetime.fromtimestamp(worth.until, UTC), longest))


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


def hold_back(request: HttpRequest, person: Person, onward: str) -> HttpResponse:
    """Whoever is signed in here is not any more; once the second factor is given, the session is worth what it was."""
    stored = request.session
    return _ask_further(request, person, onward, Worth(stored.get(OWNS, False), stored.get(ONLY), stored.get(UNTIL)))


def _ask_further(request: HttpRequest, person: Person, onward: str, worth: Worth) -> HttpResponse:
    """No session yet: the second factor is asked for or set up."""
    logout(request)
    request.session[PENDING] = {"person": person.pk, "next": onward, "at": db_now().timestamp(), "worth": asdict(worth)}
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
    pending: Any = request.session.get(PENDING) or {}
    _open(request, person, Worth(**pending.get("worth", {})))
    request.session[DONE] = person.pk


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with it."""
    return bool(request.session.get(DONE) == request.user.pk)
