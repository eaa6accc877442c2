"""Rubrics: what is scored, on which scale, with which weight.

Owns rubrics and their criteria. Never changes a rubric that has scores: a change makes the next
version, and what was scored keeps the version it was scored with.
Words: a *required* criterion must be scored before a ballot counts; a criterion of weight 0 is
shown and never counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, record
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.events import RubricCreated
from judging.models import Criterion, Rubric

MOST_SEALED = 50
_sealed: dict[tuple[int, int, int, datetime], Mapping[int, Criterion]] = {}


@dataclass(frozen=True, kw_only=True)
class NewCriterion:
    """A criterion as written down. `label` and `question` map languages to texts; `levels` are {value, label, text}."""

    key: str
    label: dict[str, str]
    weight: Decimal
    question: dict[str, str] = field(default_factory=dict)
    lowest: Decimal = Decimal(0)
    highest: Decimal = Decimal(5)
    step: Decimal = Decimal(1)
    levels: list[dict[str, Any]] = field(default_factory=list)


def create_rubric(*, person: Person, edition_id: int, criteria: Sequence[NewCriterion]) -> Rubric:
    """Create the next version of an edition's rubric.

    Refused: `rubric_without_weight` (nothing would count), `scale_invalid`, `weight_invalid`, `criterion_twice`.
    """
    _check(criteria)
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        last = edition.rubrics.aggregate(last=Max("version"))["last"] or 0
        rubric = Rubric.objects.create(edition=edition, version=last + 1)
        Criterion.objects.bulk_create(
            Criterion(rubric=rubric, position=position, is_required=new.weight > 0, **vars(new))
            for position, new in enumerate(criteria)
        )
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="rubric.create",
            thing=f"rubric {rubric.pk}",
            after={new.key: str(new.weight) for new in criteria},
        )
        record(RubricCreated(rubric=rubric.pk), edition_id=edition_id, on=[ORGANISERS, JURY], actor_id=person.pk)
    return rubric


def change_weight(*, person: Person, criterion_id: int, weight: Decimal) -> Criterion:
    """Change the weight of a criterion nobody has scored yet. Refused: `rubric_sealed` after the first score."""
    with transaction.atomic():
        criterion = Criterion.objects.select_related("rubric__edition").get(pk=criterion_id)
        rubric = Rubric.objects.select_for_update(no_key=True).get(pk=criterion.rubric_id)
        require(person, "edition.manage", criterion.rubric.edition)
        if rubric.sealed_at is not None:
            raise Refused("rubric_sealed", version=rubric.version)
        before, criterion.weight, criterion.is_required = criterion.weight, weight, weight > 0
        if not weight.is_finite() or weight < 0:
            raise Refused("weight_invalid", field="weight")
        criterion.save(update_fields=["weight", "is_required"])
        if not rubric.criteria.filter(weight__gt=0).exists():
            raise Refused("rubric_without_weight")
        audit(
            edition_id=rubric.edition_id,
            actor_id=person.pk,
            action="rubric.change_weight",
            thing=f"criterion {criterion_id}",
            before=str(before),
            after=str(weight),
        )
    return criterion


def criteria_of(*, rubric: Rubric) -> Mapping[int, Criterion]:
    """The criteria of a rubric by number. Those of a sealed one are read once per process: nobody changes them any more."""
    if rubric.sealed_at is None:
        return {criterion.pk: criterion for criterion in rubric.criteria.order_by()}
    # The instant of the seal beside the number: another database (a restore) may know another rubric by it.
    key = (rubric.pk, rubric.edition_id, rubric.version, rubric.sealed_at)
    kept = _sealed.get(key)
    if kept is None:
        kept = {criterion.pk: criterion for criterion in rubric.criteria.order_by()}
        if len(_sealed) >= MOST_SEALED:
            _sealed.clear()
        _sealed[key] = kept
    return kept


def seal_rubric(*, rubric: Rubric, now: datetime) -> None:
    """Seal a rubric inside the transaction of its first score. Does nothing to a sealed one."""
    if rubric.sealed_at is None:
        Rubric.objects.filter(pk=rubric.pk, sealed_at__isnull=True).update(sealed_at=now)


def plain(value: Decimal) -> str:
    """A number as people write it, in a form that is the same everywhere: 4, 3.5."""
    return f"{value.normalize() + 0:f}"


def _check(criteria: Sequence[NewCriterion]) -> None:
    keys = [new.key for new in criteria]
    if len(set(keys)) != len(keys):
        raise Refused("criterion_twice", field="key")
    for new in criteria:
        if not new.weight.is_finite() or new.weight < 0:
            raise Refused("weight_invalid", field=new.key)
        bounds = (new.lowest, new.highest, new.step)
        if not all(bound.is_finite() for bound in bounds) or new.lowest >= new.highest or new.step <= 0:
            raise Refused("scale_invalid", field=new.key)
    if not any(new.weight > 0 for new in criteria):
        raise Refused("rubric_without_weight")
