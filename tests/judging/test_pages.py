"""The juror's pages, the public board and the results, at the HTTP edge."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from judging.boards import freeze_board, refresh_board
from judging.conflicts import bar
from judging.models import Score, ScoreRevision
from judging.reveal import advance_reveal, publish_results
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=2, teams=4)


def signed_in(person: Any, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(person)
    return client


def address(stage: Stage, *parts: Any) -> str:
    return "/".join(["/e", stage.edition.slug, *(str(part) for part in parts), ""])


def sent_form(stage: Stage, values: dict[int, str], **more: str) -> dict[str, str]:
    """A plain sheet as first rendered, with `values` (criterion counted from 0) chosen."""
    form: dict[str, str] = {}
    for number, criterion in enumerate(stage.criteria):
        form |= {f"client-{criterion.pk}": str(uuid.uuid4()), f"base-{criterion.pk}": "0", f"was-{criterion.pk}": ""}
        if number in values:
            form[f"score-{criterion.pk}"] = values[number]
    return form | more


def values_of(stage: Stage) -> list[tuple[str, Decimal | None]]:
    return list(Score.objects.order_by("criterion__position").values_list("criterion__key", "value"))


# --- The juror's list ---------------------------------------------------------------------------------------------


def test_list_leads_to_the_first_team_to_score(stage: Stage) -> None:
    page = signed_in(stage.jurors[0]).get(address(stage, "jury"))

    assert page.status_code == 200
    assert f'href="{address(stage, "jury", stage.teams[0].pk)}"' in page.text
    assert "0 teams scored of 4" in page.text


def test_list_passes_over_a_finished_team_and_says_why_another_is_not_scored(stage: Stage) -> None:
    juror, (first, second, *_rest) = stage.jurors[0], stage.teams
    stage.fill(juror, first, 4)
    bar(person=stage.organiser, seat_id=stage.seats[0].pk, team_id=second.pk, reason="own_team")

    page = signed_in(juror).get(address(stage, "jury"))

    assert page.context["following"].team == stage.teams[2]
    assert "You are a member of the team." in page.text
    assert f'href="{address(stage, "jury", second.pk)}"' not in page.text


def test_list_asks_a_visitor_to_sign_in(stage: Stage) -> None:
    page = Client().get(address(stage, "jury"))

    assert (page.status_code, page.headers["Location"]) == (302, f"/sign-in/?next=%2Fe%2F{stage.edition.slug}%2Fjury%2F")


def test_list_tells_an_organiser_without_a_seat_where_to_go(stage: Stage) -> None:
    page = signed_in(stage.organiser).get(address(stage, "jury"))

    assert page.status_code == 200
    assert "You have no seat in this jury" in page.text
    assert f'href="{address(stage, "control")}"' in page.text


def test_list_is_closed_to_the_jurors_of_another_edition(stage: Stage) -> None:
    foreigner = a_stage(slug="other", number=2).jurors[0]

    page = signed_in(foreigner).get(address(stage, "jury"))

    assert page.status_code == 403


# --- The sheet ----------------------------------------------------------------------------------------------------


def test_sheet_shows_own_earlier_scores_and_the_next_team(stage: Stage) -> None:
    juror = stage.jurors[0]
    stage.fill(juror, stage.teams[0], 4)

    page = signed_in(juror).get(address(stage, "jury", stage.teams[1].pk))

    assert page.text.count('<span class="dots" aria-hidden="true"><i></i></span>') == 3
    assert f'data-next-team href="{address(stage, "jury", stage.teams[2].pk)}"' in page.text


def test_sheet_of_a_barred_team_is_not_there(stage: Stage) -> None:
    bar(person=stage.organiser, seat_id=stage.seats[0].pk, team_id=stage.teams[0].pk, reason="own_team")

    page = signed_in(stage.jurors[0]).get(address(stage, "jury", stage.teams[0].pk))

    assert page.status_code == 404


def test_sheet_asks_the_same_number_of_questions_for_four_teams_and_for_ten(
    django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    small, large = a_stage(teams=4), a_stage(teams=10, slug="large", number=2)
    counts = []
    for stage in (small, large):
        client = signed_in(stage.jurors[0])
        client.get(address(stage, "jury", stage.teams[0].pk))
        with django_assert_max_num_queries(40) as asked:
            client.get(address(stage, "jury", stage.teams[0].pk))
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_plain_form_writes_what_was_chosen_and_nothing_else(stage: Stage) -> None:
    client = signed_in(stage.jurors[0])

    answer = client.post(address(stage, "jury", stage.teams[0].pk), sent_form(stage, {0: "4", 2: "5"}))

    assert (answer.status_code, answer.headers["Location"]) == (302, address(stage, "jury", stage.teams[0].pk))
    assert values_of(stage) == [("answer", Decimal(4)), ("clarity", Decimal(5))]


def test_plain_form_sent_twice_writes_once(stage: Stage) -> None:
    client, form = signed_in(stage.jurors[0]), sent_form(stage, {0: "4"})

    for _ in range(2):
        client.post(address(stage, "jury", stage.teams[0].pk), form)

    assert ScoreRevision.objects.count() == 1


def test_plain_form_does_not_undo_what_another_device_wrote_meanwhile(stage: Stage) -> None:
    juror, team = stage.jurors[0], stage.teams[0]
    stage.score(juror, team, 0, 2)

    page = signed_in(juror).post(address(stage, "jury", team.pk), sent_form(stage, {0: "4", 1: "3"}), follow=True)

    assert values_of(stage) == [("answer", Decimal(2)), ("impact", Decimal(3))]
    assert "changed elsewhere in the meantime" in page.text


def test_plain_form_takes_a_score_back(stage: Stage) -> None:
    juror, team = stage.jurors[0], stage.teams[0]
    stage.score(juror, team, 0, 2)
    pk = stage.criteria[0].pk
    form = sent_form(stage, {}) | {f"was-{pk}": "2", f"base-{pk}": "1", f"score-{pk}": "2", "clear": str(pk)}

    signed_in(juror).post(address(stage, "jury", team.pk), form)

    assert values_of(stage) == [("answer", None)]


@pytest.mark.parametrize("clear", ["", "x", "²", "9" * 5000])
def test_plain_form_takes_nothing_back_for_a_criterion_that_is_none(stage: Stage, clear: str) -> None:
    juror, team = stage.jurors[0], stage.teams[0]
    stage.score(juror, team, 0, 2)
    pk = stage.criteria[0].pk
    form = sent_form(stage, {}) | {f"was-{pk}": "2", f"base-{pk}": "1", f"score-{pk}": "2", "clear": clear}

    answer = signed_in(juror).post(address(stage, "jury", team.pk), form)

    assert answer.status_code == 302
    assert values_of(stage) == [("answer", Decimal(2))]


def test_plain_form_says_what_is_wrong_with_a_value_and_keeps_the_others(stage: Stage) -> None:
    client, sheet = signed_in(stage.jurors[0]), address(stage, "jury", stage.teams[0].pk)

    page = client.post(sheet, sent_form(stage, {0: "7", 1: "4.5", 2: "four"}), follow=True)
    nothing = values_of(stage)
    client.post(sheet, sent_form(stage, {0: "four", 1: "3"}))

    assert ["lies between" in page.text, "goes up in steps" in page.text, "clarity: A score is a plain" in page.text] == [
        True
    ] * 3
    assert nothing == []
    assert values_of(stage) == [("impact", Decimal(3))]


@pytest.mark.parametrize("change", [{"client": "nonsense"}, {"base": "x"}])
def test_form_that_the_page_did_not_make_is_a_bad_request(stage: Stage, change: dict[str, str]) -> None:
    pk = stage.criteria[0].pk
    form = sent_form(stage, {0: "4"}) | {f"{name}-{pk}": value for name, value in change.items()}

    answer = signed_in(stage.jurors[0]).post(address(stage, "jury", stage.teams[0].pk), form)

    assert answer.status_code == 400
    assert values_of(stage) == []


@pytest.mark.parametrize(
    ("highest", "step", "widget"), [("10", "1", 'type="radio"'), ("20", "1", "<select"), ("100", "0.5", 'type="number"')]
)
def test_sheet_takes_any_scale(stage: Stage, highest: str, step: str, widget: str) -> None:
    stage.round.rubric.criteria.update(highest=Decimal(highest), step=Decimal(step))

    page = signed_in(stage.jurors[0]).get(address(stage, "jury", stage.teams[0].pk))

    assert widget in page.text


def test_sheet_is_closed_to_new_scores_once_signed(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[0], 4)
    sign_off(person=stage.organiser, round_id=stage.round.pk, reason="The room has to close")

    page = signed_in(stage.jurors[0]).get(address(stage, "jury", stage.teams[0].pk))

    assert "Scoring closed at" in page.text
    assert page.text.count('data-highest="5.00" disabled') == 3


# --- The public board ---------------------------------------------------------------------------------------------


def test_board_shows_the_order_the_room_sees(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[2], 5)
    refresh_board(round_id=stage.round.pk)

    page = Client(headers={"accept-language": "fr"}).get(address(stage, "board"))

    assert [row["name"] for row in page.context["board"]["rows"]][0] == "sample team 3"
    assert '<b class="brow__score" data-score>100,0</b>' in page.text


def test_board_stands_still_and_says_so_when_frozen(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[2], 3)
    refresh_board(round_id=stage.round.pk)
    freeze_board(person=stage.organiser, edition_id=stage.edition.pk)
    before = Client().get(address(stage, "board")).context["board"]["rows"]
    stage.fill(stage.jurors[1], stage.teams[2], 5)
    refresh_board(round_id=stage.round.pk)

    page = Client(headers={"accept-language": "en"}).get(address(stage, "board"))

    assert page.context["board"]["rows"] == before
    assert "Leaderboard frozen at" in page.text


def test_board_in_progress_mode_names_nobody() -> None:
    stage = a_stage(board_mode="off")
    stage.fill(stage.jurors[0], stage.teams[0], 3)
    refresh_board(round_id=stage.round.pk)

    page = Client(headers={"accept-language": "en"}).get(address(stage, "board"))

    assert "Share of the ballots received" in page.text
    assert "sample team" not in page.text


def test_board_before_judging_says_when_it_starts() -> None:
    stage = a_stage()
    stage.at(judging=timedelta(hours=2))

    page = Client(headers={"accept-language": "en"}).get(address(stage, "board"))

    assert "No leaderboard yet" in page.text


# --- Results ------------------------------------------------------------------------------------------------------


def signed(stage: Stage) -> None:
    stage.fill_everything(lambda juror, team: min(team + juror, 5))
    sign_off(person=stage.organiser, round_id=stage.round.pk)


def reveal(stage: Stage, steps: int) -> None:
    for step in range(steps):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)


def test_results_name_nobody_before_the_first_step(stage: Stage) -> None:
    signed(stage)

    page = Client(headers={"accept-language": "en"}).get(address(stage, "results"))

    assert "The results are not public yet" in page.text
    assert "sample team" not in page.text


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_results_name_those_of_the_steps_shown(stage: Stage, steps: int) -> None:
    signed(stage)
    reveal(stage, steps)

    page = Client(headers={"accept-language": "en"}).get(address(stage, "results"))

    # The fourth team is the best one, the third step shows it.
    assert [f"sample team {n}" in page.text for n in (2, 3, 4)] == [n <= steps for n in (1, 2, 3)]


@pytest.mark.parametrize(("language", "prize"), [("fr", "Prix RESPONSE, 1\xa0000\xa0€"), ("en", "RESPONSE prize, €1,000")])
def test_results_have_the_whole_order_and_the_prize_once_published(stage: Stage, language: str, prize: str) -> None:
    signed(stage)
    reveal(stage, 3)
    publish_results(person=stage.organiser, round_id=stage.round.pk)

    page = Client(headers={"accept-language": language}).get(address(stage, "results"))

    assert page.text.index("sample team 4") < page.text.index("sample team 3") < page.text.index("sample team 1")
    assert prize in page.text
