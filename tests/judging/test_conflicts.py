"""A juror who may not judge a team: said by the juror, found in the data, kept from every door, and who comes instead."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from estrade.journal.log import ORGANISERS, person_stream, since
from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from estrade.people.models import Role
from judging.conflicts import accept_charter, declare_conflict, lift_bar
from judging.models import Ballot, Round, Score, ScoreRevision, Seat
from judging.panels import assign_everybody
from judging.plans import preview_plan, use_plan
from judging.reads import juror_list
from judging.reasons import conflicts_among, conflicts_of
from judging.tallies import tally_of
from teams.models import Membership
from tests import builders
from tests.judging.stage import Stage, a_person, a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=4, teams=4)


def planned(stage: Stage, per_team: int = 2) -> None:
    """A plan with `per_team` ballots a team, looked at and used."""
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk, "per_team": per_team}
    use_plan(**facts, key=preview_plan(**facts).key)


def counted(stage: Stage) -> list[int]:
    """Ballots that count or may still count, team by team."""
    return [team.ballots.filter(barred_reason="").count() for team in stage.teams]


def holder(stage: Stage, team: int) -> Seat:
    return Seat.objects.filter(ballots__team=stage.teams[team], ballots__barred_reason="").select_related("person")[0]


def refused(call: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


def client_of(person: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def declare(stage: Stage, seat: Seat, team: int, kind: str = "coached") -> Ballot:
    facts: dict[str, Any] = {"person": seat.person, "edition_id": stage.edition.pk}
    return declare_conflict(**facts, team_id=stage.teams[team].pk, kind=kind)


# --- Declared in the middle of the round --------------------------------------------------------------------------


def test_a_declared_ballot_leaves_the_result_stays_in_the_record_and_the_team_gets_another_juror_s8(stage: Stage) -> None:
    planned(stage)
    seat = holder(stage, 0)
    stage.fill(seat.person, stage.teams[0], 5)

    ballot = declare(stage, seat, 0)

    assert counted(stage) == [2, 2, 2, 2]
    assert (ballot.barred_reason, Score.objects.filter(ballot=ballot).count()) == ("said_coached", 3)
    assert [mark for mark in tally_of(round_id=stage.round.pk).marks if mark.juror == seat.pk] == []
    new = Ballot.objects.filter(team=stage.teams[0], barred_reason="").exclude(seat=seat).order_by("-pk")[0]
    others = Seat.objects.filter(round=stage.round).exclude(pk__in=[seat.pk, new.seat_id])
    loads = {one.pk: one.ballots.filter(barred_reason="").count() for one in others}
    assert new.seat.ballots.filter(barred_reason="").count() <= min(loads.values()) + 1


def test_the_juror_who_comes_instead_is_told_s8(stage: Stage) -> None:
    planned(stage)
    seat = holder(stage, 0)
    before = set(Ballot.objects.values_list("pk", flat=True))

    declare(stage, seat, 0)

    (new,) = Ballot.objects.exclude(pk__in=before).filter(barred_reason="")
    told = since(edition_id=stage.edition.pk, stream=person_stream(new.seat.person_id), number=0)
    assert told[-1].kind == "ballots.assigned"
    kinds = [event.kind for event in since(edition_id=stage.edition.pk, stream=ORGANISERS, number=0)]
    assert kinds[-2:] == ["ballot.barred", "ballots.assigned"]


def test_declaring_twice_changes_nothing_and_the_first_reason_stays(stage: Stage) -> None:
    planned(stage)
    seat = holder(stage, 0)

    declare(stage, seat, 0, "relative")
    declare(stage, seat, 0, "other")

    assert Ballot.objects.get(seat=seat, team=stage.teams[0]).barred_reason == "said_relative"
    assert counted(stage) == [2, 2, 2, 2]


def test_where_conflicts_leave_nobody_the_team_is_short_and_the_others_are_served(stage: Stage) -> None:
    planned(stage, per_team=3)
    for seat in stage.seats[:2]:
        declare(stage, seat, 0)

    assert counted(stage) == [2, 3, 3, 3]


def test_where_everybody_scores_everything_the_team_has_one_ballot_less(stage: Stage) -> None:
    declare(stage, stage.seats[0], 0)

    assert counted(stage) == [3, 4, 4, 4]


def test_a_later_plan_respects_what_was_declared_about_a_team_not_on_the_list(stage: Stage) -> None:
    planned(stage, per_team=1)
    seat = Seat.objects.exclude(ballots__team=stage.teams[0]).filter(round=stage.round)[0]

    declare(stage, seat, 0)
    planned(stage, per_team=3)

    assert not Ballot.objects.filter(seat=seat, team=stage.teams[0], barred_reason="").exists()
    assert counted(stage) == [3, 3, 3, 3]


def test_a_conflict_needs_a_known_reason_and_an_open_round(stage: Stage) -> None:
    unknown = refused(lambda: declare(stage, stage.seats[0], 0, "weather"))
    stage.fill_everything(lambda juror, team: 3)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    closed = refused(lambda: declare(stage, stage.seats[0], 0))

    assert (unknown.code, closed.code) == ("choice_invalid", "round_closed")


# --- Found in the data --------------------------------------------------------------------------------------------


def test_a_team_that_takes_the_jurors_challenge_is_barred_before_scoring_opens_s8(stage: Stage) -> None:
    juror = stage.jurors[0]
    Role.objects.filter(person=juror).update(organisation=stage.partner)

    assign_everybody(person=stage.organiser, round_id=stage.round.pk)

    assert set(Ballot.objects.filter(seat__person=juror).values_list("barred_reason", flat=True)) == {"own_challenge"}


@pytest.mark.parametrize(("share", "barred"), [(None, False), (33, True), (34, False)])
def test_the_same_school_bars_only_from_the_share_the_round_sets(share: int | None, barred: bool) -> None:
    stage = a_stage(jurors=1, teams=1)
    school = builders.an_organisation("Lycée Carnot", category="school")
    Role.objects.filter(person=stage.jurors[0]).update(organisation=school)
    # One of three: the team has its captain already.
    for name, organisation in (("ada", school), ("alan", None)):
        pupil = a_person(stage.edition, name, "participant", organisation=organisation)
        Membership.objects.create(edition=stage.edition, team=stage.teams[0], person=pupil)
    Round.objects.update(school_share=share)

    found = conflicts_of(Seat.objects.select_related("round").get(), stage.teams)

    assert found == ({stage.teams[0].pk: "own_school"} if barred else {})


def test_what_data_say_cannot_be_lifted_and_a_mistake_can(stage: Stage) -> None:
    juror, (mistaken, derived) = stage.seats[0], stage.teams[:2]
    stage.fill(juror.person, mistaken, 4)
    declare(stage, juror, 0)
    Membership.objects.create(edition=stage.edition, team=derived, person=juror.person)
    assign_everybody(person=stage.organiser, round_id=stage.round.pk)
    facts: dict[str, Any] = {"person": stage.organiser, "seat_id": juror.pk}

    lift_bar(**facts, team_id=mistaken.pk)
    held = refused(lambda: lift_bar(**facts, team_id=derived.pk))

    assert held.code == "conflict_follows_from_data"
    assert len(tally_of(round_id=stage.round.pk).marks) == 1


# --- Doors --------------------------------------------------------------------------------------------------------


def test_a_barred_sheet_opens_by_no_page_address_or_program_and_the_try_is_written_down_once_s8(stage: Stage) -> None:
    juror, team = stage.seats[0], stage.teams[0]
    declare(stage, juror, 0)
    client = client_of(juror.person)
    page = f"/e/{stage.edition.slug}/jury/{team.pk}/"
    scores = f"/api/v1/editions/{stage.edition.slug}/jury/{team.pk}/scores/"
    sent = {
        "criterion": stage.criteria[0].pk,
        "value": "5",
        "client_id": "1f0e7f7c-6f4e-4f0e-8d2a-0d6a3b8e9c11",
        "base_version": 0,
    }
    remark = {"which": "comment", "text": "Good", "base_version": 0}

    answers = [
        client.get(page),
        client.post(page, {}),
        client.get(page + "conflict/"),
        client.get(scores),
        client.post(scores, json.dumps(sent), content_type="application/json"),
        client.post(scores.replace("scores", "remarks"), json.dumps(remark), content_type="application/json"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert ScoreRevision.objects.count() == 0
    assert AuditEntry.objects.filter(action="ballot.barred_try", actor_id=juror.person.pk).count() == 1


def test_the_juror_declares_from_the_sheet_and_lands_on_the_list(stage: Stage) -> None:
    juror, team = stage.seats[0], stage.teams[0]
    client, page = client_of(juror.person), f"/e/{stage.edition.slug}/jury/{team.pk}/conflict/"

    unanswered = client.post(page, {})
    answered = client.post(page, {"kind": "relative"})
    after = client.get(f"/e/{stage.edition.slug}/jury/")

    assert unanswered.status_code == 422
    assert "Choose a reason." in unanswered.text
    assert answered.status_code == 302
    assert "You declared that you are close to somebody in the team." in after.text


# --- The first entry ----------------------------------------------------------------------------------------------


def test_two_taps_lead_from_the_code_to_the_first_criterion() -> None:
    stage = a_stage(jurors=1, teams=2)
    Seat.objects.update(charter_at=None)
    client = client_of(stage.jurors[0])
    # The first tap signs in (the code's page); what follows it is the charter, and its one button is the second.
    charter = client.get(f"/e/{stage.edition.slug}/jury/")

    sheet = client.post(f"/e/{stage.edition.slug}/jury/charter/", {}, follow=True)

    assert charter.text.count('<button class="btn btn--primary btn--lg btn--block">') == 1
    assert sheet.redirect_chain == [(f"/e/{stage.edition.slug}/jury/{stage.teams[0].pk}/", 302)]
    assert "data-criterion" in sheet.text


def test_the_charter_comes_before_any_sheet_and_takes_conflicts_with_it(stage: Stage) -> None:
    seat = stage.seats[0]
    Seat.objects.filter(pk=seat.pk).update(charter_at=None)
    client, home = client_of(seat.person), f"/e/{stage.edition.slug}/jury/"

    before = client.get(f"{home}{stage.teams[1].pk}/")
    client.post(f"{home}charter/", {f"conflict-{stage.teams[0].pk}": "employer", f"conflict-{stage.teams[1].pk}": ""})

    assert before.headers["Location"] == home
    assert juror_list(person=seat.person, edition_id=stage.edition.pk).ballots[0].state == "off"
    assert Ballot.objects.filter(barred_reason="said_employer").count() == 1


def test_accepting_twice_counts_once(stage: Stage) -> None:
    Seat.objects.update(charter_at=None)
    facts: dict[str, Any] = {"person": stage.jurors[0], "edition_id": stage.edition.pk}

    first, second = accept_charter(**facts), accept_charter(**facts)

    assert first.charter_at == second.charter_at
    assert AuditEntry.objects.filter(action="charter.accept").count() == 1


def test_a_large_jury_costs_as_many_queries_as_one_juror(stage: Stage) -> None:
    # The teams come with their challenge.
    for team in stage.teams:
        assert team.challenge is not None
    assert stage.seats[0].round == stage.round

    with CaptureQueriesContext(connection) as one:
        conflicts_among(stage.seats[:1], stage.teams)
    with CaptureQueriesContext(connection) as all_of_them:
        conflicts_among(stage.seats, stage.teams)

    assert len(stage.seats) == 4
    assert len(one) == len(all_of_them) > 0
