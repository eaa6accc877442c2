"""What an edition can announce."""

from dataclasses import dataclass
from typing import ClassVar

from estrade.journal.log import DomainEvent


@dataclass(frozen=True, kw_only=True)
class EditionCreated(DomainEvent):
    """An edition exists from now on."""

    kind: ClassVar[str] = "edition.created"
    edition: int


@dataclass(frozen=True, kw_only=True)
class PhaseChanged(DomainEvent):
    """A stored instant was reached and its consequences were carried out; `phase` is the number from then on."""

    kind: ClassVar[str] = "phase.changed"
    phase: int


@dataclass(frozen=True, kw_only=True)
class DeadlineMoved(DomainEvent):
    """An organiser moved a time: `name` is submissions_close, judging_opens or freeze; `at` is ISO 8601, None for never."""

    kind: ClassVar[str] = "deadline.moved"
    name: str
    at: str | None


@dataclass(frozen=True, kw_only=True)
class AnnouncementMade(DomainEvent):
    """The organisers said something to everybody; `text` maps languages to it."""

    kind: ClassVar[str] = "announcement.made"
    announcement: int
    text: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ProgrammeWritten(DomainEvent):
    """The programme was replaced as a whole; it has `steps` lines now."""

    kind: ClassVar[str] = "programme.written"
    steps: int
