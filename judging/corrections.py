"""Corrections by an organiser: a ballot taken out of the count, a score put right, late scores accepted. Always with a reason.

Never deletes a score or a ballot: a void ballot stays as it was, a corrected score keeps its versions. After the sign-off
each correction makes a new version of the result. No correction is made without a person who asks for it; where the edition
wants two, one made from the freeze on *waits* until another organiser confirms it.
"""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, person_stream, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.ballots import check_value, count_scores
from judging.boards import ask_board
from judging.events import BallotVoided, CorrectionAsked, LateScoresDecided, ScoreCorrected
from judging.models import Ballot, Correction, Criterion, LateDecision, Round, Score, ScoreRevision, Void
from judging.planning import fill_up
from judging.reveal import revise
from judging.rubrics import plain

RIGHTS = {Correction.Kind.VOID: "ballot.void", Correction.Kind.SCORE: "score.correct", Correction.Kind.LATE: "score.correct"}


def void_ballot(*, person: Person, ballot_id: int, reason: str) -> Void | Correction:
    """Take a ballot out of the count; while the round is open another juror gets the team where it wants a number of ballots.

    Where the edition wants two organisers it waits. Refused: `reason_required`, `already_voided` (name: who was faster),
    `correction_waits` (name), `reveal_begun`.
    """
    reason = needed(reason)
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "ballot.void", ballot)
        _check_not_void(ballot)
        if waits_for_second(ballot.team.edition):
            return _ask(Correction(ballot=ballot, kind=Correction.Kind.VOID, reason=reason, person=person))
        return _void(ballot, actor=person, asked_by=person, reason=reason)


def correct_score(*, person: Person, ballot_id: int, criterion_id: int, value: Decimal, reason: str) -> Score | Correction:
    """Put one score right in a juror's stead, for instance a slip of the pen seen too late.

    Where the edition wants two organisers it waits. Raises Criterion.DoesNotExist for a criterion of another rubric.
    Refused: `reason_required`, `score_off_scale`, `score_off_step`, `score_not_a_number`, `already_voided` (name),
    `correction_waits` (name), `reveal_begun`.
    """
    reason = needed(reason)
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "score.correct", ballot)
        _check_not_void(ballot)
        criteria = _criteria(ballot)
        if criterion_id not in criteria:
            raise Criterion.DoesNotExist
        check_value(value, criteria[criterion_id])
        if waits_for_second(ballot.team.edition):
            facts: dict[str, Any] = {"criterion": criteria[criterion_id], "value": value, "reason": reason, "person": person}
            return _ask(Correction(ballot=ballot, kind=Correction.Kind.SCORE, **facts))
        return _correct(ballot, criterion_id, value, actor=person, reason=reason)


def accept_late_scores(*, person: Person, ballot_id: int, up_to: int, reason: str) -> LateDecision | Correction:
    """Let the scores of a ballot count that came after the round was closed, as far as they were seen (`up_to`).

    Where the edition wants two organisers it waits. Refused: `reason_required`, `nothing_late`, `already_voided` (name),
    `correction_waits` (name), `reveal_begun`.
    """
    reason = needed(reason)
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "score.correct", ballot)
        _check_not_void(ballot)
        if not late_scores(ballot, up_to=up_to):
            raise Refused("nothing_late")
        if waits_for_second(ballot.team.edition):
            return _ask(Correction(ballot=ballot, kind=Correction.Kind.LATE, up_to=up_to, reason=reason, person=person))
        return _accept(ballot, up_to, actor=person, reason=reason)


def refuse_late_scores(*, person: Person, ballot_id: int, up_to: int, reason: str = "") -> LateDecision:
    """Leave late scores out for good. They stay among all scores that ever arrived. Refused: `nothing_late`, `too_long`."""
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "score.correct", ballot)
        if not late_scores(ballot, up_to=up_to):
            raise Refused("nothing_late")
        return _decide(ballot, up_to, actor=person, is_accepted=False, reason=reason)


def decide_correction(*, person: Person, correction_id: int, confirms: bool) -> Correction:
    """Confirm a correction that waits, as another organiser than who asked, or drop it, as anybody who could confirm.

    Refused: `second_organiser_needed`, `correction_decided` (name: who was faster), and whatever the correction is refused
    with by now.
    """
    with transaction.atomic():
        asked = Correction.objects.get(pk=correction_id)
        ballot = _locked(asked.ballot_id)
        asked = Correction.objects.select_for_update(no_key=True, of=("self",)).select_related("person").get(pk=correction_id)
        require(person, RIGHTS[Correction.Kind(asked.kind)], ballot)
        if asked.decided_at is not None:
            raise Refused("correction_decided", name=asked.decided_by.name if asked.decided_by else "")
        if confirms and (asked.person_id is None or asked.person_id == person.pk):
            raise Refused("second_organiser_needed")
        asked.decided_by, asked.decided_at, asked.is_confirmed = person, db_now(), confirms
        asked.save(update_fields=["decided_by", "decided_at", "is_confirmed"])
        _tell(asked, person, "correction.confirm" if confirms else "correction.drop")
        if confirms:
            _check_not_void(ballot)
            _carry_out(asked, ballot, person)
    return asked


def waits_for_second(edition: Edition) -> bool:
    """Whether a correction made now needs another organiser."""
    return edition.corrections_by_two and edition.phase(db_now()) >= Phase.FROZEN


def late_scores(ballot: Ballot, *, up_to: int | None = None) -> list[ScoreRevision]:
    """The late scores of a ballot that nobody has decided about, in the order of their receipts."""
    decided = LateDecision.objects.filter(ballot=ballot).order_by("-up_to").values_list("up_to", flat=True).first() or 0
    late = ScoreRevision.objects.filter(ballot=ballot, is_late=True, pk__gt=decided)
    return list((late if up_to is None else late.filter(pk__lte=up_to)).order_by("pk"))


def needed(reason: str) -> str:
    """A reason, cleaned. Refused: `reason_required`, `too_long`."""
    reason = not_longer("reason", one_line(reason), 200)
    if not reason:
        raise Refused("reason_required", field="reason")
    return reason


# --- Asking a second organiser ------------------------------------------------------------------------------------


def _ask(asked: Correction) -> Correction:
    same = Correction.objects.filter(ballot=asked.ballot, kind=asked.kind, criterion=asked.criterion, decided_at=None)
    if earlier := same.select_related("person").first():
        raise Refused("correction_waits", name=earlier.person.name if earlier.person else "")
    assert asked.person is not None
    asked.at = db_now()
    asked.save(force_insert=True)
    _tell(asked, asked.person, "correction.ask")
    return asked


def _tell(asked: Correction, person: Person, action: str) -> None:
    edition_id = asked.ballot.team.edition_id
    after = {"kind": str(asked.kind), "value": None if asked.value is None else plain(asked.value)}
    thing = f"ballot {asked.ballot_id}"
    audit(edition_id=edition_id, actor_id=person.pk, action=action, thing=thing, after=after, reason=asked.reason)
    event = CorrectionAsked(ballot=asked.ballot_id, decided=asked.decided_at is not None)
    record(event, edition_id=edition_id, on=[ORGANISERS], actor_id=person.pk)


def _carry_out(asked: Correction, ballot: Ballot, person: Person) -> None:
    if asked.kind == Correction.Kind.VOID:
        _void(ballot, actor=person, asked_by=asked.person, reason=asked.reason)
    elif asked.kind == Correction.Kind.SCORE:
        assert asked.criterion_id is not None
        assert asked.value is not None
        _correct(ballot, asked.criterion_id, asked.value, actor=person, reason=asked.reason)
    else:
        assert asked.up_to is not None
        _accept(ballot, asked.up_to, actor=person, reason=asked.reason)


# --- Doing it -----------------------------------------------------------------------------------------------------


def _void(ballot: Ballot, *, actor: Person, asked_by: Person | None, reason: str) -> Void:
    void = Void.objects.create(ballot=ballot, person=asked_by, at=db_now(), reason=reason)
    edition_id, seat = ballot.team.edition_id, ballot.seat
    audit(edition_id=edition_id, actor_id=actor.pk, action="ballot.void", thing=f"ballot {ballot.pk}", reason=reason)
    record(
        BallotVoided(ballot=ballot.pk, team=ballot.team_id, seat=seat.pk),
        edition_id=edition_id,
        on=[ORGANISERS, person_stream(seat.person_id)],
        actor_id=actor.pk,
    )
    revise(person=actor, round_id=seat.round_id, reason=reason)
    if seat.round.closed_at is None:
        # The team has its number of ballots to come: somebody else is given it.
        fill_up(seat.round, actor_id=actor.pk)
    ask_board(seat.round_id)
    return void


def _correct(ballot: Ballot, criterion_id: int, value: Decimal, *, actor: Person, reason: str) -> Score:
    score = _put_right(ballot, {criterion_id: value}, actor=actor, reason=reason)[criterion_id]
    record(
        ScoreCorrected(ballot=ballot.pk, team=ballot.team_id, seat=ballot.seat_id, criterion=criterion_id),
        edition_id=ballot.team.edition_id,
        on=[ORGANISERS, person_stream(ballot.seat.person_id)],
        actor_id=actor.pk,
    )
    _follow(ballot, actor, reason)
    return score


def _accept(ballot: Ballot, up_to: int, *, actor: Person, reason: str) -> LateDecision:
    late = {one.criterion_id: one.value for one in late_scores(ballot, up_to=up_to)}
    decision = _decide(ballot, up_to, actor=actor, is_accepted=True, reason=reason)
    _put_right(ballot, late, actor=actor, reason=reason)
    _follow(ballot, actor, reason)
    return decision


def _decide(ballot: Ballot, up_to: int, *, actor: Person, is_accepted: bool, reason: str) -> LateDecision:
    facts = {"up_to": up_to, "is_accepted": is_accepted, "person": actor, "at": db_now(), "reason": reason}
    decision = LateDecision.objects.create(ballot=ballot, **facts)
    edition_id = ballot.team.edition_id
    action = "late_scores.accept" if is_accepted else "late_scores.refuse"
    audit(edition_id=edition_id, actor_id=actor.pk, action=action, thing=f"ballot {ballot.pk}", after=up_to, reason=reason)
    record(
        LateScoresDecided(ballot=ballot.pk, team=ballot.team_id, seat=ballot.seat_id, accepted=is_accepted),
        edition_id=edition_id,
        on=[ORGANISERS, person_stream(ballot.seat.person_id)],
        actor_id=actor.pk,
    )
    return decision


def _put_right(ballot: Ballot, values: dict[int, Decimal | None], *, actor: Person, reason: str) -> dict[int, Score]:
    """Write the values as the next versions of their scores, each with its line in the audit log. The scores written."""
    criteria, now = _criteria(ballot), db_now()
    scores = {one.criterion_id: one for one in ballot.scores.all()}
    for criterion_id, value in values.items():
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
            person=actor,
        )
        audit(
            edition_id=ballot.team.edition_id,
            actor_id=actor.pk,
            action="score.corrected",
            thing=f"ballot {ballot.pk} {criteria[criterion_id].key}",
            before=None if before is None else plain(before),
            after=None if value is None else plain(value),
            reason=reason,
        )
    count_scores(ballot, criteria, scores, now)
    return {pk: scores[pk] for pk in values}


def _follow(ballot: Ballot, actor: Person, reason: str) -> None:
    revise(person=actor, round_id=ballot.seat.round_id, reason=reason)
    ask_board(ballot.seat.round_id)


def _criteria(ballot: Ballot) -> dict[int, Criterion]:
    return {one.pk: one for one in Criterion.objects.filter(rubric__rounds=ballot.seat.round_id)}


def _check_not_void(ballot: Ballot) -> None:
    if earlier := Void.objects.select_related("person").filter(ballot=ballot).first():
        raise Refused("already_voided", name=earlier.person.name if earlier.person else "")


def _locked(ballot_id: int) -> Ballot:
    """The ballot, with the edition and the round held before it, as whoever signs or plans does."""
    edition_id, round_id = Ballot.objects.values_list("team__edition_id", "seat__round_id").get(pk=ballot_id)
    locked_edition(edition_id)
    Round.objects.select_for_update(no_key=True).get(pk=round_id)
    ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).select_related("seat__round__edition", "team__edition")
    return ballots.get(pk=ballot_id)
