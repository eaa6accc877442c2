"""What a session is worth: no more than the key that opened it, and on a device of many no longer than somebody is there."""

from collections.abc import Callable
from functools import partial

from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from estrade.kernel.clock import db_now
from estrade.people.door import has_second_factor, hold_back, person_of
from estrade.people.second_factor import is_wanted_of
from estrade.web.context import SHARED

Answer = Callable[[HttpRequest], HttpResponse]
# Said by the page's script, which counts touches and locks a shared device by itself, also while it has no network.
LOCKS_ITSELF, SEEN = "locks_itself", "seen_at"
IDLE, NOTED_EVERY = 15 * 60, 60


class KeepToTheEdition:
    """Whoever came by a paper of one edition has no role elsewhere. Asks the session only where somebody asks who it is."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(partial(person_of, request))  # type: ignore[assignment]  # a person, once asked
        return self.get_response(request)


class LockSharedDevices:
    """On a device of many, a session ends after a quarter of an hour without a request, where no script sees to it.

    What was typed on a page that was left open stays in that page; it is sent again after signing in.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_shared = request.COOKIES.get(SHARED) == "1" and LOCKS_ITSELF not in request.COOKIES
        if not is_shared or not request.user.is_authenticated:
            return self.get_response(request)
        now = db_now().timestamp()
        idle = now - request.session.get(SEEN, now)
        if idle >= IDLE:
            logout(request)
            if not request.path.startswith("/api/"):
                onward = request.get_full_path() if request.method == "GET" else "/"
                return redirect(f"{reverse('people:sign_in')}?{urlencode({'next': onward})}")
        elif idle >= NOTED_EVERY or SEEN not in request.session:
            request.session[SEEN] = now
        return self.get_response(request)


class AskForSecondFactor:
    """Installed where the setting asks for it. A program (`/api/`) is told to sign in, a page leads to the question.

    Sessions come to need it after they were opened: a role was given, or the setting was switched on.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not has_second_factor(request) and is_wanted_of(request.user):
            onward = request.get_full_path() if request.method == "GET" else "/"
            answer = hold_back(request, request.user, onward)
            if not request.path.startswith("/api/"):
                return answer
            request.user = AnonymousUser()
        return self.get_response(request)
