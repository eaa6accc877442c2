"""What a juror writes: two texts with versions, safe against a lost answer and a second device."""

from __future__ import annotations

import json
from typing import Any

import pytest

from judging.models import Ballot
from judging.remarks import write_remark
from tests.judging.stage import Stage, a_stage, sign_off
from tests.judging.test_conflicts import client_of, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=2, teams=2)


def facts_of(stage: Stage, which: str = "comment") -> dict[str, Any]:
    return {"person": stage.jurors[0], "edition_id": stage.edition.pk, "team_id": stage.teams[0].pk, "which": which}


def ballot_of(stage: Stage) -> Ballot:
    return Ballot.objects.get(seat__person=stage.jurors[0], team=stage.teams[0])


def test_the_two_texts_are_kept_apart(stage: Stage) -> None:
    write_remark(**facts_of(stage), text="  Clear.\r\nBold. ", base_version=0)
    write_remark(**facts_of(stage, "feedback"), text="Show the costs.", base_version=0)

    ballot = ballot_of(stage)
    assert (ballot.comment, ballot.feedback, ballot.comment_version) == ("Clear.\nBold.", "Show the costs.", 1)


def test_a_lost_answer_asked_for_again_is_the_same_answer_s2(stage: Stage) -> None:
    first, again = (write_remark(**facts_of(stage), text="Clear.", base_version=0) for _try in range(2))

    assert first == again
    assert ballot_of(stage).comment_version == 1


def test_a_second_device_overwrites_nothing_unseen_s3(stage: Stage) -> None:
    write_remark(**facts_of(stage), text="From the tablet", base_version=0)

    conflict = refused(lambda: write_remark(**facts_of(stage), text="From the phone", base_version=0))
    chosen = write_remark(**facts_of(stage), text="From the phone", base_version=1)

    assert (conflict.code, conflict.figures) == ("remark_conflict", {"value": "From the tablet", "version": 1})
    assert (chosen.version, ballot_of(stage).comment) == (2, "From the phone")


def test_a_text_too_long_or_too_late_is_refused(stage: Stage) -> None:
    too_long = refused(lambda: write_remark(**facts_of(stage), text="x" * 2001, base_version=0))
    stage.fill_everything(lambda juror, team: 3)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    late = refused(lambda: write_remark(**facts_of(stage), text="Late", base_version=0))

    assert (too_long.code, late.code) == ("too_long", "round_closed")


def test_program_and_plain_form_write_the_same_text(stage: Stage) -> None:
    client = client_of(stage.jurors[0])
    address = f"/api/v1/editions/{stage.edition.slug}/jury/{stage.teams[0].pk}/remarks/"
    sent = {"which": "feedback", "text": "Show the costs.", "base_version": 0}
    form = {"remark-comment": "Clear.", "was-comment": "", "base-comment": "0", "remark-feedback": "", "was-feedback": ""}

    program = client.post(address, json.dumps(sent), content_type="application/json")
    quarrel = client.post(address, json.dumps(sent | {"text": "Other"}), content_type="application/json")
    page = client.post(f"/e/{stage.edition.slug}/jury/{stage.teams[0].pk}/", form)

    assert program.json() == {"receipt": 1, "which": "feedback", "value": "Show the costs.", "version": 1}
    assert (quarrel.status_code, quarrel.json()["code"], quarrel.json()["value"]) == (409, "remark_conflict", "Show the costs.")
    assert page.status_code == 302
    assert (ballot_of(stage).comment, ballot_of(stage).feedback) == ("Clear.", "Show the costs.")
