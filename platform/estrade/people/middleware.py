"""Sessions that came to need a second factor after they were opened: a role was given, or the setting was switched on."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from estrade.people.door import has_second_factor, hold_back
from estrade.people.second_factor import is_wanted_of


class AskForSecondFactor:
    """Installed where the setting asks for it. A program (`/api/`) is told to sign in, a page leads to the question."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not has_second_factor(request) and is_wanted_of(request.user):
            onward = request.get_full_path() if request.method == "GET" else "/"
            answer = hold_back(request, request.user, onward)
            if not request.path.startswith("/api/"):
                return answer
            request.user = AnonymousUser()
        return self.get_response(request)
