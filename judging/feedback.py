"""What a team reads of its own judging, once an organiser lets it: its means, and what jurors wrote to it. No juror is named.

Owns the release. Reads the latest version of the jury record, so that teams read what the result was made of.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import PARTICIPANTS, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.events import FeedbackReleased
from judging.models import FeedbackRelease, JuryRecord, SignOff
from judging.record import COUNTS
from teams.models import Team


@dataclass(frozen=True, kw_only=True)
class CriterionFeedback:
    """One criterion: the team's mean, that of all teams, and where both stand between lowest and highest, in percent."""

    label: dict[str, str]
    lowest: float
    highest: float
    own: float
    everybody: float
    own_share: int
    everybody_share: int


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What one team reads. `ballots`: how many counted; `criteria` is empty where none did; `texts`: by the alphabet."""

    team: Team
    ballots: int
    criteria: list[CriterionFeedback]
    texts: list[str]


def release_feedback(*, person: Person, edition_id: int) -> FeedbackRelease:
    """Let every team read its own feedback. Said once more, it is the first release. Refused: `not_signed_off`."""
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "feedback.release", edition)
        signed = _signed(edition)
        if signed is None:
            raise Refused("not_signed_off")
        if earlier := FeedbackRelease.objects.filter(round=signed.round_id).first():
            return earlier
        release = FeedbackRelease.objects.create(round=signed.round, person=person, at=db_now())
        audit(edition_id=edition_id, actor_id=person.pk, action="feedback.release", thing=f"round {signed.round_id}")
        record(FeedbackReleased(), edition_id=edition_id, on=[PARTICIPANTS], actor_id=person.pk)
    return release


def feedback_of(*, person: Person, edition: Edition) -> Feedback | None:
    """The feedback of the person's own team; None as long as it is not released. Raises Team.DoesNotExist without a team."""
    team = Team.objects.select_related("edition").get(memberships__person=person.pk, edition=edition)
    require(person, "feedback.read", team)
    signed = _signed(edition)
    if signed is None or not FeedbackRelease.objects.filter(round=signed.round_id).exists():
        return None
    # Who did not advance to the final reads what the round before it said.
    heard = SignOff.objects.filter(round__edition=edition, round__seats__ballots__team=team).order_by("-round__number").first()
    latest = JuryRecord.objects.filter(sign_off=heard or signed).latest("version")
    return _feedback(team, latest.content)


def texts_to_teams(*, person: Person, edition: Edition) -> list[tuple[str, list[str]]]:
    """What a release lets each team read in jurors' own words, to be read before it. Teams that nobody wrote to are left out.

    Refused by the policy.
    """
    require(person, "feedback.release", edition)
    signed = _signed(edition)
    if signed is None:
        return []
    content = JuryRecord.objects.filter(sign_off=signed).latest("version").content
    texts = ((one["name"], _texts(content, one["number"])) for one in content["teams"])
    return [(name, some) for name, some in texts if some]


def _texts(content: dict[str, Any], number: int) -> list[str]:
    """In the order of the alphabet, which says nothing of who wrote them."""
    return sorted(one["feedback"] for one in _counted(content) if one["team"] == number and one["feedback"])


def _counted(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in content["ballots"] if one["state"] == COUNTS]


def _signed(edition: Edition) -> SignOff | None:
    return SignOff.objects.filter(round__edition=edition).select_related("round").order_by("-round__number").first()


def _feedback(team: Team, content: dict[str, Any]) -> Feedback:
    own: defaultdict[str, list[float]] = defaultdict(list)
    means: defaultdict[str, list[float]] = defaultdict(list)
    counted = _counted(content)
    by_team: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
    for one in counted:
        for key, value in one["marks"].items():
            by_team[one["team"], key].append(float(value))
    for (number, key), values in by_team.items():
        means[key].append(sum(values) / len(values))
        if number == team.number:
            own[key] = values
    criteria = [
        _criterion(one, sum(own[one["key"]]) / len(own[one["key"]]), sum(means[one["key"]]) / len(means[one["key"]]))
        for one in content["criteria"]
        if own[one["key"]]
    ]
    ballots = sum(one["team"] == team.number for one in counted)
    return Feedback(team=team, ballots=ballots, criteria=criteria, texts=_texts(content, team.number))


def _criterion(one: dict[str, Any], own: float, everybody: float) -> CriterionFeedback:
    lowest, highest = float(one["lowest"]), float(one["highest"])
    return CriterionFeedback(
        label=one["label"],
        lowest=lowest,
        highest=highest,
        own=own,
        everybody=everybody,
        own_share=round(100 * (own - lowest) / (highest - lowest)),
        everybody_share=round(100 * (everybody - lowest) / (highest - lowest)),
    )
