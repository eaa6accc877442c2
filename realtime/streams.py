"""Who may listen to what: the one table of streams, used by the sockets and by the API.

Owns the names of streams and the action that each asks of the permission matrix. Never sends anything.
Words: a *place* in the table is a stream's name, or its first part where a number follows (`team.12`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser

from challenges.models import Challenge
from estrade.access.policy import Thing, can
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal import log
from estrade.people.models import Person
from teams.models import Team

# Nineteen digits and more do not fit the databases' integers.
NAME = re.compile(r"(?P<place>[a-z]+(?:\.[a-z]+)?)(?:\.(?P<number>[1-9][0-9]{0,17}))?", re.ASCII)


@dataclass(frozen=True)
class OwnStream:
    """What concerns one person in an edition: theirs, and nobody else's."""

    edition: Edition
    person_id: int

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        roles = self.edition.roles_of(person)
        mine = person is not None and person.pk == self.person_id
        return roles | {f"own:{role}" for role in roles} if mine else roles


def _team(edition: Edition, number: int) -> Thing | None:
    return Team.objects.select_related("challenge", "edition").filter(edition=edition, pk=number).first()


def _challenge(edition: Edition, number: int) -> Thing | None:
    return Challenge.objects.select_related("edition").filter(edition=edition, pk=number).first()


def _person(edition: Edition, number: int) -> Thing | None:
    return OwnStream(edition, number)


@dataclass(frozen=True)
class Audience:
    """One row: the action asked of the matrix, whether frames carry data, and the thing that a number names."""

    action: str
    carries_data: bool = False
    thing: Callable[[Edition, int], Thing | None] | None = None


TABLE = {
    log.PUBLIC: Audience("stream.public", carries_data=True),
    log.PARTICIPANTS: Audience("stream.participants"),
    log.JURY: Audience("stream.jury"),
    log.JURY_BOARD: Audience("stream.jury_board", carries_data=True),
    log.ORGANISERS: Audience("stream.organisers"),
    "team": Audience("stream.team", thing=_team),
    "challenge": Audience("stream.challenge", thing=_challenge),
    "person": Audience("stream.person", thing=_person),
}


def parse(name: str) -> tuple[Audience, int | None] | None:
    """The row of a stream's name and the number in it; None for a name that means no stream."""
    found = NAME.fullmatch(name)
    audience = TABLE.get(found["place"]) if found else None
    if found is None or audience is None or (found["number"] is None) != (audience.thing is None):
        return None
    return audience, int(found["number"]) if found["number"] else None


def carries_data(name: str) -> bool:
    """May the data go into the frame? Otherwise only the number does."""
    parsed = parse(name)
    return parsed is not None and parsed[0].carries_data


def allowed(person: Person | AnonymousUser | None, edition: Edition, name: str) -> bool:
    """May this person listen to this stream of this edition now? A name that means nothing: no."""
    parsed = parse(name)
    if parsed is None:
        return False
    audience, number = parsed
    thing: Thing | None = edition if audience.thing is None or number is None else audience.thing(edition, number)
    return thing is not None and can(person, audience.action, thing)
