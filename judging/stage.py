"""The stage: which team a room is looking at, so that the sheets of its jurors can follow.

Owns the mark on a round and, where it has several rooms, on each of them. Never writes a score, never moves a time: it says
who is on stage, not for how long.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, PUBLIC, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.events import StageChanged
from judging.models import Room, Round
from judging.public import STAGE
from teams.models import Team


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The teams in order of passage, the one on stage, and its neighbours; of one `room` where there are several."""

    teams: list[Team]
    now: Team | None
    before: Team | None
    after: Team | None
    is_open: bool
    room: Room | None = None
    rooms: list[Room] = field(default_factory=list)


def put_on_stage(*, person: Person, edition_id: int, team_id: int | None, room_id: int | None = None) -> Round:
    """Say which team is on stage (None: nobody). The same one again changes nothing, so that two people may press "next".

    Where there are several rooms it is the stage of the team's own room, and nobody is said of the room `room_id`.
    Refused: `not_found` without a round or room, `round_closed`. Raises Team.DoesNotExist for a team that withdrew, is of
    elsewhere or not in this round.
    """
    with transaction.atomic():
        rounds = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition")
        round_ = rounds.filter(edition=edition_id).order_by("-number").first()
        require(person, "stage.manage", round_ or Edition.objects.get(pk=edition_id))
        if round_ is None:
            raise Refused("not_found")
        if round_.closed_at is not None:
            raise Refused("round_closed")
        team = None if team_id is None else round_.teams().get(pk=team_id, withdrawn_at=None)
        place = _place(round_, team, room_id)
        if place.on_stage_id == team_id:
            return round_
        before, place.on_stage, place.staged_at = place.on_stage_id, team, db_now()
        place.save(update_fields=["on_stage", "staged_at"])
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="stage.change",
            thing=f"round {round_.pk}",
            before=before,
            after=team_id,
        )
        _say(round_, place, person)
    return round_


def clear_stage(*, round_: Round, person: Person) -> None:
    """Nobody is on stage any more: for the verb that closes the round, which holds its lock."""
    places: list[Round | Room] = [round_, *round_.rooms.all()]
    staged = [place for place in places if place.on_stage_id is not None]
    for place in staged:
        place.on_stage, place.staged_at = None, None
        place.save(update_fields=["on_stage", "staged_at"])
    if staged:
        _say(round_, round_, person)


def _say(round_: Round, place: Round | Room, person: Person) -> None:
    """Tell who is on stage in `place`; the screens of the rooms read what the snapshot says of theirs."""
    pitching: defaultdict[int, list[int]] = defaultdict(list)
    here = round_.placings.filter(team__withdrawn_at=None).order_by("team__number")
    for room_id, team_id in here.values_list("room_id", "team_id"):
        pitching[room_id].append(team_id)
    rooms = [
        {
            "number": one.number,
            "name": one.name,
            "team": one.on_stage_id,
            "teams": pitching[one.pk],
            "began": one.staged_at is not None,
        }
        for one in round_.rooms.all()
    ]
    spoke = {"room": place.number if isinstance(place, Room) else None, "rooms": rooms} if rooms else {}
    record(
        StageChanged(team=place.on_stage_id),
        edition_id=round_.edition_id,
        on=[ORGANISERS, JURY, PUBLIC],
        actor_id=person.pk,
        snapshots={STAGE: {"team": place.on_stage_id, **spoke}},
    )


def stage_of(*, person: Person, edition: Edition, room_id: int | None = None) -> Stage:
    """The list for whoever calls the teams up; of the room `room_id`, else of the first, where there are several."""
    require(person, "stage.manage", edition)
    round_ = edition.rounds.order_by("-number").first()
    rooms = list(round_.rooms.order_by("number")) if round_ else []
    room = next((one for one in rooms if one.pk == room_id), rooms[0] if rooms else None)
    listed = round_.teams() if round_ else Team.objects.filter(edition=edition)
    if room is not None:
        listed = listed.filter(pk__in=room.placings.values("team"))
    teams = list(listed.filter(withdrawn_at=None).select_related("challenge__partner").order_by("number"))
    staged = room.on_stage_id if room else round_.on_stage_id if round_ else None
    place = next((n for n, team in enumerate(teams) if team.pk == staged), None)
    after = 0 if place is None else place + 1
    return Stage(
        teams=teams,
        now=None if place is None else teams[place],
        before=teams[place - 1] if place else None,
        after=teams[after] if after < len(teams) else None,
        is_open=round_ is not None and round_.closed_at is None,
        room=room,
        rooms=rooms,
    )


def _place(round_: Round, team: Team | None, room_id: int | None) -> Round | Room:
    """Where the mark stands: the team's room, or the room that is meant, or the round where it has one room for all."""
    rooms = round_.rooms.select_for_update(no_key=True, of=("self",))
    if team is not None and (room := rooms.filter(placings__team=team).first()) is not None:
        return room
    if room_id is None:
        return round_
    if (room := rooms.filter(pk=room_id).first()) is None:
        raise Refused("not_found")
    return room
