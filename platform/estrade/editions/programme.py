"""The programme: what people read about when and where. Gives no right; the stored instants do.

Owns the lines of the programme.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.events import ProgrammeWritten
from estrade.editions.models import Edition, ProgrammeStep
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, PARTICIPANTS, record
from estrade.kernel.refusal import Refused

if TYPE_CHECKING:
    from estrade.people.models import Person


@dataclass(frozen=True, kw_only=True)
class NewStep:
    """One line. `title` and `place` map languages to texts; `is_key` marks what nobody may miss."""

    starts_at: datetime
    title: Mapping[str, str]
    place: Mapping[str, str] = field(default_factory=dict)
    is_key: bool = False


def write_programme(*, person: "Person", edition_id: int, steps: Sequence[NewStep]) -> None:
    """Replace the whole programme. Refused: not_found."""
    with transaction.atomic():
        edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        require(person, "edition.manage", edition)
        before, _ = edition.programme.all().delete()
        ProgrammeStep.objects.bulk_create(
            ProgrammeStep(
                edition=edition,
                starts_at=step.starts_at,
                title=dict(step.title),
                place=dict(step.place),
                is_key=step.is_key,
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
        event = ProgrammeWritten(steps=len(steps))
        record(event, edition_id=edition_id, on=[ORGANISERS, PARTICIPANTS], actor_id=person.pk)
