"""What judging can announce. No score of a single juror is in any of these."""

from dataclasses import dataclass
from typing import Any, ClassVar

from estrade.journal.log import DomainEvent


@dataclass(frozen=True, kw_only=True)
class BallotScored(DomainEvent):
    """A juror scored one criterion of one team. Never says how. `complete`: nothing is missing on the ballot now."""

    kind: ClassVar[str] = "ballot.scored"
    ballot: int
    team: int
    seat: int
    criterion: int
    complete: bool


@dataclass(frozen=True, kw_only=True)
class ScoreArrivedLate(DomainEvent):
    """A score arrived after the round was closed. It is kept and does not count."""

    kind: ClassVar[str] = "score.arrived_late"
    ballot: int
    team: int
    seat: int
    criterion: int


@dataclass(frozen=True, kw_only=True)
class ScoreKeptAside(DomainEvent):
    """A score arrived for a criterion that the rubric no longer has. It is kept and does not count."""

    kind: ClassVar[str] = "score.kept_aside"
    ballot: int
    team: int
    seat: int
    criterion: int


@dataclass(frozen=True, kw_only=True)
class BallotBarred(DomainEvent):
    """A conflict of interest took a ballot out of the count."""

    kind: ClassVar[str] = "ballot.barred"
    ballot: int
    team: int
    seat: int


@dataclass(frozen=True, kw_only=True)
class BallotRestored(DomainEvent):
    """A barred ballot may be filled in again, and counts again."""

    kind: ClassVar[str] = "ballot.restored"
    ballot: int
    team: int
    seat: int


@dataclass(frozen=True, kw_only=True)
class RemarkWritten(DomainEvent):
    """A juror wrote to the jury (`comment`) or to the team (`feedback`). Never says what."""

    kind: ClassVar[str] = "remark.written"
    ballot: int
    team: int
    seat: int
    which: str


@dataclass(frozen=True, kw_only=True)
class PaperTyped(DomainEvent):
    """A paper sheet was typed in, read a second time, settled or put aside. Never says what stands on it."""

    kind: ClassVar[str] = "paper.typed"
    ballot: int
    team: int
    seat: int


@dataclass(frozen=True, kw_only=True)
class LateScoresDecided(DomainEvent):
    """Organisers decided whether scores that came after the round was closed count."""

    kind: ClassVar[str] = "late_scores.decided"
    ballot: int
    team: int
    seat: int
    accepted: bool


@dataclass(frozen=True, kw_only=True)
class DeviceSaidUnsent(DomainEvent):
    """A juror's device said how many scores it still holds; 0 when all have arrived."""

    kind: ClassVar[str] = "device.unsent"
    seat: int
    unsent: int


@dataclass(frozen=True, kw_only=True)
class BoardRepaired(DomainEvent):
    """The stored board did not show what the ballots say. It was computed again."""

    kind: ClassVar[str] = "board.repaired"
    round: int


@dataclass(frozen=True, kw_only=True)
class CorrectionAsked(DomainEvent):
    """A correction of a ballot waits for a second organiser, or has been decided by one."""

    kind: ClassVar[str] = "correction.asked"
    ballot: int
    decided: bool


@dataclass(frozen=True, kw_only=True)
class CharterAccepted(DomainEvent):
    """A juror accepted the charter and declared the conflicts of interest that there are."""

    kind: ClassVar[str] = "charter.accepted"
    seat: int


@dataclass(frozen=True, kw_only=True)
class JurorStoodDown(DomainEvent):
    """A juror scores no more; `scores`: kept or void."""

    kind: ClassVar[str] = "juror.stood_down"
    seat: int
    scores: str


@dataclass(frozen=True, kw_only=True)
class JurorReturned(DomainEvent):
    """A juror who had stood down scores again; what was out of the count because of it is back."""

    kind: ClassVar[str] = "juror.returned"
    seat: int


@dataclass(frozen=True, kw_only=True)
class SeatHandedOver(DomainEvent):
    """Another person has the seat now, with the scores given from it so far."""

    kind: ClassVar[str] = "seat.handed_over"
    seat: int


@dataclass(frozen=True, kw_only=True)
class StageChanged(DomainEvent):
    """Another team is on stage, or none (`team` null)."""

    kind: ClassVar[str] = "stage.changed"
    team: int | None


@dataclass(frozen=True, kw_only=True)
class HelpCalled(DomainEvent):
    """A juror asks for somebody to come."""

    kind: ClassVar[str] = "help.called"
    call: int
    seat: int


@dataclass(frozen=True, kw_only=True)
class HelpClaimed(DomainEvent):
    """Somebody is on the way to the juror who called."""

    kind: ClassVar[str] = "help.claimed"
    call: int
    seat: int


@dataclass(frozen=True, kw_only=True)
class HelpEnded(DomainEvent):
    """A call is over: helped, or no longer needed."""

    kind: ClassVar[str] = "help.ended"
    call: int
    seat: int


@dataclass(frozen=True, kw_only=True)
class RubricCreated(DomainEvent):
    """A rubric, or the next version of one, exists from now on."""

    kind: ClassVar[str] = "rubric.created"
    rubric: int


@dataclass(frozen=True, kw_only=True)
class RubricChanged(DomainEvent):
    """What is scored is another version of a rubric from now on, or the same one written anew before the first score."""

    kind: ClassVar[str] = "rubric.changed"
    rubric: int
    version: int


@dataclass(frozen=True, kw_only=True)
class RoundOpened(DomainEvent):
    """Judging has a round from now on; jurors can be seated."""

    kind: ClassVar[str] = "round.opened"
    round: int


@dataclass(frozen=True, kw_only=True)
class JurorSeated(DomainEvent):
    """A juror has a seat in a round."""

    kind: ClassVar[str] = "juror.seated"
    seat: int


@dataclass(frozen=True, kw_only=True)
class BallotsAssigned(DomainEvent):
    """Jurors know which teams they score; `ballots` were added, `taken` were taken back before anything stood on them."""

    kind: ClassVar[str] = "ballots.assigned"
    round: int
    ballots: int
    taken: int = 0


@dataclass(frozen=True, kw_only=True)
class RoundClosed(DomainEvent):
    """The results were signed: what arrives from now on is late."""

    kind: ClassVar[str] = "round.closed"
    round: int


@dataclass(frozen=True, kw_only=True)
class BoardChanged(DomainEvent):
    """Rows of the board that changed, whole; ids that left it; how far the jury is."""

    kind: ClassVar[str] = "board.changed"
    rows: list[dict[str, Any]]
    gone: list[int]
    progress: dict[str, int]
    mode: str
    at: str


@dataclass(frozen=True, kw_only=True)
class BoardFrozen(DomainEvent):
    """The public board stands still since `at`."""

    kind: ClassVar[str] = "board.frozen"
    at: str


@dataclass(frozen=True, kw_only=True)
class BoardThawed(DomainEvent):
    """A freeze was taken back: the public board moves again."""

    kind: ClassVar[str] = "board.thawed"


@dataclass(frozen=True, kw_only=True)
class BoardSignedOff(DomainEvent):
    """The ranking was recomputed from the ballots and signed."""

    kind: ClassVar[str] = "board.signed_off"
    round: int


@dataclass(frozen=True, kw_only=True)
class ResultsSigned(DomainEvent):
    """One of the names under the ranking was given; another one is still needed."""

    kind: ClassVar[str] = "results.signed"
    round: int


@dataclass(frozen=True, kw_only=True)
class ResultsRevised(DomainEvent):
    """A ballot changed after the sign-off: there is a new version of the result."""

    kind: ClassVar[str] = "results.revised"
    round: int


@dataclass(frozen=True, kw_only=True)
class BallotVoided(DomainEvent):
    """An organiser took a ballot out of the count. It stays in the record."""

    kind: ClassVar[str] = "ballot.voided"
    ballot: int
    team: int
    seat: int


@dataclass(frozen=True, kw_only=True)
class ScoreCorrected(DomainEvent):
    """An organiser corrected one score of a ballot. Never says how."""

    kind: ClassVar[str] = "score.corrected"
    ballot: int
    team: int
    seat: int
    criterion: int


@dataclass(frozen=True, kw_only=True)
class FeedbackReleased(DomainEvent):
    """Teams can read what the jury thought of their own work."""

    kind: ClassVar[str] = "feedback.released"


@dataclass(frozen=True, kw_only=True)
class JurorNudged(DomainEvent):
    """Somebody asks a juror for the ballots that are missing."""

    kind: ClassVar[str] = "juror.nudged"
    seat: int


@dataclass(frozen=True, kw_only=True)
class DeliberationMinuted(DomainEvent):
    """Something was said or decided in the deliberation. Never says what."""

    kind: ClassVar[str] = "deliberation.minuted"
    round: int


@dataclass(frozen=True, kw_only=True)
class RevealAdvanced(DomainEvent):
    """One more step of the results is shown: `entry` has the rank, its teams and what they win."""

    kind: ClassVar[str] = "reveal.advanced"
    step: int
    entry: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RevealWithdrawn(DomainEvent):
    """A step was taken back; `step` is how many are shown now."""

    kind: ClassVar[str] = "reveal.withdrawn"
    step: int


@dataclass(frozen=True, kw_only=True)
class CategoriesChanged(DomainEvent):
    """There are other categories of teams, or other teams in them."""

    kind: ClassVar[str] = "categories.changed"


@dataclass(frozen=True, kw_only=True)
class VotingOpened(DomainEvent):
    """The audience may vote about a prize."""

    kind: ClassVar[str] = "voting.opened"
    prize: int


@dataclass(frozen=True, kw_only=True)
class VotingClosed(DomainEvent):
    """No vote about a prize is taken any more. Never says who is ahead."""

    kind: ClassVar[str] = "voting.closed"
    prize: int


@dataclass(frozen=True, kw_only=True)
class RoomsChanged(DomainEvent):
    """Teams and jurors of a round are in other rooms now; `rooms`: how many there are, 0 for one for all."""

    kind: ClassVar[str] = "rooms.changed"
    round: int
    rooms: int


@dataclass(frozen=True, kw_only=True)
class FinalPlanned(DomainEvent):
    """How teams go on to a final is another rule now."""

    kind: ClassVar[str] = "final.planned"
    round: int


@dataclass(frozen=True, kw_only=True)
class ResultsPublished(DomainEvent):
    """The final order is public."""

    kind: ClassVar[str] = "results.published"


@dataclass(frozen=True, kw_only=True)
class PrizeOffered(DomainEvent):
    """There is one more prize to win."""

    kind: ClassVar[str] = "prize.offered"
    prize: int


@dataclass(frozen=True, kw_only=True)
class PrizeChanged(DomainEvent):
    """A prize is another one now: its words, who decides about it or among which teams."""

    kind: ClassVar[str] = "prize.changed"
    prize: int


@dataclass(frozen=True, kw_only=True)
class PrizeRemoved(DomainEvent):
    """A prize is not to be won any more."""

    kind: ClassVar[str] = "prize.removed"
    prize: int


@dataclass(frozen=True, kw_only=True)
class PrizeChosen(DomainEvent):
    """The partner has chosen who gets its prize, or has taken the choice back. Never says whom."""

    kind: ClassVar[str] = "prize.chosen"
    prize: int
