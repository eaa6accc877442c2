"""What the room of teams can announce. Ids and states only, never what a team wrote."""

from dataclasses import dataclass
from typing import ClassVar

from estrade.journal.log import DomainEvent


@dataclass(frozen=True, kw_only=True)
class TeamCreated(DomainEvent):
    """A team exists from now on."""

    kind: ClassVar[str] = "team.created"
    team: int
    challenge: int | None


@dataclass(frozen=True, kw_only=True)
class TeamChanged(DomainEvent):
    """A team's name or challenge changed."""

    kind: ClassVar[str] = "team.changed"
    team: int
    challenge: int | None


@dataclass(frozen=True, kw_only=True)
class TeamWithdrawn(DomainEvent):
    """A team left the competition; what it handed in is kept and no longer counts."""

    kind: ClassVar[str] = "team.withdrawn"
    team: int


@dataclass(frozen=True, kw_only=True)
class MemberJoined(DomainEvent):
    """A person is in the team from now on."""

    kind: ClassVar[str] = "member.joined"
    team: int
    person: int


@dataclass(frozen=True, kw_only=True)
class MemberLeft(DomainEvent):
    """A person is no longer in the team."""

    kind: ClassVar[str] = "member.left"
    team: int
    person: int


@dataclass(frozen=True, kw_only=True)
class CaptainChanged(DomainEvent):
    """Another person hands in for the team, or nobody does."""

    kind: ClassVar[str] = "captain.changed"
    team: int
    person: int | None


@dataclass(frozen=True, kw_only=True)
class CodeChanged(DomainEvent):
    """The team has another code to join; the one before lets nobody in any more."""

    kind: ClassVar[str] = "team.code_changed"
    team: int


@dataclass(frozen=True, kw_only=True)
class TeamReopened(DomainEvent):
    """A team that had withdrawn is back, with everything it had handed in."""

    kind: ClassVar[str] = "team.reopened"
    team: int


@dataclass(frozen=True, kw_only=True)
class TeamMerged(DomainEvent):
    """The members of `team` went on in the team `into`. What `team` wrote stays with it, to be read by both."""

    kind: ClassVar[str] = "team.merged"
    team: int
    into: int


@dataclass(frozen=True, kw_only=True)
class TeamSplit(DomainEvent):
    """Some members of `origin` went on as a team of their own, `team`, with a copy of the draft."""

    kind: ClassVar[str] = "team.split"
    team: int
    origin: int
    challenge: int | None


@dataclass(frozen=True, kw_only=True)
class ApproachMade(DomainEvent):
    """A person asked to join a team (`by_team` false), or the team invited the person."""

    kind: ClassVar[str] = "approach.made"
    team: int
    person: int
    by_team: bool


@dataclass(frozen=True, kw_only=True)
class ApproachAnswered(DomainEvent):
    """What was asked is answered; `state`: accepted, refused or taken_back."""

    kind: ClassVar[str] = "approach.answered"
    team: int
    person: int
    state: str


@dataclass(frozen=True, kw_only=True)
class FindBoardChanged(DomainEvent):
    """The board "Find a team" shows something else. Whose notice it is stays on the board."""

    kind: ClassVar[str] = "find.changed"


@dataclass(frozen=True, kw_only=True)
class AbsencesMarked(DomainEvent):
    """How many are known to be absent or late now. Organisers only."""

    kind: ClassVar[str] = "absences.marked"
    absent: int
    late: int


@dataclass(frozen=True, kw_only=True)
class TeamsRepaired(DomainEvent):
    """A morning's repair was applied: how many changed team, got a place, left; how many teams were dissolved."""

    kind: ClassVar[str] = "teams.repaired"
    moved: int
    placed: int
    left: int
    dissolved: int


@dataclass(frozen=True, kw_only=True)
class DraftSaved(DomainEvent):
    """The team's draft has a new revision."""

    kind: ClassVar[str] = "draft.saved"
    team: int
    revision: int


@dataclass(frozen=True, kw_only=True)
class SubmissionDelivered(DomainEvent):
    """A version was handed in. A late one does not count until an organiser accepts it.

    `received_at` and `closes_at`, the closing time that was applied, are ISO 8601: late is who came at it or after it.
    """

    kind: ClassVar[str] = "submission.delivered"
    team: int
    receipt: int
    number: int
    late: bool
    received_at: str
    closes_at: str


@dataclass(frozen=True, kw_only=True)
class SubmissionCaptured(DomainEvent):
    """The deadline passed and the draft was taken as the team's version."""

    kind: ClassVar[str] = "submission.captured"
    team: int
    receipt: int
    number: int


@dataclass(frozen=True, kw_only=True)
class LateAccepted(DomainEvent):
    """An organiser lets a late version count."""

    kind: ClassVar[str] = "late.accepted"
    team: int
    receipt: int


@dataclass(frozen=True, kw_only=True)
class SubmissionWithdrawn(DomainEvent):
    """A team took back what it had handed in. Nothing of it counts until it hands in again."""

    kind: ClassVar[str] = "submission.withdrawn"
    team: int
    receipt: int


@dataclass(frozen=True, kw_only=True)
class CaptureConfirmed(DomainEvent):
    """A team confirmed the draft that was taken at the deadline."""

    kind: ClassVar[str] = "capture.confirmed"
    team: int
    receipt: int


@dataclass(frozen=True, kw_only=True)
class SubmissionFormChanged(DomainEvent):
    """The organisers changed what is asked of teams: how many further fields there are now."""

    kind: ClassVar[str] = "submission_form.changed"
    fields: int


@dataclass(frozen=True, kw_only=True)
class SubmissionsClosed(DomainEvent):
    """The deadline `at` of the edition was carried out: every draft that had to be taken was taken."""

    kind: ClassVar[str] = "submissions.closed"
    at: str


@dataclass(frozen=True, kw_only=True)
class ExtensionGranted(DomainEvent):
    """A team has until `until` (ISO 8601)."""

    kind: ClassVar[str] = "extension.granted"
    team: int
    until: str


@dataclass(frozen=True, kw_only=True)
class ExtensionEnded(DomainEvent):
    """A team's extra time is over and its draft was taken if need be."""

    kind: ClassVar[str] = "extension.ended"
    team: int


@dataclass(frozen=True, kw_only=True)
class ParticipantsImported(DomainEvent):
    """A list of participants was brought in: how many people are new, how many changed. Organisers only."""

    kind: ClassVar[str] = "participants.imported"
    created: int
    updated: int


@dataclass(frozen=True, kw_only=True)
class PersonEdited(DomainEvent):
    """An organiser corrected the name, school or level of a participant."""

    kind: ClassVar[str] = "person.edited"
    person: int


@dataclass(frozen=True, kw_only=True)
class PeopleMerged(DomainEvent):
    """Two participants were one human being: `person` stays, `other` left the edition. Organisers only."""

    kind: ClassVar[str] = "people.merged"
    person: int
    other: int


@dataclass(frozen=True, kw_only=True)
class QuestionAsked(DomainEvent):
    """Somebody asked about a challenge; `team` is null for a participant without one."""

    kind: ClassVar[str] = "question.asked"
    question: int
    challenge: int
    team: int | None


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(DomainEvent):
    """A question has an answer, or an answer that one team had is now for everybody."""

    kind: ClassVar[str] = "question.answered"
    question: int
    challenge: int
    to_all: bool


@dataclass(frozen=True, kw_only=True)
class QuestionHidden(DomainEvent):
    """An organiser hid a question with its answer, or shows it again."""

    kind: ClassVar[str] = "question.hidden"
    question: int
    challenge: int
    hidden: bool
