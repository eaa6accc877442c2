"""A juror stands down, comes back or is replaced in the middle of a round: what becomes of the scores is chosen (S9)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from estrade.kernel.refusal import Refused
from judging.jury import add_juror, jury_setup, replace_juror
from judging.leaving import bring_back, stand_down
from judging.models import Ballot, Score, Seat
from judging.tallies import tally_of
from tests.judging.stage import Stage, a_stage, sign_off
from tests.judging.test_conflicts import client_of, counted, declare, planned, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    """Two ballots a team; the first juror has completed one and begun another."""
    stage = a_stage(jurors=4, teams=4)
    planned(stage)
    done, begun = teams_of(stage)
    stage.fill(stage.jurors[0], done, 5)
    stage.score(stage.jurors[0], begun, 0, 4)
    return stage


def teams_of(stage: Stage) -> list[Any]:
    """The first juror's two teams."""
    return [ballot.team for ballot in stage.seats[0].ballots.filter(barred_reason="").order_by("team__number")[:2]]


def leave(stage: Stage, scores: str) -> Seat:
    return stand_down(person=stage.organiser, seat_id=stage.seats[0].pk, scores=scores, reason="Taken ill")


def jurors_counted(stage: Stage) -> int:
    return jury_setup(person=stage.organiser, edition=stage.edition).counted


def test_kept_scores_count_and_open_teams_get_another_juror_s9(stage: Stage) -> None:
    leave(stage, "kept")

    assert [mark.juror for mark in tally_of(round_id=stage.round.pk).marks] == [stage.seats[0].pk]
    assert jurors_counted(stage) == 1
    assert counted(stage) == [2, 2, 2, 2]
    assert stage.seats[0].ballots.filter(barred_reason="", completed_at=None).count() == 0


def test_void_scores_leave_the_result_stay_in_the_record_and_every_team_gets_another_juror_s9(stage: Stage) -> None:
    leave(stage, "void")

    assert tally_of(round_id=stage.round.pk).marks == []
    assert (Score.objects.count(), jurors_counted(stage)) == (4, 0)
    assert counted(stage) == [2, 2, 2, 2]
    assert set(stage.seats[0].ballots.values_list("barred_reason", flat=True)) == {"void"}


def test_nothing_is_chosen_by_default_s9(stage: Stage) -> None:
    client = client_of(stage.organiser)
    page = f"/e/{stage.edition.slug}/jury/setup/seat/{stage.seats[0].pk}/"

    silent = client.post(page, {"way": "leave", "reason": "Taken ill"})
    unreasoned = refused(lambda: stand_down(person=stage.organiser, seat_id=stage.seats[0].pk, scores="kept", reason=" "))

    assert silent.status_code == 422
    assert unreasoned.code == "reason_required"
    assert Seat.objects.exclude(stood_down_at=None).count() == 0


def test_who_stood_down_opens_no_sheet_and_comes_back_with_everything_s9(stage: Stage) -> None:
    done, _begun = teams_of(stage)
    client: Client = client_of(stage.jurors[0])
    sheet = f"/e/{stage.edition.slug}/jury/{done.pk}/"
    before = dict(Ballot.objects.filter(seat=stage.seats[0]).values_list("team", "barred_reason"))

    leave(stage, "void")
    away = client.get(sheet).status_code
    bring_back(person=stage.organiser, seat_id=stage.seats[0].pk)

    assert (away, client.get(sheet).status_code) == (404, 200)
    assert dict(Ballot.objects.filter(seat=stage.seats[0]).values_list("team", "barred_reason")) == before
    assert jurors_counted(stage) == 1


def test_a_conflict_survives_going_and_coming_back(stage: Stage) -> None:
    done, _begun = teams_of(stage)
    declare(stage, stage.seats[0], stage.teams.index(done))

    leave(stage, "void")
    bring_back(person=stage.organiser, seat_id=stage.seats[0].pk)

    assert Ballot.objects.get(seat=stage.seats[0], team=done).barred_reason == "said_coached"


def test_a_handed_over_seat_goes_on_with_its_scores_under_the_new_jurors_conflicts_s9(stage: Stage) -> None:
    done, begun = teams_of(stage)
    declare(stage, stage.seats[0], stage.teams.index(begun))
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk, "seat_id": stage.seats[0].pk}

    badge = replace_juror(**facts, first_name="Ada", last_name="Lovelace")

    seat = Seat.objects.get(pk=stage.seats[0].pk)
    assert (seat.person, seat.charter_at, jurors_counted(stage)) == (badge.person, None, 1)
    assert dict(seat.ballots.filter(team__in=[done, begun]).values_list("team", "barred_reason")) == {done.pk: "", begun.pk: ""}
    assert client_of(stage.jurors[0]).get(f"/e/{stage.edition.slug}/jury/{done.pk}/").status_code == 404

    outsider = replace_juror(**facts, first_name="Alan", last_name="Turing", organisation=stage.partner.name)
    assert set(seat.ballots.values_list("barred_reason", flat=True)) == {"own_challenge"}
    assert outsider.person == Seat.objects.get(pk=seat.pk).person


def test_a_seat_that_is_empty_or_signed_is_not_handed_over(stage: Stage) -> None:
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk, "seat_id": stage.seats[0].pk}
    leave(stage, "kept")

    empty = refused(lambda: replace_juror(**facts, first_name="Ada", last_name="Lovelace"))
    sign_off(person=stage.organiser, round_id=stage.round.pk, reason="We must go on")
    signed = refused(lambda: bring_back(person=stage.organiser, seat_id=stage.seats[0].pk))

    assert (empty.code, signed.code) == ("stood_down", "round_closed")


def test_a_juror_listed_twice_is_refused_by_name(stage: Stage) -> None:
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk}
    add_juror(**facts, first_name="Ada", last_name="Lovelace")

    twice = refused(lambda: add_juror(**facts, first_name=" ada ", last_name="LOVELACE"))

    assert (twice.code, twice.figures["name"]) == ("juror_twice", "Ada Lovelace")
    assert isinstance(twice, Refused)
