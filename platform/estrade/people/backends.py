"""Sign-in with a user name or an e-mail address."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q
from django.http import HttpRequest

from estrade.people.models import Person


class UsernameOrEmail(ModelBackend):
    """Password sign-in; the name may be an e-mail. Takes the same time whether the account exists or not."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Person | None:
        if not username or password is None:
            return None
        # A double of a rehearsal has no door of its own: its seat is taken from the rehearsal's page.
        people = Person.objects.filter(rehearses=None)
        person = people.filter(Q(username=username) | Q(email__iexact=username)).order_by("pk").first()
        if person is None:
            Person().set_password(password)
            return None
        return person if person.check_password(password) and self.user_can_authenticate(person) else None
