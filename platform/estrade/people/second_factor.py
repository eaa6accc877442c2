"""The second factor: six digits of an authenticator app beside the first key, and codes on paper for who lost it.

Owns the shared secrets and the recovery codes. Asked of organisers and of who keeps the installation running, where the
setting says so, at every door alike. RFC 6238: SHA-1, six digits, half a minute; one half minute earlier or later
is forgiven, and the same half minute serves once. Recovery codes are stored as hashes.
"""

import base64
import hashlib
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from estrade.kernel.cleantext import one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.kernel.tokens import readable_code
from estrade.people.attempts import count_attempt, forgive_attempt
from estrade.people.models import Person, RecoveryCode, Role, SecondFactor

STEP_SECONDS = 30
TRIES_PER_HOUR = 10
RECOVERY_CODES = 10
RECOVERY_LENGTH = 12


def is_wanted_of(person: Person) -> bool:
    """Whether this person needs a second factor: who keeps the installation running, and who organises an edition."""
    # A double of a rehearsal is nobody, and its seat is taken from the rehearsal's page.
    if not settings.SECOND_FACTOR or person.rehearses_id is not None:
        return False
    return person.is_staff or person.is_superuser or person.roles.filter(role=Role.Name.ORGANISER).exists()


def is_set_up(person: Person) -> bool:
    """Whether an app was confirmed."""
    return SecondFactor.objects.filter(person=person, confirmed_at__isnull=False).exists()


def begin_set_up(person: Person) -> SecondFactor:
    """The secret to be shown to the app; the same one until it is confirmed. Refused: second_factor_there."""
    with transaction.atomic():
        made, _ = SecondFactor.objects.get_or_create(
            person=person, defaults={"secret": base64.b32encode(secrets.token_bytes(20)).decode(), "made_at": db_now()}
        )
        if made.confirmed_at is not None:
            raise Refused("second_factor_there")
    return made


def confirm_set_up(*, person: Person, code: str) -> list[str]:
    """The app shows the right digits: it counts from now on. The recovery codes, to be printed now, once.

    Refused: second_factor_wrong, second_factor_there, too_many_attempts.
    """
    key = _count(person)
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(person=person).first()
        if factor is None or factor.confirmed_at is not None:
            raise Refused("second_factor_there")
        _use_digits(factor, code)
        factor.confirmed_at = db_now()
        factor.save(update_fields=["confirmed_at", "last_step"])
        codes = [readable_code(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
        RecoveryCode.objects.filter(person=person).delete()
        RecoveryCode.objects.bulk_create([RecoveryCode(person=person, digest=_digest(one)) for one in codes])
    forgive_attempt(key)
    return codes


def check_second_factor(*, person: Person, code: str) -> None:
    """The digits of the app, or a recovery code, which is used up. Refused: second_factor_wrong, too_many_attempts."""
    key = _count(person)
    plain = "".join(one_line(code).upper().replace("-", " ").split())
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(person=person, confirmed_at__isnull=False).first()
        if factor is None:
            raise Refused("second_factor_wrong", field="code")
        if len(plain) == RECOVERY_LENGTH:
            unused = RecoveryCode.objects.filter(person=person, digest=_digest(plain), used_at=None)
            if not unused.update(used_at=db_now()):
                raise Refused("second_factor_wrong", field="code")
        else:
            _use_digits(factor, plain)
            factor.save(update_fields=["last_step"])
    forgive_attempt(key)


def remove_second_factor(*, person: Person) -> None:
    """Set up anew, for instance with another telephone: the app and the recovery codes of before end."""
    with transaction.atomic():
        SecondFactor.objects.filter(person=person).delete()
        RecoveryCode.objects.filter(person=person).delete()


def address_for_app(factor: SecondFactor) -> str:
    """What the QR code says to the app."""
    label = quote(f"Estrade:{factor.person.username}")
    return f"otpauth://totp/{label}?{urlencode({'secret': factor.secret, 'issuer': 'Estrade'})}"


def digits_at(secret: str, step: int) -> str:
    """The six digits of one half minute (RFC 4226, 5.3)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def step_at(now: datetime) -> int:
    """The number of a half minute."""
    return int(now.timestamp()) // STEP_SECONDS


def _use_digits(factor: SecondFactor, code: str) -> None:
    now = step_at(db_now())
    plain = "".join(one_line(code).split())
    fits = [step for step in (now - 1, now, now + 1) if constant_time_compare(digits_at(factor.secret, step), plain)]
    if not fits or fits[-1] <= factor.last_step:
        raise Refused("second_factor_wrong", field="code")
    factor.last_step = fits[-1]


def _count(person: Person) -> str:
    key = f"second factor of {person.pk}"
    count_attempt(key, limit=TRIES_PER_HOUR)
    return key


def _digest(code: str) -> str:
    # Sixty bits at random: what a slow hash would add is nothing, and the key keeps a stolen table silent.
    return salted_hmac("estrade.people.recovery", code, algorithm="sha256").hexdigest()
