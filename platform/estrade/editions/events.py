"""What an edition can announce."""

from dataclasses import dataclass
from typing import ClassVar

from estrade.journal.log import JURY, ORGANISERS, PARTICIPANTS, PUBLIC, DomainEvent

EVERYBODY = (PUBLIC, PARTICIPANTS, JURY, ORGANISERS)


@dataclass(frozen=True, kw_only=True)
class EditionCreated(DomainEvent):
    """An edition exists from now on."""

    kind: ClassVar[str] = "edition.created"
    edition: int


@dataclass(frozen=True, kw_only=True)
class EditionChanged(DomainEvent):
    """Settings of the edition were changed; `fields` names them. Times are told by `deadline.moved`."""

    kind: ClassVar[str] = "edition.changed"
    fields: list[str]


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
    """The programme was written anew, in whole or in part; it has `steps` lines now."""

    kind: ClassVar[str] = "programme.written"
    steps: int


@dataclass(frozen=True, kw_only=True)
class ProgrammeMoved(DomainEvent):
    """Lines of the programme begin at another time: `steps` are their numbers. Times are read where they stand."""

    kind: ClassVar[str] = "programme.moved"
    steps: list[int]
