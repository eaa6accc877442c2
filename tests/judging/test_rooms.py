"""Rooms in parallel, and the final of those who advance."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.journal.log import PARTICIPANTS, PUBLIC, since, snapshot
from estrade.kernel.refusal import Refused
from judging.boards import refresh_board
from judging.border import border_of, decide_border
from judging.conflicts import declare_conflict
from judging.corrections import void_ballot
from judging.feedback import feedback_of, release_feedback
from judging.finals import FinalPlan, final_plan, open_final, plan_final
from judging.models import Ballot, JuryRecord, Placing, Round, Seat
from judging.planning import field_of
from judging.plans import assignment_of, give_ballot, preview_plan
from judging.prizes import NewPrize, choose_winner, offer_prize
from judging.public import OnStage, public_results, public_stage
from judging.reads import juror_list, progress_matrix
from judging.record import full_record
from judging.reveal import advance_reveal, publish_results
from judging.rooms import arrange_rooms, join_rooms, link_rooms, links_of, rooms_of, split_rooms
from judging.rubrics import NewCriterion, create_rubric
from judging.stage import put_on_stage, stage_of
from teams.models import Team
from tests.builders import a_role, an_organisation
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def with_challenges(*, jurors: int = 4, teams: int = 4) -> Stage:
    """Teams on two challenges by turns; the higher a team's number, the better it is."""
    stage = a_stage(jurors=jurors, teams=teams)
    other = Challenge.objects.create(
        edition=stage.edition, partner=an_organisation("SNCF"), slug="trains", title={"en": "Trains"}, question={"en": "How?"}
    )
    Team.objects.filter(pk__in=[team.pk for team in stage.teams[1::2]]).update(challenge=other)
    return stage


def a_late_team(stage: Stage) -> Team:
    """One more on the trains, made as a row: while the jury scores no team is created."""
    trains = Challenge.objects.get(slug="trains")
    return Team.objects.create(edition=stage.edition, name="Late", number=99, challenge=trains, join_code="LATE99")


def split(stage: Stage, count: int = 2) -> list[list[int]]:
    """Split, and say who is where: the numbers of the teams of each room."""
    split_rooms(person=stage.organiser, edition_id=stage.edition.pk, count=count)
    view = rooms_of(person=stage.organiser, edition=stage.edition)
    assert view is not None
    return [[stage.teams.index(team) for team in one.teams] for one in view.rooms]


def pairs(stage: Stage) -> set[tuple[int, int]]:
    """Open ballots of the latest round as (juror, team), counted from 0."""
    latest = Round.objects.filter(edition=stage.edition).order_by("-number")[0]
    people, teams = [one.pk for one in stage.jurors], [one.pk for one in stage.teams]
    ballots = Ballot.objects.filter(seat__round=latest, barred_reason="").values_list("seat__person", "team")
    return {(people.index(person), teams.index(team)) for person, team in ballots}


def test_rooms_keep_challenges_together_and_ballots_follow() -> None:
    stage = with_challenges()
    stage.score(stage.jurors[0], stage.teams[1], 0, 3)

    rooms = split(stage)
    begun = pairs(stage)

    assert rooms == [[0, 2], [1, 3]]
    assert [seat.room.number for seat in Seat.objects.order_by("number") if seat.room] == [1, 2, 1, 2]
    # What juror 0 has begun stays, though the team is in the other room now.
    assert begun == {(0, 0), (0, 2), (2, 0), (2, 2), (1, 1), (1, 3), (3, 1), (3, 3), (0, 1)}
    late = a_late_team(stage)
    assert code_of(lambda: split(stage, 3)) == "too_few_challenges"
    assert code_of(lambda: split(stage, 1)) == "rooms_invalid"
    join_rooms(person=stage.organiser, edition_id=stage.edition.pk)
    assert (Placing.objects.count(), Seat.objects.exclude(room=None).count()) == (0, 0)
    assert len(pairs_with(stage, late)) == 4


def pairs_with(stage: Stage, team: Team) -> list[int]:
    return list(Ballot.objects.filter(team=team, seat__round=stage.round).values_list("seat", flat=True))


def test_a_team_that_comes_later_goes_to_the_room_of_its_challenge() -> None:
    stage = with_challenges()
    split(stage)
    late = a_late_team(stage)

    arrange_rooms(person=stage.organiser, edition_id=stage.edition.pk, teams={}, jurors={stage.seats[0].pk: None}, names={})

    assert Placing.objects.get(team=late).room.number == 2
    # Whoever is in every room scores it too.
    assert set(pairs_with(stage, late)) == {stage.seats[0].pk, stage.seats[1].pk, stage.seats[3].pk}


def test_closed_rooms_are_warned_of_and_linked_by_the_remedy() -> None:
    stage = with_challenges()
    split(stage)
    before = rooms_of(person=stage.organiser, edition=stage.edition)

    added = link_rooms(person=stage.organiser, edition_id=stage.edition.pk)
    after = rooms_of(person=stage.organiser, edition=stage.edition)
    Edition.objects.update(fewest_ballots=3)
    strict = rooms_of(person=stage.organiser, edition=stage.edition)

    assert before is not None
    assert strict is not None
    assert [[one.short for one in view.rooms] for view in (before, strict)] == [[0, 0], [1, 1]]
    assert after is not None
    assert (before.apart, before.links, added, after.apart, after.links) == (2, 8, 8, 1, 0)
    # Links are kept by whatever fills up later, and a plan made within the rooms makes none.
    plan = preview_plan(person=stage.organiser, edition_id=stage.edition.pk, per_team=2, mixes=False)
    assert (plan.taken, plan.quality.components) == (8, 2)
    assert links_of(field_of(stage.round)) == set()


def test_a_conflict_decides_the_room_and_the_organiser_may_cross_rooms_by_hand() -> None:
    stage = with_challenges(jurors=2)
    for team in stage.teams[::2]:
        declare_conflict(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=team.pk, kind="other")

    split(stage)

    seat = Seat.objects.select_related("room").get(pk=stage.seats[0].pk)
    assert seat.room is not None
    assert seat.room.number == 2
    give_ballot(person=stage.organiser, edition_id=stage.edition.pk, seat_id=stage.seats[1].pk, team_id=stage.teams[1].pk)
    assert (1, 1) in pairs(stage)
    one = (stage.seats[0].pk, stage.teams[0].pk)
    refused = code_of(lambda: give_ballot(person=stage.organiser, edition_id=stage.edition.pk, seat_id=one[0], team_id=one[1]))
    assert refused == "conflict_of_interest"
    assignment = assignment_of(person=stage.organiser, edition=stage.edition)
    assert assignment is not None
    assert assignment.quality.components == 1


def test_each_room_has_its_own_stage() -> None:
    stage = with_challenges()
    split(stage)
    first, second = stage.round.rooms.order_by("number")
    screen = Client(headers={"accept-language": "en"})

    def of_second() -> Any:
        return screen.get(f"/screen/{stage.edition.slug}/room/2/")

    # A room's screen waits for its first team: without a name before anybody was called, with it afterwards.
    waiting = [of_second()]
    put_on_stage(person=stage.organiser, edition_id=stage.edition.pk, team_id=stage.teams[0].pk)
    waiting.append(of_second())
    assert [one.context["stage"].following for one in waiting] == [[], [stage.teams[1], stage.teams[3]]]
    assert ["The pitches start soon here" in one.content.decode() for one in waiting] == [True, True]
    put_on_stage(person=stage.organiser, edition_id=stage.edition.pk, team_id=stage.teams[3].pk)

    def seen(juror: int) -> str | None:
        on_stage = juror_list(person=stage.jurors[juror], edition_id=stage.edition.pk).stage
        return on_stage.team.name if on_stage else None

    assert [seen(juror) for juror in range(4)] == [stage.teams[n].name for n in (0, 3, 0, 3)]
    floor = stage_of(person=stage.organiser, edition=stage.edition, room_id=second.pk)
    assert ([team.pk for team in floor.teams], floor.now) == ([stage.teams[1].pk, stage.teams[3].pk], stage.teams[3])
    # The hall's screen shows the room that spoke last and says which; each room has a screen of its own.
    of_hall, of_first = (screen.get(f"/screen/{stage.edition.slug}/{path}") for path in ("", "room/1/"))
    assert (of_hall.context["stage"].pitching, of_hall.context["stage"].following) == (stage.teams[3], [])
    assert (of_first.context["stage"].pitching, of_first.context["stage"].following) == (stage.teams[0], [stage.teams[2]])
    assert ("On stage: room 2" in of_hall.content.decode(), "On stage: room 1" in of_first.content.decode()) == (True, True)
    put_on_stage(person=stage.organiser, edition_id=stage.edition.pk, team_id=None, room_id=second.pk)
    assert (public_stage(stage.edition).room, of_second().context["stage"].scene) == (1, "board")
    assert public_stage(stage.edition, room=2).team is None
    assert public_stage(stage.edition, room=9) == OnStage(room=9)
    put_on_stage(person=stage.organiser, edition_id=stage.edition.pk, team_id=stage.teams[3].pk)
    put_on_stage(person=stage.organiser, edition_id=stage.edition.pk, team_id=None, room_id=first.pk)
    assert [seen(juror) for juror in range(2)] == [None, stage.teams[3].name]


def rule(stage: Stage, by: str = "overall", count: int | None = 2, ties: str = "all", **more: Any) -> Round:
    return plan_final(person=stage.organiser, edition_id=stage.edition.pk, by=by, count=count, ties=ties, **more)


def plan_of(stage: Stage) -> FinalPlan:
    plan = final_plan(person=stage.organiser, edition=stage.edition)
    assert plan is not None
    return plan


def begin(stage: Stage, *, key: str = "", jurors: tuple[int, ...] = (0, 1), **more: Any) -> Round:
    seats = [stage.seats[n].pk for n in jurors]
    return open_final(person=stage.organiser, edition_id=stage.edition.pk, key=key or plan_of(stage).key, seats=seats, **more)


def test_the_rule_is_stored_beforehand_and_needs_a_reason_later() -> None:
    stage = with_challenges()

    assert final_plan(person=stage.organiser, edition=stage.edition) is None
    assert code_of(lambda: rule(stage, by="room")) == "no_rooms"
    assert code_of(lambda: rule(stage, count=0)) == "final_count_invalid"
    assert code_of(lambda: rule(stage, ties="lot")) == "choice_invalid"
    rule(stage)
    stage.fill_everything(lambda juror, team: team + 1)
    assert code_of(lambda: rule(stage, count=3)) == "reason_required"
    rule(stage, by="challenge", count=1, reason="Both partners asked for it.")
    assert [(line.team.name[-1], line.group, line.goes_on) for line in plan_of(stage).lines] == [
        ("4", "Trains", True), ("3", "Bus", True), ("2", "Trains", False), ("1", "Bus", False),
    ]  # fmt: skip
    assert code_of(lambda: begin(stage)) == "not_signed_off"


def test_a_final_has_ballots_for_those_who_advance_only_and_its_order_is_the_result() -> None:
    stage = with_challenges()
    rule(stage)
    declare_conflict(person=stage.jurors[1], edition_id=stage.edition.pk, team_id=stage.teams[3].pk, kind="relative")
    stage.fill_everything(lambda juror, team: team + 1)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    quiet = len(list(since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)))
    assert code_of(lambda: advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=0)) == "final_to_come"
    assert code_of(lambda: begin(stage, key="old")) == "plan_outdated"
    asked = [NewCriterion(key="pitch", label={"en": "Pitch"}, weight=Decimal(1))]
    rubric = create_rubric(person=stage.organiser, edition_id=stage.edition.pk, criteria=asked, name={"en": "Final"})
    # The jury's prize of the first round, a partner's and the audience's are open to teams that did not go on.
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk}
    offer_prize(**facts, new=NewPrize(name={"en": "Of round 1"}, rank=3, round=stage.round))
    loved = offer_prize(**facts, new=NewPrize(name={"en": "Loved"}, decided_by="partner", sponsor=stage.partner))
    wrong = NewPrize(name={"en": "Voted"}, decided_by="audience", round=stage.round)
    assert code_of(lambda: offer_prize(**facts, new=wrong)) == "choice_invalid"
    partner = a_role(stage.edition, "partner", organisation=stage.partner)
    choose_winner(person=partner, prize_id=loved.pk, team_id=stage.teams[0].pk)

    final = begin(stage, rubric_id=rubric.pk)

    stage.criteria = list(rubric.criteria.all())
    assert final.rubric == rubric
    assert (final.number, final.is_final, [team.name[-1] for team in final.teams().order_by("number")]) == (2, True, ["3", "4"])
    assert pairs(stage) == {(0, 2), (0, 3), (1, 2)}
    assert (
        Ballot.objects.get(seat__round=final, seat__person=stage.jurors[1], team=stage.teams[3]).barred_reason == "said_relative"
    )
    assert len(progress_matrix(person=stage.organiser, round_id=final.pk).teams) == 2
    assert code_of(lambda: begin(stage, key="again")) == "final_opened"
    # The second is better in the final; nothing of it is public, and the jury's board is the final's.
    stage.fill(stage.jurors[0], stage.teams[2], 5)
    stage.fill(stage.jurors[0], stage.teams[3], 2)
    stage.fill(stage.jurors[1], stage.teams[2], 4)
    for round_ in (final, stage.round):
        refresh_board(round_id=round_.pk)
    board = snapshot(edition_id=stage.edition.pk, name="jury.board")
    assert board is not None
    assert [row["name"][-1] for row in board.body["rows"]] == ["3", "4"]
    heard = [*since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)][quiet:]
    assert [event.kind for event in heard] == []
    assert all("team" not in event.payload for event in since(edition_id=stage.edition.pk, stream=PARTICIPANTS, number=0))
    # A correction in the first round makes a version of its record and shows nothing.
    one = Ballot.objects.get(seat=stage.seats[2], team=stage.teams[0])
    void_ballot(person=stage.organiser, ballot_id=one.pk, reason="Late")
    assert JuryRecord.objects.filter(sign_off__round=stage.round).count() == 2

    sign_off(person=stage.organiser, round_id=final.pk)
    for step in range(4):
        advance_reveal(person=stage.organiser, round_id=final.pk, from_step=step)
    publish_results(person=stage.organiser, round_id=final.pk)

    stage.edition.refresh_from_db()
    shown = [(one["rank"], [team["name"][-1] for team in one["teams"]]) for one in public_results(stage.edition)["entries"]]
    assert shown == [(1, ["3"]), (2, ["4"]), (None, ["2", "1"])]
    apart = public_results(stage.edition)["awards"]
    won = [(one["prizes"][0]["name"]["en"], [team["name"][-1] for team in one["teams"]]) for one in apart]
    assert won == [("Of round 1", ["2"]), ("Loved", ["1"])]
    assert [one["number"] for one in JuryRecord.objects.get(sign_off__round=final).content["teams"]] == [3, 4]
    assert full_record(person=stage.organiser, edition=stage.edition, version=2, number=1).sign_off.round_id == stage.round.pk
    release_feedback(person=stage.organiser, edition_id=stage.edition.pk)
    captain = stage.teams[0].captain
    assert captain is not None
    heard_back = feedback_of(person=captain, edition=stage.edition)
    assert heard_back is not None
    assert heard_back.ballots >= 3


def test_a_correction_behind_an_open_final_changes_nothing_until_an_organiser_decides() -> None:
    stage = with_challenges()
    rule(stage)
    stage.fill_everything(lambda juror, team: team + 1)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    final = begin(stage)
    assert border_of(stage.edition) is None
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk}
    client = Client(headers={"accept-language": "en"})
    client.force_login(stage.organiser)
    here = f"/e/{stage.edition.slug}/jury"

    # The ballots of the third team were typed in for the first one.
    for ballot in Ballot.objects.filter(seat__round=stage.round, team=stage.teams[0]):
        for criterion in stage.criteria[:2]:
            one = {"criterion": str(criterion.pk), "value": "5", "reason": "Mixed up"}
            answer = client.post(f"{here}/cockpit/correct/{ballot.pk}/", one)
    warned = client.get(f"{here}/cockpit/").content.decode()
    page = client.get(f"{here}/setup/final/").content.decode()
    border = border_of(stage.edition)

    assert answer["Location"] == f"{here}/cockpit/?round=1#evidence"
    assert border is not None
    assert ([team.name[-1] for team in border.missing], [team.name[-1] for team in border.extra]) == (["1"], ["3"])
    assert sorted(team.name[-1] for team in final.teams()) == ["3", "4"]
    assert "The order behind the final has changed" in warned
    assert f"would go on to the final: {stage.teams[0].name}" in page
    assert "round 1" in client.get(f"{here}/cockpit/?round=1").content.decode()
    assert code_of(lambda: decide_border(**facts, key="old", way="leave", reason="Seen")) == "plan_outdated"
    assert code_of(lambda: decide_border(**facts, key=border.key, way="leave", reason=" ")) == "reason_required"
    as_chair: dict[str, Any] = {**facts, "person": stage.president}
    assert code_of(lambda: decide_border(**as_chair, key=border.key, way="let-in", reason="No")) == "wrong_role"

    # Before the team is called or scored it can leave, and only then. What is tried here is taken back.
    unscored = "leaves it, unscored"
    third = stage.teams[2]
    with transaction.atomic():
        decide_border(**facts, key=border.key, way="exchange", reason="Nobody has pitched yet.")
        assert sorted(team.name[-1] for team in final.teams()) == ["1", "4"]
        assert {team for _seat, team in pairs(stage)} == {0, 3}
        assert border_of(stage.edition) is None
        transaction.set_rollback(True)
    put_on_stage(**facts, team_id=third.pk)
    assert code_of(lambda: decide_border(**facts, key=border.key, way="exchange", reason="Too late")) == "final_begun"
    put_on_stage(**facts, team_id=None)
    stage.score(stage.jurors[0], third, 0, 4)
    assert code_of(lambda: decide_border(**facts, key=border.key, way="exchange", reason="Too late")) == "final_begun"
    assert (unscored in page, unscored in client.get(f"{here}/setup/final/").content.decode()) == (True, False)
    assert code_of(lambda: decide_border(**facts, key=border.key, way="both", reason="?")) == "choice_invalid"

    left = client.post(f"{here}/setup/final/border/", {"key": border.key, "way": "leave", "reason": "It has pitched."})
    kept = border_of(stage.edition)
    decide_border(**facts, key=border.key, way="let-in", reason="The jury has time.")

    assert left.status_code == 302
    assert kept is not None
    assert kept.decided is not None
    assert sorted(team.name[-1] for team in final.teams()) == ["1", "3", "4"]
    assert {seat for seat, team in pairs(stage) if team == 0} == {0, 1}
    said = list(final.minutes.values_list("text", flat=True))
    assert [f"{text.partition('Decided: ')[2]}" for text in said] == [
        "the final stays as it is. It has pitched.",
        "they join the final, and who is in it stays. The jury has time.",
    ]


@pytest.mark.embedded
def test_pages_of_rooms_and_final() -> None:
    stage = with_challenges()
    client = Client(headers={"accept-language": "en"})
    client.force_login(stage.organiser)
    here = f"/e/{stage.edition.slug}/jury/setup"

    one = client.get(f"{here}/rooms/").content.decode()
    client.post(f"{here}/rooms/change/", {"way": "split", "count": "2"})
    warned = client.get(f"{here}/rooms/").content.decode()
    rooms = list(stage.round.rooms.order_by("number"))
    moved = {
        "way": "arrange",
        f"team-{stage.teams[0].pk}": str(rooms[1].pk),
        f"seat-{stage.seats[0].pk}": "",
        f"name-{rooms[0].pk}": "Amphi",
    }
    client.post(f"{here}/rooms/change/", moved)
    arranged = client.get(f"{here}/rooms/").content.decode()
    client.post(f"{here}/final/", {"by": "room", "count": "1", "ties": "all"})
    for juror, team in sorted(pairs(stage)):
        stage.fill(stage.jurors[juror], stage.teams[team], team + 1)
    planned = client.get(f"{here}/final/").content.decode()
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    control = client.get(f"/e/{stage.edition.slug}/control/").content.decode()
    begun = client.post(f"{here}/final/open/", {"key": plan_of(stage).key, "seat": [str(seat.pk) for seat in stage.seats]})
    client.force_login(stage.jurors[0])
    jury = client.get(f"/e/{stage.edition.slug}/jury/").content.decode()

    assert "One room for all: 4 teams" in one
    assert "The teams fall into 2 groups that no juror links" in warned
    assert "Add these 8 ballots" in warned
    assert "Amphi" in arranged
    assert "In every room" in arranged
    assert "The first of each room goes on to the final." in planned
    assert "A final decides" in control
    assert begun.status_code == 302
    assert "The final: my teams to score" in jury
