"""Rubrics: what is scored, on which scale, with which weight.

Owns rubrics and their criteria. Never changes a rubric that has scores: a change makes the next
version (`judging.rubric_versions`), and what was scored keeps the version it was scored with.
Words: a *required* criterion must be scored before a ballot counts; a criterion of weight 0 is
shown and never counts; a *line* is a rubric through all its versions: 0 is the edition's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.events import RubricCreated
from judging.models import Criterion, Rubric

MOST_SEALED = 50
MOST_CRITERIA = 20
# A scale from 0 to 100 in tenths; what is finer is no longer a scale that a person reads.
MOST_VALUES = 1001
MOST_LEVELS = 25
LONGEST_LABEL, LONGEST_QUESTION, LONGEST_LEVEL, LONGEST_TEXT = 80, 300, 40, 300
LARGEST = Decimal("9999.99")
_sealed: dict[tuple[int, int, int, datetime], Mapping[int, Criterion]] = {}


@dataclass(frozen=True, kw_only=True)
class NewCriterion:
    """A criterion as written down. `label` and `question` map languages to texts; `levels` are {value, label, text}.

    Without a `key` it gets one from its name. `is_required`: None stands for "when it has a weight".
    """

    label: dict[str, str]
    weight: Decimal
    key: str = ""
    question: dict[str, str] = field(default_factory=dict)
    lowest: Decimal = Decimal(0)
    highest: Decimal = Decimal(5)
    step: Decimal = Decimal(1)
    is_required: bool | None = None
    levels: list[dict[str, Any]] = field(default_factory=list)


def create_rubric(
    *,
    person: Person,
    edition_id: int,
    criteria: Sequence[NewCriterion],
    name: Mapping[str, str] | None = None,
    challenge_id: int | None = None,
) -> Rubric:
    """Create the first version of an edition's own rubric or, with a `name`, of a further one.

    A further rubric may be for the teams of one challenge. Refused: as `checked`; `rubric_changed` (version) where somebody
    has written the edition's own one meanwhile; `name_missing`, `too_long` (name), `not_found`.
    """
    made = checked(criteria)
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        names = _names(name) if name is not None else {}
        challenge = _challenge(edition, challenge_id)
        lines = edition.rubrics.aggregate(line=Max("line"))["line"]
        line = 0 if name is None else (lines or 0) + 1
        if (last := edition.rubrics.filter(line=line).aggregate(last=Max("version"))["last"]) is not None:
            raise Refused("rubric_changed", version=last)
        rubric = Rubric.objects.create(edition=edition, line=line, name=names, challenge=challenge, made_at=db_now())
        write_criteria(rubric, made)
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="rubric.create",
            thing=f"rubric {rubric.pk}",
            after={new.key: str(new.weight) for new in made},
        )
        record(RubricCreated(rubric=rubric.pk), edition_id=edition_id, on=[ORGANISERS, JURY], actor_id=person.pk)
    return rubric


def write_criteria(rubric: Rubric, made: Iterable[NewCriterion], continues: Mapping[str, int] | None = None) -> list[Criterion]:
    """Store the criteria of a rubric that has none. `continues`: key to the earlier criterion whose scores go on."""
    earlier = continues or {}
    return Criterion.objects.bulk_create(
        Criterion(rubric=rubric, position=position, continues_id=earlier.get(new.key), **vars(new))
        for position, new in enumerate(made)
    )


def new_criteria_of(rubric: Rubric) -> list[NewCriterion]:
    """The criteria of a rubric as they would be written down again."""
    return [
        NewCriterion(
            key=one.key,
            label=one.label,
            weight=one.weight,
            question=one.question,
            lowest=one.lowest,
            highest=one.highest,
            step=one.step,
            is_required=one.is_required,
            levels=one.levels,
        )
        for one in rubric.criteria.order_by("position", "pk")
    ]


def rubric_of(edition: Edition, *, challenge_id: int | None = None) -> Rubric | None:
    """The latest version of the rubric for a challenge's teams: its own where it has one, else the edition's."""
    if challenge_id is not None:
        own = edition.rubrics.filter(challenge=challenge_id).order_by("-line", "-version").first()
        if own is not None:
            return own
    return edition.rubrics.filter(line=0).order_by("-version").first()


def change_weight(*, person: Person, criterion_id: int, weight: Decimal) -> Criterion:
    """Change the weight of a criterion nobody has scored yet. Refused: `rubric_sealed` after the first score."""
    with transaction.atomic():
        criterion = Criterion.objects.select_related("rubric__edition").get(pk=criterion_id)
        rubric = Rubric.objects.select_for_update(no_key=True).get(pk=criterion.rubric_id)
        require(person, "edition.manage", criterion.rubric.edition)
        if rubric.sealed_at is not None:
            raise Refused("rubric_sealed", version=rubric.version)
        _check_weight(weight, field="weight")
        # What was left to the juror's choice stays so; what counts from now on has to be scored.
        is_required = weight > 0 and (criterion.is_required or criterion.weight == 0)
        before, criterion.weight, criterion.is_required = criterion.weight, weight, is_required
        criterion.save(update_fields=["weight", "is_required"])
        if not rubric.criteria.filter(weight__gt=0).exists():
            raise Refused("rubric_without_weight")
        if not rubric.criteria.filter(weight__gt=0, is_required=True).exists():
            raise Refused("rubric_without_required")
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


def called_now(rubric: Rubric, criteria: Iterable[int]) -> dict[int, int]:
    """Number of an earlier version's criterion to the one, among `criteria` of this version, that goes on with its scores."""
    of_line = Criterion.objects.filter(rubric__edition=rubric.edition_id, rubric__line=rubric.line)
    before = dict(of_line.exclude(continues=None).values_list("pk", "continues_id"))
    found: dict[int, int] = {}
    for now in criteria:
        at = before.get(now)
        while at is not None and at not in found:
            found[at] = now
            at = before.get(at)
    return found


def seal_rubric(*, rubric: Rubric, now: datetime) -> None:
    """Seal a rubric inside the transaction of its first score. Does nothing to a sealed one."""
    if rubric.sealed_at is None:
        Rubric.objects.filter(pk=rubric.pk, sealed_at__isnull=True).update(sealed_at=now)


def plain(value: Decimal) -> str:
    """A number as people write it, in a form that is the same everywhere: 4, 3.5."""
    return f"{value.normalize() + 0:f}"


def checked(criteria: Sequence[NewCriterion]) -> list[NewCriterion]:
    """The criteria with clean words, every one with a key. Figures name the `field` by its key and its `number` from 1.

    Refused: `rubric_empty`, `rubric_too_long` (limit), `criterion_unnamed`, `criterion_twice`, `weight_invalid`,
    `scale_invalid`, `scale_step_invalid`, `scale_too_fine` (limit), `level_invalid`, `too_long`,
    `rubric_without_weight` (nothing would count), `rubric_without_required` (nothing would have to be scored).
    """
    if not criteria:
        raise Refused("rubric_empty")
    if len(criteria) > MOST_CRITERIA:
        raise Refused("rubric_too_long", limit=MOST_CRITERIA)
    keys = [new.key for new in criteria if new.key]
    if len(set(keys)) != len(keys):
        raise Refused("criterion_twice", field="key")
    found: list[NewCriterion] = []
    taken = set(keys)
    for number, new in enumerate(criteria, start=1):
        one = _checked(new, number)
        if not one.key:
            one = replace(one, key=_free_key(next(iter(one.label.values())), taken))
            taken.add(one.key)
        found.append(one)
    if not any(new.weight > 0 for new in found):
        raise Refused("rubric_without_weight")
    if not any(new.weight > 0 and new.is_required for new in found):
        raise Refused("rubric_without_required")
    return found


def _checked(new: NewCriterion, number: int) -> NewCriterion:
    where = {"field": new.key or "label", "number": number}
    label = _texts(new.label, LONGEST_LABEL, number)
    if not label:
        raise Refused("criterion_unnamed", **where)
    _check_weight(new.weight, **where)
    bounds = (new.lowest, new.highest, new.step)
    if not all(_fits(bound) for bound in bounds) or new.lowest >= new.highest or new.step <= 0:
        raise Refused("scale_invalid", **where)
    if (new.highest - new.lowest) % new.step != 0:
        raise Refused("scale_step_invalid", **where, step=plain(new.step), lowest=plain(new.lowest), highest=plain(new.highest))
    if (new.highest - new.lowest) / new.step >= MOST_VALUES:
        raise Refused("scale_too_fine", **where, limit=MOST_VALUES)
    return replace(
        new,
        label=label,
        question=_texts(new.question, LONGEST_QUESTION, number),
        is_required=new.weight > 0 if new.is_required is None else new.is_required,
        levels=_levels(new, number),
    )


def _levels(new: NewCriterion, number: int) -> list[dict[str, Any]]:
    """What the values of a scale mean, lowest first; a level without words is none."""
    found: dict[Decimal, dict[str, Any]] = {}
    if len(new.levels) > MOST_LEVELS:
        raise Refused("level_invalid", field=new.key or "levels", number=number)
    for level in new.levels:
        label, text = (
            _texts(level.get(name, {}), most, number) for name, most in (("label", LONGEST_LEVEL), ("text", LONGEST_TEXT))
        )
        if not label and not text:
            continue
        value = Decimal(str(level["value"]))
        on_scale = value.is_finite() and new.lowest <= value <= new.highest and (value - new.lowest) % new.step == 0
        if not on_scale or value in found:
            raise Refused("level_invalid", field=new.key or "levels", number=number)
        found[value] = {"value": float(value) if value % 1 else int(value), "label": label, "text": text}
    return [found[value] for value in sorted(found)]


def _texts(texts: Mapping[str, str], limit: int, number: int) -> dict[str, str]:
    clean = {language: one_line(text) for language, text in texts.items()}
    for text in clean.values():
        if len(text) > limit:
            raise Refused("too_long", field="label", number=number, limit=limit, length=len(text))
    return {language: text for language, text in clean.items() if text}


def _names(name: Mapping[str, str]) -> dict[str, str]:
    names = {language: not_longer("name", one_line(text), LONGEST_LABEL) for language, text in name.items()}
    names = {language: text for language, text in names.items() if text}
    if not names:
        raise Refused("name_missing", field="name")
    return names


def _challenge(edition: Edition, challenge_id: int | None) -> Challenge | None:
    if challenge_id is None:
        return None
    challenge = Challenge.objects.filter(pk=challenge_id, edition=edition).first()
    if challenge is None:
        raise Refused("not_found")
    return challenge


def _check_weight(weight: Decimal, **where: Any) -> None:
    if not _fits(weight) or weight < 0:
        raise Refused("weight_invalid", **where)


def _fits(value: Decimal) -> bool:
    """Whether a number can be stored as it is."""
    return value.is_finite() and abs(value) <= LARGEST and value == round(value, 2)


def _free_key(name: str, taken: set[str]) -> str:
    stem = slugify(name)[:34] or "criterion"
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, MOST_CRITERIA + 2))) if key not in taken)
