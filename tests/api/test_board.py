"""The public board and the results over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from judging.boards import freeze_board, refresh_board
from judging.reveal import advance_reveal, publish_results
from tests.judging.stage import a_stage, sign_off

pytestmark = pytest.mark.django_db


def test_anybody_reads_the_board() -> None:
    stage = a_stage(jurors=1, teams=2)
    stage.fill(stage.jurors[0], stage.teams[1], 5)
    refresh_board(round_id=stage.round.pk)

    board = Client().get(f"/api/v1/editions/{stage.edition.slug}/board/").json()

    assert set(board) == {"rows", "progress", "mode", "frozen", "at", "seq"}
    assert [(row["name"], row["rank"]) for row in board["rows"]] == [("sample team 2", 1), ("sample team 1", None)]
    assert (board["frozen"], board["progress"]) == (False, {"ballots": 1, "expected": 2, "percent": 50})


def test_a_frozen_board_answers_the_same_bytes_whatever_is_scored() -> None:
    stage = a_stage(jurors=1, teams=2)
    stage.fill(stage.jurors[0], stage.teams[1], 3)
    refresh_board(round_id=stage.round.pk)
    freeze_board(person=stage.organiser, edition_id=stage.edition.pk, reason="")
    before = Client().get(f"/api/v1/editions/{stage.edition.slug}/board/")

    stage.fill(stage.jurors[0], stage.teams[0], 5)
    refresh_board(round_id=stage.round.pk)

    after = Client().get(f"/api/v1/editions/{stage.edition.slug}/board/")
    assert before.json()["frozen"] is True
    assert after.content == before.content


def test_before_the_first_score_the_board_is_empty() -> None:
    stage = a_stage(jurors=1, teams=1)

    board = Client().get(f"/api/v1/editions/{stage.edition.slug}/board/").json()

    assert (board["at"], board["seq"]) == (None, 0) or len(board["rows"]) == 1


def test_the_results_are_read_once_they_are_published() -> None:
    stage = a_stage(jurors=1, teams=2, mark=lambda juror, team: team + 2)
    address = f"/api/v1/editions/{stage.edition.slug}/results/"
    stage.at(freeze=timedelta(minutes=-1))
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    early = Client().get(address)
    for step in range(2):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
    publish_results(person=stage.organiser, round_id=stage.round.pk)

    late = Client().get(address)

    assert (early.status_code, early.json()["code"]) == (403, "wrong_phase")
    assert late.json()["published"] is True
    assert [team["name"] for entry in late.json()["entries"] for team in entry["teams"]] == ["sample team 2", "sample team 1"]
