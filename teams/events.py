"""What the teams room announces."""

from dataclasses import dataclass
from typing import ClassVar

from estrade.journal.log import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ParticipantsImported(DomainEvent):
    """A list of participants was brought in: how many people are new, how many changed. Organisers only."""

    kind: ClassVar[str] = "participants.imported"

    created: int
    updated: int
