"""Personal codes: how somebody without an e-mail address, or without a mail server, signs in.

Owns the codes of an edition's people: made, replaced, recognised. Only a salted slow hash is stored, so a
code can be read on its paper and nowhere else; a lost paper means a new code. Opens no session: a page does.
Words: the *selector* is the first part of a code and finds its row; the *secret* is the rest of it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.kernel.cleantext import one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.kernel.tokens import readable_code
from estrade.people.attempts import CODES_PER_ACCOUNT, CODES_PER_EDITION, count_attempt, forgive_attempt
from estrade.people.models import Person, PersonalCode, Role

SELECTOR, SECRET = 4, 8
# A badge serves until some days after the event, so that people still find their receipts and the results.
DAYS_AFTER = 14
MOST_USES = 200
# Sixteen megabytes and some ten milliseconds: slow for who guesses, quick enough for two hundred at the door.
_BY_NAME = ("person__last_name", "person__first_name", "person")
SCRYPT = {"n": 2**12, "r": 8, "p": 1, "dklen": 32}


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A person with the code just made, to be printed now: it cannot be shown again."""

    role: Role
    code: str

    @property
    def person(self) -> Person:
        return self.role.person

    @property
    def grouped(self) -> str:
        """The code as people read it: three groups of four."""
        return "-".join(self.code[start : start + 4] for start in range(0, len(self.code), 4))


def issue_codes(*, person: Person, edition_id: int, role: str, replace: bool = False) -> list[Badge]:
    """A code for everybody with this role who has none; with `replace` for everybody, and the old ones end.

    Nobody gets one who keeps the installation running: an administrator's account is worth more than a paper.
    """
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "codes.issue", edition)
        held = PersonalCode.objects.filter(edition=edition)
        roles = Role.objects.filter(edition=edition, role=role, person__is_staff=False, person__is_superuser=False)
        if not replace:
            roles = roles.exclude(person__in=held.values("person"))
        wanted = list(roles.select_related("person", "organisation").order_by("organisation__name", *_BY_NAME))
        return _make(person, edition, wanted)


def replace_code(*, person: Person, edition_id: int, of_id: int) -> Badge:
    """A new code for one person of the edition; the old one ends at once. Refused: not_found."""
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "codes.issue", edition)
        roles = Role.objects.filter(edition=edition, person=of_id, person__is_staff=False, person__is_superuser=False)
        role = roles.select_related("person", "organisation").first()
        if role is None:
            raise Refused("not_found")
        return _make(person, edition, [role])[0]


def owner_of(code: str) -> PersonalCode:
    """Whose code this is, for the page that asks "is this you?". Counts no use.

    Refused: personal_code_unknown, also for one that has ended or was used too often; too_many_attempts after ten
    wrong secrets for one code, or a hundred codes that nobody has, within an hour. Who holds the right
    code is never kept out by the guesses of others.
    """
    wanted = plain_code(code)
    selector, secret = wanted[:SELECTOR], wanted[SELECTOR:]
    found = PersonalCode.objects.filter(selector=selector).select_related("person", "edition").first()
    if found is None:
        count_attempt("codes of nobody", limit=CODES_PER_EDITION)
        _hash(secret, "")
        raise Refused("personal_code_unknown", field="code")
    key = f"code {found.pk}"
    count_attempt(key, limit=CODES_PER_ACCOUNT)
    is_right = hmac.compare_digest(_hash(secret, found.salt), found.digest)
    if not is_right or found.expires_at <= db_now() or found.uses >= MOST_USES or not found.person.is_active:
        raise Refused("personal_code_unknown", field="code")
    forgive_attempt(key)
    return found


def use_code(code: str) -> PersonalCode:
    """The same, and one use more. The caller opens the session. Refused: as `owner_of`."""
    found = owner_of(code)
    with transaction.atomic():
        held = PersonalCode.objects.select_for_update().filter(pk=found.pk, digest=found.digest).first()
        if held is None or held.uses >= MOST_USES:
            raise Refused("personal_code_unknown", field="code")
        held.uses += 1
        held.used_at = db_now()
        held.save(update_fields=["uses", "used_at"])
    return found


def plain_code(typed: str) -> str:
    """A code as it is kept and as it stands in an address, from whatever was typed."""
    return "".join(one_line(typed).upper().replace("-", " ").split())


def _make(person: Person, edition: Edition, roles: Sequence[Role]) -> list[Badge]:
    """New codes in two statements, however many people; one audit entry, without any code in it."""
    people = {role.person_id for role in roles}
    if not people:
        return []
    now, ends_at = db_now(), _ends_at(edition)
    PersonalCode.objects.filter(edition=edition, person__in=people).delete()
    rows, badges = [], []
    for role, selector in zip(roles, _free_selectors(len(roles)), strict=True):
        secret, salt = readable_code(SECRET), secrets.token_hex(8)
        rows.append(
            PersonalCode(
                edition=edition,
                person=role.person,
                selector=selector,
                salt=salt,
                digest=_hash(secret, salt),
                made_at=now,
                expires_at=max(ends_at, now + timedelta(days=1)),
            )
        )
        badges.append(Badge(role=role, code=selector + secret))
    PersonalCode.objects.bulk_create(rows)
    thing = f"person {roles[0].person_id}" if len(roles) == 1 else f"edition {edition.pk}"
    audit(edition_id=edition.pk, actor_id=person.pk, action="codes.issue", thing=thing, after={"people": len(people)})
    return badges


def _free_selectors(count: int) -> Collection[str]:
    drawn: set[str] = set()
    while len(drawn) < count:
        drawn |= {readable_code(SELECTOR) for _ in range(count - len(drawn))}
        drawn -= set(PersonalCode.objects.filter(selector__in=drawn).values_list("selector", flat=True))
    return drawn


def _hash(secret: str, salt: str) -> str:
    return hashlib.scrypt(secret.encode(), salt=salt.encode(), **SCRYPT).hex()


def _ends_at(edition: Edition) -> datetime:
    return datetime.combine(edition.ends_on + timedelta(days=DAYS_AFTER), time(), tzinfo=edition.zone)


def _edition(edition_id: int) -> Edition:
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition
