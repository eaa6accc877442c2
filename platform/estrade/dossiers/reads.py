"""What is in a partner's dossier: the solutions to its challenges, whole. No score and no rank before the publication.

A name, and a way to reach somebody, is in it only where that person said so; for a pupil also the parents.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from challenges.models import Challenge
from challenges.reads import own_challenges, visible_challenges
from estrade.access.policy import can
from estrade.dossiers.models import DossierRelease
from estrade.dossiers.verdicts import Verdict, verdicts_of
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.files.models import StoredFile
from estrade.people.models import Organisation, Person, Role
from judging.models import Ballot
from teams.contacts import people_to_reach
from teams.models import Receipt, ReceiptFile, Submission, Team


@dataclass(frozen=True, kw_only=True)
class Solution:
    """One team's version that counts. `contacts` are those who may be named; `size` counts all members.

    `verdict` is empty until the results are published.
    """

    team: Team
    receipt: Receipt
    files: list[ReceiptFile]
    comments: list[str]
    contacts: list[Person]
    size: int
    verdict: Verdict

    @property
    def stored(self) -> list[StoredFile]:
        return [one.stored for one in self.files]


@dataclass(frozen=True, kw_only=True)
class Folder:
    """One challenge (with its `team_count`) and the solutions to it, empty until they may be read."""

    challenge: Challenge
    is_open: bool
    solutions: list[Solution]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Whether dossiers can be taken along now, and whether the jury's comments are in them."""

    is_open: bool
    with_comments: bool
    released_at: datetime | None


def terms_of(edition: Edition, now: datetime) -> Terms:
    """What the organisers decided; open once the results are published. One query."""
    release = DossierRelease.objects.filter(edition=edition).first()
    released_at = release.released_at if release else None
    is_open = released_at is not None or edition.phase(now) == Phase.PUBLISHED
    return Terms(is_open=is_open, with_comments=bool(release and release.with_comments), released_at=released_at)


def partner_folders(*, edition: Edition, person: Person, now: datetime) -> list[Folder]:
    """The challenges of the organisation this person speaks for, each with what was handed in to it."""
    return folders_of(list(own_challenges(edition=edition, person=person)), edition=edition, person=person, now=now)


def all_folders(*, edition: Edition, person: Person, now: datetime, organisation_id: int | None = None) -> list[Folder]:
    """The same for an organiser: every published challenge, or those of one partner."""
    challenges = visible_challenges(edition=edition, person=person).filter(published_at__isnull=False)
    if organisation_id is not None:
        challenges = challenges.filter(partner=organisation_id)
    return folders_of(list(challenges), edition=edition, person=person, now=now)


def folders_of(challenges: Sequence[Challenge], *, edition: Edition, person: Person, now: datetime) -> list[Folder]:
    """A folder per challenge, in a number of queries that does not grow. Files come with the version that counts."""
    readable = [one for one in challenges if can(person, "challenge.solutions", one, at=now)]
    visible = Submission.objects.visible_to(person).filter(team__withdrawn_at__isnull=True, current__isnull=False)
    found = visible.filter(team__challenge__in=readable).select_related("team__edition", "current")
    submissions: list[Any] = list(found.annotate(size=Count("team__memberships")).order_by("team__number"))
    files: dict[int, list[ReceiptFile]] = defaultdict(list)
    for file in ReceiptFile.objects.filter(receipt__in=[s.current_id for s in submissions]).select_related("stored"):
        files[file.receipt_id].append(file)
    terms = terms_of(edition, now)
    teams = [one.team_id for one in submissions]
    comments = _comments(teams) if terms.is_open and terms.with_comments else {}
    verdicts = verdicts_of(edition=edition, now=now)
    contacts = people_to_reach(edition=edition, team_ids=teams) if terms.is_open else {}
    by_challenge = defaultdict(list)
    for one in submissions:
        assert one.current is not None
        one.current.submission = one
        by_challenge[one.team.challenge_id].append(
            Solution(
                team=one.team,
                receipt=one.current,
                files=files[one.current_id],
                comments=comments.get(one.team_id, []),
                contacts=contacts.get(one.team_id, []),
                size=one.size,
                verdict=verdicts.get(one.team_id, Verdict()),
            )
        )
    return [Folder(challenge=one, is_open=one in readable, solutions=by_challenge[one.pk]) for one in challenges]


def partners_with_dossiers(edition: Edition) -> list[Organisation]:
    """The organisations with a published challenge, by name."""
    published = Challenge.objects.filter(edition=edition, published_at__isnull=False)
    return list(Organisation.objects.filter(pk__in=published.values("partner")).order_by("name"))


def organisation_of(person: Person, edition: Edition) -> Organisation | None:
    """For whom this person is a partner here."""
    role = person.roles.filter(edition=edition, role=Role.Name.PARTNER).select_related("organisation").first()
    return role.organisation if role else None


def _comments(team_ids: Sequence[int]) -> dict[int, list[str]]:
    """What jurors wrote to the teams, without saying who, in an order that tells nothing.

    What they wrote for the jury stays there: their sheet promises it.
    """
    written: dict[int, list[str]] = defaultdict(list)
    ballots = Ballot.objects.counting().filter(team__in=team_ids).exclude(feedback="")
    for team, comment in ballots.values_list("team_id", "feedback"):
        written[team].append(comment)
    return {team: sorted(comments) for team, comments in written.items()}
