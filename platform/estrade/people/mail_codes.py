"""Sign-in by six digits that come by mail.

Owns the codes that were asked for. A code serves once, for ten minutes, in the browser that asked for it; asking again
ends the older ones. It is typed and posted: a program that opens the addresses of a mail finds none. The digits
are in no table: they follow from a random number of the row and the installation's key. Sends nothing: a letter does.
Limits count per account and per code, in the database, never per network address.
"""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from estrade.kernel.cleantext import folded, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.attempts import count_attempt
from estrade.people.models import MailCode, Person

MINUTES = 10
TRIES_PER_CODE = 5
CODES_PER_HOUR = 10
TRIES_PER_HOUR = 20
KEPT = timedelta(days=1)


def ask_mail_code(*, email: str) -> MailCode:
    """A new code for the account of this address, or a row that leads nowhere: the caller cannot tell which.

    Older codes of the address end. Refused: mail_not_set_up; too_many_attempts after ten codes for one address within
    an hour, whether somebody has it or not.
    """
    if not settings.MAIL:
        raise Refused("mail_not_set_up")
    address = hashlib.sha256(folded(one_line(email)).encode()).hexdigest()
    count_attempt(f"mail code for {address}", limit=CODES_PER_HOUR)
    now = db_now()
    with transaction.atomic():
        # Only the number: to make a person of the row takes time, and that time would tell who has an account.
        asking = Person.objects.filter(email__iexact=one_line(email), rehearses=None, is_active=True).values_list("pk", flat=True)
        person_id = asking.first()
        MailCode.objects.filter(made_at__lt=now - KEPT).delete()
        MailCode.objects.filter(address=address, used_at=None).update(used_at=now)
        return MailCode.objects.create(
            person_id=person_id, address=address, made_at=now, expires_at=now + timedelta(minutes=MINUTES)
        )


def use_mail_code(*, token: str, code: str) -> Person:
    """Whose code this is; it is used up. The caller opens the session.

    Refused: mail_code_wrong, also for a code that is over, replaced, used, or of nobody; too_many_attempts after twenty
    tries for one account within an hour.
    """
    wanted = MailCode.objects.filter(token=token).select_related("person").first()
    if wanted is None:
        raise Refused("mail_code_wrong", field="code")
    count_attempt(f"mail code of {wanted.address}", limit=TRIES_PER_HOUR)
    alive = MailCode.objects.filter(pk=wanted.pk, used_at=None, expires_at__gt=db_now())
    # The try is counted before it is looked at, so that tries at the same moment count as many.
    counted = alive.filter(tries__lt=TRIES_PER_CODE).update(tries=F("tries") + 1)
    is_right = constant_time_compare(digits_of(wanted), "".join(one_line(code).split()))
    person = wanted.person
    if not counted or not is_right or person is None or not person.is_active:
        raise Refused("mail_code_wrong", field="code")
    # One of several who typed it at the same moment finds it unused.
    if not alive.update(used_at=db_now()):
        raise Refused("mail_code_wrong", field="code")
    return person


def digits_of(code: MailCode) -> str:
    """The six digits, for the letter and for the comparison."""
    number = int(salted_hmac("estrade.people.mail_codes", code.nonce, algorithm="sha256").hexdigest(), 16)
    return f"{number % 1_000_000:06d}"
