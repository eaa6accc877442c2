"""What moves when a time moves: the plan of it, before anybody decides.

Owns the question "what changes, and who is told?" for the instants of an edition and the lines of its programme.
Writes nothing: `estrade.editions.deadlines` and `estrade.editions.programme` do.
Words: a line of the programme is *tied* to an instant when it begins at the same moment; it moves with the instant,
and to everything else it is an anchor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import get_language

from estrade.editions.models import Edition, ProgrammeStep
from estrade.editions.shifting import DoesNotFit, Slot, delayed
from estrade.kernel.localtext import local
from estrade.kernel.refusal import Refused

# Name of a moment to the field that stores its instant, in the order of a weekend.
INSTANTS = {
    "opens": "opens_at",
    "submissions_close": "submissions_close_at",
    "judging_opens": "judging_opens_at",
    "freeze": "freeze_at",
}


@dataclass(frozen=True, kw_only=True)
class StepMove:
    """One line of the programme and when it begins instead."""

    step: ProgrammeStep
    at: datetime


def steps_moved_with(edition: Edition, name: str, at: datetime) -> list[StepMove]:
    """The lines of the programme that move when an instant does. Earlier: those tied to it. Later: what follows as well.

    Refused: programme_does_not_fit, with the step that keeps its time and the minutes that are missing.
    """
    before: datetime | None = getattr(edition, INSTANTS[name])
    if before is None or at == before:
        return []
    steps = list(edition.programme.all())
    tied = [n for n, step in enumerate(steps) if step.starts_at == before]
    if not tied:
        return []
    if at < before:
        return [StepMove(step=steps[n], at=at) for n in tied]
    return _delayed(edition, steps, tied[0], at - before, free=before)


def steps_moved_by(edition: Edition, step: ProgrammeStep, at: datetime) -> list[StepMove]:
    """The lines that move when one of them begins at `at`. Refused: step_fixed, programme_does_not_fit, times_out_of_order."""
    steps = list(edition.programme.all())
    place = steps.index(step)
    if step.is_fixed or step.starts_at in _instants(edition):
        raise Refused("step_fixed", step=_name(step), time=_clock(edition, step.starts_at))
    if at < step.starts_at:
        if place and at < steps[place - 1].starts_at:
            raise Refused("times_out_of_order")
        return [StepMove(step=step, at=at)]
    return _delayed(edition, steps, place, at - step.starts_at, free=None)


def current_and_next(steps: Sequence[ProgrammeStep], now: datetime) -> tuple[ProgrammeStep | None, ProgrammeStep | None]:
    """The step that is going on and the one after it."""
    past = [step for step in steps if step.starts_at <= now]
    ahead = [step for step in steps if step.starts_at > now]
    return (past[-1] if past else None), (ahead[0] if ahead else None)


def _delayed(
    edition: Edition, steps: Sequence[ProgrammeStep], first: int, by: timedelta, *, free: datetime | None
) -> list[StepMove]:
    anchors = _instants(edition)
    slots = [
        Slot(
            key=step.pk,
            starts_at=step.starts_at,
            is_fixed=step.starts_at != free and (step.is_fixed or step.starts_at in anchors),
            least=timedelta(minutes=step.least_minutes),
        )
        for step in steps
    ]
    try:
        moved = delayed(slots, first, by, edition.zone)
    except DoesNotFit as no:
        anchor = next(step for step in steps if step.pk == no.anchor.key)
        raise Refused(
            "programme_does_not_fit",
            step=_name(anchor),
            time=_clock(edition, anchor.starts_at),
            minutes=-(-no.missing // timedelta(minutes=1)),
        ) from None
    return [StepMove(step=step, at=moved[step.pk]) for step in steps if step.pk in moved and moved[step.pk] != step.starts_at]


def _instants(edition: Edition) -> set[datetime]:
    return {at for field in INSTANTS.values() if (at := getattr(edition, field)) is not None}


def _clock(edition: Edition, at: datetime) -> str:
    return f"{at.astimezone(edition.zone):%H:%M}"


def _name(step: ProgrammeStep) -> str:
    return local(step.title, get_language() or "fr")
