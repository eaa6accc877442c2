"""The audit log: who did what to what, before, after and why. Never pushed, never changed.

Entries of one edition form a chain: each carries the SHA-256 of its content and of the entry before.
"""

import hashlib
import json
from typing import Any

from django.db import connection

from estrade.journal.models import AuditEntry, AuditHead
from estrade.kernel.clock import db_now
from estrade.kernel.written import Insert, Update

NEW_ENTRY, MOVED_HEAD = Insert(AuditEntry), Update(AuditHead, "number", "digest")


def audit(
    *,
    edition_id: int,
    actor_id: int | None,
    action: str,
    thing: str,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> AuditEntry:
    """Append one entry inside the open transaction. `before` and `after` are plain JSON without secrets."""
    if not connection.in_atomic_block:
        raise RuntimeError("audit() belongs inside the transaction of what it describes")
    head = _locked_head(edition_id)
    entry = AuditEntry(
        edition_id=edition_id,
        number=head.number + 1,
        actor_id=actor_id,
        action=action,
        thing=thing,
        before=before,
        after=after,
        reason=reason,
        at=db_now(),
        previous=head.digest,
    )
    entry.digest = digest_of(entry)
    NEW_ENTRY.save(entry)
    head.number, head.digest = entry.number, entry.digest
    MOVED_HEAD.save(head)
    return entry


def _locked_head(edition_id: int) -> AuditHead:
    heads = AuditHead.objects.select_for_update().filter(edition_id=edition_id)
    if (head := heads.first()) is None:
        AuditHead.objects.get_or_create(edition_id=edition_id)
        head = heads.get()
    return head


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 over the entry's content and the digest before it, in hexadecimal."""
    content = [
        entry.previous,
        entry.number,
        entry.actor_id,
        entry.action,
        entry.thing,
        entry.before,
        entry.after,
        entry.reason,
        entry.at.isoformat(timespec="microseconds"),
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
