"""A team's place as one reader sees it: the team, its draft, its versions, and what the reader may still do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from estrade.access.policy import can
from estrade.editions.phases import Window
from estrade.files.kinds import accept_of
from estrade.people.models import Organisation, Person, Role
from teams.files import Quota, in_time, quota_of
from teams.form_fields import Asked, FormField
from teams.models import DraftFile, Receipt, ReceiptFile, Submission, Team
from teams.reads import standing_of
from teams.submission_form import form_of

WANTED = ("title", "summary", "text")
CORE = ("title", "summary", "text", "link")


@dataclass(frozen=True)
class Member:
    """A person in the team and where they come from."""

    person: Person
    organisation: Organisation | None
    is_captain: bool


@dataclass(frozen=True)
class Place:
    """A place for files in the form, and what lies there. `late`: those that came after the deadline."""

    field: FormField
    files: list[DraftFile]
    late: list[DraftFile]

    @property
    def is_full(self) -> bool:
        """Whether nothing more can be brought; a single place takes the newer file instead."""
        return self.field.most > 1 and len(self.files) >= self.field.most

    @property
    def mark(self) -> UUID:
        """A key for one sending: the same form sent twice is one file."""
        return uuid4()

    @property
    def accept(self) -> str:
        return accept_of(self.field.accepts)


@dataclass(frozen=True)
class Workspace:
    """What the page of a team shows. `draft` is None for whoever may not read it."""

    team: Team
    members: list[Member]
    window: Window
    draft: Submission | None
    receipts: list[Receipt]
    current: Receipt | None
    asked: Asked
    places: list[Place]
    quota: Quota
    handed_in: list[ReceiptFile]
    may_write: bool
    may_deliver: bool
    may_manage: bool
    sees_members: bool
    may_withdraw: bool

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
        """What should be there and is not: title, summary and text, and what the edition's form requires."""
        if self.draft is None:
            return []
        words = [name for name in WANTED if not getattr(self.draft, f"draft_{name}")]
        return words + [key for key in self.required if key not in WANTED and not self.is_filled(key)]

    @property
    def required(self) -> list[str]:
        """Keys of what must be there before the team can hand in."""
        return ["title", "text", *self.asked.required, *(field.key for field in self.asked.fields if field.is_required)]

    def is_filled(self, key: str) -> bool:
        """Whether the draft has something under a key of the form."""
        if self.draft is None:
            return False
        if key in CORE:
            return bool(getattr(self.draft, f"draft_{key}"))
        return bool(self.draft.draft_answers.get(key)) or any(place.files for place in self.places if place.field.key == key)

    @property
    def is_changed(self) -> bool:
        """Whether the draft says something else than the version that counts."""
        if self.draft is None or self.current is None:
            return False
        kept = {one["key"]: one["answer"] for one in self.current.answers}
        asked = {field.key for field in self.asked.questions}
        answers = {key: words for key, words in self.draft.draft_answers.items() if key in asked}
        files = {one.stored_id for place in self.places for one in place.files}
        words = any(getattr(self.draft, f"draft_{name}") != getattr(self.current, name) for name in CORE)
        return words or answers != kept or files != {one.stored_id for one in self.handed_in}


def workspace_of(*, team: Team, person: Person, now: datetime) -> Workspace:
    """What this person sees of a team that came from `teams.reads`, in a number of queries that does not grow with it."""
    standing = standing_of(team, now)
    submission = standing.submission
    if submission.current is not None:
        submission.current.submission = submission
    readable = can(person, "submission.read", team, at=now)
    drafts = can(person, "draft.read", team, at=now)
    asked = form_of(team.edition)
    handed_in = ReceiptFile.objects.filter(receipt=submission.current_id).select_related("stored")
    return Workspace(
        team=team,
        members=_members(team, standing.members),
        window=standing.window,
        draft=submission if drafts else None,
        receipts=sorted(submission.receipts.all(), key=lambda one: one.number) if readable else [],
        current=submission.current if readable else None,
        asked=asked,
        places=_places(submission, asked) if drafts else [],
        quota=quota_of(submission, asked.quota_mb) if drafts else Quota(0, 0),
        handed_in=list(handed_in) if readable and submission.current_id else [],
        may_write=standing.window.is_open and team.withdrawn_at is None and can(person, "draft.write", team, at=now),
        may_deliver=can(person, "submission.deliver", team, at=now),
        may_manage=can(person, "team.manage", team, at=now),
        sees_members=can(person, "team.members", team, at=now),
        may_withdraw=submission.current is not None and standing.window.is_open
        and can(person, "submission.withdraw", team, at=now),
    )  # fmt: skip


def _places(submission: Submission, asked: Asked) -> list[Place]:
    files = list(submission.files.select_related("stored", "person"))
    counting = set(in_time(submission, files, list(submission.team.extensions.all())))
    places = []
    for field in asked.places:
        here = [one for one in files if one.field == field.key]
        places.append(Place(field, here, [one for one in here if one not in counting]))
    return places


def receipt_before(receipt: Receipt) -> Receipt | None:
    """The version that this one replaces."""
    earlier = Receipt.objects.filter(submission=receipt.submission_id, number__lt=receipt.number)
    return earlier.order_by("-number").first()


def _members(team: Team, people: Sequence[Person]) -> list[Member]:
    roles = Role.objects.filter(edition=team.edition_id, role=Role.Name.PARTICIPANT, person__in=people)
    schools = {role.person_id: role.organisation for role in roles.select_related("organisation")}
    return [Member(person, schools.get(person.pk), person.pk == team.captain_id) for person in people]
