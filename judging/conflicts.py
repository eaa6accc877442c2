"""Conflicts of interest: which ballots may not be filled in, and why.

Owns ties between jurors and participants, and the reason on a barred ballot. Never deletes a ballot:
a barred one stays, so that the record shows why it is empty; its scores, if any, leave the count.
Words: a *tie* is a juror's relation to a participant (coached, taught, related).
"""

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from estrade.access.policy import require
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, person_stream, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from judging.boards import ask_board
from judging.events import BallotBarred
from judging.models import Ballot, Seat, Tie
from teams.models import Membership, Team

# What stands in `barred_reason` when the reason follows from the data; an organiser may write another.
REASONS: dict[str, Promise] = {
    "own_challenge": _("The team answers the challenge of the juror's own organisation."),
    "own_team": _("The juror is a member of the team."),
    "tie": _("The juror has coached, taught or is close to somebody in the team."),
}

# The same, said to the juror.
OWN_REASONS: dict[str, Promise] = {
    "own_challenge": _("The team answers your own organisation's challenge."),
    "own_team": _("You are a member of the team."),
    "tie": _("You have coached, taught or are close to somebody in the team."),
}


def reason_text(reason: str) -> str:
    """The sentence for a ballot's `barred_reason`, in the reader's language."""
    return str(REASONS.get(reason, reason))


def own_reason_text(reason: str) -> str:
    """The same sentence for the juror who holds the seat."""
    return str(OWN_REASONS.get(reason, reason))


def conflicts_of(seat: Seat, teams: list[Team]) -> dict[int, str]:
    """Team id to reason, for the teams this seat may not score. `teams` come with their challenge."""
    edition_id = seat.round.edition_id
    speaks_for = set(
        Role.objects.filter(
            person=seat.person_id, edition=edition_id, role__in=[Role.Name.PARTNER, Role.Name.JUROR, Role.Name.PRESIDENT]
        )
        .exclude(organisation=None)
        .values_list("organisation_id", flat=True)
    )
    members = dict(Membership.objects.filter(edition=edition_id).values_list("person_id", "team_id"))
    tied = {members[about] for about in seat.ties.values_list("about_id", flat=True) if about in members}
    found = dict.fromkeys(tied, "tie")
    found |= {team.pk: "own_challenge" for team in teams if team.challenge and team.challenge.partner_id in speaks_for}
    if seat.person_id in members:
        found[members[seat.person_id]] = "own_team"
    return {team.pk: found[team.pk] for team in teams if team.pk in found}


def declare_tie(*, person: Person, seat_id: int, about_id: int) -> Tie:
    """Note that a juror is close to a participant, and bar the ballot on that participant's team if there is one."""
    with transaction.atomic():
        seat = Seat.objects.select_for_update(no_key=True, of=("self",)).select_related("round__edition").get(pk=seat_id)
        require(person, "edition.manage", seat.round)
        tie, _created = Tie.objects.get_or_create(seat=seat, about_id=about_id)
        ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).filter(
            seat=seat, team__memberships__person=about_id
        )
        for ballot in ballots.order_by("pk"):
            _bar(person, ballot, "tie")
    return tie


def bar(*, person: Person, seat_id: int, team_id: int, reason: str) -> Ballot:
    """Bar a seat from a team. `reason` is a key of REASONS or a sentence. Refused: `reason_required`, `too_long`."""
    reason = not_longer("reason", one_line(reason), 200)
    if not reason:
        raise Refused("reason_required", field="reason")
    with transaction.atomic():
        ballot = Ballot.objects.select_for_update(no_key=True, of=("self",)).get(seat_id=seat_id, team_id=team_id)
        require(person, "edition.manage", ballot)
        _bar(person, ballot, reason)
    return ballot


def _bar(person: Person, ballot: Ballot, reason: str) -> None:
    if ballot.barred_reason:
        return
    seat, edition_id = ballot.seat, ballot.team.edition_id
    if seat.round.closed_at is not None:
        raise Refused("round_closed")
    ballot.barred_reason = reason
    ballot.touched_at = db_now()
    ballot.save(update_fields=["barred_reason", "touched_at"])
    audit(edition_id=edition_id, actor_id=person.pk, action="ballot.bar", thing=f"ballot {ballot.pk}", reason=reason)
    record(
        BallotBarred(ballot=ballot.pk, team=ballot.team_id, seat=seat.pk),
        edition_id=edition_id,
        on=[ORGANISERS, person_stream(seat.person_id)],
        actor_id=person.pk,
    )
    ask_board(seat.round_id)
