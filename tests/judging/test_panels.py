"""Rounds, seats, ballots, and who may not score whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import translation

from estrade.journal.log import ORGANISERS, since
from estrade.kernel.refusal import Refused
from estrade.people.models import Role
from judging.conflicts import bar, declare_tie
from judging.models import Ballot, Tie
from judging.panels import assign_everybody, open_round, seat_juror
from judging.reasons import reason_text
from judging.rubrics import NewCriterion, create_rubric
from teams.models import Membership, Team
from tests.judging.stage import Stage, a_person, a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=2, teams=2)


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def reasons(stage: Stage) -> dict[tuple[str, int], str]:
    rows = Ballot.objects.filter(seat__round=stage.round).values_list("seat__code", "team__number", "barred_reason")
    return {(code, number): reason for code, number, reason in rows}


def test_every_juror_scores_every_team_in_order_of_passage(stage: Stage) -> None:
    assert reasons(stage) == {("J01", 1): "", ("J01", 2): "", ("J02", 1): "", ("J02", 2): ""}
    assert list(stage.seats[0].ballots.values_list("position", flat=True)) == [1, 2]


def test_assigning_again_adds_only_what_is_missing(stage: Stage) -> None:
    Team.objects.create(edition=stage.edition, name="Late team", number=3)

    added = [assign_everybody(person=stage.organiser, round_id=stage.round.pk) for _ in range(2)]

    assert added == [2, 0]


def test_juror_does_not_score_the_challenge_of_the_own_organisation_s8(stage: Stage) -> None:
    juror = a_person(stage.edition, "insider", "juror", organisation=stage.partner)
    seat_juror(person=stage.organiser, round_id=stage.round.pk, juror_id=juror.pk)
    free = Team.objects.create(edition=stage.edition, name="No challenge yet", number=3)

    assign_everybody(person=stage.organiser, round_id=stage.round.pk)

    assert {team: reason for (code, team), reason in reasons(stage).items() if code == "J03"} == {
        1: "own_challenge",
        2: "own_challenge",
        free.number: "",
    }


def test_partner_who_is_also_a_juror_is_barred_too(stage: Stage) -> None:
    juror = a_person(stage.edition, "both", "juror")
    Role.objects.create(person=juror, edition=stage.edition, role="partner", organisation=stage.partner)
    seat_juror(person=stage.organiser, round_id=stage.round.pk, juror_id=juror.pk)

    assign_everybody(person=stage.organiser, round_id=stage.round.pk)

    assert {reason for (code, _team), reason in reasons(stage).items() if code == "J03"} == {"own_challenge"}


def test_juror_does_not_score_a_team_with_somebody_they_coach_s8(stage: Stage) -> None:
    pupil = a_person(stage.edition, "pupil", "participant")
    Membership.objects.create(edition=stage.edition, team=stage.teams[1], person=pupil)
    elsewhere = a_person(stage.edition, "elsewhere", "participant")

    for _ in range(2):
        for about in (pupil, elsewhere):
            declare_tie(person=stage.organiser, seat_id=stage.seats[0].pk, about_id=about.pk)
    Ballot.objects.filter(seat=stage.seats[1]).delete()
    Tie.objects.filter(about=pupil).update(seat=stage.seats[1])
    assign_everybody(person=stage.organiser, round_id=stage.round.pk)

    assert reasons(stage) == {("J01", 1): "", ("J01", 2): "tie", ("J02", 1): "", ("J02", 2): "tie"}
    assert [e.kind for e in since(edition_id=stage.edition.pk, stream=ORGANISERS, number=0)].count("ballot.barred") == 1


def test_reason_is_a_sentence_for_people() -> None:
    with translation.override("en"):
        sentences = [reason_text(reason) for reason in ("own_team", "Once her teacher.", "")]

    assert sentences == ["The juror is a member of the team.", "Once her teacher.", ""]


def test_barring_needs_a_reason_and_an_organiser(stage: Stage) -> None:
    facts: dict[str, Any] = {"seat_id": stage.seats[0].pk, "team_id": stage.teams[0].pk}

    assert code_of(lambda: bar(person=stage.organiser, reason="  ", **facts)) == "reason_required"
    assert code_of(lambda: bar(person=stage.organiser, reason="x" * 201, **facts)) == "too_long"
    assert code_of(lambda: bar(person=stage.jurors[0], reason="tie", **facts)) == "wrong_role"
    assert set(reasons(stage).values()) == {""}


def test_seat_is_for_a_juror_and_given_once(stage: Stage) -> None:
    facts: dict[str, Any] = {"person": stage.organiser, "round_id": stage.round.pk}

    again = seat_juror(**facts, juror_id=stage.jurors[0].pk)

    assert again == stage.seats[0]
    assert code_of(lambda: seat_juror(**facts, juror_id=stage.organiser.pk)) == "not_a_juror"
    assert seat_juror(**facts, juror_id=stage.president.pk).code == "J03"


def test_next_round_waits_for_the_one_before(stage: Stage) -> None:
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk, "rubric_id": stage.round.rubric_id}
    early = code_of(lambda: open_round(**facts))
    stage.fill_everything(lambda _juror, _team: 3)
    sign_off(person=stage.organiser, round_id=stage.round.pk)

    second = open_round(**facts)

    assert (early, second.number) == ("round_open", 2)
    closed: dict[str, Any] = {"person": stage.organiser, "round_id": stage.round.pk}
    assert code_of(lambda: assign_everybody(**closed)) == "round_closed"
    assert code_of(lambda: seat_juror(**closed, juror_id=stage.jurors[0].pk)) == "round_closed"


def test_two_criteria_of_one_key_are_refused(stage: Stage) -> None:
    twice = [NewCriterion(key="answer", label={"en": "A"}, weight=stage.criteria[0].weight)] * 2

    refused = code_of(lambda: create_rubric(person=stage.organiser, edition_id=stage.edition.pk, criteria=twice))

    assert refused == "criterion_twice"


def test_others_prepare_no_judging(stage: Stage) -> None:
    person, edition_id = stage.jurors[0], stage.edition.pk
    calls: list[Callable[[], Any]] = [
        lambda: open_round(person=person, edition_id=edition_id, rubric_id=stage.round.rubric_id),
        lambda: seat_juror(person=person, round_id=stage.round.pk, juror_id=person.pk),
        lambda: assign_everybody(person=person, round_id=stage.round.pk),
        lambda: declare_tie(person=person, seat_id=stage.seats[0].pk, about_id=person.pk),
        lambda: create_rubric(
            person=person,
            edition_id=edition_id,
            criteria=[NewCriterion(key="a", label={"en": "A"}, weight=stage.criteria[0].weight)],
        ),
    ]

    assert [code_of(call) for call in calls] == ["wrong_role"] * len(calls)
