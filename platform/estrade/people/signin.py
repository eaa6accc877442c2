"""Who is this? A name or an e-mail address with a password, and a limit to guessing.

Never says whether an account exists: text, status and time are the same.
"""

import hashlib

from django.contrib.auth import authenticate
from django.db.models import Q

from estrade.kernel.cleantext import folded, one_line
from estrade.kernel.refusal import Refused
from estrade.people.attempts import SIGN_INS_PER_ACCOUNT, count_attempt, forgive_attempt
from estrade.people.models import Person


def identify(*, name: str, password: str) -> Person:
    """The person whose name (or e-mail) and password these are. The caller opens the session.

    Refused: wrong_credentials; too_many_attempts after ten failures of one account within an hour,
    the right password included.
    """
    name = one_line(name)
    known = _account(name)
    # One counter per account whichever of its names was typed, and one per name that nobody has.
    key = f"sign-in of {known.pk}" if known else "sign-in of nobody " + hashlib.sha256(folded(name).encode()).hexdigest()
    count_attempt(key, limit=SIGN_INS_PER_ACCOUNT)
    person = authenticate(username=known.username if known else name, password=password)
    if person is None:
        raise Refused("wrong_credentials")
    forgive_attempt(key)
    return person


def _account(name: str) -> Person | None:
    """The account of a user name or an e-mail; a telephone that wrote a capital letter is forgiven."""
    # One question whoever has the name: a second one for names that nobody has would tell them apart.
    wanted = Q(username=name) | Q(email__iexact=name) | Q(username__iexact=name)
    people = list(Person.objects.filter(wanted, rehearses=None).order_by("pk"))
    exact = (one for one in people if one.username == name or (one.email or "").casefold() == name.casefold())
    return next(exact, None) or next(iter(people), None)
