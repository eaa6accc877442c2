"""What the room of challenges can announce."""

from dataclasses import dataclass
from typing import ClassVar

from estrade.journal.log import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ChallengeWritten(DomainEvent):
    """A challenge was drafted or changed."""

    kind: ClassVar[str] = "challenge.written"
    challenge: int


@dataclass(frozen=True, kw_only=True)
class ChallengePublished(DomainEvent):
    """A challenge can be read and chosen from now on."""

    kind: ClassVar[str] = "challenge.published"
    challenge: int


@dataclass(frozen=True, kw_only=True)
class ChallengeSubmitted(DomainEvent):
    """A challenge awaits the organisers' approval."""

    kind: ClassVar[str] = "challenge.submitted"
    challenge: int


@dataclass(frozen=True, kw_only=True)
class ChallengeSentBack(DomainEvent):
    """A challenge went back to its partner with a remark."""

    kind: ClassVar[str] = "challenge.sent_back"
    challenge: int


@dataclass(frozen=True, kw_only=True)
class ChallengeAmended(DomainEvent):
    """A published challenge changed while teams work on it; its page says what and why."""

    kind: ClassVar[str] = "challenge.amended"
    challenge: int
    step: int
