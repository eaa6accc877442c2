"""Ballots: what a juror thinks of a team, one criterion at a time.

Owns scores and their revisions. Never decides who sits where
(`judging.panels`), never computes a rank (`judging.ranking`). Needs the database and nothing else.
Words: a *version* counts the accepted values of one score, from 1; a *base version* is the one a
juror had before their eyes; a *late* score came after the round was closed and does not count; a
*removed* one is for a criterion that the rubric no longer has: it is kept, and does not count.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, DomainEvent, person_stream, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.kernel.written import Composed, Insert, Update, Written
from estrade.people.models import Person
from judging.boards import ask_board
from judging.events import BallotScored, ScoreArrivedLate, ScoreKeptAside
from judging.models import Ballot, Criterion, Round, Rubric, Score, ScoreRevision, Seat
from judging.rubrics import called_now, criteria_of, plain, seal_rubric
from teams.models import Team

ACCEPTED, REPLAYED, LATE, REMOVED = "accepted", "replayed", "late", "removed"
HIGHEST_VERSION = 2**31 - 1
NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")

# A whole jury asks these at once (docs/decisions/0026).
AROUND_A_BALLOT = Written(
    "SELECT {seat}, {team}, {judged}, {rubric}, {edition} FROM judging_ballot AS ballot"
    " JOIN judging_seat AS seat ON seat.id = ballot.seat_id"
    " JOIN teams_team AS team ON team.id = ballot.team_id"
    " JOIN judging_round AS judged ON judged.id = seat.round_id"
    " JOIN judging_rubric AS rubric ON rubric.id = judged.rubric_id"
    " JOIN editions_edition AS edition ON edition.id = team.edition_id"
    " WHERE ballot.id = %s",
    seat=Seat,
    team=Team,
    judged=Round,
    rubric=Rubric,
    edition=Edition,
)
BY_CLIENT_ID = Written(
    "SELECT {revision} FROM judging_scorerevision AS revision WHERE revision.client_id = %s", revision=ScoreRevision
)
OWN_BALLOTS = Composed(
    lambda person, edition, team: (
        Ballot.objects.visible_to(Person(pk=person))
        .filter(team_id=team, seat__round__edition_id=edition)
        .select_for_update(no_key=True, of=("self",))
        .order_by("-seat__round__number")[:1]
    )
)
SCORES_OF = Written("SELECT {score} FROM judging_score AS score WHERE score.ballot_id = %s", score=Score)
NEW_SCORE, NEW_REVISION = Insert(Score), Insert(ScoreRevision)
CHANGED_SCORE = Update(Score, "value", "version", "received_at")
COUNTED_BALLOT = Update(Ballot, "scored", "completed_at", "touched_at")


@dataclass(frozen=True, kw_only=True)
class ScoreReceipt:
    """The answer to a write. `version` is 0 and `status` late when the score came too late to count.

    `criterion`: the one whose score this is now. Another than was sent where a new version of the rubric goes on with it;
    `status` removed where none does.
    """

    status: str
    receipt: int
    criterion: int
    version: int
    value: Decimal | None
    received_at: datetime
    complete: bool


def read_value(raw: object, *, from_form: bool = False) -> Decimal | None:
    """A value as it came from a program (a number or its text) or a form; None means not scored.

    Plain ASCII numbers only: no exponent, NaN, infinity or boolean. A form may send spaces around, a decimal
    comma and "" for not scored. Refused: `score_not_a_number`.
    """
    if from_form and isinstance(raw, str):
        raw = raw.strip().replace(",", ".") or None
    if raw is None:
        return None
    readable = isinstance(raw, str) or (isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) < 10**6)
    if not readable or not NUMBER.fullmatch(str(raw)):
        raise Refused("score_not_a_number", field="value")
    # Minus zero is zero.
    return Decimal(str(raw)) + 0


def write_score(  # noqa: PLR0913 - one write is these facts; page and API hand them over by name
    *,
    person: Person,
    edition_id: int,
    team_id: int,
    criterion_id: int,
    value: Decimal | None,
    client_id: UUID,
    base_version: int,
    device_at: datetime | None = None,
) -> ScoreReceipt:
    """Score one criterion on one's own ballot in the edition's latest round; None takes the score back.

    The same `client_id` gets the first answer again. After the round was closed the score is kept, late. A criterion of an
    earlier version of the rubric stands for the one that goes on with its scores; without one the score is kept, removed.
    Raises DoesNotExist for a ballot or criterion that is not the person's to see. Refused:
    `score_conflict` (value, version, received_at: what stands there now), `score_off_scale`,
    `score_off_step`, `score_not_a_number`, `client_id_reused`, `base_version_invalid`.
    """
    write = ScoreRevision(
        client_id=client_id,
        criterion_id=criterion_id,
        value=value,
        base_version=base_version,
        device_at=device_at,
    )
    try:
        return _write_once(write, person=person, edition_id=edition_id, team_id=team_id)
    except IntegrityError:
        if not ScoreRevision.objects.filter(client_id=client_id).exists():
            raise
        # The same id arrived for two ballots in the same instant: the second is undone as a whole.
        raise Refused("client_id_reused", field="client_id") from None


def _write_once(write: ScoreRevision, *, person: Person, edition_id: int, team_id: int) -> ScoreReceipt:
    """Raises IntegrityError, with everything undone, for a client id that arrived elsewhere in the same instant."""
    with transaction.atomic():
        write.ballot = ballot = own_ballot(person, edition_id, team_id)
        now = db_now()
        require(person, "score.write", ballot, at=now)
        write.person = person
        round_ = ballot.seat.round
        for (earlier,) in BY_CLIENT_ID.rows(write.client_id):
            return _first_answer(earlier, write)
        # Sealed before the criteria are read: whoever changes an open rubric holds its row.
        seal_rubric(rubric=round_.rubric, now=now)
        criteria = criteria_of(rubric=round_.rubric)
        criterion = criteria.get(write.criterion_id) or _earlier_criterion(write, round_.rubric, criteria)
        check_value(write.value, criterion)
        if not 0 <= write.base_version <= HIGHEST_VERSION:
            raise Refused("base_version_invalid", field="base_version")
        if round_.closed_at is not None:
            return _keep_late(write, now)
        scores = {score.criterion_id: score for (score,) in SCORES_OF.rows(ballot.pk)}
        is_removed = criterion.pk not in criteria
        before = _upsert(write, scores, now, insists=is_removed)
        NEW_REVISION.save(write)
        if is_removed:
            return _keep_removed(write, round_)
        count_scores(ballot, criteria, scores, now)
        value = write.value
        if before is not None and before != value and ballot.phase(now) >= Phase.FROZEN:
            audit(
                edition_id=edition_id,
                actor_id=person.pk,
                action="score.corrected",
                thing=f"ballot {ballot.pk} criterion {criterion.key}",
                before=plain(before),
                after=None if value is None else plain(value),
            )
        complete = ballot.completed_at is not None
        scored = BallotScored(
            ballot=ballot.pk, team=team_id, seat=ballot.seat_id, criterion=write.criterion_id, complete=complete
        )
        _record(scored, write, edition_id)
        ask_board(round_.pk)
    return _receipt(write, ACCEPTED, complete=complete)


def own_ballot(person: Person, edition_id: int, team_id: int) -> Ballot:
    """The person's ballot on a team in the latest round, locked, with its seat, team, round, rubric and edition.

    Raises Ballot.DoesNotExist.
    """
    if not person.is_authenticated:
        raise Ballot.DoesNotExist
    ballots = OWN_BALLOTS.rows(person=person.pk, edition=edition_id, team=team_id)
    if not ballots:
        raise Ballot.DoesNotExist
    ballot = ballots[0]
    # Only now: whoever closed the round held the lock on this ballot while doing so.
    seat, team, round_, rubric, edition = AROUND_A_BALLOT.rows(ballot.pk)[0]
    ballot.seat, seat.round, round_.rubric = seat, round_, rubric
    ballot.team, team.edition, round_.edition = team, edition, edition
    return ballot


def _earlier_criterion(write: ScoreRevision, rubric: Rubric, criteria: Mapping[int, Criterion]) -> Criterion:
    """The criterion that a write for an earlier version of the rubric is about now; `write` then names it.

    The one that goes on with its scores; without one, itself. Raises Criterion.DoesNotExist for one of elsewhere.
    """
    of_line = Criterion.objects.filter(rubric__edition=rubric.edition_id, rubric__line=rubric.line)
    sent = of_line.get(pk=write.criterion_id, rubric__version__lt=rubric.version)
    now = called_now(rubric, criteria).get(sent.pk)
    if now is None:
        return sent
    write.criterion_id = now
    return criteria[now]


def _first_answer(earlier: ScoreRevision, again: ScoreRevision) -> ScoreReceipt:
    # The first answer sealed the rubric, so that its criteria are known here without a question.
    rubric = again.ballot.seat.round.rubric
    criteria = criteria_of(rubric=rubric)
    # What arrived under an earlier version of the rubric is compared, and answered, as what it is now.
    for one in (again, earlier):
        if one.criterion_id not in criteria:
            one.criterion_id = _earlier_criterion(ScoreRevision(criterion_id=one.criterion_id), rubric, criteria).pk
    same = ("ballot_id", "criterion_id", "value", "base_version")
    if any(getattr(earlier, name) != getattr(again, name) for name in same):
        raise Refused("client_id_reused", field="client_id")
    complete = Ballot.objects.get(pk=earlier.ballot_id).completed_at is not None
    status = LATE if earlier.is_late else REPLAYED if earlier.criterion_id in criteria else REMOVED
    return _receipt(earlier, status, complete=complete)


def check_value(value: Decimal | None, criterion: Criterion) -> None:
    """Refused: `score_not_a_number`, `score_off_scale`, `score_off_step`."""
    if value is None:
        return
    if not isinstance(value, Decimal) or not value.is_finite():
        raise Refused("score_not_a_number", field="value")
    if not criterion.lowest <= value <= criterion.highest:
        raise Refused("score_off_scale", field="value", lowest=plain(criterion.lowest), highest=plain(criterion.highest))
    if value != round(value, 2) or (value - criterion.lowest) % criterion.step != 0:
        raise Refused("score_off_step", field="value", step=plain(criterion.step))


def _keep_late(write: ScoreRevision, now: datetime) -> ScoreReceipt:
    write.version, write.is_late, write.received_at = 0, True, now
    NEW_REVISION.save(write)
    ballot = write.ballot
    event = ScoreArrivedLate(ballot=ballot.pk, team=ballot.team_id, seat=ballot.seat_id, criterion=write.criterion_id)
    _record(event, write, ballot.team.edition_id)
    return _receipt(write, LATE, complete=ballot.completed_at is not None)


def _keep_removed(write: ScoreRevision, round_: Round) -> ScoreReceipt:
    ballot = write.ballot
    event = ScoreKeptAside(ballot=ballot.pk, team=ballot.team_id, seat=ballot.seat_id, criterion=write.criterion_id)
    _record(event, write, ballot.team.edition_id)
    ask_board(round_.pk)
    return _receipt(write, REMOVED, complete=ballot.completed_at is not None)


def _upsert(write: ScoreRevision, scores: dict[int, Score], now: datetime, *, insists: bool = False) -> Decimal | None:
    """Make `write` the current value if it is based on the current version. The value before, None if there was none.

    `scores`: those of the ballot, which is locked, by criterion; holds the new one afterwards. `insists`: the last word
    counts, because nobody could be shown both values.
    """
    score = scores.setdefault(write.criterion_id, Score(ballot_id=write.ballot_id, criterion_id=write.criterion_id))
    if score.version != write.base_version and not insists:
        standing = None if score.value is None else plain(score.value)
        received_at = score.received_at.isoformat() if score.received_at else None
        raise Refused("score_conflict", value=standing, version=score.version, received_at=received_at)
    before = score.value
    score.value, score.version, score.received_at = write.value, score.version + 1, now
    (NEW_SCORE if score.pk is None else CHANGED_SCORE).save(score)
    write.version, write.received_at = score.version, now
    return before


def count_scores(ballot: Ballot, criteria: Mapping[int, Criterion], scores: dict[int, Score], now: datetime) -> None:
    """Store on a locked ballot how far it is, from its criteria and scores by number."""
    required = {pk for pk, criterion in criteria.items() if criterion.is_required}
    ballot.scored = sum(score.value is not None and score.criterion_id in required for score in scores.values())
    if ballot.scored < len(required):
        ballot.completed_at = None
    elif ballot.completed_at is None:
        ballot.completed_at = now
    ballot.touched_at = now
    COUNTED_BALLOT.save(ballot)


def _record(event: DomainEvent, write: ScoreRevision, edition_id: int) -> None:
    streams = [ORGANISERS, person_stream(write.ballot.seat.person_id)]
    record(event, edition_id=edition_id, on=streams, actor_id=write.person_id, at=write.received_at)


def _receipt(revision: ScoreRevision, status: str, *, complete: bool) -> ScoreReceipt:
    assert revision.pk is not None
    return ScoreReceipt(
        status=status,
        receipt=revision.pk,
        criterion=revision.criterion_id,
        version=revision.version,
        value=revision.value,
        received_at=revision.received_at,
        complete=complete,
    )
