"""Teams and what they handed in, as people look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from challenges.models import Challenge, person_partner_ids
from estrade.access.policy import can
from estrade.editions.models import Edition
from estrade.editions.phases import Window, submission_window
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.models import Extension, Membership, Receipt, Submission, Team


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a team stands with handing in. `state`: empty, draft, delivered, captured, late or accepted.

    `late`: versions that wait for an organiser. `extension`: the one that applies, running or over.
    """

    team: Team
    members: Sequence[Person]
    submission: Submission
    window: Window
    state: str
    extension: Extension | None
    late: Sequence[Receipt]


def team_of(*, person: Person, edition: Edition) -> Team | None:
    """The team a person is in, or None."""
    return _with_everything(Team.objects.filter(edition=edition, memberships__person=person)).first()


def team_number(*, person: Person, edition: Edition) -> int | None:
    """The row of the team a person is in, without the rest of it."""
    return Membership.objects.filter(edition=edition, person=person).values_list("team", flat=True).first()


def one_team(*, person: Person | None, edition: Edition, team_id: int, now: datetime) -> Team:
    """A team of the edition; Refused("not_found") for whoever may not read it in this phase."""
    team = _with_everything(Team.objects.filter(edition=edition, pk=team_id)).first()
    if team is None or not can(person, "team.read", team, at=now):
        raise Refused("not_found")
    return team


def readable_teams(*, person: Person, edition: Edition, now: datetime) -> list[Team]:
    """Those of the edition's teams that this person may read in this phase, in the order of their numbers."""
    teams = Team.objects.filter(edition=edition, withdrawn_at=None).select_related("edition", "challenge").order_by("number")
    if can(person, "team.read", edition, at=now):
        return list(teams)
    mine = list(teams.filter(memberships__person=person))
    ours = list(teams.filter(challenge__partner__in=person_partner_ids(person, edition.pk)))
    # Rights on all teams of one of these lists are the same, so the first is asked about.
    readable = {team.pk: team for some in (mine, ours) if some and can(person, "team.read", some[0], at=now) for team in some}
    return sorted(readable.values(), key=lambda team: team.number)


def standing_of(team: Team, now: datetime) -> Standing:
    """Where this team stands. No query for a team that came from `team_of`, `one_team` or `standings_of`."""
    submission: Submission = team.submission
    extensions = sorted(team.extensions.all(), key=lambda extension: extension.until)
    extension = extensions[-1] if extensions else None
    receipts = sorted(submission.receipts.all(), key=lambda receipt: receipt.number)
    late = [receipt for receipt in receipts if receipt.state == Receipt.State.LATE]
    return Standing(
        team=team,
        members=[membership.person for membership in team.memberships.all()],
        submission=submission,
        window=submission_window(team.edition.times, now, extended_until=extension.until if extension else None),
        state=_state(submission, late),
        extension=extension,
        late=late,
    )


def standings_of(edition: Edition, now: datetime) -> list[Standing]:
    """Every team that has not withdrawn, in the order of its number. As many queries for one team as for fifty."""
    return standings_among(Team.objects.filter(edition=edition, withdrawn_at__isnull=True).order_by("number"), now)


def standings_on(challenges: Sequence[Challenge], now: datetime) -> list[Standing]:
    """The same for the teams that work on some challenges."""
    teams = Team.objects.filter(challenge__in=challenges, withdrawn_at__isnull=True)
    return standings_among(teams.order_by("number"), now) if challenges else []


def standings_among(teams: QuerySet[Team], now: datetime) -> list[Standing]:
    """The same for any teams, in their order."""
    return [standing_of(team, now) for team in _with_everything(teams)]


def one_receipt(*, person: Person | None, edition: Edition, reference: str, now: datetime) -> Receipt:
    """A receipt by its reference; Refused("not_found") for whoever may not read the submission in this phase."""
    receipts = Receipt.objects.select_related("submission__team__edition", "submission__team__challenge", "person")
    receipt = receipts.filter(reference=reference, submission__team__edition=edition).first()
    if receipt is None or not can(person, "submission.read", receipt.submission, at=now):
        raise Refused("not_found")
    return receipt


def _with_everything(teams: QuerySet[Team]) -> QuerySet[Team]:
    return teams.select_related(
        "edition", "challenge__partner", "captain", "submission__current", "submission__draft_saved_by"
    ).prefetch_related("extensions", "submission__receipts", Prefetch("memberships", Membership.objects.select_related("person")))


def _state(submission: Submission, late: Sequence[Receipt]) -> str:
    if submission.current is not None:
        return str(submission.current.state)
    if late:
        return "late"
    return "draft" if submission.draft_title or submission.draft_text else "empty"
