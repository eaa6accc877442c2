"""The projector's page: which picture at which moment, and never a name too early."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from estrade.editions.models import ProgrammeStep
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from judging.boards import freeze_board, refresh_board
from judging.reveal import advance_reveal, publish_results, step_back
from judging.stage import put_on_stage
from teams.models import Team
from tests.builders import a_delivered_submission, a_team, an_edition
from tests.judging.stage import Stage, a_stage, rising, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    stage = a_stage(jurors=2, teams=5, mark=rising)
    refresh_board(round_id=stage.round.pk)
    return stage


def screen(edition: Any, query: str = "", language: str = "en", person: Any = None) -> Any:
    client = Client(headers={"accept-language": language})
    if person is not None:
        client.force_login(person)
    return client.get(f"/screen/{edition.slug}/{query}")


def named(page: Any) -> list[int]:
    """The numbers of the teams whose names are anywhere in the page."""
    return [number for number in range(1, 6) if f"sample team {number}" in page.text]


def test_before_the_pitches_it_counts_down_with_programme_and_address() -> None:
    edition = an_edition(Phase.OPEN)
    a_delivered_submission(a_team(edition))
    a_team(edition)
    now = db_now()
    for hours, title in ((-2, "Breakfast"), (-1, "Work"), (1, "Rehearsal")):
        ProgrammeStep.objects.create(edition=edition, starts_at=now + timedelta(hours=hours), title={"en": title})

    page = screen(edition)

    assert page.context["stage"].scene == "countdown"
    assert [step.title["en"] for step in page.context["stage"].programme] == ["Work", "Rehearsal"]
    assert "1 pitch submitted of 2" in page.text
    assert "<svg" in page.text
    assert f"testserver/e/{edition.slug}" in page.text


def test_during_judging_it_shows_the_public_board(stage: Stage) -> None:
    page = screen(stage.edition)

    assert page.context["stage"].scene == "board"
    assert named(page) == [1, 2, 3, 4, 5]
    assert 'data-page-size="8"' in page.text


def test_who_is_on_stage_and_who_comes_next_without_a_score(stage: Stage) -> None:
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk}
    second, last = stage.teams[1], stage.teams[-1]
    stage.at(judging=timedelta(hours=2))
    a_delivered_submission(second)
    stage.at()
    empty = screen(stage.edition, "stage/")
    put_on_stage(**facts, team_id=second.pk)

    page, board = screen(stage.edition), screen(stage.edition, "board/")
    put_on_stage(**facts, team_id=last.pk)
    at_the_end = screen(stage.edition)
    put_on_stage(**facts, team_id=None)
    cleared = screen(stage.edition)
    put_on_stage(**facts, team_id=last.pk)
    Team.objects.filter(pk=last.pk).update(withdrawn_at=db_now())
    withdrawn = screen(stage.edition)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    stage.round.refresh_from_db()

    shown = page.context["stage"]
    assert (shown.scene, shown.pitching, shown.following) == ("onstage", second, stage.teams[2:5])
    assert [part in page.text for part in (second.name, shown.pitch, stage.teams[2].name, "Buses")] == [True] * 4
    assert (bool(shown.pitch), named(page), "data-score" in page.text) == (True, [2, 3, 4, 5], False)
    assert [one.context["stage"].scene for one in (empty, board, cleared)] == ["onstage", "board", "board"]
    assert empty.context["stage"].following == stage.teams[:3]
    assert (at_the_end.context["stage"].pitching, at_the_end.context["stage"].following) == (last, [])
    assert last.name not in withdrawn.text
    assert (stage.round.on_stage, screen(stage.edition).context["stage"].scene) == (None, "board")


def test_numbers_follow_the_language(stage: Stage) -> None:
    french, english = (screen(stage.edition, language=language).text for language in ("fr", "en"))

    assert '<b class="brow__score" data-score>90,0</b>' in french
    assert '<b class="brow__score" data-score>90.0</b>' in english


def test_with_the_freeze_the_board_stands_still_and_says_since_when(stage: Stage) -> None:
    freeze_board(person=stage.organiser, edition_id=stage.edition.pk)
    before = screen(stage.edition).context["stage"].board["rows"]
    stage.score(stage.jurors[0], stage.teams[4], 0, 0, base_version=1)
    refresh_board(round_id=stage.round.pk)

    page = screen(stage.edition)

    assert page.context["stage"].board["rows"] == before
    assert "Leaderboard frozen at" in page.text


@pytest.mark.parametrize(("mode", "shown"), [("off", []), ("top", [3, 4, 5]), ("order", [1, 2, 3, 4, 5])])
def test_what_the_edition_keeps_to_itself_is_not_in_the_page(mode: str, shown: list[int]) -> None:
    stage = a_stage(jurors=2, teams=5, board_mode=mode, mark=rising)
    refresh_board(round_id=stage.round.pk)

    page = screen(stage.edition)

    assert named(page) == shown
    assert "90.0" not in page.text


def test_names_come_with_their_step_and_go_with_it(stage: Stage) -> None:
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    seen = []
    for step in range(3):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
        seen.append(named(screen(stage.edition)))
    step_back(person=stage.organiser, round_id=stage.round.pk, from_step=3)

    # The fifth team is the best one.
    assert [*seen, named(screen(stage.edition))] == [[3], [3, 4], [3, 4, 5], [3, 4]]


def test_published_results_stay_on_the_podium_with_the_prize(stage: Stage) -> None:
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    for step in range(3):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
    publish_results(person=stage.organiser, round_id=stage.round.pk)

    page = screen(stage.edition, language="fr")

    assert page.context["stage"].scene == "podium"
    assert named(page) == [3, 4, 5]
    assert "Prix RESPONSE, 1\xa0000\xa0€" in page.text


@pytest.mark.parametrize(("query", "theme"), [("", "projector"), ("?light=1", "projector-light")])
def test_theme_follows_the_light_in_the_room(stage: Stage, query: str, theme: str) -> None:
    page = screen(stage.edition, query)

    assert f'data-theme="{theme}"' in page.text


@pytest.mark.parametrize(("who", "drives"), [("organiser", True), ("juror", False), ("visitor", False)])
def test_only_an_organiser_drives_the_reveal_from_here(stage: Stage, who: str, drives: bool) -> None:
    person = {"organiser": stage.organiser, "juror": stage.jurors[0], "visitor": None}[who]

    page = screen(stage.edition, person=person)

    assert ("data-drive" in page.text) == drives


def test_screen_of_an_unknown_edition_is_not_there() -> None:
    assert Client().get("/screen/nowhere/").status_code == 404
