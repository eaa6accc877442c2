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
