"""Teams over HTTP: how close one is to a team decides what there is of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.people.models import Person, Role
from tests.api.test_scores import signed_in
from tests.builders import (
    a_challenge,
    a_delivered_submission,
    a_draft,
    a_participant,
    a_person,
    a_role,
    a_team,
    an_edition,
    an_organisation,
    bring_to,
    captain_of,
    organiser_of,
)

pytestmark = pytest.mark.django_db


def names(person: Person, edition: Edition) -> list[str]:
    answer = signed_in(person).get(f"/api/v1/editions/{edition.slug}/teams/")
    return [one["name"] for one in answer.json()["results"]]


def test_each_reads_the_teams_that_are_theirs_to_read() -> None:
    edition, partner = an_edition(), an_organisation()
    challenge = a_challenge(edition, partner=partner)
    first, second = a_team(edition, name="First", challenge=challenge), a_team(edition, name="Second")
    speaker = a_role(edition, Role.Name.PARTNER, organisation=partner)
    juror, alone = a_role(edition, Role.Name.JUROR), a_participant(edition)

    while_open = [names(who, edition) for who in (captain_of(second), speaker, juror, organiser_of(edition), alone, a_person())]
    bring_to(edition, Phase.JUDGING)
    while_judging = [names(who, edition) for who in (captain_of(first), speaker, juror, alone)]

    assert while_open == [["Second"], [], [], ["First", "Second"], [], []]
    assert while_judging == [["First"], ["First"], ["First", "Second"], []]


def test_members_read_the_names_and_the_code() -> None:
    edition = an_edition()
    team = a_team(edition, members=2)

    answer = signed_in(captain_of(team)).get(f"/api/v1/editions/{edition.slug}/teams/{team.pk}/")

    assert set(answer.json()) == {"id", "number", "name", "challenge", "pitch", "members", "join_code"}
    assert answer.json()["join_code"] == team.join_code
    assert len(answer.json()["members"]) == 2
    assert answer.json()["pitch"] is None


def test_a_juror_reads_the_pitch_and_nothing_of_the_draft_or_the_people() -> None:
    edition = an_edition()
    team = a_team(edition)
    a_delivered_submission(team)
    a_draft(team, text="CANARY of a draft")
    juror = a_role(edition, Role.Name.JUROR)
    bring_to(edition, Phase.JUDGING)

    answer = signed_in(juror).get(f"/api/v1/editions/{edition.slug}/teams/{team.pk}/")

    assert set(answer.json()) == {"id", "number", "name", "challenge", "pitch"}
    assert answer.json()["pitch"]["title"] == "Cool roofs"
    assert b"CANARY" not in answer.content
    assert captain_of(team).first_name.encode() not in answer.content


@pytest.mark.parametrize("phase", [Phase.OPEN, Phase.JUDGING, Phase.PUBLISHED])
def test_a_strangers_team_does_not_exist(phase: Phase) -> None:
    edition = an_edition()
    team, other, juror_elsewhere = a_team(edition), a_team(edition), a_role(an_edition(), Role.Name.JUROR)
    bring_to(edition, phase)
    askers = [captain_of(other), juror_elsewhere, a_person()]

    answers = [signed_in(who).get(f"/api/v1/editions/{edition.slug}/teams/{team.pk}/") for who in askers]
    missing = signed_in(askers[0]).get(f"/api/v1/editions/{edition.slug}/teams/{10**9}/")

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert {answer.content for answer in answers} == {missing.content}


def test_the_list_asks_to_sign_in() -> None:
    edition = an_edition()

    assert Client().get(f"/api/v1/editions/{edition.slug}/teams/").status_code == 401


@pytest.mark.embedded
def test_the_list_costs_as_many_queries_for_three_as_for_one(django_assert_num_queries: Any) -> None:
    edition = an_edition()
    a_team(edition, challenge=a_challenge(edition))
    with CaptureQueriesContext(connection) as one:
        assert len(names(organiser_of(edition), edition)) == 1
    a_team(edition, challenge=a_challenge(edition))
    a_team(edition)

    with django_assert_num_queries(len(one)):
        assert len(names(organiser_of(edition), edition)) == 3
