"""The juror's sheet and the control room's matrix."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from estrade.kernel.refusal import Refused
from judging.conflicts import bar
from judging.models import Ballot, Seat
from judging.reads import juror_list, juror_sheet, progress_matrix
from tests.judging.stage import Stage, a_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    stage = a_stage(jurors=2, teams=4)
    juror = stage.jurors[0]
    stage.fill(juror, stage.teams[0], 4, 3, 2)
    stage.score(juror, stage.teams[1], 0, 4)
    stage.score(juror, stage.teams[1], 1, None)
    bar(person=stage.organiser, seat_id=stage.seats[0].pk, team_id=stage.teams[2].pk, reason="Her nephew's team.")
    return stage


def test_sheet_has_the_own_scores_with_their_versions(stage: Stage) -> None:
    sheet = juror_sheet(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=stage.teams[1].pk)

    assert [(one.criterion.key, one.value, one.version) for one in sheet.criteria] == [
        ("answer", "4", 1), ("impact", "", 1), ("clarity", "", 0),
    ]  # fmt: skip
    assert (sheet.number, sheet.of, sheet.done) == (2, 3, 1)
    assert (sheet.before, sheet.after) == (stage.teams[0], stage.teams[3])
    assert (sheet.own.scored, sheet.own.required, sheet.own.total) == (1, 3, 40.0)


def test_sheet_shows_where_the_juror_put_the_other_teams(stage: Stage) -> None:
    sheet = juror_sheet(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=stage.teams[3].pk)

    past = [{level.value: level.past for level in one.levels if level.past} for one in sheet.criteria]
    assert past == [{"4": 2}, {"3": 1}, {"2": 1}]
    assert [level.value for level in sheet.criteria[0].levels] == ["0", "1", "2", "3", "4", "5"]


def test_list_has_the_state_and_total_of_each_ballot(stage: Stage) -> None:
    own = juror_list(person=stage.jurors[0], edition_id=stage.edition.pk)

    assert [(one.team.number, one.state, one.total, one.reason) for one in own.ballots] == [
        (1, "done", 66.0, ""), (2, "now", 40.0, ""), (3, "off", 0.0, "Her nephew's team."), (4, "empty", 0.0, ""),
    ]  # fmt: skip
    assert (own.done, own.of) == (1, 3)


def test_sheet_holds_nothing_of_another_juror(stage: Stage) -> None:
    before = juror_sheet(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=stage.teams[3].pk)

    stage.fill(stage.jurors[1], stage.teams[3], 5)
    stage.fill(stage.jurors[1], stage.teams[1], 0)

    after = juror_sheet(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=stage.teams[3].pk)
    assert after == before


def test_sheet_of_a_barred_or_foreign_team_does_not_exist(stage: Stage) -> None:
    other = a_stage(slug="other", jurors=1, teams=1)

    for team in (stage.teams[2], other.teams[0]):
        with pytest.raises(Ballot.DoesNotExist):
            juror_sheet(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=team.pk)
    with pytest.raises(Seat.DoesNotExist):
        juror_sheet(person=other.jurors[0], edition_id=stage.edition.pk, team_id=stage.teams[0].pk)
    with pytest.raises(Seat.DoesNotExist):
        juror_list(person=stage.organiser, edition_id=stage.edition.pk)


def test_sheet_waits_for_the_judging(stage: Stage) -> None:
    stage.at(judging=timedelta(hours=1))

    with pytest.raises(Refused, match="wrong_phase"):
        juror_sheet(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=stage.teams[0].pk)


def test_matrix_has_a_cell_per_seat_and_team(stage: Stage) -> None:
    matrix = progress_matrix(person=stage.organiser, round_id=stage.round.pk)

    assert [[cell.state for cell in row.cells] for row in matrix.rows] == [
        ["done", "now", "off", "empty"],
        ["empty"] * 4,
    ]
    assert [(row.done, row.of) for row in matrix.rows] == [(1, 3), (0, 4)]
    assert (matrix.done, matrix.of, matrix.missing, matrix.required) == (1, 7, 6, 3)


def test_ballot_left_alone_for_a_minute_is_no_longer_being_scored(stage: Stage) -> None:
    Ballot.objects.filter(team=stage.teams[1]).update(touched_at=timezone.now() - timedelta(seconds=61))

    matrix = progress_matrix(person=stage.president, round_id=stage.round.pk)

    cell = matrix.rows[0].cells[1]
    assert (cell.state, cell.scored) == ("part", 1)


@pytest.mark.embedded
def test_matrix_takes_as_many_queries_for_many_as_for_few() -> None:
    counts = []
    for number, size in enumerate((1, 5), start=1):
        stage = a_stage(slug=f"s{number}", jurors=size, teams=size)
        stage.fill(stage.jurors[0], stage.teams[0], 3)
        stage.organiser.forget_roles()
        with CaptureQueriesContext(connection) as queries:
            progress_matrix(person=stage.organiser, round_id=stage.round.pk)
        stage.jurors[0].forget_roles()
        with CaptureQueriesContext(connection) as more:
            juror_sheet(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=stage.teams[0].pk)
        counts.append((len(queries), len(more)))

    assert counts[0] == counts[1]


def test_jurors_do_not_see_the_matrix(stage: Stage) -> None:
    with pytest.raises(Refused, match="wrong_role"):
        progress_matrix(person=stage.jurors[0], round_id=stage.round.pk)
