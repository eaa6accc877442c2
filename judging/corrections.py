"""Corrections by an organiser: a ballot taken out of the count, a score put right. Always with a reason.

Never deletes a score or a ballot: a void ballot stays as it was, a corrected score keeps its versions. After the sign-off
each correction makes a new version of the result. No correction is made without a person who asks for it.
"""

from decimal import Decimal
from uuid import uuid4

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, person_stream, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.ballots import check_value, count_scores
from judging.boards import ask_board
from judging.events import BallotVoided, ScoreCorrected
from judging.models import Ballot, Criterion, Round, Score, ScoreRevision, Void
from judging.planning import fill_up
from judging.reveal import revise
from judging.rubrics import plain


def void_ballot(*, person: Person, ballot_id: int, reason: str) -> Void:
    """Take a ballot out of the count; while the round is open another juror gets the team where it wants a number of ballots.

    Refused: `reason_required`, `already_voided` (name: who was faster), `reveal_begun`.
    """
    reason = _needed(reason)
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "ballot.void", ballot)
        if earlier := Void.objects.select_related("person").filter(ballot=ballot).first():
            raise Refused("already_voided", name=earlier.person.name if earlier.person else "")
        void = Void.objects.create(ballot=ballot, person=person, at=db_now(), reason=reason)
        edition_id, seat = ballot.team.edition_id, ballot.seat
        audit(edition_id=edition_id, actor_id=person.pk, action="ballot.void", thing=f"ballot {ballot.pk}", reason=reason)
        record(
            BallotVoided(ballot=ballot.pk, team=ballot.team_id, seat=seat.pk),
            edition_id=edition_id,
            on=[ORGANISERS, person_stream(seat.person_id)],
            actor_id=person.pk,
        )
        revise(person=person, round_id=seat.round_id, reason=reason)
        if seat.round.closed_at is None:
            # The team has its number of ballots to come: somebody else is given it.
            fill_up(seat.round, actor_id=person.pk)
        ask_board(seat.round_id)
    return void


def correct_score(*, person: Person, ballot_id: int, criterion_id: int, value: Decimal, reason: str) -> Score:
    """Put one score right in a juror's stead, for instance a slip of the pen seen too late.

    Raises Criterion.DoesNotExist for a criterion of another rubric. Refused: `reason_required`, `score_off_scale`,
    `score_off_step`, `score_not_a_number`, `already_voided` (name), `reveal_begun`.
    """
    reason = _needed(reason)
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "score.correct", ballot)
        if earlier := Void.objects.select_related("person").filter(ballot=ballot).first():
            raise Refused("already_voided", name=earlier.person.name if earlier.person else "")
        criteria = {one.pk: one for one in Criterion.objects.filter(rubric__rounds=ballot.seat.round_id)}
        if criterion_id not in criteria:
            raise Criterion.DoesNotExist
        check_value(value, criteria[criterion_id])
        now, edition_id = db_now(), ballot.team.edition_id
        scores = {one.criterion_id: one for one in ballot.scores.all()}
        score = scores.setdefault(criterion_id, Score(ballot=ballot, criterion_id=criterion_id))
        before = score.value
        score.value, score.version, score.received_at = value, score.version + 1, now
        score.save()
        ScoreRevision.objects.create(
            client_id=uuid4(),
            ballot=ballot,
            criterion_id=criterion_id,
            value=value,
            base_version=score.version - 1,
            version=score.version,
            received_at=now,
            person=person,
        )
        count_scores(ballot, criteria, scores, now)
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="score.corrected",
            thing=f"ballot {ballot.pk} {criteria[criterion_id].key}",
            before=None if before is None else plain(before),
            after=plain(value),
            reason=reason,
        )
        record(
            ScoreCorrected(ballot=ballot.pk, team=ballot.team_id, seat=ballot.seat_id, criterion=criterion_id),
            edition_id=edition_id,
            on=[ORGANISERS, person_stream(ballot.seat.person_id)],
            actor_id=person.pk,
        )
        revise(person=person, round_id=ballot.seat.round_id, reason=reason)
        ask_board(ballot.seat.round_id)
    return score


def _needed(reason: str) -> str:
    reason = not_longer("reason", one_line(reason), 200)
    if not reason:
        raise Refused("reason_required", field="reason")
    return reason


def _locked(ballot_id: int) -> Ballot:
    """The ballot, with the edition and the round held before it, as whoever signs or plans does."""
    edition_id, round_id = Ballot.objects.values_list("team__edition_id", "seat__round_id").get(pk=ballot_id)
    locked_edition(edition_id)
    Round.objects.select_for_update(no_key=True).get(pk=round_id)
    ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).select_related("seat__round__edition", "team__edition")
    return ballots.get(pk=ballot_id)
