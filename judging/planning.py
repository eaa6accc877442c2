"""Planning: which ballots a round has, so that every team reaches its number of them.

Owns the making and taking back of ballots. Never takes a ballot back that somebody has begun; never writes a score. The
verbs that call it hold the round's lock. Who scores whom is found by `judging.assignment`, which knows no database.
Words: a ballot is *begun* when a score ever arrived on it, a remark stands on it or its paper was typed in; a seat is
*active* until the juror stands down; a team is *short* when fewer ballots count or may still count for it than the round wants.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, person_stream, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Role
from judging.assignment import Plan, Unassignable, assign
from judging.boards import ask_board
from judging.events import BallotBarred, BallotsAssigned
from judging.models import Ballot, Placing, Round, ScoreRevision, Seat
from judging.reasons import conflicts_among, school_shares
from teams.models import Team

Pair = tuple[int, int]
# A team wholly of the juror's school weighs like so many ballots more on the juror's load: a wish, never a rule.
SCHOOL_COST = 6.0


@dataclass(frozen=True, kw_only=True)
class Field:
    """A round as the planner needs it, read once. Pairs are (seat, team).

    `open`: ballots that may be filled in or are complete; `begun` of them hold something; `barred` (of any reason, or taken
    out by an organiser) and `conflicts` that follow from the data may not be. `schools`: percent of a team from the juror's
    own school. `across`: juror and team are in different rooms; no plan brings them together, an organiser may.
    """

    round: Round
    teams: list[Team]
    seats: list[Seat]
    gone: list[Seat]
    open: set[Pair]
    begun: set[Pair]
    barred: set[Pair]
    conflicts: dict[Pair, str]
    kinds: dict[int, str] = field(default_factory=dict)
    schools: dict[Pair, float] = field(default_factory=dict)
    across: set[Pair] = field(default_factory=set)

    @property
    def closed(self) -> set[Pair]:
        """Pairs that nobody can open: a conflict of interest."""
        return self.barred | set(self.conflicts)

    @property
    def forbidden(self) -> set[Pair]:
        """Pairs that no plan makes."""
        return self.closed | self.across

    @property
    def everything(self) -> set[Pair]:
        """Every juror on every team of the juror's room."""
        return {(seat.pk, team.pk) for seat in self.seats for team in self.teams} - self.across

    @property
    def costs(self) -> dict[Pair, float]:
        """What a ballot of a juror on a team of the own school costs the plan: avoided where that costs nobody else much."""
        return {pair: SCHOOL_COST * percent / 100 for pair, percent in self.schools.items()}

    @property
    def ballots_of(self) -> Counter[int]:
        return Counter(team for _seat, team in self.open)


def field_of(round_: Round) -> Field:
    """Read a round for planning. Withdrawn teams are left out."""
    teams = list(round_.teams().filter(withdrawn_at=None).select_related("challenge").order_by("number"))
    seats = list(round_.seats.select_related("round", "person").order_by("number"))
    listed = {team.pk for team in teams}
    open_: set[Pair] = set()
    begun: set[Pair] = set()
    barred: set[Pair] = set()
    for ballot in with_begun(Ballot.objects.filter(seat__round=round_).select_related("void")):
        pair = (ballot.seat_id, ballot.team_id)
        if ballot.team_id not in listed:
            continue
        if not ballot.counts:
            barred.add(pair)
            continue
        open_.add(pair)
        if ballot.is_begun:  # type: ignore[attr-defined]  # annotated by with_begun
            begun.add(pair)
    active = [seat for seat in seats if seat.stood_down_at is None]
    return Field(
        round=round_,
        teams=teams,
        seats=active,
        gone=[seat for seat in seats if seat.stood_down_at is not None],
        open=open_,
        begun=begun,
        barred=barred,
        conflicts=conflicts_among(active, teams),
        kinds=_kinds(round_, seats),
        schools={pair: percent for pair, percent in school_shares(active).items() if pair[1] in listed},
        across=_across(round_, active, teams),
    )


def with_begun(ballots: QuerySet[Ballot]) -> QuerySet[Ballot]:
    """Ballots with `is_begun`: a score ever arrived, a remark stands on it, or its paper was typed in."""
    arrived = Exists(ScoreRevision.objects.filter(ballot=OuterRef("pk")))
    return ballots.annotate(is_begun=Q(arrived) | ~Q(comment="") | ~Q(feedback="") | Q(paper__isnull=False))


def plan_of(found: Field, *, per_team: int, mixes: bool, kept: Iterable[Pair], seed: int = 0) -> Plan:
    """A plan that keeps `kept`. A juror who has gone keeps what counts and gets nothing new. Raises Unassignable."""
    standing, listed = set(kept), {team.pk for team in found.teams}
    counts = Counter(seat for seat, _team in standing)
    gone = [seat.pk for seat in found.gone if counts[seat.pk]]
    jurors = [seat.pk for seat in found.seats] + gone
    return assign(
        [team.pk for team in found.teams],
        jurors,
        per_team=per_team,
        kinds={juror: found.kinds[juror] for juror in jurors} if mixes else None,
        conflicts=found.closed | {pair for pair in found.across - standing if pair[1] in listed},
        costs=found.costs,
        limits={seat: counts[seat] for seat in gone},
        kept=standing,
        seed=seed,
    )


def bar_ballot(ballot: Ballot, *, reason: str, actor_id: int | None) -> bool:
    """Take a locked ballot out of the count. Whether it was in. The first reason stays. Refused: `round_closed`."""
    if ballot.barred_reason:
        return False
    seat, edition_id = ballot.seat, ballot.team.edition_id
    if seat.round.closed_at is not None:
        raise Refused("round_closed")
    ballot.barred_reason = reason
    ballot.touched_at = db_now()
    ballot.save(update_fields=["barred_reason", "touched_at"])
    audit(edition_id=edition_id, actor_id=actor_id, action="ballot.bar", thing=f"ballot {ballot.pk}", reason=reason)
    record(
        BallotBarred(ballot=ballot.pk, team=ballot.team_id, seat=seat.pk),
        edition_id=edition_id,
        on=[ORGANISERS, person_stream(seat.person_id)],
        actor_id=actor_id,
    )
    ask_board(seat.round_id)
    return True


def bar_met_conflicts(round_: Round, *, actor_id: int | None) -> None:
    """Bar open ballots that a conflict has met since they were made: a team chose another challenge, somebody joined it."""
    found = field_of(round_)
    met = Q(pk=None)
    for seat, team in found.open & set(found.conflicts):
        met |= Q(seat=seat, team=team)
    ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).select_related("seat__round", "team")
    for ballot in list(ballots.filter(met).order_by("pk")):
        bar_ballot(ballot, reason=found.conflicts[ballot.seat_id, ballot.team_id], actor_id=actor_id)


def pairs_of(plan: Plan) -> set[Pair]:
    """A plan's ballots; the planner takes any identifier, here they are numbers."""
    return {(seat, team) for seat, team in plan.ballots if isinstance(seat, int) and isinstance(team, int)}


def fill_up(round_: Round, *, actor_id: int | None) -> int:
    """Give every team the ballots that the round wants and it does not have yet. How many were made.

    Nothing that stands is touched. Where the rules leave nobody for a team, it stays short and all others are served.
    """
    place_newcomers(round_)
    found = field_of(round_)
    if round_.walks:
        return 0
    new = found.everything - found.open - found.barred if round_.per_team is None else _missing(found, round_.per_team)
    return write_ballots(found, new, actor_id=actor_id)


def place_newcomers(round_: Round) -> None:
    """Teams that came after the rooms were made: to the room of their challenge, else to the one with fewest teams."""
    rooms = list(round_.rooms.order_by("number"))
    if not rooms:
        return
    placed = dict(round_.placings.values_list("team_id", "room_id"))
    teams = list(round_.teams().filter(withdrawn_at=None).order_by("number"))
    of_challenge = {team.challenge_id: placed[team.pk] for team in teams if team.pk in placed and team.challenge_id}
    counts = Counter(placed.values())
    for team in teams:
        if team.pk in placed:
            continue
        fewest = min(rooms, key=lambda room: (counts[room.pk], room.number)).pk
        room_id = of_challenge.get(team.challenge_id or 0, fewest)
        counts[room_id] += 1
        Placing.objects.create(round=round_, room_id=room_id, team=team)


def write_ballots(found: Field, new: Iterable[Pair], *, taken: Iterable[Pair] = (), actor_id: int | None) -> int:
    """Make the ballots of `new`, barred where data say so, and take back those of `taken` that nobody has begun. How many."""
    numbers = {team.pk: team.number for team in found.teams}
    made = [
        Ballot(seat_id=seat, team_id=team, position=numbers[team], barred_reason=found.conflicts.get((seat, team), ""))
        for seat, team in sorted(new)
    ]
    gone = 0
    for seat, team in sorted(taken):
        untouched = Ballot.objects.counting().filter(seat=seat, team=team, comment="", feedback="")
        gone += untouched.filter(revisions=None, paper=None).delete()[0]
    Ballot.objects.bulk_create(made)
    if made or gone:
        after: dict[str, Any] = {"ballots": len(made), "barred": sum(bool(ballot.barred_reason) for ballot in made)}
        audit(
            edition_id=found.round.edition_id,
            actor_id=actor_id,
            action="ballots.assign",
            thing=f"round {found.round.pk}",
            after=after | ({"taken": gone} if gone else {}),
        )
        owners = {seat.pk: seat.person_id for seat in (*found.seats, *found.gone)}
        told = {person_stream(owners[ballot.seat_id]) for ballot in made} if len(made) <= len(owners) else set()
        record(
            BallotsAssigned(round=found.round.pk, ballots=len(made), taken=gone),
            edition_id=found.round.edition_id,
            on=[ORGANISERS, JURY, *told],
            actor_id=actor_id,
        )
        ask_board(found.round.pk)
    return len(made)


def _missing(found: Field, per_team: int) -> set[Pair]:
    """What is missing, by the planner: kinds mixed if that can be, and without the teams that nobody is left for."""
    teams, wanted, mixes = list(found.teams), per_team, True
    while teams:
        listed = {team.pk for team in teams}
        kept = {pair for pair in found.open if pair[1] in listed}
        part = replace(
            found,
            teams=teams,
            barred={pair for pair in found.barred if pair[1] in listed},
            conflicts={pair: reason for pair, reason in found.conflicts.items() if pair[1] in listed},
            schools={pair: percent for pair, percent in found.schools.items() if pair[1] in listed},
        )
        try:
            return pairs_of(plan_of(part, per_team=wanted, mixes=mixes, kept=kept)) - kept
        except Unassignable as why:
            if mixes:
                mixes = False
            elif "team" in why.figures:
                teams = [team for team in teams if team.pk != why.figures["team"]]
            elif wanted > 1:
                wanted -= 1
            else:
                return set()
    return set()


def _across(round_: Round, seats: list[Seat], teams: list[Team]) -> set[Pair]:
    rooms = dict(round_.placings.values_list("team_id", "room_id"))
    return {
        (seat.pk, team.pk)
        for seat in seats
        for team in teams
        if seat.room_id is not None and rooms.get(team.pk, seat.room_id) != seat.room_id
    }


def _kinds(round_: Round, seats: list[Seat]) -> dict[int, str]:
    """Seat to the category of the juror's organisation; "" for who comes alone."""
    roles = Role.objects.filter(edition=round_.edition_id, role__in=[Role.Name.JUROR, Role.Name.PRESIDENT])
    category = dict(roles.exclude(organisation=None).values_list("person_id", "organisation__category"))
    return {seat.pk: category.get(seat.person_id, "") for seat in seats}
