"""The programme: what people read about when and where. Gives no right; the stored instants do.

Owns the lines of the programme, and who moves them on the day. Never moves an instant: that is
`estrade.editions.deadlines`, which calls `move_steps` for the lines that are tied to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.events import EVERYBODY, ProgrammeMoved, ProgrammeWritten
from estrade.editions.models import Edition, ProgrammeStep
from estrade.editions.moving import StepMove, current_and_next, steps_moved_by
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, PARTICIPANTS, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused

if TYPE_CHECKING:
    from estrade.people.models import Person


@dataclass(frozen=True, kw_only=True)
class NewStep:
    """One line. `title` and `place` map languages to texts; `is_key` marks what nobody may miss.

    A step that is `is_fixed` keeps its time when others move; one that is not may be shortened to `least_minutes`.
    """

    starts_at: datetime
    title: Mapping[str, str]
    place: Mapping[str, str] = field(default_factory=dict)
    is_key: bool = False
    is_fixed: bool = False
    least_minutes: int = 0


def write_programme(*, person: "Person", edition_id: int, steps: Sequence[NewStep]) -> None:
    """Replace the whole programme. Refused: not_found."""
    with transaction.atomic():
        edition = _locked(edition_id)
        require(person, "edition.manage", edition)
        before, _ = edition.programme.all().delete()
        ProgrammeStep.objects.bulk_create(
            ProgrammeStep(
                edition=edition,
                starts_at=step.starts_at,
                title=dict(step.title),
                place=dict(step.place),
                is_key=step.is_key,
                is_fixed=step.is_fixed,
                least_minutes=step.least_minutes,
            )
            for step in steps
        )
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="programme.write",
            thing=f"edition {edition_id}",
            before={"steps": before},
            after={"steps": len(steps)},
        )
        _tell(person, edition, len(steps))


def write_step(*, person: "Person", edition_id: int, step_id: int | None, new: NewStep) -> ProgrammeStep:
    """Add a line, or write one anew. What else there is stays where it is. Refused: not_found, name_missing, too_long."""
    title = {lang: words for lang, text in new.title.items() if (words := not_longer("title", one_line(text), 120))}
    place = {lang: words for lang, text in new.place.items() if (words := not_longer("place", one_line(text), 120))}
    if not title:
        raise Refused("name_missing", field="title")
    with transaction.atomic():
        edition = _locked(edition_id)
        require(person, "edition.manage", edition)
        step = ProgrammeStep(edition=edition) if step_id is None else _step(edition, step_id)
        before = None if step_id is None else _plain(step)
        step.starts_at, step.title, step.place = new.starts_at, title, place
        step.is_key, step.is_fixed, step.least_minutes = new.is_key, new.is_fixed, new.least_minutes
        step.save()
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="programme.write",
            thing=f"step {step.pk}",
            before=before,
            after=_plain(step),
        )
        _tell(person, edition, edition.programme.count())
    return step


def remove_step(*, person: "Person", edition_id: int, step_id: int) -> None:
    """Take a line out of the programme. Refused: not_found."""
    with transaction.atomic():
        edition = _locked(edition_id)
        require(person, "edition.manage", edition)
        step = _step(edition, step_id)
        thing, before = f"step {step.pk}", _plain(step)
        step.delete()
        audit(edition_id=edition_id, actor_id=person.pk, action="programme.write", thing=thing, before=before)
        _tell(person, edition, edition.programme.count())


def move_step(*, person: "Person", edition_id: int, step_id: int, minutes: int, seen_at: datetime) -> None:
    """Let a step begin `minutes` after `seen_at`, the time that was read; what follows makes room.

    Sent twice, it moves once. Refused: not_found, step_fixed (it keeps its time, or an instant decides it),
    programme_does_not_fit, times_out_of_order.
    """
    with transaction.atomic():
        edition = _locked(edition_id)
        require(person, "programme.run", edition, at=db_now())
        step = _step(edition, step_id)
        if step.starts_at != seen_at:
            return
        moves = steps_moved_by(edition, step, seen_at + timedelta(minutes=minutes))
        move_steps(person=person, edition=edition, moves=moves)


def begin_next(*, person: "Person", edition_id: int, step_id: int) -> ProgrammeStep:
    """Begin the next step of the programme now. `step_id` is the one that was read: when it has begun, nothing happens.

    Refused: not_found; step_moved_on when another one comes next meanwhile; step_fixed when it keeps its time.
    """
    with transaction.atomic():
        edition = _locked(edition_id)
        now = db_now()
        require(person, "programme.run", edition, at=now)
        step = _step(edition, step_id)
        if step.starts_at <= now:
            return step
        if current_and_next(list(edition.programme.all()), now)[1] != step:
            raise Refused("step_moved_on")
        move_steps(person=person, edition=edition, moves=steps_moved_by(edition, step, now))
        step.refresh_from_db()
    return step


def move_steps(*, person: "Person", edition: Edition, moves: Sequence[StepMove], caused_by: int | None = None) -> None:
    """Write planned moves inside the transaction of a verb that has asked the policy.

    `caused_by` is the entry of the audit log about the instant that takes them along.
    """
    if not moves:
        return
    before = {str(move.step.pk): move.step.starts_at.isoformat() for move in moves}
    for move in moves:
        ProgrammeStep.objects.filter(pk=move.step.pk).update(starts_at=move.at)
    audit(
        edition_id=edition.pk,
        actor_id=person.pk,
        action="programme.move",
        thing="programme" if caused_by is None else f"programme with entry {caused_by}",
        before=before,
        after={str(move.step.pk): move.at.isoformat() for move in moves},
    )
    event = ProgrammeMoved(steps=[move.step.pk for move in moves])
    record(event, edition_id=edition.pk, on=EVERYBODY, actor_id=person.pk)


def _locked(edition_id: int) -> Edition:
    edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition


def _step(edition: Edition, step_id: int) -> ProgrammeStep:
    step = edition.programme.filter(pk=step_id).first()
    if step is None:
        raise Refused("not_found")
    return step


def _plain(step: ProgrammeStep) -> dict[str, object]:
    return {
        "starts_at": step.starts_at.isoformat(),
        "title": step.title,
        "place": step.place,
        "is_key": step.is_key,
        "is_fixed": step.is_fixed,
        "least_minutes": step.least_minutes,
    }


def _tell(person: "Person", edition: Edition, steps: int) -> None:
    record(ProgrammeWritten(steps=steps), edition_id=edition.pk, on=[ORGANISERS, PARTICIPANTS], actor_id=person.pk)
