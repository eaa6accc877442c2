"""The tick: once a second, whatever has become due.

Owns no rule and decides nothing: rights follow from the stored instants even when no tick ever runs.
However many schedulers are started, one tick runs at a time (`lease`). Two at once would do no harm either: each
consequence bears repetition, and a unique row says it is done.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db.models import Q

from estrade.editions.deadlines import due
from estrade.editions.models import Edition
from estrade.files.uploads import sweep_sometimes
from estrade.journal.foreign import wake_for_foreign
from estrade.kernel.clock import db_now
from estrade.people.presence import sweep
from estrade.scheduling.lease import in_turn
from estrade.scheduling.moments import carry_out_moment
from judging.board_check import check_boards_sometimes
from judging.boards import refresh_stale_boards
from teams.extensions import ended_extensions, key_of
from teams.kept_lists import sweep_lists
from teams.submissions import end_extension

logger = logging.getLogger(__name__)

# A published edition is looked after for another day, then left alone.
AFTERGLOW = timedelta(days=1)


@shared_task(name="estrade.scheduling.tasks.tick_in_turn", ignore_result=True)  # type: ignore[untyped-decorator]  # celery has no types
def tick_in_turn() -> None:
    """A tick, unless another process ticks now or did so a moment ago: what beat sends."""
    in_turn(carry_out_all)


def tick() -> None:
    """One tick at once, whosever turn it is: for whoever alone has the database."""
    carry_out_all(lambda: None)


def carry_out_all(keep_turn: Callable[[], None]) -> None:
    """Carry out due moments, end extensions, notice who went silent, repair boards, wake listeners. Never raises."""
    now = db_now()
    editions = _running(now)
    for edition in editions:
        _try(f"moments of {edition.slug}", partial(_carry_out_due, edition, now))
        keep_turn()
    for what, work in (
        ("extensions", partial(_end_extensions, editions, now)),
        ("presence", partial(sweep, now)),
        ("lists", partial(sweep_lists, now)),
        ("files", partial(sweep_sometimes, now)),
        ("boards", refresh_stale_boards),
        ("board check", check_boards_sometimes),
    ):
        _try(what, work)
        keep_turn()
    if not settings.REDIS_URL:
        _try("foreign events", partial(wake_for_foreign, [edition.pk for edition in editions]))


def _running(now: datetime) -> list[Edition]:
    alive = Q(published_at__isnull=True) | Q(published_at__gt=now - AFTERGLOW)
    return list(Edition.objects.filter(alive, opens_at__lte=now).prefetch_related("transitions"))


def _carry_out_due(edition: Edition, now: datetime) -> None:
    for moment in due(edition, now):
        carry_out_moment(moment)


def _end_extensions(editions: Sequence[Edition], now: datetime) -> None:
    done = {(edition.pk, row.key) for edition in editions for row in edition.transitions.all()}
    for extension in ended_extensions(edition_ids=[edition.pk for edition in editions], now=now):
        if (extension.team.edition_id, key_of(extension)) not in done:
            _try(f"extension {extension.pk}", partial(end_extension, extension=extension))


def _try(what: str, work: Callable[[], object]) -> None:
    """One thing that fails keeps nothing else from being done; the next tick comes back to it."""
    try:
        work()
    except Exception:
        logger.exception("tick: %s failed", what)
