"""Accounts: whether a person may sign in at all.

Owns the closing and the reopening of an account, by who keeps the installation running, and the change of one's own
password. Deletes nobody and takes no role: what the person did stays theirs. Every session of a closed account, or of
one whose password changed, ends, sockets included.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction

from estrade.access.policy import require
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.attempts import SIGN_INS_PER_ACCOUNT, count_attempt, forgive_attempt
from estrade.people.models import Person
from estrade.people.second_factor import remove_second_factor

LONGEST_REASON = 200


class Installation:
    """What belongs to no edition. Only administrators have a role in it."""

    def phase(self, now: datetime) -> Phase:
        return Phase.BEFORE

    def roles_of(self, person: Any) -> frozenset[str]:
        is_administrator = person is not None and person.is_authenticated and person.is_superuser
        return frozenset({"anonymous", "admin"} if is_administrator else {"anonymous"})


def close_account(*, person: Person, account_id: int, reason: str) -> Person:
    """Nobody signs in to this account any more, and its sessions end. Refused: `reason_required`, `account_is_own`."""
    return _switch(person, account_id, reason, to=False)


def reopen_account(*, person: Person, account_id: int, reason: str) -> Person:
    """The account may sign in again. Refused: `reason_required`, `account_is_own`."""
    return _switch(person, account_id, reason, to=True)


def change_password(*, person: Person, present: str, new: str) -> Person:
    """A new password of one's own; every session of the account ends, this one too: the page opens another.

    Who has none yet gives none. Refused: wrong_credentials, password_refused, too_many_attempts.
    """
    key = f"sign-in of {person.pk}"
    count_attempt(key, limit=SIGN_INS_PER_ACCOUNT)
    with transaction.atomic():
        account = Person.objects.select_for_update().get(pk=person.pk)
        if account.has_usable_password() and not account.check_password(present):
            raise Refused("wrong_credentials", field="present")
        try:
            validate_password(new, account)
        except ValidationError as weak:
            raise Refused("password_refused", reasons=" ".join(weak.messages), field="new") from None
        account.set_password(new)
        account.save(update_fields=["password"])
        _end_sessions(account)
    forgive_attempt(key)
    return account


def end_sessions(*, person: Person) -> None:
    """Sign oneself out everywhere, sockets included."""
    _end_sessions(person)


def reset_second_factor(*, person: Person, account_id: int, reason: str) -> Person:
    """The person's authenticator app is gone: it is set up anew at the next sign-in. Refused: `reason_required`."""
    reason = not_longer("reason", one_line(reason), LONGEST_REASON)
    with transaction.atomic():
        account = Person.objects.select_for_update().get(pk=account_id)
        require(person, "account.close", Installation())
        if not reason:
            raise Refused("reason_required", field="reason")
        remove_second_factor(person=account)
        _end_sessions(account)
        for edition_id in account.roles.order_by("edition_id").values_list("edition_id", flat=True).distinct():
            audit(
                edition_id=edition_id,
                actor_id=person.pk,
                action="account.second_factor",
                thing=f"person {account.pk}",
                after="to be set up anew",
                reason=reason,
            )
    return account


def _switch(person: Person, account_id: int, reason: str, *, to: bool) -> Person:
    reason = not_longer("reason", one_line(reason), LONGEST_REASON)
    with transaction.atomic():
        account = Person.objects.select_for_update().get(pk=account_id)
        require(person, "account.close", Installation())
        if not reason:
            raise Refused("reason_required", field="reason")
        if account.pk == person.pk:
            raise Refused("account_is_own")
        if account.is_active == to:
            return account
        account.is_active = to
        account.save(update_fields=["is_active"])
        if not to:
            _end_sessions(account)
        for edition_id in account.roles.order_by("edition_id").values_list("edition_id", flat=True).distinct():
            audit(
                edition_id=edition_id,
                actor_id=person.pk,
                action="account.reopen" if to else "account.close",
                thing=f"person {account.pk}",
                before={"may_sign_in": not to},
                after={"may_sign_in": to},
                reason=reason,
            )
    return account


def _end_sessions(account: Person) -> None:
    # A session names its person only inside its signed text. There are thousands at most, and this is rare.
    alive = Session.objects.filter(expire_date__gt=db_now()).iterator()
    mine = [session.session_key for session in alive if session.get_decoded().get(SESSION_KEY) == str(account.pk)]
    Session.objects.filter(session_key__in=mine).delete()
