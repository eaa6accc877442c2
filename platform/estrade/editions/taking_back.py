"""Taking back what was moved a moment ago: an instant with the lines that went along, or lines alone.

Owns the two minutes. The audit log says what was before; a taking back is one more entry there, nothing is erased.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.deadlines import NOTICE, change_instants, locked_edition, tell_sooner
from estrade.editions.events import EVERYBODY, DeadlineMoved
from estrade.editions.models import Edition
from estrade.editions.moving import INSTANTS, StepMove
from estrade.editions.phases import Phase
from estrade.editions.programme import move_steps
from estrade.journal.audit import audit
from estrade.journal.log import record
from estrade.journal.models import AuditEntry
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused

if TYPE_CHECKING:
    from estrade.people.models import Person

FOR = timedelta(minutes=2)
INSTANT, STEPS, BACK = "deadline.move", "programme.move", "times.take_back"


@dataclass(frozen=True, kw_only=True)
class LastMove:
    """The latest change of times: its number in the audit log, the instant it moved (empty: the programme alone), and until
    when it can be taken back."""

    number: int
    name: str
    until: datetime


def last_move(edition: Edition, now: datetime) -> LastMove | None:
    """What can be taken back at `now`, or None."""
    last = _latest(edition)
    if last is None or last.action == BACK or now >= last.at + FOR:
        return None
    return LastMove(number=_first(edition, last).number, name=_first(edition, last).thing, until=last.at + FOR)


def take_back(*, person: "Person", edition_id: int, number: int) -> None:
    """Put back what entry `number` of the audit log moved. Every countdown follows, as it did before.

    Refused: nothing_to_take_back when it is not the latest change or older than two minutes; deadline_in_past when the
    time before is over by now; board_frozen once a freeze has begun.
    """
    with transaction.atomic():
        edition = locked_edition(edition_id)
        now = db_now()
        last = _latest(edition)
        first = _first(edition, last) if last else None
        action = "deadline.move" if first is None or first.action == INSTANT else "programme.run"
        require(person, action, edition, at=now)
        if last is None or first is None or last.action == BACK or first.number != number or now >= last.at + FOR:
            raise Refused("nothing_to_take_back")
        if first.action == INSTANT:
            _instant_back(person, edition, first, now)
        if last.action == STEPS:
            _steps_back(person, edition, last)
        audit(edition_id=edition_id, actor_id=person.pk, action=BACK, thing=first.thing, before=first.after, after=first.before)


def _instant_back(person: "Person", edition: Edition, entry: AuditEntry, now: datetime) -> None:
    name = entry.thing
    at = datetime.fromisoformat(entry.before) if entry.before else None
    if name == "freeze" and edition.phase(now) == Phase.FROZEN:
        raise Refused("board_frozen")
    # Nobody's time may be over because somebody changed their mind.
    if at is not None and at < now:
        raise Refused("deadline_in_past")
    moved_to: datetime = getattr(edition, INSTANTS[name])
    change_instants(edition, now=now, **{INSTANTS[name]: at})
    if name != "opens" and at is not None and at < now + NOTICE and at < moved_to:
        tell_sooner(person=person, edition=edition, name=name, at=at, reason="", now=now)
    event = DeadlineMoved(name=name, at=at.isoformat() if at else None)
    record(event, edition_id=edition.pk, on=EVERYBODY, actor_id=person.pk)


def _steps_back(person: "Person", edition: Edition, entry: AuditEntry) -> None:
    steps = {str(step.pk): step for step in edition.programme.all()}
    before, after = entry.before or {}, entry.after or {}
    moves = [
        StepMove(step=steps[key], at=datetime.fromisoformat(before[key]))
        for key in before
        # A line that was written anew meanwhile is somebody else's decision.
        if key in steps and steps[key].starts_at == datetime.fromisoformat(after[key])
    ]
    move_steps(person=person, edition=edition, moves=moves)


def _latest(edition: Edition) -> AuditEntry | None:
    return AuditEntry.objects.filter(edition=edition, action__in=(INSTANT, STEPS, BACK)).order_by("-number").first()


def _first(edition: Edition, last: AuditEntry) -> AuditEntry:
    """The entry about the instant that took the lines along, or the entry itself."""
    _programme, _with, number = last.thing.partition(" with entry ")
    return AuditEntry.objects.get(edition=edition, number=int(number)) if last.action == STEPS and number else last
