"""Which process plays: a lease in the database, so that of several exactly one does and another goes on when it dies.

Owns the lease, the beat and the instants that stand still with a play. Words: a *beat* is one step of the player; a
process that beats too late has lost the play, and writes nothing more.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from estrade.editions.deadlines import INSTANTS, locked_edition
from estrade.editions.models import Edition, ProgrammeStep
from estrade.kernel.clock import db_now
from estrade.rehearsal.models import Play
from teams.extensions import key_of
from teams.models import Extension

LEASE = timedelta(seconds=8)


class PlayLost(Exception):
    """The play was wiped, begun anew, or is played by another process."""


def take_leases(holder: str, *, besides: Collection[str] = ()) -> list[Play]:
    """Take every play that nobody plays, but for those with these tokens. One query while there is nothing to take."""
    free = list(Play.objects.filter(held_until__lt=db_now()).exclude(token__in=besides).select_related("edition"))
    return [play for play in free if _take(play, holder)]


def release(*, holder: str) -> None:
    """Let another process go on at once."""
    Play.objects.filter(holder=holder).update(held_until=db_now())


def _take(play: Play, holder: str) -> bool:
    with transaction.atomic():
        now = db_now()
        taken = Play.objects.filter(pk=play.pk, token=play.token, held_until__lt=now)
        if not taken.update(holder=holder, held_until=now + LEASE):
            return False
        _catch_up(play, now)
    return True


def catch_up(*, alone: bool) -> None:
    """Before a server opens: what had not been reached when everything stopped is as far away as it was then.

    `alone`: no other process serves this database, so that a lease that still runs is that of a process that died.
    """
    for play in Play.objects.all():
        with transaction.atomic():
            held = Play.objects.select_for_update(of=("self",)).filter(pk=play.pk).first()
            now = db_now()
            if held is not None and (alone or held.held_until < now):
                _catch_up(held, now)
                Play.objects.filter(pk=held.pk).update(held_until=now)


def _catch_up(play: Play, now: datetime) -> None:
    shift_instants(edition_id=play.edition_id, ahead_of=play.alive_at, by=now - play.alive_at)
    Play.objects.filter(pk=play.pk).update(alive_at=now)


def beat(*, token: str, holder: str, seconds: float, somebody_looks: bool) -> Play:
    """Advance the play by `seconds`, or move the instants along by as much. Raises PlayLost."""
    with transaction.atomic():
        plays = Play.objects.select_for_update(of=("self",)).select_related("edition")
        play = plays.filter(token=token, holder=holder).first()
        now = db_now()
        if play is None or play.held_until < now:
            raise PlayLost
        if play.is_paused or (play.waits_for_eyes and not somebody_looks):
            shift_instants(edition_id=play.edition_id, ahead_of=play.alive_at, by=timedelta(seconds=seconds))
        else:
            play.elapsed += seconds
        play.alive_at, play.held_until = now, now + LEASE
        play.save(update_fields=["elapsed", "alive_at", "held_until"])
    return play


def remember_told(*, play: Play, keys: list[str]) -> None:
    """These acts have been told."""
    Play.objects.filter(token=play.token).update(told=[*play.told, *keys])


@transaction.atomic
def shift_instants(*, edition_id: int, ahead_of: datetime, by: timedelta) -> None:
    """Move every stored instant later than `ahead_of` by `by`, but for those that have been carried out.

    Asks nobody and is not audited: nobody decided it, a play stood still.
    """
    edition = locked_edition(edition_id)
    done = set(edition.transitions.values_list("key", "due_at"))
    moved = {
        field: instant + by
        for key, field in INSTANTS.items()
        if (instant := getattr(edition, field)) is not None and instant > ahead_of and (key, instant) not in done
    }
    if moved:
        Edition.objects.filter(pk=edition_id).update(**moved)
    for extension in Extension.objects.filter(team__edition=edition_id, until__gt=ahead_of):
        if (key_of(extension), extension.until) not in done:
            Extension.objects.filter(pk=extension.pk).update(until=F("until") + by)
    ProgrammeStep.objects.filter(edition=edition_id, starts_at__gt=ahead_of).update(starts_at=F("starts_at") + by)
