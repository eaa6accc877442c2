"""What the room of people can announce, to organisers only."""

from dataclasses import dataclass
from typing import ClassVar

from estrade.journal.log import DomainEvent


@dataclass(frozen=True, kw_only=True)
class RoleGiven(DomainEvent):
    """A person has one more role in the edition."""

    kind: ClassVar[str] = "role.given"
    person: int
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleTaken(DomainEvent):
    """A person has one role less in the edition."""

    kind: ClassVar[str] = "role.taken"
    person: int
    role: str


@dataclass(frozen=True, kw_only=True)
class PersonOnline(DomainEvent):
    """A page of this person is heard of again."""

    kind: ClassVar[str] = "person.online"
    person: int


@dataclass(frozen=True, kw_only=True)
class PersonOffline(DomainEvent):
    """No page of this person has been heard of for ten seconds."""

    kind: ClassVar[str] = "person.offline"
    person: int
