"""Rooms: a round in which several teams pitch at the same time, each to the jurors of its room.

Owns rooms, who pitches and who judges in which. A ballot that somebody has begun stays whatever moves. Jurors who only see
their own room leave the rooms without a link, and points of teams that nothing links do not compare: `link_rooms` lets a few
jurors of each room score a few teams of the next one.
Words: a juror *of every room* has none of their own; the *links* are ballots from one room to the next.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.assignment import quality
from judging.events import RoomsChanged
from judging.models import Ballot, Placing, Room, Round, Seat
from judging.planning import Field, Pair, field_of, fill_up, write_ballots
from teams.models import Team

MOST_ROOMS = 12
# What links two rooms also when one of these jurors drops out.
LINK_JURORS, LINK_TEAMS = 2, 2


@dataclass(frozen=True, kw_only=True)
class RoomView:
    """One room with its teams in order of passage and its jurors. `short`: jurors that are missing for a rank of its teams."""

    room: Room
    teams: list[Team]
    seats: list[Seat]
    short: int


@dataclass(frozen=True, kw_only=True)
class RoomsView:
    """The rooms of the latest round. `apart`: groups of teams that no juror links, 1 where all compare.

    `links`: ballots that would link the rooms. `free`: jurors of every room.
    """

    round: Round
    rooms: list[RoomView]
    free: list[Seat]
    teams: int
    apart: int
    links: int


def split_rooms(*, person: Person, edition_id: int, count: int) -> list[Room]:
    """Make `count` rooms: teams on one challenge stay together, rooms get like numbers of teams and of jurors.

    A juror comes where fewest teams are barred to them. Rooms that there were are made anew. Refused: `rooms_invalid` (most)
    for a number that cannot be, `too_few_challenges` (challenges) to fill so many rooms, `not_found`, `round_closed`.
    """
    with transaction.atomic():
        round_ = _open_round(person, edition_id)
        if not 2 <= count <= MOST_ROOMS:
            raise Refused("rooms_invalid", field="count", most=MOST_ROOMS)
        found = field_of(round_)
        groups = _groups(found.teams)
        if len(groups) < count:
            raise Refused("too_few_challenges", field="count", challenges=len(groups))
        round_.rooms.all().delete()
        rooms = [Room.objects.create(round=round_, number=number) for number in range(1, count + 1)]
        sizes: Counter[int] = Counter()
        room_of: dict[int, int] = {}
        for group in groups:
            room = min(rooms, key=lambda one: (sizes[one.pk], one.number))
            sizes[room.pk] += len(group)
            room_of |= {team.pk: room.pk for team in group}
        Placing.objects.bulk_create(Placing(round=round_, room_id=room, team_id=team) for team, room in room_of.items())
        for seat, room_id in _seated(found, rooms, room_of):
            Seat.objects.filter(pk=seat).update(room=room_id)
        _settle(person, round_)
    return rooms


def arrange_rooms(
    *, person: Person, edition_id: int, teams: Mapping[int, int], jurors: Mapping[int, int | None], names: Mapping[int, str]
) -> None:
    """Change rooms by hand: team to room, seat to room (None: every room), room to its name. What is not named stays.

    Refused: `not_found` for what is not of this round, `too_long`, `round_closed`.
    """
    with transaction.atomic():
        round_ = _open_round(person, edition_id)
        rooms = {room.pk: room for room in round_.rooms.all()}
        known_teams = set(round_.teams().filter(pk__in=teams).values_list("pk", flat=True))
        known_seats = set(round_.seats.filter(pk__in=jurors).values_list("pk", flat=True))
        asked = {*teams.values(), *(room for room in jurors.values() if room is not None), *names}
        if not asked <= rooms.keys() or known_teams != teams.keys() or known_seats != jurors.keys():
            raise Refused("not_found")
        for team_id, room_id in teams.items():
            Placing.objects.update_or_create(round=round_, team_id=team_id, defaults={"room_id": room_id})
        for seat_id, where in jurors.items():
            Seat.objects.filter(pk=seat_id).update(room=where)
        for room_id, name in names.items():
            rooms[room_id].name = not_longer("name", one_line(name), 60)
            rooms[room_id].save(update_fields=["name"])
        # Whoever was moved away is on no stage any more.
        for room in rooms.values():
            if teams.get(room.on_stage_id or 0, room.pk) != room.pk:
                Room.objects.filter(pk=room.pk).update(on_stage=None, staged_at=None)
        _settle(person, round_)


def join_rooms(*, person: Person, edition_id: int) -> None:
    """One room for all again. Refused: `not_found`, `round_closed`."""
    with transaction.atomic():
        round_ = _open_round(person, edition_id)
        round_.rooms.all().delete()
        _settle(person, round_)


def link_rooms(*, person: Person, edition_id: int) -> int:
    """Let two jurors of each room score two teams of the next one. How many ballots were added. Refused: `round_closed`."""
    with transaction.atomic():
        round_ = _open_round(person, edition_id)
        found = field_of(round_)
        return write_ballots(found, links_of(found), actor_id=person.pk)


def rooms_of(*, person: Person, edition: Edition) -> RoomsView | None:
    """The rooms as they stand; without rooms an empty list, None without a round."""
    require(person, "edition.control", edition)
    round_ = edition.rounds.select_related("edition").order_by("-number").first()
    if round_ is None:
        return None
    found = field_of(round_)
    room_of = dict(round_.placings.values_list("team_id", "room_id"))
    rooms = list(round_.rooms.order_by("number"))
    counts = Counter(seat for seat, _team in found.open)
    jurors = [seat.pk for seat in found.seats] + [seat.pk for seat in found.gone if counts[seat.pk]]
    measured = quality(list(found.open), teams=[team.pk for team in found.teams], jurors=jurors)
    free = [seat for seat in found.seats if seat.room_id is None]
    here = {room.pk: [seat for seat in found.seats if seat.room_id == room.pk] for room in rooms}
    wanted = min(round_.edition.fewest_ballots, len(found.seats))
    return RoomsView(
        round=round_,
        rooms=[
            RoomView(
                room=room,
                teams=[team for team in found.teams if room_of.get(team.pk) == room.pk],
                seats=here[room.pk],
                short=max(wanted - len(here[room.pk]) - len(free), 0),
            )
            for room in rooms
        ],
        free=free,
        teams=len(found.teams),
        apart=measured.components if found.open else 1,
        links=len(links_of(found)),
    )


def links_of(found: Field) -> set[Pair]:
    """The ballots that link each room with the next, the last with the first: given to those who have fewest."""
    room_of = dict(found.round.placings.values_list("team_id", "room_id"))
    rooms = list(found.round.rooms.order_by("number").values_list("pk", flat=True))
    if len(rooms) < 2:  # noqa: PLR2004 - one room has no next one
        return set()
    load, ballots = Counter(seat for seat, _team in found.open), found.ballots_of
    links: set[Pair] = set()
    for here, there in zip(rooms, [*rooms[1:], rooms[0]], strict=True):
        seats = sorted((seat for seat in found.seats if seat.room_id == here), key=lambda seat: (load[seat.pk], seat.number))
        teams = sorted(
            (team for team in found.teams if room_of.get(team.pk) == there), key=lambda one: (ballots[one.pk], one.number)
        )
        chosen = 0
        for seat in seats:
            free = [team.pk for team in teams if (seat.pk, team.pk) not in found.closed | found.open][:LINK_TEAMS]
            if free and chosen < LINK_JURORS:
                links |= {(seat.pk, team) for team in free}
                chosen += 1
    return links


def _groups(teams: list[Team]) -> list[list[Team]]:
    """The teams by challenge, large groups first; a team without one is a group of its own."""
    groups: defaultdict[tuple[str, int], list[Team]] = defaultdict(list)
    for team in teams:
        groups[("challenge", team.challenge_id) if team.challenge_id else ("team", team.pk)].append(team)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0].number))


def _seated(found: Field, rooms: list[Room], room_of: dict[int, int]) -> list[tuple[int, int]]:
    """Seat to room: those whom conflicts hinder most choose first, and no room has more than its share."""
    barred: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for seat_id, team in found.closed:
        if team in room_of:
            barred[seat_id][room_of[team]] += 1
    share = -(-len(found.seats) // len(rooms))
    taken: Counter[int] = Counter()
    seated = []
    for seat in sorted(found.seats, key=lambda one: (-barred[one.pk].total(), one.number)):
        hinders = barred[seat.pk]
        open_rooms = [room for room in rooms if taken[room.pk] < share]
        room = min(open_rooms, key=lambda one: (hinders[one.pk], taken[one.pk], one.number))
        taken[room.pk] += 1
        seated.append((seat.pk, room.pk))
    return seated


def _settle(person: Person, round_: Round) -> None:
    """Ballots follow the rooms: those across that nobody has begun are taken back, what is missing is given."""
    list(Ballot.objects.select_for_update(no_key=True, of=("self",)).filter(seat__round=round_).order_by("pk"))
    found = field_of(round_)
    write_ballots(found, (), taken=(found.open & found.across) - found.begun, actor_id=person.pk)
    fill_up(round_, actor_id=person.pk)
    count = round_.rooms.count()
    audit(edition_id=round_.edition_id, actor_id=person.pk, action="rooms.change", thing=f"round {round_.pk}", after=count)
    record(RoomsChanged(round=round_.pk, rooms=count), edition_id=round_.edition_id, on=[ORGANISERS, JURY], actor_id=person.pk)


def _open_round(person: Person, edition_id: int) -> Round:
    """The edition's latest round, locked, open and the person's to manage."""
    rounds = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition")
    round_ = rounds.filter(edition=edition_id).order_by("-number").first()
    if round_ is None:
        require(person, "edition.manage", Edition.objects.get(pk=edition_id))
        raise Refused("not_found")
    require(person, "edition.manage", round_)
    if round_.closed_at is not None:
        raise Refused("round_closed")
    return round_
