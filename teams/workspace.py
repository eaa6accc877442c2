"""A team's place as one reader sees it: the team, its draft, its versions, and what the reader may still do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from estrade.access.policy import can
from estrade.editions.phases import Window
from estrade.people.models import Organisation, Person, Role
from teams.models import Receipt, Submission, Team
from teams.reads import standing_of

WANTED = ("title", "summary", "text")


@dataclass(frozen=True)
class Member:
    """A person in the team and where they come from."""

    person: Person
    organisation: Organisation | None
    is_captain: bool


@dataclass(frozen=True)
class Workspace:
    """What the page of a team shows. `draft` is None for whoever may not read it."""

    team: Team
    members: list[Member]
    window: Window
    draft: Submission | None
    receipts: list[Receipt]
    current: Receipt | None
    may_write: bool
    may_deliver: bool
    may_manage: bool
    sees_members: bool

    @property
    def is_extended(self) -> bool:
        return self.window.closes_at > self.team.edition.submissions_close_at

    @property
    def waiting(self) -> Receipt | None:
        """A late version that nobody has decided about yet, newer than what counts."""
        last = self.receipts[-1] if self.receipts else None
        return last if last and last.state == Receipt.State.LATE else None

    @property
    def missing(self) -> list[str]:
        """The fields of the draft that are still empty."""
        return [name for name in WANTED if self.draft and not getattr(self.draft, f"draft_{name}")]

    @property
    def is_changed(self) -> bool:
        """Whether the draft says something else than the version that counts."""
        words = ("title", "summary", "text", "link")
        return bool(
            self.draft
            and self.current
            and any(getattr(self.draft, f"draft_{name}") != getattr(self.current, name) for name in words)
        )


def workspace_of(*, team: Team, person: Person, now: datetime) -> Workspace:
    """What this person sees of a team that came from `teams.reads`, in a number of queries that does not grow with it."""
    standing = standing_of(team, now)
    submission = standing.submission
    readable = can(person, "submission.read", team, at=now)
    return Workspace(
        team=team,
        members=_members(team, standing.members),
        window=standing.window,
        draft=submission if can(person, "draft.read", team, at=now) else None,
        receipts=sorted(submission.receipts.all(), key=lambda one: one.number) if readable else [],
        current=submission.current if readable else None,
        may_write=standing.window.is_open and team.withdrawn_at is None and can(person, "draft.write", team, at=now),
        may_deliver=can(person, "submission.deliver", team, at=now),
        may_manage=can(person, "team.manage", team, at=now),
        sees_members=can(person, "team.members", team, at=now),
    )


def receipt_before(receipt: Receipt) -> Receipt | None:
    """The version that this one replaces."""
    earlier = Receipt.objects.filter(submission=receipt.submission_id, number__lt=receipt.number)
    return earlier.order_by("-number").first()


def _members(team: Team, people: Sequence[Person]) -> list[Member]:
    roles = Role.objects.filter(edition=team.edition_id, role=Role.Name.PARTICIPANT, person__in=people)
    schools = {role.person_id: role.organisation for role in roles.select_related("organisation")}
    return [Member(person, schools.get(person.pk), person.pk == team.captain_id) for person in people]
