"""Sign-in with a user name or an e-mail address."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q
from django.http import HttpRequest

from estrade.kernel.written import Written
from estrade.people.models import Person

BY_NUMBER = Written("SELECT {person} FROM people_person AS person WHERE person.id = %s", person=Person)


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

    def get_user(self, user_id: int) -> Person | None:
        """Who is signed in, as the inherited method answers; each request asks it."""
        for (person,) in BY_NUMBER.rows(user_id):
            return person if self.user_can_authenticate(person) else None
        return None
