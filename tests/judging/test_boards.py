"""Boards: recomputed from ballots, recorded as differences, and still when frozen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.log import JURY_BOARD, PUBLIC, heads_of, since, snapshot
from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from judging import boards
from judging.boards import (
    PINNED,
    board_stale,
    carry_out_freeze,
    freeze_board,
    refresh_board,
    refresh_stale_boards,
    thaw_board,
)
from judging.conflicts import bar
from judging.models import Score
from judging.public import public_board
from teams.models import Team
from tests.judging.replay import board_after, board_changes, stored_board
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage()


def refresh(stage: Stage) -> bool:
    return refresh_board(round_id=stage.round.pk)


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def public_kinds(stage: Stage) -> list[str]:
    """What the public was told since the challenge was published, first of all."""
    return [event.kind for event in since(edition_id=stage.edition.pk, stream=PUBLIC, number=1)]


def order(stage: Stage, name: str = PUBLIC) -> list[tuple[int, int | None, int]]:
    rows = stored_board(stage.edition.pk, name)["rows"]
    return [(row["id"] - stage.teams[0].pk + 1, row["rank"], row["move"]) for row in rows]


# --- What a board says --------------------------------------------------------------------------------------------


def test_board_has_whole_rows_and_the_progress(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[1], 4, 4, 3)

    refresh(stage)

    first = public_board(stage.edition)["rows"][0]
    assert first == {
        "id": stage.teams[1].pk,
        "name": "sample team 2",
        "challenge": "sample Keolis",
        "rank": 1,
        "pos": 1,
        "score": 76.0,
        "ballots": 1,
        "expected": 3,
        "move": 0,
    }
    assert public_board(stage.edition)["progress"] == {"ballots": 1, "expected": 9, "percent": 11}
    assert order(stage) == [(2, 1, 0), (1, None, 0), (3, None, 0)]


def test_a_score_moves_the_board_by_itself(stage: Stage, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        stage.fill(stage.jurors[0], stage.teams[1], 5)

    assert order(stage)[0] == (2, 1, 0)


def test_incomplete_and_barred_ballots_do_not_count(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[0], 1)
    stage.fill(stage.jurors[1], stage.teams[0], 5)
    stage.score(stage.jurors[2], stage.teams[0], 0, 5)
    bar(person=stage.organiser, seat_id=stage.seats[1].pk, team_id=stage.teams[0].pk, reason="tie")

    refresh(stage)

    row = public_board(stage.edition)["rows"][0]
    assert (row["score"], row["ballots"], row["expected"]) == (20.0, 1, 2)


def test_move_is_kept_until_ranks_change_again(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[0], 3)
    stage.fill(stage.jurors[0], stage.teams[1], 2)
    refresh(stage)
    stage.fill(stage.jurors[1], stage.teams[1], 5)
    refresh(stage)
    moved = order(stage)

    stage.fill(stage.jurors[1], stage.teams[0], 3)
    refresh(stage)

    assert moved == order(stage) == [(2, 1, 1), (1, 2, -1), (3, None, 0)]


def test_withdrawn_team_leaves_the_board(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[0], 5)
    refresh(stage)
    Team.objects.filter(pk=stage.teams[0].pk).update(withdrawn_at=datetime.now(UTC))

    swept = refresh_stale_boards()

    assert swept == 1
    assert board_changes(stage.edition.pk, PUBLIC)[-1]["gone"] == [stage.teams[0].pk]
    assert public_board(stage.edition)["progress"]["expected"] == 6


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ("full", [(1, 100.0), (2, 80.0), (3, 60.0), (4, 40.0)]),
        ("order", [(1, None), (2, None), (3, None), (4, None)]),
        ("top", [(1, None), (2, None), (3, None)]),
        ("off", []),
    ],
)
def test_public_board_shows_what_its_mode_allows(mode: str, shown: list[tuple[int, float | None]]) -> None:
    stage = a_stage(jurors=1, teams=4, board_mode=mode, mark=lambda _juror, team: 5 - team)

    refresh(stage)

    rows = public_board(stage.edition)["rows"]
    assert [(row["rank"], row["score"]) for row in rows] == shown
    assert [row["score"] for row in stored_board(stage.edition.pk, JURY_BOARD)["rows"]] == [100, 80, 60, 40]


# --- Differences --------------------------------------------------------------------------------------------------


def test_nothing_new_records_nothing(stage: Stage) -> None:
    refresh(stage)
    heads = heads_of(edition_id=stage.edition.pk, streams=[PUBLIC, JURY_BOARD])
    stage.score(stage.jurors[0], stage.teams[0], 0, 4)

    changed = refresh(stage)

    assert not changed
    assert heads == heads_of(edition_id=stage.edition.pk, streams=[PUBLIC, JURY_BOARD])
    assert not board_stale(round_id=stage.round.pk)


@pytest.mark.parametrize("stream", [PUBLIC, JURY_BOARD])
def test_state_before_and_events_are_state_after(stage: Stage, stream: str) -> None:
    for juror, team, mark in [(0, 0, 3), (0, 1, 4), (1, 0, 5), (1, 2, 5), (2, 1, 0)]:
        stage.fill(stage.jurors[juror], stage.teams[team], mark)
        refresh(stage)

    changes = board_changes(stage.edition.pk, stream)

    assert len(changes) == 5
    assert board_after(None, changes) == stored_board(stage.edition.pk, stream)


def test_board_equals_a_full_recomputation_s4() -> None:
    stage = a_stage(jurors=4, teams=5)
    for j, juror in enumerate(stage.jurors):
        for t, team in enumerate(stage.teams):
            stage.fill(juror, team, (j * 7 + t * 3) % 6, (j + t) % 6, (t * 5) % 6)
            refresh(stage)

    weight = {criterion.pk: float(criterion.weight) / 5 for criterion in stage.criteria}
    points: dict[int, list[float]] = {}
    for score in Score.objects.select_related("ballot"):
        points.setdefault(score.ballot.team_id, []).append(float(score.value or 0) * weight[score.criterion_id])
    recomputed = {team: round(sum(values) / len(stage.jurors), 2) for team, values in points.items()}
    board = stored_board(stage.edition.pk, JURY_BOARD)["rows"]
    assert {row["id"]: row["score"] for row in board} == recomputed
    assert [row["score"] for row in board] == sorted(recomputed.values(), reverse=True)


@pytest.mark.embedded
def test_board_takes_as_many_queries_for_many_teams_as_for_few() -> None:
    counts = []
    for number, teams in enumerate((1, 6), start=1):
        stage = a_stage(slug=f"s{number}", jurors=3, teams=teams)
        refresh(stage)
        stage.fill_everything(lambda juror, team: (juror + team) % 6)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            refresh(stage)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_stale_board_is_refreshed_by_the_sweep(stage: Stage) -> None:
    """Nobody asked after these scores: the process died between the commit and the board."""
    refresh(stage)
    stage.fill(stage.jurors[0], stage.teams[2], 5)

    swept = [refresh_stale_boards(), refresh_stale_boards()]

    assert swept == [1, 0]
    assert order(stage)[0] == (3, 1, 0)


def test_sweep_makes_the_first_board_and_leaves_other_phases_alone(stage: Stage) -> None:
    stage.at(judging=timedelta(hours=1))
    before = refresh_stale_boards()
    stage.at()

    swept = refresh_stale_boards()

    assert (before, swept, order(stage)) == (0, 1, [(1, None, 0), (2, None, 0), (3, None, 0)])


# --- Freezing -----------------------------------------------------------------------------------------------------


def test_frozen_board_stands_still_while_the_true_one_moves(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[0], 3)
    refresh(stage)
    stage.at(freeze=timedelta(seconds=-1))
    public = snapshot(edition_id=stage.edition.pk, name=PUBLIC)
    head = heads_of(edition_id=stage.edition.pk, streams=[PUBLIC])

    stage.fill(stage.jurors[0], stage.teams[1], 5)
    changed = refresh(stage)

    after = snapshot(edition_id=stage.edition.pk, name=PUBLIC)
    assert changed
    assert order(stage, JURY_BOARD)[0] == (2, 1, 0)
    assert public is not None
    assert after is not None
    assert (after.seq, after.body) == (public.seq, public.body)
    assert heads_of(edition_id=stage.edition.pk, streams=[PUBLIC]) == head
    assert public_board(stage.edition)["frozen"] is True


def test_edition_without_live_board_tells_the_public_nothing() -> None:
    stage = a_stage(live_board=False)
    stage.fill(stage.jurors[0], stage.teams[1], 5)

    refresh(stage)

    assert public_kinds(stage) == []
    assert public_board(stage.edition)["rows"] == []
    assert not board_stale(round_id=stage.round.pk)


def test_freeze_by_hand_takes_effect_now_and_is_told_once(stage: Stage) -> None:
    stage.at(freeze=timedelta(minutes=10))
    refresh(stage)
    seen = snapshot(edition_id=stage.edition.pk, name=PUBLIC)

    edition = freeze_board(person=stage.organiser, edition_id=stage.edition.pk, reason="Too close")
    again = carry_out_freeze(edition_id=edition.pk, due_at=edition.freeze_at)  # type: ignore[arg-type]

    pinned = snapshot(edition_id=stage.edition.pk, name=PINNED)
    assert edition.phase(datetime.now(UTC)) == Phase.FROZEN
    assert not again
    assert public_kinds(stage) == ["board.changed", "phase.changed", "board.frozen"]
    assert AuditEntry.objects.get(action="board.freeze").reason == "Too close"
    assert seen is not None
    assert pinned is not None
    assert pinned.body == {**seen.body, "seq": seen.seq}


def test_planned_freeze_is_told_once(stage: Stage) -> None:
    stage.at(freeze=timedelta(seconds=-1))
    assert stage.edition.freeze_at is not None

    told = [carry_out_freeze(edition_id=stage.edition.pk, due_at=stage.edition.freeze_at) for _ in range(3)]

    assert told == [True, False, False]
    assert public_kinds(stage) == ["phase.changed", "board.frozen"]


def test_thaw_restores_the_plan_and_the_board_moves_again(stage: Stage, django_capture_on_commit_callbacks: Any) -> None:
    stage.at(freeze=timedelta(minutes=10))
    planned = stage.edition.freeze_at
    freeze_board(person=stage.organiser, edition_id=stage.edition.pk)
    stage.fill(stage.jurors[0], stage.teams[2], 5)

    with django_capture_on_commit_callbacks(execute=True):
        edition = thaw_board(person=stage.organiser, edition_id=stage.edition.pk)

    assert (edition.freeze_at, edition.phase(datetime.now(UTC))) == (planned, Phase.JUDGING)
    assert public_kinds(stage)[-3:] == ["phase.changed", "board.thawed", "board.changed"]
    assert order(stage)[0] == (3, 1, 0)


def test_thaw_of_a_planned_freeze_leaves_none(stage: Stage) -> None:
    stage.at(freeze=timedelta(seconds=-1))

    edition = thaw_board(person=stage.organiser, edition_id=stage.edition.pk)

    assert edition.freeze_at is None


def test_thaw_after_two_minutes_needs_a_reason(stage: Stage) -> None:
    stage.at(freeze=timedelta(minutes=-2, seconds=-1))
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk}

    refused = code_of(lambda: thaw_board(**facts))
    thaw_board(**facts, reason="The juror of room 3 was not back.")

    assert refused == "reason_required"
    assert AuditEntry.objects.get(action="board.thaw").reason == "The juror of room 3 was not back."


def test_freeze_and_thaw_refuse_what_makes_no_sense(stage: Stage) -> None:
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk}

    assert code_of(lambda: thaw_board(**facts)) == "board_not_frozen"
    freeze_board(**facts)
    assert code_of(lambda: freeze_board(**facts)) == "board_frozen"
    stage.fill_everything(lambda _juror, _team: 3)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    assert code_of(lambda: thaw_board(**facts)) == "round_closed"


def test_only_an_organiser_freezes(stage: Stage) -> None:
    for person in (stage.president, stage.jurors[0]):
        facts: dict[str, Any] = {"person": person, "edition_id": stage.edition.pk}
        assert [code_of(lambda: freeze_board(**facts)), code_of(lambda: thaw_board(**facts))] == ["wrong_role"] * 2  # noqa: B023
    assert Edition.objects.get(pk=stage.edition.pk).freeze_at is None


def test_freeze_before_the_judging_is_refused(stage: Stage) -> None:
    stage.at(judging=timedelta(hours=1))

    assert code_of(lambda: freeze_board(person=stage.organiser, edition_id=stage.edition.pk)) == "wrong_phase"


def test_board_of_a_signed_round_stays_as_it_was_for_the_public(stage: Stage) -> None:
    """Even if an organiser moves the freeze into the future after the sign-off."""
    stage.fill_everything(lambda _juror, team: team)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    stage.at(freeze=timedelta(hours=1))
    head = heads_of(edition_id=stage.edition.pk, streams=[PUBLIC])

    refresh(stage)

    assert boards.board_stale(round_id=stage.round.pk) is False
    assert heads_of(edition_id=stage.edition.pk, streams=[PUBLIC]) == head
