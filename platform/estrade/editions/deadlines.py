"""The stored instants of an edition: who moves them, and what has been carried out.

Owns every change of an instant, the time floor and the rows that say "done". Never carries out the
consequences of other rooms: `estrade.scheduling.moments` does, and calls `carry_out` last.
Words: a *moment* is an instant that has been reached; a *transition* is its row, once and for all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from estrade.access.policy import require
from estrade.editions.announcements import tell_everybody
from estrade.editions.editions import check_order
from estrade.editions.events import EVERYBODY as EVERYBODY
from estrade.editions.events import DeadlineMoved, PhaseChanged
from estrade.editions.models import Edition
from estrade.editions.moving import INSTANTS as INSTANTS
from estrade.editions.moving import steps_moved_with
from estrade.editions.phases import Phase
from estrade.editions.programme import move_steps
from estrade.journal.audit import audit
from estrade.journal.log import record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused

if TYPE_CHECKING:
    from estrade.people.models import Person

NOTICE = timedelta(minutes=15)
MOVABLE = ("opens", "submissions_close", "judging_opens", "freeze")
# What everybody reads when a time comes sooner than they could rely on.
SOONER: dict[str, Promise] = {
    "submissions_close": _("Submissions now close at %(time)s. %(reason)s"),
    "judging_opens": _("Pitches now start at %(time)s. %(reason)s"),
    "freeze": _("The leaderboard now freezes at %(time)s. %(reason)s"),
}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """An instant of an edition that has been reached and not carried out yet."""

    edition_id: int
    key: str
    due_at: datetime


def move_deadline(*, person: "Person", edition_id: int, name: str, at: datetime, reason: str = "") -> Edition:
    """Move one instant to `at`; every countdown follows. Only this reopens what had closed, never a clock.

    Lines of the programme that are tied to the instant move with it, and those that follow make room; a time that
    comes sooner than within 15 minutes is announced to everybody, with its reason.

    Refused: programme_does_not_fit, deadline_unknown, deadline_in_past, times_out_of_order; already_open for the
    opening once it has passed, because teams are at work; board_frozen for the freeze once it has begun, because a
    freeze is taken back by `thaw_board` and its rules; reason_required when a deadline comes earlier than before and
    less than 15 minutes are left, because teams relied on it.
    """
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        edition = locked_edition(edition_id)
        now = db_now()
        require(person, "deadline.move", edition, at=now)
        if name not in MOVABLE:
            raise Refused("deadline_unknown", name=name)
        before: datetime | None = getattr(edition, INSTANTS[name])
        if before == at:
            return edition
        if name == "opens" and edition.phase(now) != Phase.BEFORE:
            raise Refused("already_open")
        if name == "freeze" and edition.phase(now) == Phase.FROZEN:
            raise Refused("board_frozen")
        if at < now:
            raise Refused("deadline_in_past")
        # An opening that comes earlier takes time from nobody.
        is_sudden = name != "opens" and at < now + NOTICE and (before is None or at < before)
        if is_sudden and not reason:
            raise Refused("reason_required", field="reason")
        moves = steps_moved_with(edition, name, at)
        change_instants(edition, now=now, **{INSTANTS[name]: at})
        entry = audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="deadline.move",
            thing=name,
            before=before.isoformat() if before else None,
            after=at.isoformat(),
            reason=reason,
        )
        move_steps(person=person, edition=edition, moves=moves, caused_by=entry.number)
        if is_sudden:
            tell_sooner(person=person, edition=edition, name=name, at=at, reason=reason, now=now)
        record(DeadlineMoved(name=name, at=at.isoformat()), edition_id=edition_id, on=EVERYBODY, actor_id=person.pk)
    return edition


def tell_sooner(*, person: "Person", edition: Edition, name: str, at: datetime, reason: str, now: datetime) -> None:
    """Announce, inside the transaction that moved it, a time that comes sooner than people could rely on."""
    said = {}
    for language in edition.languages or ["fr"]:
        with translation.override(language):
            said[language] = str(SOONER[name]) % {"time": f"{at.astimezone(edition.zone):%H:%M}", "reason": reason}
    tell_everybody(person=person, edition=edition, said=said, now=now)


def locked_edition(edition_id: int) -> Edition:
    """The edition, its instants held still until the transaction ends. Rows that point at it are not held up."""
    edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition


def change_instants(edition: Edition, *, now: datetime, **instants: datetime | None) -> None:
    """Store new instants on a locked edition and raise its revision: a moment that moved is due once more.

    For verbs that have asked the policy and tell and audit the change themselves. Lowers a time floor that
    lies ahead of the clock, since a person decided. Refused: times_out_of_order.
    """
    for field, instant in instants.items():
        setattr(edition, field, instant)
    check_order(
        opens_at=edition.opens_at,
        closes_at=edition.submissions_close_at,
        judging_at=edition.judging_opens_at,
        freeze_at=edition.freeze_at,
    )
    if edition.time_floor is not None:
        edition.time_floor = min(edition.time_floor, now)
    edition.revision += 1
    edition.save(update_fields=[*instants, "time_floor", "revision"])


def due(edition: Edition, now: datetime) -> list[Moment]:
    """The edition's moments reached at `now` and not carried out, in their order. One query, none when prefetched."""
    done = {(row.key, row.due_at) for row in edition.transitions.all()}
    reached = [
        Moment(edition_id=edition.pk, key=key, due_at=instant)
        for key, field in INSTANTS.items()
        if (instant := getattr(edition, field)) is not None and instant <= now and (key, instant) not in done
    ]
    return sorted(reached, key=lambda moment: moment.due_at)


def carry_out(*, edition_id: int, key: str, due_at: datetime, tell: Callable[[], object] | None = None) -> bool:
    """Say once that a moment has been carried out: unique row, time floor, `phase.changed`, and `tell` with them.

    False, and nothing written, when somebody else did or when an organiser moved the instant meanwhile.
    Whatever must be done before goes before and must bear repetition: a worker may die in between.
    """
    with transaction.atomic():
        edition = locked_edition(edition_id)
        if key in INSTANTS and getattr(edition, INSTANTS[key]) != due_at:
            return False
        if edition.transitions.filter(key=key, due_at=due_at).exists():
            return False
        try:
            with transaction.atomic():
                edition.transitions.create(key=key, revision=edition.revision, due_at=due_at, done_at=db_now())
        except IntegrityError:
            return False
        edition.time_floor = max(edition.time_floor or due_at, due_at)
        edition.save(update_fields=["time_floor"])
        if key in INSTANTS:
            record(PhaseChanged(phase=int(edition.phase(due_at))), edition_id=edition_id, on=EVERYBODY)
        if tell is not None:
            tell()
    return True
