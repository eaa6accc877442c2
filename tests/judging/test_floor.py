"""In the room: who is on stage, and who answers a juror's call."""

from __future__ import annotations

from typing import Any

import pytest

from estrade.journal.log import JURY, PUBLIC, since
from judging.conflicts import declare_conflict
from judging.help import call_for_help, claim_help, end_help
from judging.models import HelpCall, Round
from judging.reads import juror_list, juror_sheet
from judging.stage import put_on_stage, stage_of
from teams.membership import withdraw_team
from tests.judging.stage import Stage, a_person, a_stage
from tests.judging.test_conflicts import client_of, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=2, teams=3)


def show(stage: Stage, team: int | None, person: Any = None) -> Round:
    team_id = None if team is None else stage.teams[team].pk
    return put_on_stage(person=person or stage.organiser, edition_id=stage.edition.pk, team_id=team_id)


# --- On stage -----------------------------------------------------------------------------------------------------


def test_the_list_goes_on_and_back_and_two_taps_on_next_are_one_step(stage: Stage) -> None:
    facilitator = a_person(stage.edition, "fay", "facilitator")
    start = stage_of(person=facilitator, edition=stage.edition)
    show(stage, 1, facilitator)
    show(stage, 1)

    middle = stage_of(person=facilitator, edition=stage.edition)
    news = [event.payload for event in since(edition_id=stage.edition.pk, stream=JURY, number=0) if event.kind == "stage.changed"]

    assert (start.now, start.before, start.after) == (None, None, stage.teams[0])
    assert (middle.now, middle.before, middle.after) == (stage.teams[1], stage.teams[0], stage.teams[2])
    assert news == [{"team": stage.teams[1].pk}]
    assert since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)[-1].kind == "stage.changed"


def test_the_first_sheet_a_juror_opens_is_that_of_the_team_on_stage(stage: Stage) -> None:
    show(stage, 2)

    mine = juror_list(person=stage.jurors[0], edition_id=stage.edition.pk)
    sheet = client_of(stage.jurors[0]).get(f"/e/{stage.edition.slug}/jury/{stage.teams[0].pk}/")

    assert mine.following is not None
    assert mine.following.team == stage.teams[2]
    assert f'data-href="/e/{stage.edition.slug}/jury/{stage.teams[2].pk}/"' in sheet.text
    assert f"On stage now: {stage.teams[2].name}" in sheet.text


def test_a_team_that_is_not_the_jurors_is_named_and_not_opened(stage: Stage) -> None:
    facts: dict[str, Any] = {"person": stage.jurors[0], "edition_id": stage.edition.pk}
    declare_conflict(**facts, team_id=stage.teams[2].pk, kind="relative")
    show(stage, 2)

    sheet = client_of(stage.jurors[0]).get(f"/e/{stage.edition.slug}/jury/{stage.teams[0].pk}/")
    mine = juror_list(**facts)

    assert mine.following is not None
    assert mine.following.team == stage.teams[0]
    assert "data-href" not in sheet.text
    assert "You do not score this team." in sheet.text


def test_a_team_that_withdraws_leaves_the_stage(stage: Stage) -> None:
    show(stage, 0)
    withdraw_team(person=stage.organiser, team_id=stage.teams[0].pk, reason="Ill")

    assert stage_of(person=stage.organiser, edition=stage.edition).now is None
    assert juror_sheet(person=stage.jurors[0], edition_id=stage.edition.pk, team_id=stage.teams[1].pk).stage is None


def test_a_facilitator_runs_the_room_from_one_page(stage: Stage) -> None:
    client = client_of(a_person(stage.edition, "fay", "facilitator"))
    page = f"/e/{stage.edition.slug}/floor/"

    client.post(f"{page}stage/", {"team": stage.teams[0].pk})
    shown = client.get(page).text
    client.post(f"{page}stage/", {"team": ""})

    assert "on stage" in shown
    assert f'value="{stage.teams[1].pk}"' in shown
    assert Round.objects.get().on_stage is None
    assert client_of(stage.jurors[0]).get(page).status_code == 403


# --- Help ---------------------------------------------------------------------------------------------------------


def test_two_taps_are_one_call_and_the_juror_sees_who_comes(stage: Stage) -> None:
    juror = stage.jurors[0]
    first, second = (call_for_help(person=juror, edition_id=stage.edition.pk) for _tap in range(2))
    fay = a_person(stage.edition, "fay", "facilitator")

    claim_help(person=fay, call_id=first.pk)
    page = client_of(juror).get(f"/e/{stage.edition.slug}/jury/{stage.teams[0].pk}/")

    assert first == second
    assert f"{fay.name} is coming to you" in page.text


def test_of_two_who_come_one_has_the_call_and_the_other_reads_who(stage: Stage) -> None:
    call = call_for_help(person=stage.jurors[0], edition_id=stage.edition.pk)
    fay = a_person(stage.edition, "fay", "facilitator")

    claim_help(person=fay, call_id=call.pk)
    claim_help(person=fay, call_id=call.pk)
    late = refused(lambda: claim_help(person=stage.organiser, call_id=call.pk))
    page = client_of(stage.organiser).post(f"/e/{stage.edition.slug}/floor/call/{call.pk}/", {}, follow=True)

    assert (late.code, late.figures) == ("help_claimed", {"by": fay.name})
    assert f"{fay.name} is already on the way." in page.text


def test_a_call_ends_for_good_and_the_next_is_a_new_one(stage: Stage) -> None:
    juror = stage.jurors[0]
    call = call_for_help(person=juror, edition_id=stage.edition.pk)

    client_of(juror).post(f"/e/{stage.edition.slug}/jury/call/", {"ended": "1", "team": stage.teams[0].pk})
    over = refused(lambda: claim_help(person=stage.organiser, call_id=call.pk))
    end_help(person=stage.organiser, call_id=call.pk)
    call_for_help(person=juror, edition_id=stage.edition.pk)

    assert over.code == "help_ended"
    assert HelpCall.objects.count() == 2


def test_another_juror_can_neither_take_nor_end_a_call(stage: Stage) -> None:
    call = call_for_help(person=stage.jurors[0], edition_id=stage.edition.pk)

    codes = [refused(lambda verb=verb: verb(person=stage.jurors[1], call_id=call.pk)).code for verb in (claim_help, end_help)]

    assert codes == ["wrong_role", "wrong_role"]
