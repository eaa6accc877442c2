"""Plans: how many ballots each team gets, who scores whom, and the changes an organiser makes by hand.

Owns what a round wants (`per_team`, `walks`) and the way there: look at a plan, use it, change single ballots. A ballot that
somebody has begun is never taken back, and a conflict of interest is never overruled here.
Words: a *preview* is a plan that nothing has been done with; its *key* is the same as long as it would come out the same.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.assignment import Plan, Quality, Unassignable, next_team, quality
from judging.conflicts import own_seat
from judging.models import Ballot, Round, Seat
from judging.planning import Field, Pair, field_of, pairs_of, plan_of, write_ballots
from judging.reasons import GONE, reason_of, reason_text
from teams.models import Team

# A ballot begun and not touched for longer: the juror has probably left the stand.
VISIT = timedelta(minutes=10)
MOST = 50


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A plan in figures: `pillars` are jurors without whom teams cannot be compared; `taken` ballots would be taken back."""

    quality: Quality
    pillars: list[Person]
    idle: list[Person]
    new: int
    taken: int
    own_school: int
    per_team: int
    mixes: bool
    key: str


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A barred ballot and why, as the organisers read it. `can_lift`: an organiser may open it again."""

    seat: Seat
    team: Team
    reason: str
    can_lift: bool
    had_scores: bool


@dataclass(frozen=True, kw_only=True)
class Given:
    """One juror on a team's line."""

    seat: Seat
    is_begun: bool


@dataclass(frozen=True, kw_only=True)
class TeamLine:
    """A team with the jurors who score it; `short`: ballots it misses; `free`: active jurors who could be added."""

    team: Team
    given: list[Given]
    short: int
    free: list[Seat]


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Who scores whom as it stands."""

    round: Round
    lines: list[TeamLine]
    quality: Quality
    pillars: list[Person]
    conflicts: list[Conflict]
    jurors: int
    short: int
    own_school: int


def assignment_of(*, person: Person, edition: Edition) -> Assignment | None:
    """The assignment of the latest round; None without one. Queries grow with the jurors, not with the teams."""
    require(person, "edition.control", edition)
    round_ = edition.rounds.select_related("edition").order_by("-number").first()
    if round_ is None:
        return None
    found = field_of(round_)
    seats = {seat.pk: seat for seat in (*found.seats, *found.gone)}
    measured = _measured(found, found.open)
    jurors_of: dict[int, list[int]] = {team.pk: [] for team in found.teams}
    for seat, team in sorted(found.open, key=lambda pair: (seats[pair[0]].number, pair[1])):
        jurors_of[team].append(seat)
    lines = [
        TeamLine(
            team=team,
            given=[Given(seat=seats[seat], is_begun=(seat, team.pk) in found.begun) for seat in jurors_of[team.pk]],
            short=max((round_.per_team or 0) - len(jurors_of[team.pk]), 0),
            free=[seat for seat in found.seats if (seat.pk, team.pk) not in found.open | found.closed],
        )
        for team in found.teams
    ]
    return Assignment(
        round=round_,
        lines=lines,
        quality=measured,
        pillars=[seats[pk].person for pk in measured.pillars if isinstance(pk, int)],
        conflicts=_conflicts(round_, found),
        jurors=len(found.seats),
        short=sum(line.short for line in lines),
        own_school=len(found.open & found.schools.keys()),
    )


def preview_plan(*, person: Person, edition_id: int, per_team: int, mixes: bool = True, seed: int = 0) -> Preview:
    """What a new plan would be. What somebody has begun is kept. Refused: see `use_plan`."""
    round_ = _round(person, edition_id)
    found = field_of(round_)
    return _preview(found, _plan(found, per_team, mixes, seed), per_team, mixes)


def use_plan(*, person: Person, edition_id: int, per_team: int, key: str, mixes: bool = True, seed: int = 0) -> int:
    """Carry out the plan that was looked at. How many ballots were added.

    Refused: `plan_outdated` when it would come out otherwise now, `round_closed`, `count_invalid`, and where no plan exists
    `too_few_jurors` (wanted, jurors), `too_few_ballots` (wanted, possible), `team_without_jurors` (team, wanted, allowed),
    `kind_without_jurors` (team).
    """
    with transaction.atomic():
        round_ = _round(person, edition_id, lock=True)
        _lock_ballots(round_)
        found = field_of(round_)
        plan = _plan(found, per_team, mixes, seed)
        if _preview(found, plan, per_team, mixes).key != key:
            raise Refused("plan_outdated")
        wanted = pairs_of(plan)
        before, round_.per_team, round_.walks = round_.per_team, per_team, False
        round_.save(update_fields=["per_team", "walks"])
        _note(person, round_, before)
        return write_ballots(found, wanted - found.open, taken=found.open - wanted - found.begun, actor_id=person.pk)


def use_everybody(*, person: Person, edition_id: int) -> int:
    """Every juror scores every team of the room from now on. How many ballots were added. Refused: `round_closed`."""
    with transaction.atomic():
        round_ = _round(person, edition_id, lock=True)
        before, round_.per_team, round_.walks = round_.per_team, None, False
        round_.save(update_fields=["per_team", "walks"])
        _note(person, round_, before)
        found = field_of(round_)
        return write_ballots(found, found.everything - found.open - found.barred, actor_id=person.pk)


def use_walks(*, person: Person, edition_id: int, per_team: int) -> None:
    """Jurors walk from stand to stand: each asks for the next team. Ballots that nobody has begun are taken back.

    Refused: `count_invalid`, `round_closed`.
    """
    _check_count(per_team)
    with transaction.atomic():
        round_ = _round(person, edition_id, lock=True)
        _lock_ballots(round_)
        before, round_.per_team, round_.walks = round_.per_team, per_team, True
        round_.save(update_fields=["per_team", "walks"])
        _note(person, round_, before)
        found = field_of(round_)
        write_ballots(found, (), taken=found.open - found.begun, actor_id=person.pk)


def take_next_team(*, person: Person, edition_id: int) -> Team | None:
    """The stand where this juror goes next, with a ballot for it; a ballot they have not completed comes first.

    Among teams without conflict, not seen and not being visited the one with fewest ballots. None when all have their number.
    Raises Seat.DoesNotExist. Refused: `no_walking`, `round_closed`, `wrong_phase` before scoring has opened.
    """
    with transaction.atomic():
        seat = own_seat(person, edition_id)
        require(person, "team.visit", seat)
        # Locked with the seat: two jurors never get the same free stand.
        round_ = seat.round
        if not round_.walks:
            raise Refused("no_walking")
        if round_.closed_at is not None:
            raise Refused("round_closed")
        now = db_now()
        ballots = Ballot.objects.missing().filter(seat__round=round_)
        mine = ballots.filter(seat=seat).select_related("team").order_by("pk").first()
        if mine is not None:
            return mine.team
        found = field_of(round_)
        visits = ballots.filter(touched_at__gt=now - VISIT).exclude(seat=seat)
        counts = found.ballots_of
        full = {team.pk for team in found.teams if counts[team.pk] >= (round_.per_team or 0)}
        going = next_team(
            seat.pk,
            teams=[team.pk for team in found.teams],
            ballots=found.open,
            conflicts=found.forbidden,
            busy={*visits.values_list("team_id", flat=True), *full},
            costs={team: cost for (seat_id, team), cost in found.costs.items() if seat_id == seat.pk},
            seed=round_.pk,
        )
        team = next((team for team in found.teams if team.pk == going), None)
        if team is not None:
            write_ballots(found, [(seat.pk, team.pk)], actor_id=person.pk)
            Ballot.objects.filter(seat=seat, team=team).update(touched_at=now)
    return team


def give_ballot(*, person: Person, edition_id: int, seat_id: int, team_id: int) -> None:
    """Put a team on a juror's list by hand. One that is there stays. Refused: `conflict_of_interest` (reason), `stood_down`."""
    with transaction.atomic():
        found, seat, team = _hand(person, edition_id, seat_id, team_id)
        if seat.stood_down_at is not None:
            raise Refused("stood_down")
        if (seat_id, team_id) in found.closed:
            standing = Ballot.objects.filter(seat=seat, team=team).select_related("void").first()
            reason = found.conflicts.get((seat_id, team_id)) if standing is None else reason_of(standing)
            raise Refused("conflict_of_interest", reason=reason_text(reason or found.conflicts[seat_id, team_id]))
        write_ballots(found, {(seat_id, team_id)} - found.open, actor_id=person.pk)


def take_ballot(*, person: Person, edition_id: int, seat_id: int, team_id: int) -> None:
    """Take a team off a juror's list by hand. Refused: `ballot_begun` when something stands on the ballot."""
    with transaction.atomic():
        found, _seat, _team = _hand(person, edition_id, seat_id, team_id)
        if (seat_id, team_id) in found.begun:
            raise Refused("ballot_begun")
        write_ballots(found, (), taken={(seat_id, team_id)} & found.open, actor_id=person.pk)


def _hand(person: Person, edition_id: int, seat_id: int, team_id: int) -> tuple[Field, Seat, Team]:
    round_ = _round(person, edition_id, lock=True)
    list(Ballot.objects.select_for_update(no_key=True, of=("self",)).filter(seat=seat_id, team=team_id))
    found = field_of(round_)
    seat = next((one for one in (*found.seats, *found.gone) if one.pk == seat_id), None)
    team = next((one for one in found.teams if one.pk == team_id), None)
    if seat is None or team is None:
        raise Ballot.DoesNotExist
    return found, seat, team


def _round(person: Person, edition_id: int, *, lock: bool = False) -> Round:
    """The edition's latest round, open and the person's to manage. Refused: `not_found`, `round_closed`."""
    rounds = Round.objects.filter(edition=edition_id).select_related("edition").order_by("-number")
    if lock:
        rounds = rounds.select_for_update(no_key=True, of=("self",))
    round_ = rounds.first()
    if round_ is None:
        require(person, "edition.manage", Edition.objects.get(pk=edition_id))
        raise Refused("not_found")
    require(person, "edition.manage", round_)
    if round_.closed_at is not None:
        raise Refused("round_closed")
    return round_


def _lock_ballots(round_: Round) -> None:
    """Who is writing a score finishes first, so that no ballot is taken back under a score."""
    list(Ballot.objects.select_for_update(no_key=True, of=("self",)).filter(seat__round=round_).order_by("pk"))


def _plan(found: Field, per_team: int, mixes: bool, seed: int) -> Plan:
    _check_count(per_team)
    begun = {pair for pair in found.begun if pair not in found.conflicts}
    try:
        return plan_of(found, per_team=per_team, mixes=mixes, kept=begun, seed=seed)
    except Unassignable as why:
        names = {team.pk: team.name for team in found.teams}
        raise _refusal(why.code, {**why.figures, "team": names.get(why.figures.get("team", 0), "")}) from why


def _refusal(code: str, figures: dict[str, Any]) -> Refused:
    if code == "too_few_jurors":
        return Refused("too_few_jurors", wanted=figures["wanted"], jurors=figures["jurors"])
    if code == "kind_without_jurors":
        return Refused("kind_without_jurors", team=figures["team"])
    if code in {"limits_too_low", "limits_of_kind_too_low"}:
        return Refused("too_few_ballots", wanted=figures["wanted"], possible=figures["possible"])
    allowed = figures.get("allowed", figures.get("given"))
    return Refused("team_without_jurors", team=figures["team"], wanted=figures["wanted"], allowed=allowed)


def _preview(found: Field, plan: Plan, per_team: int, mixes: bool) -> Preview:
    wanted = pairs_of(plan)
    people = {seat.pk: seat.person for seat in (*found.seats, *found.gone)}
    idle = [warning["juror"] for warning in plan.warnings if warning["code"] == "juror_without_teams"]
    facts = [per_team, mixes, sorted(wanted), sorted(found.begun), sorted(found.open)]
    return Preview(
        quality=plan.quality,
        pillars=[people[pk] for pk in plan.quality.pillars if isinstance(pk, int)],
        idle=[people[pk] for pk in idle],
        new=len(wanted - found.open),
        taken=len(found.open - wanted - found.begun),
        own_school=len(wanted & found.schools.keys()),
        per_team=per_team,
        mixes=mixes,
        key=hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32],
    )


def _measured(found: Field, pairs: Iterable[Pair]) -> Quality:
    # Who left and whose ballots count links teams as before.
    standing = list(pairs)
    counts = Counter(seat for seat, _team in standing)
    jurors = [seat.pk for seat in found.seats] + [seat.pk for seat in found.gone if counts[seat.pk]]
    return quality(standing, teams=[team.pk for team in found.teams], jurors=jurors)


def _conflicts(round_: Round, found: Field) -> list[Conflict]:
    barred = Ballot.objects.filter(seat__round=round_, team__withdrawn_at=None).exclude(barred_reason="")
    return [
        Conflict(
            seat=ballot.seat,
            team=ballot.team,
            reason=reason_text(ballot.barred_reason),
            can_lift=ballot.barred_reason not in GONE
            and (ballot.seat_id, ballot.team_id) not in found.conflicts
            and round_.closed_at is None,
            had_scores=ballot.scored > 0,
        )
        for ballot in barred.select_related("seat__person", "team").order_by("seat__number", "team__number")
    ]


def _check_count(per_team: int) -> None:
    if not 1 <= per_team <= MOST:
        raise Refused("count_invalid", field="per_team", limit=MOST)


def _note(person: Person, round_: Round, before: int | None) -> None:
    audit(
        edition_id=round_.edition_id,
        actor_id=person.pk,
        action="round.plan",
        thing=f"round {round_.pk}",
        before=before,
        after={"per_team": round_.per_team, "walks": round_.walks},
    )
