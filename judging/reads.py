"""What a juror's sheet and the control room show. Reads only; each read asks the policy itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from estrade.access.policy import require
from estrade.kernel.clock import db_now
from estrade.people.models import Person
from judging.models import Ballot, Criterion, HelpCall, Round, Score, Seat
from judging.ranking import ballot_points
from judging.reasons import own_reason_text, reason_of, reason_text
from judging.remarks import COMMENT, FEEDBACK
from judging.rubrics import called_now, plain
from judging.tallies import dimensions_of
from teams.models import Team

# What a ballot looks like from outside: complete, begun, touched just now, not begun, out of the count.
DONE, PART, NOW, EMPTY, OFF = "done", "part", "now", "empty", "off"
JUST_NOW = timedelta(seconds=60)
# How long a juror with nothing left to do reads that the rubric was changed.
FRESH = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Level:
    """One value of a criterion's scale; `past`: on how many other teams the juror gave it."""

    value: str
    label: dict[str, str]
    text: dict[str, str]
    past: int


@dataclass(frozen=True, kw_only=True)
class SheetCriterion:
    """A criterion with the juror's own score; `value` is "" and `version` 0 before the first one.

    `former`: numbers it had in earlier versions of the rubric; what waits on a device may still be called so.
    """

    criterion: Criterion
    former: list[int]
    value: str
    version: int
    received_at: datetime | None
    levels: list[Level]


@dataclass(frozen=True, kw_only=True)
class OwnBallot:
    """One line of the juror's own list. `total` (0 to 100) counts what is scored; it is final when the state is done."""

    team: Team
    state: str
    scored: int
    required: int
    total: float
    reason: str
    comment: str


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One of the two texts of a ballot as it stands; `version` 0 before the first."""

    which: str
    text: str
    version: int


@dataclass(frozen=True, kw_only=True)
class OnStage:
    """The team the room is looking at. `is_mine`: the juror has an open ballot on it."""

    team: Team
    is_mine: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything a juror's page shows. `number` of `of`: place of this team on the juror's list, barred ones left out.

    `rubric_changed_at`: when the criteria became others than those before, as long as the juror should read it.
    """

    round: Round
    seat: Seat
    team: Team
    own: OwnBallot
    criteria: list[SheetCriterion]
    ballots: list[OwnBallot]
    done: int
    number: int
    of: int
    before: Team | None
    after: Team | None
    remarks: list[Remark]
    stage: OnStage | None
    call: HelpCall | None
    rubric_changed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class JurorList:
    """A juror's ballots in order of passage; `done` of `of` are complete, barred ones left out."""

    round: Round
    seat: Seat
    ballots: list[OwnBallot]
    done: int
    of: int
    stage: OnStage | None
    call: HelpCall | None

    @property
    def following(self) -> OwnBallot | None:
        """The ballot to open: the team on stage if it is the juror's, else the first that is not complete."""
        if self.stage is not None and self.stage.is_mine:
            on_stage = self.stage.team.pk
            return next(one for one in self.ballots if one.team.pk == on_stage)
        return next((one for one in self.ballots if one.state not in {DONE, OFF}), None)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One seat on one team."""

    state: str
    scored: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class MatrixRow:
    """One seat: cells in the order of the teams."""

    seat: Seat
    cells: list[Cell]
    done: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The jury's progress: who has scored whom, never how."""

    round: Round
    teams: list[Team]
    rows: list[MatrixRow]
    done: int
    of: int
    required: int

    @property
    def missing(self) -> int:
        return self.of - self.done


def juror_list(*, person: Person, edition_id: int) -> JurorList:
    """The person's own ballots in the latest round. Raises Seat.DoesNotExist without a seat, Refused by the policy."""
    seat = _seat(person, edition_id)
    require(person, "seat.read", seat.round)
    ballots = _own_ballots(seat, list(seat.round.rubric.criteria.all()), _own_scores(seat))
    open_ones = [one for one in ballots if one.state != OFF]
    return JurorList(
        round=seat.round,
        seat=seat,
        ballots=ballots,
        done=_done(open_ones),
        of=len(open_ones),
        stage=_on_stage(seat, open_ones),
        call=_open_call(seat),
    )


def juror_sheet(*, person: Person, edition_id: int, team_id: int) -> Sheet:
    """The person's own ballot on a team. Raises Ballot.DoesNotExist or Seat.DoesNotExist where it is not theirs to see."""
    seat = _seat(person, edition_id)
    ballot = Ballot.objects.visible_to(person).select_related("seat", "team__edition").get(seat=seat, team=team_id)
    require(person, "ballot.read", ballot)
    criteria = list(seat.round.rubric.criteria.all())
    scores = _own_scores(seat)
    rubric = seat.round.rubric
    former = called_now(rubric, [one.pk for one in criteria]) if rubric.version > 1 else {}
    ballots = _own_ballots(seat, criteria, scores)
    open_ones = [one for one in ballots if one.state != OFF]
    place = next((n for n, one in enumerate(open_ones) if one.team.pk == team_id), None)
    if place is None:
        raise Ballot.DoesNotExist
    return Sheet(
        round=seat.round,
        seat=seat,
        team=open_ones[place].team,
        own=open_ones[place],
        criteria=[_sheet_criterion(criterion, scores, ballot.pk, former) for criterion in criteria],
        ballots=ballots,
        done=_done(open_ones),
        number=place + 1,
        of=len(open_ones),
        before=open_ones[place - 1].team if place else None,
        after=open_ones[place + 1].team if place + 1 < len(open_ones) else None,
        remarks=[
            Remark(which=COMMENT, text=ballot.comment, version=ballot.comment_version),
            Remark(which=FEEDBACK, text=ballot.feedback, version=ballot.feedback_version),
        ],
        stage=_on_stage(seat, open_ones),
        call=_open_call(seat),
        rubric_changed_at=_changed_at(seat.round, open_ones[place]),
    )


def progress_matrix(*, person: Person, round_id: int) -> Matrix:
    """Every seat on every team that has not withdrawn, in a fixed number of queries."""
    round_ = Round.objects.select_related("edition").get(pk=round_id)
    require(person, "progress.read", round_)
    now = db_now()
    teams = list(round_.teams().filter(withdrawn_at=None).order_by("number"))
    cells: defaultdict[int, dict[int, Cell]] = defaultdict(dict)
    names = ("seat_id", "team_id", "barred_reason", "scored", "completed_at", "touched_at", "void__reason")
    ballots = Ballot.objects.filter(seat__round=round_id).select_related("void").only(*names)
    for ballot in ballots:
        cells[ballot.seat_id][ballot.team_id] = Cell(
            state=_state(ballot, now), scored=ballot.scored, reason=reason_text(reason_of(ballot))
        )
    # A seat without a ballot on a team does not score it.
    nothing = Cell(state=OFF, scored=0, reason="")
    rows = [
        _matrix_row(seat, [cells[seat.pk].get(team.pk, nothing) for team in teams])
        for seat in round_.seats.select_related("person").order_by("number")
    ]
    return Matrix(
        round=round_,
        teams=teams,
        rows=rows,
        done=sum(row.done for row in rows),
        of=sum(row.of for row in rows),
        required=Criterion.objects.filter(rubric=round_.rubric_id, is_required=True).count(),
    )


def _matrix_row(seat: Seat, cells: list[Cell]) -> MatrixRow:
    counts = Counter(cell.state for cell in cells)
    return MatrixRow(seat=seat, cells=cells, done=counts[DONE], of=len(cells) - counts[OFF])


def _state(ballot: Ballot, now: datetime) -> str:
    if not ballot.counts:
        return OFF
    if ballot.completed_at is not None:
        return DONE
    if ballot.touched_at is not None and now - ballot.touched_at <= JUST_NOW:
        return NOW
    return PART if ballot.scored else EMPTY


def _seat(person: Person, edition_id: int) -> Seat:
    seats = Seat.objects.filter(person=person.pk, round__edition=edition_id, stood_down_at=None)
    seats = seats.select_related("round__edition", "round__rubric", "round__on_stage", "room__on_stage")
    seat = seats.order_by("-round__number").first()
    if seat is None:
        raise Seat.DoesNotExist
    return seat


def _on_stage(seat: Seat, open_ones: Iterable[OwnBallot]) -> OnStage | None:
    team = seat.room.on_stage if seat.room else seat.round.on_stage
    if team is None or team.withdrawn_at is not None or seat.round.closed_at is not None:
        return None
    return OnStage(team=team, is_mine=any(one.team.pk == team.pk for one in open_ones))


def _changed_at(round_: Round, own: OwnBallot) -> datetime | None:
    """The instant of the rubric's version, where the ballot lacks something or the version is fresh."""
    rubric = round_.rubric
    # Only a version that came after scores has a reason.
    if not rubric.reason or rubric.made_at is None or round_.closed_at is not None:
        return None
    is_fresh = db_now() - rubric.made_at <= FRESH
    return rubric.made_at if is_fresh or own.state != DONE else None


def _open_call(seat: Seat) -> HelpCall | None:
    return seat.calls.filter(closed_at=None).select_related("claimed_by").first()


def _own_scores(seat: Seat) -> list[Score]:
    return list(Score.objects.filter(ballot__seat=seat))


def _own_ballots(seat: Seat, criteria: list[Criterion], scores: Iterable[Score]) -> list[OwnBallot]:
    marks: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
    for score in scores:
        if score.value is not None:
            marks[score.ballot_id][score.criterion_id] = score.value
    now = db_now()
    dimensions = dimensions_of(criteria)
    required = sum(criterion.is_required for criterion in criteria)
    ballots = seat.ballots.filter(team__withdrawn_at=None).select_related("team__challenge__partner", "void")
    return [
        OwnBallot(
            team=ballot.team,
            state=_state(ballot, now),
            scored=ballot.scored,
            required=required,
            total=round(ballot_points(marks[ballot.pk], dimensions), 1),
            reason=own_reason_text(reason_of(ballot)),
            comment=ballot.comment,
        )
        for ballot in ballots.order_by("position", "pk")
    ]


def _sheet_criterion(criterion: Criterion, scores: Iterable[Score], ballot_id: int, former: dict[int, int]) -> SheetCriterion:
    mine = [score for score in scores if score.criterion_id == criterion.pk]
    own = next((score for score in mine if score.ballot_id == ballot_id), None)
    past = Counter(plain(score.value) for score in mine if score.ballot_id != ballot_id and score.value is not None)
    return SheetCriterion(
        criterion=criterion,
        former=[before for before, now in former.items() if now == criterion.pk],
        value="" if own is None or own.value is None else plain(own.value),
        version=own.version if own else 0,
        received_at=own.received_at if own else None,
        levels=[
            Level(value=value, label=words.get("label", {}), text=words.get("text", {}), past=past[value])
            for value, words in scale_of(criterion)
        ],
    )


def scale_of(criterion: Criterion) -> list[tuple[str, dict[str, Any]]]:
    """Every value of the scale with the words written for it, if any."""
    words = {plain(Decimal(str(level["value"]))): level for level in criterion.levels}
    steps = int((criterion.highest - criterion.lowest) / criterion.step)
    values = [plain(criterion.lowest + n * criterion.step) for n in range(steps + 1)]
    return [(value, words.get(value, {})) for value in values]


def _done(ballots: Iterable[OwnBallot]) -> int:
    return sum(one.state == DONE for one in ballots)
