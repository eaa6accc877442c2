"""The first person of an installation: somebody has to create the first edition.

Owns the creation of that one person. Never changes anybody who is there, and never gives rights to somebody known.
"""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from estrade.kernel.cleantext import one_line
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from estrade.people.people import create_person


def is_there() -> bool:
    """Whether somebody can create editions already."""
    return Person.objects.filter(is_superuser=True, is_active=True).exists()


def ensure_first_organiser(*, name: str, password: str) -> Person | None:
    """The person with this user name or e-mail address, who can create editions; None when somebody already can.

    Refused: name_missing, name_taken, email_taken, too_long, fields_invalid (an e-mail address that is none),
    password_refused (too short, too common, or like the name).
    """
    name = one_line(name)
    if not name:
        raise Refused("name_missing", field="name")
    with transaction.atomic():
        if is_there():
            return None
        email = name if "@" in name else None
        username = name.partition("@")[0]
        _check(name=username, email=email, password=password)
        if email and Person.objects.filter(username__iexact=username).exists():
            username = email
        person = create_person(first_name="", last_name="", username=username, email=email, password=password)
        person.is_staff = person.is_superuser = True
        person.save(update_fields=["is_staff", "is_superuser"])
    return person


def _check(*, name: str, email: str | None, password: str) -> None:
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise Refused("fields_invalid", field="email") from None
    try:
        validate_password(password, Person(username=name, email=email))
    except ValidationError as weak:
        raise Refused("password_refused", reasons=" ".join(weak.messages)) from None
