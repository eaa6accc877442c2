"""Whose pages are open, for the organisers' eyes.

Owns the presence rows. Never decides anything else by them: somebody who is offline keeps every right.
Words: a person is *online* while one of their pages was heard of in the last ten seconds.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from estrade.journal.log import ORGANISERS, record
from estrade.people.events import PersonOffline, PersonOnline
from estrade.people.models import Presence

# Pages speak every four seconds and the sweep runs each second: the desk knows within twelve.
SILENCE = timedelta(seconds=10)


def mark_heard(*, edition_id: int, person_ids: Collection[int], now: datetime) -> None:
    """Pages of these people were heard of just now. Meant to be called for many at once."""
    with transaction.atomic():
        rows = Presence.objects.select_for_update().filter(edition_id=edition_id, person_id__in=person_ids)
        online = {row.person_id: row.is_online for row in rows.order_by("person_id")}
        Presence.objects.filter(edition_id=edition_id, person_id__in=online).update(heard_at=now)
        absent = [person_id for person_id in sorted(set(person_ids)) if not online.get(person_id, False)]
        come = [person_id for person_id in absent if _come(edition_id, person_id, now)]
        # After all rows: whoever holds the stream's counter must not wait for a row.
        for person_id in come:
            record(PersonOnline(person=person_id), edition_id=edition_id, on=[ORGANISERS])


def mark_gone(*, edition_id: int, person_ids: Collection[int], now: datetime) -> None:
    """The last page of each of these people was closed: no need to wait for the silence."""
    here = Presence.objects.filter(edition_id=edition_id, person_id__in=person_ids, is_online=True)
    if here.exists():
        with transaction.atomic():
            _go(list(here.select_for_update().order_by("person_id")), now)


def sweep(now: datetime) -> int:
    """Everybody unheard of for ten seconds goes offline. One query while there is nobody. How many went."""
    silent = Presence.objects.filter(is_online=True, heard_at__lt=now - SILENCE)
    if not silent.exists():
        return 0
    with transaction.atomic():
        rows = list(silent.select_for_update().order_by("edition_id", "person_id"))
        _go(rows, now)
    return len(rows)


def _come(edition_id: int, person_id: int, now: datetime) -> bool:
    """Put somebody online who was not; False when another process did so meanwhile."""
    row, created = Presence.objects.select_for_update().get_or_create(
        edition_id=edition_id,
        person_id=person_id,
        defaults={"is_online": True, "heard_at": now, "changed_at": now},
    )
    if created or row.is_online:
        return created
    row.is_online, row.heard_at, row.changed_at = True, now, now
    row.save(update_fields=["is_online", "heard_at", "changed_at"])
    return True


def _go(rows: Collection[Presence], now: datetime) -> None:
    Presence.objects.filter(pk__in=[row.pk for row in rows]).update(is_online=False, changed_at=now)
    for row in rows:
        record(PersonOffline(person=row.person_id), edition_id=row.edition_id, on=[ORGANISERS])
