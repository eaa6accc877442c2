"""The board, the results and the pages where jurors saw different teams."""

from __future__ import annotations

import pytest
from django.test import Client

from estrade.journal.log import JURY_BOARD, PUBLIC
from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from judging.boards import refresh_board
from judging.conflicts import bar
from judging.public import public_results
from judging.reveal import advance_reveal, inputs_hash, publish_results
from judging.tallies import tally_of
from tests.judging.replay import board_after, board_changes, stored_board
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db

# Out of 5, by juror: the third one is strict, and does not see the first team.
STRICT: list[list[int | None]] = [[4, 4, 5, 2], [4, 5, 4, 2], [None, 2, 3, 0]]


def a_jury(opinions: list[list[int | None]]) -> Stage:
    """Who has no opinion of a team is barred from it; everybody else has scored."""
    stage = a_stage(jurors=len(opinions), teams=len(opinions[0]))
    for juror, own in enumerate(opinions):
        for team, mark in enumerate(own):
            if mark is None:
                bar(person=stage.organiser, seat_id=stage.seats[juror].pk, team_id=stage.teams[team].pk, reason="tie")
            else:
                stage.fill(stage.jurors[juror], stage.teams[team], mark)
    refresh_board(round_id=stage.round.pk)
    return stage


def true_rows(stage: Stage) -> dict[str, tuple[int | None, float, float | None]]:
    rows = stored_board(stage.edition.pk, JURY_BOARD)["rows"]
    return {row["name"][-1]: (row["rank"], row["score"], row["raw"]) for row in rows}


def control_room(stage: Stage, language: str = "en") -> str:
    client = Client()
    client.force_login(stage.organiser)
    return client.get(f"/e/{stage.edition.slug}/control/", headers={"accept-language": language}).content.decode()


def test_strict_juror_no_longer_decides_who_wins() -> None:
    """By the raw mean the first team leads, because it never met the strict juror."""
    stage = a_jury(STRICT)

    rows = true_rows(stage)

    raw = {name: row[2] for name, row in rows.items()}
    assert raw == {"1": 80.0, "2": 73.33, "3": 80.0, "4": 26.67}
    assert [name for name, row in sorted(rows.items(), key=lambda item: item[1][0] or 9)] == ["3", "2", "1", "4"]
    assert rows["1"][1] < 75
    assert rows["3"][1] > rows["2"][1] > rows["1"][1]
    assert board_after(None, board_changes(stage.edition.pk, JURY_BOARD)) == stored_board(stage.edition.pk, JURY_BOARD)


def test_public_board_has_the_corrected_order_and_no_raw_means() -> None:
    stage = a_jury(STRICT)

    rows = stored_board(stage.edition.pk, PUBLIC)["rows"]

    assert [row["name"][-1] for row in rows] == ["3", "2", "1", "4"]
    assert not any("raw" in row for row in rows)


def test_jury_that_saw_everything_has_plain_means() -> None:
    stage = a_jury([[4, 5], [2, 2], [3, 5]])

    signed = sign_off(person=stage.president, round_id=stage.round.pk)

    assert true_rows(stage) == {"2": (1, 80.0, None), "1": (2, 60.0, None)}
    assert (signed.method, signed.computation["estimator"]) == ("mean", "mean")


def test_sign_off_keeps_method_and_estimator_and_seals_them() -> None:
    stage = a_jury(STRICT)

    signed = sign_off(person=stage.president, round_id=stage.round.pk)

    tally = tally_of(round_id=stage.round.pk)
    assert (signed.method, signed.computation["estimator"]) == ("adjusted", "reml")
    assert signed.computation == tally.certificate
    assert signed.computation["var_juror"] > 0
    assert signed.inputs_hash == inputs_hash(stage.round, tally)


def test_results_say_how_points_came_about() -> None:
    stage = a_jury(STRICT)
    sign_off(person=stage.president, round_id=stage.round.pk)
    for step in range(3):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)

    publish_results(person=stage.organiser, round_id=stage.round.pk)

    assert public_results(stage.edition)["method"] == "adjusted"
    page = Client().get(f"/e/{stage.edition.slug}/results/", headers={"accept-language": "en"}).content.decode()
    assert "adjusted for severity" in page
    assert "weighted mean" not in page


PANELS: list[list[int | None]] = [[5, 4, None, None], [4, 4, None, None], [None, None, 3, 5], [None, None, 2, 4]]


def test_panels_without_a_link_are_not_ranked_against_each_other() -> None:
    stage = a_jury(PANELS)

    rows = true_rows(stage)

    assert {row[0] for row in rows.values()} == {None}
    assert all(row[1] > 0 for row in rows.values())
    assert {row["rank"] for row in stored_board(stage.edition.pk, PUBLIC)["rows"]} == {None}
    assert "No ranking across all teams" in control_room(stage)


def test_signing_groups_without_a_link_needs_a_reason() -> None:
    stage = a_jury(PANELS)

    with pytest.raises(Refused) as caught:
        sign_off(person=stage.president, round_id=stage.round.pk)
    signed = sign_off(person=stage.president, round_id=stage.round.pk, reason="One prize each.")

    assert (caught.value.code, caught.value.figures) == ("teams_not_linked", {"groups": 2})
    entry = AuditEntry.objects.get(action="results.sign_off")
    assert entry.after is not None
    assert (entry.reason, entry.after["groups"], signed.computation["groups"]) == ("One prize each.", 2, 2)


def test_board_in_the_middle_is_ranked_when_the_plan_links_all() -> None:
    """So far no juror has scored two teams; every juror still will."""
    stage = a_stage(jurors=2, teams=2)
    stage.fill(stage.jurors[0], stage.teams[0], 3)
    stage.fill(stage.jurors[1], stage.teams[1], 4)

    refresh_board(round_id=stage.round.pk)

    assert true_rows(stage) == {"2": (1, 80.0, None), "1": (2, 60.0, None)}


@pytest.mark.parametrize(
    ("language", "said", "column"),
    [("en", "adjusted for severity", "Raw mean"), ("fr", "corrigés de la sévérité", "Moyenne brute")],
)
def test_control_room_shows_the_raw_mean_beside_corrected_points_only(language: str, said: str, column: str) -> None:
    corrected, plain = a_jury(STRICT), a_stage(jurors=1, teams=1, slug="plain")
    plain.fill(plain.jurors[0], plain.teams[0], 3)
    refresh_board(round_id=plain.round.pk)

    first, second = control_room(corrected, language), control_room(plain, language)

    assert (said in first, column in first) == (True, True)
    assert (said in second, column in second) == (False, False)
