"""People of the house and jurors who act at the same moment. Each race has a twin with the protection off."""

from __future__ import annotations

from functools import partial

import pytest

from judging.help import call_for_help, claim_help, end_help
from judging.models import Ballot, HelpCall
from judging.plans import take_next_team, use_walks
from tests.judging.stage import Stage, a_person, a_stage
from tests.races.test_scores import together, unlocked

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

ROUNDS = 15


def taken_twice(stage: Stage) -> int:
    """Calls that two people believe to have taken."""
    fay = a_person(stage.edition, "fay", "facilitator")
    twice = 0
    for _number in range(ROUNDS):
        call = call_for_help(person=stage.jurors[0], edition_id=stage.edition.pk)
        answers = together(*(partial(claim_help, person=person, call_id=call.pk) for person in (fay, stage.organiser)))
        twice += sum(isinstance(answer, HelpCall) for answer in answers) - 1
        end_help(person=stage.organiser, call_id=call.pk)
    return twice


def test_a_call_is_taken_once() -> None:
    assert taken_twice(a_stage(jurors=1, teams=1)) == 0


def test_without_the_lock_two_people_walk_to_one_juror(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = a_stage(jurors=1, teams=1)
    unlocked(monkeypatch)

    assert taken_twice(stage) > 0


def test_two_jurors_who_ask_at_once_get_two_stands() -> None:
    stage = a_stage(jurors=2, teams=4)
    use_walks(person=stage.organiser, edition_id=stage.edition.pk, per_team=1)

    for _number in range(2):
        teams = together(*(partial(take_next_team, person=juror, edition_id=stage.edition.pk) for juror in stage.jurors))
        assert len({team.pk for team in teams}) == 2
        for juror, team in zip(stage.jurors, teams, strict=True):
            stage.fill(juror, team, 3)

    assert Ballot.objects.filter(barred_reason="").count() == 4
