"""What pages show of rubrics: to everybody what is scored, to organisers the page on which it is written. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef

from challenges.models import Challenge
from estrade.access.policy import can, require
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.people.models import Person
from judging.models import Criterion, Round, Rubric, Score
from judging.rubric_versions import is_in_use
from judging.rubrics import rubric_of

MOST_COPIES = 20


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A criterion with its share of the total in percent, and its share of the heaviest one for the bar."""

    criterion: Criterion
    percent: Decimal
    bar: Decimal


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A rubric as everybody may read it."""

    rubric: Rubric
    criteria: list[Weighed]


@dataclass(frozen=True, kw_only=True)
class RubricPage:
    """The organisers' page of one line. `rubric` is None where nobody has written one; `others`: the latest of all lines.

    `choices`: open rounds that have no score yet and may score with another rubric; `earlier`: editions to copy from.
    """

    line: int
    rubric: Rubric | None
    in_use: bool
    may_change: bool
    is_closed: bool
    versions: list[Rubric]
    others: list[Rubric]
    rounds: list[Round]
    choices: list[Round]
    challenges: list[Challenge]
    earlier: list[Edition]


def asked_of(edition: Edition) -> list[Asked]:
    """What the jury looks at: the edition's own rubric first, then those for a challenge or a round."""
    found = [Asked(rubric=one, criteria=weighed(one.criteria.all())) for one in latest_rubrics(edition)]
    return [one for one in found if one.criteria]


def asked_of_challenge(challenge: Challenge) -> Asked | None:
    """What the jury looks at for the teams of one challenge; None where nobody has written it."""
    rubric = rubric_of(challenge.edition, challenge_id=challenge.pk)
    if rubric is None:
        return None
    return Asked(rubric=rubric, criteria=weighed(rubric.criteria.all()))


def weighed(criteria: Iterable[Criterion]) -> list[Weighed]:
    """Criteria with their shares, in the order given; none where no weight is above zero."""
    given = list(criteria)
    total = sum((one.weight for one in given), Decimal(0))
    heaviest = max((one.weight for one in given), default=Decimal(0))
    if not total:
        return []
    return [Weighed(criterion=one, percent=100 * one.weight / total, bar=100 * one.weight / heaviest) for one in given]


def rubric_page(*, person: Person, edition: Edition, line: int) -> RubricPage:
    """One line as an organiser sees it. Raises Rubric.DoesNotExist for a further one that is not there."""
    require(person, "edition.control", edition)
    latest = latest_rubrics(edition)
    rubric = next((one for one in latest if one.line == line), None)
    if rubric is None and line:
        raise Rubric.DoesNotExist
    if rubric is not None:
        rubric.edition = edition
    rounds = list(edition.rounds.select_related("rubric").order_by("number"))
    own = [one for one in rounds if one.rubric.line == line]
    scored = Score.objects.filter(ballot__seat__round=OuterRef("pk"))
    return RubricPage(
        line=line,
        rubric=rubric,
        in_use=rubric is not None and is_in_use(rubric, db_now()),
        may_change=can(person, "edition.manage", edition),
        is_closed=bool(own) and all(one.closed_at is not None for one in own),
        versions=list(edition.rubrics.filter(line=line).order_by("-version")),
        others=[one for one in latest if one.line != line],
        rounds=own,
        choices=list(edition.rounds.filter(~Exists(scored), closed_at=None).select_related("rubric").order_by("number")),
        challenges=list(edition.challenges.select_related("partner").order_by("position", "pk")),
        earlier=earlier_editions(person=person, edition=edition),
    )


def earlier_editions(*, person: Person, edition: Edition) -> list[Edition]:
    """Other editions whose rubric this person may copy, the latest first."""
    has_one = Rubric.objects.filter(edition=OuterRef("pk"), line=0)
    others = Edition.objects.filter(Exists(has_one), rehearses=None).exclude(pk=edition.pk).order_by("-starts_on", "-pk")
    return [one for one in others[:50] if can(person, "edition.control", one)][:MOST_COPIES]


def latest_rubrics(edition: Edition) -> list[Rubric]:
    """The latest version of each line, with its criteria."""
    later = Rubric.objects.filter(edition=OuterRef("edition"), line=OuterRef("line"), version__gt=OuterRef("version"))
    latest = edition.rubrics.filter(~Exists(later)).select_related("challenge").prefetch_related("criteria")
    return list(latest.order_by("line"))
