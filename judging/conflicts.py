"""Conflicts of interest: barring ballots, by organisers and by the jurors themselves.

Owns ties between jurors and participants, and the reason on a barred ballot. Never deletes a ballot:
a barred one stays, so that the record shows why it is empty; its scores, if any, leave the count, and
the team gets another juror where the round wants a number of ballots. What the reasons are: `judging.reasons`.
Words: a *tie* is a juror's relation to a participant (coached, taught, related).
"""

from collections.abc import Mapping

from django.db import transaction

from estrade.access.policy import require
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, person_stream, record
from estrade.journal.models import AuditEntry
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import ask_board
from judging.events import BallotRestored, CharterAccepted
from judging.models import Ballot, Round, Seat, Tie
from judging.planning import bar_ballot, fill_up
from judging.reasons import GONE, SAID, conflicts_of
from teams.models import Team


def declare_tie(*, person: Person, seat_id: int, about_id: int) -> Tie:
    """Note that a juror is close to a participant, and bar the ballot on that participant's team if there is one."""
    with transaction.atomic():
        round_ = _round_of(seat_id)
        seat = Seat.objects.select_for_update(no_key=True, of=("self",)).select_related("round__edition").get(pk=seat_id)
        require(person, "edition.manage", seat.round)
        tie, _created = Tie.objects.get_or_create(seat=seat, about_id=about_id)
        ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).filter(
            seat=seat, team__memberships__person=about_id
        )
        barred = [bar_ballot(ballot, reason="tie", actor_id=person.pk) for ballot in ballots.order_by("pk")]
        if any(barred):
            fill_up(round_, actor_id=person.pk)
    return tie


def bar(*, person: Person, seat_id: int, team_id: int, reason: str) -> Ballot:
    """Bar a seat from a team. `reason` is a key of REASONS or a sentence. Refused: `reason_required`, `too_long`."""
    reason = not_longer("reason", one_line(reason), 200)
    if not reason:
        raise Refused("reason_required", field="reason")
    with transaction.atomic():
        round_ = _round_of(seat_id)
        ballot = Ballot.objects.select_for_update(no_key=True, of=("self",)).get(seat_id=seat_id, team_id=team_id)
        require(person, "edition.manage", ballot)
        if bar_ballot(ballot, reason=reason, actor_id=person.pk):
            fill_up(round_, actor_id=person.pk)
    return ballot


def lift_bar(*, person: Person, seat_id: int, team_id: int) -> Ballot:
    """Open a barred ballot again: its scores, if any, count again. A ballot that is open stays as it is.

    Refused: `conflict_follows_from_data` (what roles and teams say is no matter of opinion), `stood_down`, `round_closed`.
    """
    with transaction.atomic():
        round_ = _round_of(seat_id)
        ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).select_related("team__challenge", "seat__round")
        ballot = ballots.get(seat_id=seat_id, team_id=team_id)
        require(person, "edition.manage", ballot)
        if round_.closed_at is not None:
            raise Refused("round_closed")
        if not ballot.barred_reason:
            return ballot
        if ballot.barred_reason in GONE:
            raise Refused("stood_down")
        if team_id in conflicts_of(ballot.seat, [ballot.team]):
            raise Refused("conflict_follows_from_data")
        before, ballot.barred_reason, ballot.touched_at = ballot.barred_reason, "", db_now()
        ballot.save(update_fields=["barred_reason", "touched_at"])
        edition_id = ballot.team.edition_id
        audit(edition_id=edition_id, actor_id=person.pk, action="ballot.lift", thing=f"ballot {ballot.pk}", before=before)
        record(
            BallotRestored(ballot=ballot.pk, team=team_id, seat=seat_id),
            edition_id=edition_id,
            on=[ORGANISERS, person_stream(ballot.seat.person_id)],
            actor_id=person.pk,
        )
        ask_board(round_.pk)
    return ballot


def declare_conflict(*, person: Person, edition_id: int, team_id: int, kind: str) -> Ballot:
    """The juror says so: this team is not theirs to score. Told to the organisers; the first reason stays.

    Raises DoesNotExist without a seat or for a team of elsewhere. Refused: `choice_invalid` (kind), `round_closed`.
    """
    with transaction.atomic():
        seat = own_seat(person, edition_id)
        require(person, "conflict.declare", seat)
        (ballot,) = _declare(person, seat, {team_id: kind})
        fill_up(seat.round, actor_id=person.pk)
    return ballot


def accept_charter(*, person: Person, edition_id: int, conflicts: Mapping[int, str] | None = None) -> Seat:
    """The juror accepts the charter and declares what conflicts there are (team id to kind). The first time counts.

    Raises DoesNotExist without a seat or for a team of elsewhere. Refused as `declare_conflict`.
    """
    with transaction.atomic():
        seat = own_seat(person, edition_id)
        require(person, "conflict.declare", seat)
        is_first = seat.charter_at is None
        if is_first:
            seat.charter_at = db_now()
            seat.save(update_fields=["charter_at"])
        if conflicts:
            _declare(person, seat, conflicts)
            fill_up(seat.round, actor_id=person.pk)
        if not is_first:
            return seat
        audit(edition_id=edition_id, actor_id=person.pk, action="charter.accept", thing=f"seat {seat.pk}")
        record(
            CharterAccepted(seat=seat.pk),
            edition_id=edition_id,
            on=[ORGANISERS, JURY, person_stream(person.pk)],
            actor_id=person.pk,
        )
    return seat


def note_barred_try(*, person: Person, edition_id: int, team_id: int) -> None:
    """Somebody asked for a sheet that is barred to them: written down once per ballot, for the record."""
    with transaction.atomic():
        barred = Ballot.objects.filter(seat__person=person.pk, team_id=team_id, team__edition_id=edition_id)
        ballot = barred.exclude(barred_reason="").order_by("-seat__round__number").first()
        if ballot is None:
            return
        action, thing = "ballot.barred_try", f"ballot {ballot.pk}"
        if not AuditEntry.objects.filter(edition_id=edition_id, action=action, thing=thing).exists():
            audit(edition_id=edition_id, actor_id=person.pk, action=action, thing=thing, reason=ballot.barred_reason)


def own_seat(person: Person, edition_id: int) -> Seat:
    """The person's seat in the latest round, locked after its round. Raises Seat.DoesNotExist."""
    seats = Seat.objects.filter(person=person.pk, round__edition=edition_id, stood_down_at=None).order_by("-round__number")
    found = seats.values_list("pk", flat=True).first()
    if found is None:
        raise Seat.DoesNotExist
    _round_of(found)
    return Seat.objects.select_for_update(no_key=True, of=("self",)).select_related("round__edition").get(pk=found)


def _declare(person: Person, seat: Seat, conflicts: Mapping[int, str]) -> list[Ballot]:
    if not set(conflicts.values()) <= set(SAID):
        raise Refused("choice_invalid", field="kind")
    teams = Team.objects.filter(pk__in=conflicts, edition=seat.round.edition_id)
    if len(teams) != len(conflicts):
        raise Team.DoesNotExist
    # A team that is not on the juror's list is noted all the same: no later plan puts it there.
    for team in teams:
        Ballot.objects.get_or_create(seat=seat, team=team, defaults={"position": team.number})
    locked = Ballot.objects.select_for_update(no_key=True, of=("self",)).select_related("seat__round", "team")
    ballots = list(locked.filter(seat=seat, team__in=teams).order_by("pk"))
    for ballot in ballots:
        bar_ballot(ballot, reason=SAID[conflicts[ballot.team_id]], actor_id=person.pk)
    return ballots


def _round_of(seat_id: int) -> Round:
    """The seat's round, locked: whoever changes who scores whom takes turns, and nobody signs meanwhile."""
    round_id = Seat.objects.values_list("round_id", flat=True).get(pk=seat_id)
    return Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition").get(pk=round_id)
