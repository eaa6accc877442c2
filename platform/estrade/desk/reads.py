"""What the control room shows: the phase, the jury's progress, what waits for somebody, and the gates to the results."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from estrade.access.policy import can
from estrade.editions.models import Announcement, Edition
from estrade.editions.phases import Phase
from estrade.editions.taking_back import LastMove, last_move
from estrade.editions.timeline import Countdown, Step, countdown, timeline
from estrade.journal.log import JURY_BOARD, snapshot
from estrade.journal.models import AuditEntry
from estrade.people.models import Person, Presence
from estrade.web.health import Problem, problems
from judging.awards import unchosen_prizes
from judging.board_check import last_repair
from judging.late import late_ballots
from judging.models import Ballot, Correction, Prize, Round, Signature, SignOff
from judging.public import public_board, public_results
from judging.reads import Matrix, progress_matrix
from judging.reveal import inputs_hash, steps_of
from judging.tallies import tally_of
from teams.models import Receipt
from teams.reads import Standing, standings_of

# A ballot begun and left alone for longer is worth a word to the juror.
LEFT_ALONE = timedelta(minutes=2)
SAID_TWICE = timedelta(seconds=30)
JOURNAL_LINES = 10
# Done by the dozen while an edition is prepared; the list is about the day itself.
QUIET = (
    "role.give",
    "role.take",
    "juror.seat",
    "prize.offer",
    "team.add",
    "rubric.create",
    "challenge.write",
    "charter.accept",
    "stage.change",
)

ACTIONS: dict[str, Promise] = {
    "absence.mark": _("Absent people noted"),
    "account.close": _("Account closed"),
    "account.reopen": _("Account opened again"),
    "account.second_factor": _("Second factor forgotten"),
    "announcement.send": _("Announcement"),
    "ballot.bar": _("Conflict of interest: ballot barred"),
    "ballot.barred_try": _("Barred sheet asked for"),
    "ballot.lift": _("Conflict of interest lifted"),
    "ballot.void": _("Ballot taken out of the count"),
    "ballots.assign": _("Ballots assigned"),
    "ballots.fewest": _("Ballots for a rank changed"),
    "ballots.minutes": _("Minutes for each ballot changed"),
    "board.freeze": _("Leaderboard frozen"),
    "board.repair": _("Board computed again: it did not match the ballots"),
    "board.thaw": _("Leaderboard live again"),
    "category.place": _("Categories of teams changed"),
    "category.remove": _("Category removed"),
    "category.write": _("Category added"),
    "challenge.amend": _("Challenge amended"),
    "challenge.file": _("File of a challenge added or removed"),
    "challenge.publish": _("Challenge published"),
    "challenge.send_back": _("Challenge sent back to its partner"),
    "challenge.submit": _("Challenge submitted for approval"),
    "challenge.write": _("Challenge written"),
    "charter.accept": _("Charter of the jury accepted"),
    "codes.issue": _("Personal codes made"),
    "contact.decide": _("Contact by a partner allowed or not"),
    "correction.ask": _("Correction asked for"),
    "correction.confirm": _("Correction confirmed by a second organiser"),
    "correction.drop": _("Correction dropped"),
    "corrections.by_two": _("Two organisers for corrections: changed"),
    "data.export": _("Data exported"),
    "deadline.move": _("Time moved"),
    "deliberation.note": _("Deliberation minuted"),
    "deliberation.tie": _("Tie decided"),
    "dossier.download": _("Dossier downloaded"),
    "dossier.release": _("Dossier opened to its partner"),
    "edition.create": _("Event created"),
    "edition.edit": _("Event edited"),
    "feedback.release": _("Feedback released to the teams"),
    "final.border": _("Final: decided after the order behind it had changed"),
    "final.open": _("Final opened"),
    "final.plan": _("Rule of the final changed"),
    "juror.return": _("Juror back in the jury"),
    "juror.seat": _("Seat in the jury given"),
    "juror.stand_down": _("Juror stood down"),
    "late_scores.accept": _("Late scores accepted"),
    "late_scores.refuse": _("Late scores refused"),
    "paper.confirm": _("Paper sheet read a second time"),
    "paper.discard": _("Paper sheet put aside"),
    "paper.settle": _("Paper sheet settled"),
    "paper.type": _("Paper sheet typed in"),
    "people.edit": _("Person corrected"),
    "people.import": _("Participants imported"),
    "people.invite": _("Invitation sent or taken back"),
    "people.merge": _("Two people merged into one"),
    "prize.change": _("Prize changed"),
    "prize.choose": _("Prize: the partner has chosen"),
    "prize.offer": _("Prize added"),
    "prize.remove": _("Prize taken back"),
    "programme.move": _("Programme moved"),
    "programme.write": _("Programme written"),
    "question.answer": _("Question answered"),
    "question.hide": _("Question hidden or shown again"),
    "rehearsal.proof": _("Rehearsal: proof that nothing stayed"),
    "rehearsal.start": _("Rehearsal started"),
    "rehearsal.wipe": _("Rehearsal wiped"),
    "results.publish": _("Results published"),
    "results.reveal": _("Reveal: next step shown"),
    "results.revise": _("Results: new version after a correction"),
    "results.sign": _("Results: one of the signatures"),
    "results.sign_off": _("Results signed"),
    "role.give": _("Role given"),
    "role.take": _("Role taken away"),
    "rooms.change": _("Rooms changed"),
    "round.open": _("Round of scoring opened"),
    "round.plan": _("Plan of the jury changed"),
    "round.rubric": _("Rubric of a round changed"),
    "round.school_share": _("Share of the own school that bars a juror changed"),
    "rubric.change": _("Rubric changed"),
    "rubric.change_weight": _("Weight of a criterion changed"),
    "rubric.create": _("Rubric made"),
    "score.corrected": _("Score corrected after the freeze"),
    "seat.hand_over": _("Seat in the jury handed over"),
    "stage.change": _("Team on stage changed"),
    "submission.accept_late": _("Late delivery accepted"),
    "submission.form": _("Submission form changed"),
    "submission.withdraw": _("Submission taken back"),
    "team.add": _("Person placed in a team"),
    "team.captain": _("Spokesperson of a team changed"),
    "team.change": _("Name or challenge of a team changed"),
    "team.code": _("New code for a team"),
    "team.extend": _("More time for a team"),
    "team.merge": _("Teams merged"),
    "team.move": _("Person moved to another team"),
    "team.remove": _("Person taken out of a team"),
    "team.reopen": _("Team back in the competition"),
    "team.split": _("Team split"),
    "team.withdraw": _("Team withdrawn"),
    "teams.compose": _("Teams being composed"),
    "teams.repair": _("Fewest moves of the morning carried out"),
    "teams.use_plan": _("Teams made of the plan"),
    "times.take_back": _("Change of times taken back"),
    "vote.close": _("Vote of the audience closed"),
    "vote.open": _("Vote of the audience opened"),
}


@dataclass(frozen=True, kw_only=True)
class Absence:
    """A juror with ballots to complete whose pages have not been heard of since `since`."""

    person: Person
    since: datetime
    last_score: datetime | None


@dataclass(frozen=True, kw_only=True)
class Gates:
    """How far the results are: `missing` ballots, the sign-off if there is one, `step` of `steps` revealed.

    `first`: the signature that waits for another one. `coming`: the entry that the next step shows. `unchosen`: prizes that
    wait for their partner's choice. `waits_for_final`: the round is not the one that the results come from.
    """

    missing: int
    first: Signature | None
    signed: SignOff | None
    step: int
    steps: int
    coming: dict[str, Any] | None
    published: bool
    unchosen: list[Prize]
    waits_for_final: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the journal in words: what somebody did, or what the clock did (then `who` is empty)."""

    words: str
    at: datetime
    who: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Room:
    """One look at the whole edition."""

    round: Round | None
    steps: list[Step]
    next: Countdown | None
    matrix: Matrix | None
    absences: list[Absence]
    left_alone: list[Ballot]
    undelivered: list[Standing]
    late: list[Receipt]
    problems: list[Problem]
    repaired_at: datetime | None
    late_scores: int
    waiting: int
    gates: Gates
    public: dict[str, Any]
    true_rows: list[dict[str, Any]]
    online: int
    lines: list[Line]
    last_move: LastMove | None

    @property
    def to_do(self) -> int:
        jury = bool(self.repaired_at) + bool(self.late_scores) + bool(self.waiting)
        return len(self.problems) + len(self.absences) + bool(self.left_alone) + len(self.undelivered) + len(self.late) + jury

    @property
    def is_adjusted(self) -> bool:
        """Whether the points of the true ranking are corrected for the severity of jurors."""
        return any(row.get("raw") is not None for row in self.true_rows)

    @property
    def is_unlinked(self) -> bool:
        """Whether there are points and no ranks, because jurors do not link all teams."""
        return any(row["rank"] is None and row["score"] is not None for row in self.true_rows)

    @property
    def in_five(self) -> datetime | None:
        """The next instant, five minutes later: an absolute time, so that the button can be hit twice."""
        return self.next.at + timedelta(minutes=5) if self.next else None


def room_of(*, edition: Edition, person: Person, now: datetime) -> Room:
    """Everything the control room shows, in a number of queries that does not grow with the people."""
    round_ = current_round(edition)
    seen = round_ is not None and can(person, "progress.read", edition, at=now)
    matrix = progress_matrix(person=person, round_id=round_.pk) if round_ and seen else None
    standings = standings_of(edition, now)
    board = snapshot(edition_id=edition.pk, name=JURY_BOARD) if can(person, "standings.read", edition, at=now) else None
    is_open = round_ is not None and round_.closed_at is None
    return Room(
        round=round_,
        steps=timeline(edition, now),
        next=countdown(edition, now),
        matrix=matrix,
        absences=_absences(matrix) if matrix and is_open else [],
        left_alone=_left_alone(round_, now) if round_ and is_open else [],
        undelivered=[one for one in standings if _is_missing(one, edition, now)],
        problems=problems(),
        repaired_at=last_repair(edition=edition, now=now),
        late_scores=late_ballots(round_id=round_.pk) if round_ and not is_open else 0,
        waiting=Correction.objects.filter(ballot__seat__round=round_, decided_at=None).count() if round_ else 0,
        late=[receipt for one in standings for receipt in one.late],
        gates=_gates(edition, round_, matrix),
        public=public_board(edition),
        true_rows=board.body["rows"] if board else [],
        online=Presence.objects.filter(edition=edition, is_online=True).count(),
        lines=_lines(edition),
        last_move=last_move(edition, now),
    )


def current_round(edition: Edition) -> Round | None:
    """The edition's latest round of judging."""
    return edition.rounds.select_related("edition").order_by("-number").first()


def receipt_of(edition: Edition, receipt_id: int) -> Receipt:
    """A receipt of this edition; DoesNotExist for one of another."""
    return Receipt.objects.get(pk=receipt_id, submission__team__edition=edition)


def people_told(edition: Edition) -> int:
    """How many people have a part in the edition: everybody of them sees a moved time at once."""
    return edition.roles.values("person").distinct().count()


def was_just_said(*, edition: Edition, person: Person, text: str, now: datetime) -> bool:
    """Whether the person has announced the same words half a minute ago or less: a button hit twice."""
    recent = Announcement.objects.filter(edition=edition, author=person, at__gt=now - SAID_TWICE)
    return any(text.strip() in said.text.values() for said in recent)


def _absences(matrix: Matrix) -> list[Absence]:
    busy = {row.seat.person_id: row.seat for row in matrix.rows if row.done < row.of}
    gone = Presence.objects.filter(edition=matrix.round.edition_id, person__in=busy, is_online=False)
    last: dict[int, datetime] = {}
    touched = Ballot.objects.filter(seat__round=matrix.round, touched_at__isnull=False)
    for person_id, at in touched.order_by("touched_at").values_list("seat__person_id", "touched_at"):
        if at is not None:
            last[person_id] = at
    return [
        Absence(person=busy[one.person_id].person, since=one.heard_at, last_score=last.get(one.person_id))
        for one in gone.order_by("heard_at")
    ]


def _left_alone(round_: Round, now: datetime) -> list[Ballot]:
    begun = Ballot.objects.missing().filter(seat__round=round_, scored__gt=0, touched_at__lt=now - LEFT_ALONE)
    return list(begun.select_related("seat__person", "team").order_by("touched_at"))


def _is_missing(standing: Standing, edition: Edition, now: datetime) -> bool:
    over = Phase.CLOSED <= edition.phase(now) < Phase.PUBLISHED
    return over and standing.submission.current is None and not standing.late


def _gates(edition: Edition, round_: Round | None, matrix: Matrix | None) -> Gates:
    signed = SignOff.objects.select_related("signed_by", "round").filter(round=round_).first() if round_ else None
    steps = steps_of(signed) if signed else []
    step = signed.reveal_step if signed else 0
    return Gates(
        missing=matrix.missing if matrix else 0,
        first=_first_signature(round_) if round_ and round_.closed_at is None else None,
        signed=signed,
        step=step,
        steps=len(steps),
        coming=steps[step] if step < len(steps) else None,
        published=public_results(edition)["published"],
        unchosen=unchosen_prizes(edition),
        waits_for_final=round_ is not None and bool(round_.final_by),
    )


def _first_signature(round_: Round) -> Signature | None:
    """One that still holds: given to the ballots as they are now."""
    given = list(round_.signatures.select_related("person"))
    digest = inputs_hash(round_, tally_of(round_id=round_.pk)) if given else ""
    return next((one for one in given if one.inputs_hash == digest), None)


def _lines(edition: Edition) -> list[Line]:
    entries = AuditEntry.objects.filter(edition=edition).exclude(action__in=QUIET).select_related("actor").order_by("-number")
    done = [
        Line(words=_words(entry), at=entry.at, who=entry.actor.name if entry.actor else "", why=entry.reason)
        for entry in entries[:JOURNAL_LINES]
    ]
    return sorted([*done, *_lines_of_the_clock(edition)], key=lambda line: line.at, reverse=True)[:JOURNAL_LINES]


def _lines_of_the_clock(edition: Edition) -> list[Line]:
    """What nobody had to do: a planned freeze, and drafts taken when the time was over."""
    freezes = edition.transitions.filter(key="freeze").order_by("-done_at")[:JOURNAL_LINES]
    by_hand = set(AuditEntry.objects.filter(edition=edition, action="board.freeze").values_list("after", flat=True))
    taken = Receipt.objects.filter(submission__team__edition=edition, state=Receipt.State.CAPTURED)
    return [
        *(
            Line(words=gettext("Leaderboard frozen, as planned"), at=freeze.done_at)
            for freeze in freezes
            if freeze.due_at.isoformat() not in by_hand
        ),
        *(
            Line(words=gettext("Draft taken at the deadline"), at=receipt.received_at, why=receipt.submission.team.name)
            for receipt in taken.select_related("submission__team").order_by("-received_at")[:JOURNAL_LINES]
        ),
    ]


def _words(entry: AuditEntry) -> str:
    if entry.action == "results.reveal" and (entry.after or 0) < (entry.before or 0):
        return gettext("Reveal: step taken back")
    return str(ACTIONS.get(entry.action, entry.action))
