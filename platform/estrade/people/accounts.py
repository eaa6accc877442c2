"""Accounts: whether a person may sign in at all.

Owns the closing and the reopening of an account, by who keeps the installation running. Deletes nobody and takes no
role: what the person did stays theirs. Every session of a closed account ends, sockets included.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from estrade.access.policy import require
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person

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
