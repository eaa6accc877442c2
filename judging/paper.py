"""Paper: sheets that jurors filled in by hand, typed in by one person and once more by another, who does not see the first.

Owns the typed sheets. Never takes the place of a score that the juror sent: where paper and device say different things, an
organiser chooses. What the paper leaves empty changes nothing.
Words: a *reading* is what one person typed; a criterion is *open* while two readings differ, or paper and device do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, person_stream, record
from estrade.kernel.cleantext import many_lines, not_longer
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.ballots import check_value, count_scores
from judging.boards import ask_board
from judging.events import BallotScored, PaperTyped
from judging.models import Ballot, Criterion, PaperSheet, Round, Score, ScoreRevision, Seat
from judging.remarks import COMMENT, FEEDBACK, LONGEST, WHICH
from judging.rubrics import criteria_of, plain, seal_rubric

FIRST, SECOND, RECEIVED = "first", "second", "received"
Marks = Mapping[int, Decimal | None]


@dataclass(frozen=True, kw_only=True)
class Open:
    """One criterion that somebody has to settle: both readings and what the juror's device sent, with its version."""

    criterion: Criterion
    first: Decimal | None
    second: Decimal | None
    received: Decimal | None
    received_at: datetime | None
    version: int

    @property
    def answers(self) -> list[tuple[str, Decimal | None]]:
        """What may be chosen; two readings that agree are one."""
        read = [(FIRST, self.first)] if self.first == self.second else [(FIRST, self.first), (SECOND, self.second)]
        return [*read, (RECEIVED, self.received)] if self.received is not None else read


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the page of the paper sheets shows. `lines`: each juror with the ballots that may come on paper."""

    round: Round
    waiting: list[PaperSheet]
    unsettled: list[PaperSheet]
    done: list[PaperSheet]
    lines: list[tuple[Seat, list[Ballot]]]


def type_sheet(*, person: Person, ballot_id: int, marks: Marks, comment: str = "", feedback: str = "") -> PaperSheet:
    """Type in a paper sheet. The first person's reading waits; a second person's makes scores of it where nothing is open.

    Who typed first may type again until somebody else has; texts are the first person's. Raises Ballot.DoesNotExist for a
    ballot that does not count, Criterion.DoesNotExist. Refused: `sheet_empty`, `paper_read_twice`, `paper_done`,
    `round_closed`, `too_long`, `score_off_scale`, `score_off_step`.
    """
    texts = {COMMENT: comment, FEEDBACK: feedback}
    texts = {which: not_longer(which, many_lines(text), LONGEST) for which, text in texts.items()}
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "paper.type", ballot)
        _check_open(ballot)
        criteria = criteria_of(rubric=ballot.seat.round.rubric)
        if not marks.keys() <= criteria.keys():
            raise Criterion.DoesNotExist
        for criterion_id, value in marks.items():
            check_value(value, criteria[criterion_id])
        if not any(value is not None for value in marks.values()) and not any(texts.values()):
            raise Refused("sheet_empty")
        sheet, now = PaperSheet.objects.filter(ballot=ballot).first(), db_now()
        # Under the keys of the criteria, which a new version of the rubric keeps.
        reading = {one.key: "" if marks.get(pk) is None else plain(marks[pk] or Decimal(0)) for pk, one in criteria.items()}
        if sheet is None or (sheet.first_id == person.pk and sheet.second_at is None):
            facts = {"first": person, "first_at": now, "first_marks": reading, **texts}
            sheet, _new = PaperSheet.objects.update_or_create(ballot=ballot, defaults=facts)
            sheet.ballot = ballot
            _tell(person, sheet, "paper.type")
            return sheet
        sheet.ballot = ballot
        if sheet.second_at is not None:
            raise Refused("paper_done" if sheet.done_at else "paper_read_twice")
        sheet.second, sheet.second_at, sheet.second_marks = person, now, reading
        sheet.save(update_fields=["second", "second_at", "second_marks"])
        still_open = open_on(sheet)
        _tell(person, sheet, "paper.confirm", after={"open": [one.criterion.key for one in still_open]})
        if not still_open:
            _make_scores(sheet, person, marks, now)
    return sheet


def settle_sheet(*, person: Person, ballot_id: int, choices: Mapping[int, str], versions: Mapping[int, int]) -> PaperSheet:
    """Settle each open criterion: "first", "second" reading, or what was "received" from the device, which then stays.

    `versions`: the version of the received score that was on the page. Raises PaperSheet.DoesNotExist. Refused:
    `choice_missing`, `paper_moved_on` when the juror's score has changed since, `paper_done`, `round_closed`.
    """
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "paper.settle", ballot)
        _check_open(ballot)
        sheet = PaperSheet.objects.get(ballot=ballot, second_at__isnull=False)
        sheet.ballot = ballot
        if sheet.done_at is not None:
            raise Refused("paper_done")
        still_open = {one.criterion.pk: one for one in open_on(sheet)}
        criteria = criteria_of(rubric=ballot.seat.round.rubric)
        values = {pk: _value(sheet.first_marks.get(one.key, "")) for pk, one in criteria.items()}
        for pk, one in still_open.items():
            answers = dict(one.answers)
            if choices.get(pk) not in answers:
                raise Refused("choice_missing")
            if one.received is not None and versions.get(pk) != one.version:
                raise Refused("paper_moved_on")
            # What was received stays as it is: the paper has nothing to say then.
            values[pk] = None if choices[pk] == RECEIVED else answers[choices[pk]]
        now = db_now()
        sheet.settled_by, sheet.settled_at = person, now
        sheet.save(update_fields=["settled_by", "settled_at"])
        chosen = {one.criterion.key: choices[pk] for pk, one in still_open.items()}
        _tell(person, sheet, "paper.settle", after=chosen)
        _make_scores(sheet, person, values, now)
    return sheet


def discard_sheet(*, person: Person, ballot_id: int) -> None:
    """Forget both readings, for instance of a sheet typed under the wrong name. Refused: `paper_done`, `round_closed`."""
    with transaction.atomic():
        ballot = _locked(ballot_id)
        require(person, "paper.settle", ballot)
        _check_open(ballot)
        sheet = PaperSheet.objects.filter(ballot=ballot).first()
        if sheet is None:
            return
        if sheet.done_at is not None:
            raise Refused("paper_done")
        sheet.ballot = ballot
        _tell(person, sheet, "paper.discard")
        sheet.delete()


def open_on(sheet: PaperSheet) -> list[Open]:
    """What is to be settled on a sheet that was read twice, in the rubric's order; empty where everything agrees."""
    if sheet.second_at is None or sheet.done_at is not None:
        return []
    scores = {one.criterion_id: one for one in Score.objects.filter(ballot=sheet.ballot)}
    found = []
    criteria = Criterion.objects.filter(rubric__rounds=sheet.ballot.seat.round_id).order_by("position", "pk")
    for criterion in criteria:
        first, second = (_value(marks.get(criterion.key, "")) for marks in (sheet.first_marks, sheet.second_marks))
        score = scores.get(criterion.pk)
        standing = score.value if score else None
        if first == second and (first is None or standing in {None, first}):
            continue
        at, version = (score.received_at, score.version) if score else (None, 0)
        one = Open(criterion=criterion, first=first, second=second, received=standing, received_at=at, version=version)
        found.append(one)
    return found


def paper_desk(*, person: Person, edition: Edition) -> Desk | None:
    """The sheets of the latest round, in a number of queries that does not grow; None without a round."""
    require(person, "paper.type", edition)
    round_ = edition.rounds.select_related("rubric").order_by("-number").first()
    if round_ is None:
        return None
    sheets = PaperSheet.objects.filter(ballot__seat__round=round_).select_related(
        "ballot__seat__person", "ballot__team", "first", "second", "settled_by"
    )
    ordered = list(sheets.order_by("ballot__seat__number", "ballot__team__number"))
    lines: dict[Seat, list[Ballot]] = {}
    for ballot in sheets_to_print(edition=edition, round_=round_):
        lines.setdefault(ballot.seat, []).append(ballot)
    return Desk(
        round=round_,
        waiting=[one for one in ordered if one.second_at is None],
        unsettled=[one for one in ordered if one.second_at is not None and one.done_at is None],
        done=[one for one in ordered if one.done_at is not None],
        lines=list(lines.items()),
    )


def sheets_to_print(*, edition: Edition, round_: Round, seat_id: int | None = None) -> list[Ballot]:
    """The ballots that jurors may fill in, juror by juror in the order of the teams; of one juror where asked."""
    ballots = Ballot.objects.counting().filter(seat__round=round_, team__edition=edition, team__withdrawn_at=None)
    if seat_id is not None:
        ballots = ballots.filter(seat=seat_id)
    ballots = ballots.filter(seat__stood_down_at=None).select_related("seat__person", "team__challenge__partner", "paper")
    return list(ballots.order_by("seat__number", "team__number"))


def paper_ballot(*, person: Person, edition: Edition, ballot_id: int) -> Ballot:
    """One ballot of the edition for the page that types it in. Raises Ballot.DoesNotExist for one that does not count."""
    ballots = Ballot.objects.counting().select_related(
        "seat__round__rubric", "seat__person", "team__edition", "team__challenge__partner", "paper__first", "paper__second"
    )
    ballot = ballots.get(pk=ballot_id, team__edition=edition)
    require(person, "paper.type", ballot)
    return ballot


def ballot_by_code(*, person: Person, edition: Edition, code: str) -> Ballot | None:
    """The ballot whose code is printed on a sheet, like J03-12; None where there is no such."""
    require(person, "paper.type", edition)
    seat, _dash, team = code.strip().upper().replace(" ", "").rpartition("-")
    if not (team.isascii() and team.isdecimal() and len(team) < 9):
        return None
    ballots = Ballot.objects.counting().filter(seat__code=seat, team__number=int(team), team__edition=edition)
    return ballots.order_by("-seat__round__number").first()


def code_of(ballot: Ballot) -> str:
    """What is printed on a sheet to find it again."""
    return f"{ballot.seat.code}-{ballot.team.number}"


def _value(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _locked(ballot_id: int) -> Ballot:
    ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).counting()
    ballot = ballots.select_related("seat", "team__edition").get(pk=ballot_id, team__withdrawn_at=None)
    # Only now: whoever closed the round held the lock on this ballot while doing so.
    ballot.seat.round = Round.objects.select_related("rubric", "edition").get(pk=ballot.seat.round_id)
    return ballot


def _check_open(ballot: Ballot) -> None:
    if ballot.seat.round.closed_at is not None:
        raise Refused("round_closed")


def _make_scores(sheet: PaperSheet, person: Person, values: Marks, now: datetime) -> None:
    """Write what the paper says where nothing else stands or it was settled so; the sheet is done."""
    ballot = sheet.ballot
    round_ = ballot.seat.round
    criteria = criteria_of(rubric=round_.rubric)
    seal_rubric(rubric=round_.rubric, now=now)
    scores = {one.criterion_id: one for one in ballot.scores.all()}
    written = []
    for pk, value in values.items():
        score = scores.get(pk) or Score(ballot=ballot, criterion_id=pk)
        if value is None or value == score.value:
            continue
        score.value, score.version, score.received_at = value, score.version + 1, now
        score.save()
        scores[pk] = score
        ScoreRevision.objects.create(
            client_id=uuid4(), ballot=ballot, criterion_id=pk, value=value, base_version=score.version - 1,
            version=score.version, received_at=now, person=person,
        )  # fmt: skip
        written.append(pk)
    for which in WHICH:
        # A text of the juror's own is never replaced; what the paper says stays with the sheet.
        if getattr(sheet, which) and not getattr(ballot, which):
            setattr(ballot, which, getattr(sheet, which))
            setattr(ballot, f"{which}_version", getattr(ballot, f"{which}_version") + 1)
    ballot.save(update_fields=[name for which in WHICH for name in (which, f"{which}_version")])
    count_scores(ballot, criteria, scores, now)
    sheet.done_at = now
    sheet.save(update_fields=["done_at"])
    complete, edition_id = ballot.completed_at is not None, ballot.team.edition_id
    for pk in written:
        record(
            BallotScored(ballot=ballot.pk, team=ballot.team_id, seat=ballot.seat_id, criterion=pk, complete=complete),
            edition_id=edition_id,
            on=[ORGANISERS, person_stream(ballot.seat.person_id)],
            actor_id=person.pk,
        )
    ask_board(round_.pk)


def _tell(
    person: Person,
    sheet: PaperSheet,
    action: str,
    *,
    after: dict[str, Any] | None = None,
) -> None:
    ballot = sheet.ballot
    edition_id = ballot.team.edition_id
    audit(
        edition_id=edition_id,
        actor_id=person.pk,
        action=action,
        thing=f"ballot {ballot.pk}",
        after=after or None,
    )
    event = PaperTyped(ballot=ballot.pk, team=ballot.team_id, seat=ballot.seat_id)
    record(event, edition_id=edition_id, on=[ORGANISERS, JURY], actor_id=person.pk)
