"""The control room at the HTTP edge: who gets in, what each button does, once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from estrade.desk.reads import ACTIONS
from estrade.editions.models import Announcement, Edition
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry
from estrade.kernel.clock import db_now
from estrade.people.models import Presence
from estrade.web import health
from judging.conflicts import bar
from judging.models import SignOff
from teams.models import Extension, Receipt
from tests.builders import a_delivered_submission, a_role, a_team, an_edition, bring_to, organiser_of
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=2, teams=4)


@pytest.fixture
def scored(stage: Stage) -> Stage:
    stage.fill_everything(lambda juror, team: min(team + juror, 5))
    return stage


def room(stage: Stage, *parts: Any) -> str:
    return "/".join(["/e", stage.edition.slug, "control", *(str(part) for part in parts), ""])


def desk(person: Any, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(person)
    return client


def phase_of(stage: Stage) -> Phase:
    return Edition.objects.get(pk=stage.edition.pk).phase(datetime.now(UTC))


# --- Looking ------------------------------------------------------------------------------------------------------


def test_room_shows_who_has_scored_whom_and_never_how(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[0], 4)
    bar(person=stage.organiser, seat_id=stage.seats[1].pk, team_id=stage.teams[1].pk, reason="own_team")

    page = desk(stage.organiser).get(room(stage))

    states = [[cell.state for cell in row.cells] for row in page.context["room"].matrix.rows]
    assert states == [["done", "empty", "empty", "empty"], ["empty", "off", "empty", "empty"]]
    assert "6 ballots are missing" in page.text


@pytest.mark.parametrize("who", ["juror", "president", "visitor", "foreign organiser"])
def test_room_is_for_the_organisers_of_the_edition(stage: Stage, who: str) -> None:
    person = {
        "juror": stage.jurors[0], "president": stage.president, "foreign organiser": a_role(an_edition(), "organiser"),
    }.get(who)  # fmt: skip

    page = desk(person).get(room(stage)) if person else Client().get(room(stage))

    assert page.status_code == (302 if who == "visitor" else 403)


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.OPEN, Phase.CLOSED, Phase.PUBLISHED])
def test_room_opens_in_every_phase_even_without_a_jury(phase: Phase) -> None:
    edition = an_edition(phase)

    page = desk(organiser_of(edition)).get(f"/e/{edition.slug}/control/")

    assert page.status_code == 200


def test_room_says_who_is_offline_and_what_was_left(stage: Stage) -> None:
    juror, now = stage.jurors[0], db_now()
    stage.score(juror, stage.teams[0], 0, 3)
    stage.teams[0].ballots.update(touched_at=now - timedelta(minutes=5))
    Presence.objects.create(
        person=juror, edition=stage.edition, is_online=False, heard_at=now - timedelta(minutes=6), changed_at=now
    )

    page = desk(stage.organiser).get(room(stage))

    seen = page.context["room"]
    assert ([one.person for one in seen.absences], [one.team for one in seen.left_alone]) == ([juror], [stage.teams[0]])
    assert f"{juror.name} is offline since" in page.text


def test_room_asks_the_same_number_of_questions_for_two_jurors_and_for_six(django_assert_max_num_queries: Any) -> None:
    counts = []
    for number, jurors in enumerate((2, 6), start=1):
        stage = a_stage(jurors=jurors, teams=jurors, slug=f"size{jurors}", number=number)
        client = desk(stage.organiser)
        client.get(room(stage))
        # What is remembered for five seconds is asked anew, or the count would depend on the clock.
        health.forget()
        with django_assert_max_num_queries(60) as asked:
            client.get(room(stage))
        counts.append(len(asked))

    assert counts[0] == counts[1]


# --- Freeze -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("en", "freeze"), ("fr", "FIGER")])
def test_freeze_needs_the_word_and_happens_once(stage: Stage, language: str, word: str) -> None:
    client = desk(stage.organiser, language)
    address = room(stage, "freeze")

    without = client.post(address, {"word": "yes"})
    first, second = (client.post(address, {"word": word}) for _ in range(2))

    assert [answer.status_code for answer in (without, first, second)] == [422, 302, 302]
    assert phase_of(stage) == Phase.FROZEN
    assert AuditEntry.objects.filter(action="board.freeze").count() == 1


def test_freeze_page_works_without_script(stage: Stage) -> None:
    page = desk(stage.organiser).get(room(stage, "freeze"))

    assert page.status_code == 200
    assert "Type FREEZE to confirm" in page.text


def test_thaw_makes_the_board_live_again(stage: Stage) -> None:
    client = desk(stage.organiser)
    client.post(room(stage, "freeze"), {"word": "FREEZE"})

    client.post(room(stage, "thaw"), {"reason": ""})

    assert phase_of(stage) == Phase.JUDGING


@pytest.mark.parametrize("name", ["freeze", "thaw", "sign-off", "publish", "announce", "move/freeze", "reveal", "reveal-back"])
def test_no_button_works_for_a_juror(stage: Stage, name: str) -> None:
    typed = {"word": "FREEZE", "reason": "x", "text": "x", "from_step": "0", "at": "2027-03-05T18:00"}

    answer = desk(stage.jurors[0]).post(room(stage, *name.split("/")), typed)

    assert answer.status_code == 403
    assert phase_of(stage) == Phase.JUDGING
    assert not SignOff.objects.exists()
    assert not Announcement.objects.exists()


# --- Results ------------------------------------------------------------------------------------------------------


def test_sign_off_with_missing_ballots_asks_for_a_reason(stage: Stage) -> None:
    stage.fill(stage.jurors[0], stage.teams[0], 4)
    client = desk(stage.organiser)

    without = client.post(room(stage, "sign-off"), {"reason": ""})
    with_reason = client.post(room(stage, "sign-off"), {"reason": "The room has to close"})
    waiting = client.get(room(stage)).text
    stage.fill(stage.jurors[0], stage.teams[1], 4)
    changed = client.get(room(stage)).text
    desk(stage.president).post("/e/sample/jury/cockpit/sign/", {"reason": "The room has to close"})
    turned = client.get(room(stage)).text
    client.post(room(stage, "sign-off"), {"reason": ""})

    assert (without.status_code, with_reason.status_code) == (422, 302)
    assert "7 ballots are missing" in without.text
    # Who has signed waits for the other; a ballot that changed meanwhile asks both again.
    button = 'data-dialog="sign_off"'
    assert ("The president of the jury signs next" in waiting, button in waiting) == (True, False)
    assert ("signs next" in changed, button in changed) == (False, True)
    assert ("An organiser signs next" in turned, button in turned) == (True, True)
    assert SignOff.objects.get().signed_by == stage.organiser


def test_reveal_hit_twice_shows_one_step(scored: Stage) -> None:
    sign_off(person=scored.organiser, round_id=scored.round.pk)
    client = desk(scored.organiser)

    for _ in range(2):
        client.post(room(scored, "reveal"), {"from_step": "0"})

    assert SignOff.objects.get().reveal_step == 1


def test_reveal_goes_on_and_back(scored: Stage) -> None:
    sign_off(person=scored.organiser, round_id=scored.round.pk)
    client = desk(scored.organiser)

    client.post(room(scored, "reveal"), {"from_step": "0"})
    client.post(room(scored, "reveal"), {"from_step": "1"})
    client.post(room(scored, "reveal-back"), {"from_step": "2"})

    assert SignOff.objects.get().reveal_step == 1


def test_room_does_not_name_whom_the_next_step_shows(scored: Stage) -> None:
    sign_off(person=scored.organiser, round_id=scored.round.pk)

    page = desk(scored.organiser).get(room(scored))

    gates = page.text.partition('data-live="gates"')[2].partition("</section>")[0]
    assert "Show the next step" in gates
    assert "sample team" not in gates


def test_publish_needs_every_step_and_the_word(scored: Stage) -> None:
    sign_off(person=scored.organiser, round_id=scored.round.pk)
    client = desk(scored.organiser)
    too_early = client.post(room(scored, "publish"), {"word": "PUBLISH"})
    for step in range(3):
        client.post(room(scored, "reveal"), {"from_step": str(step)})

    answers = [client.post(room(scored, "publish"), {"word": word}) for word in ("", "PUBLISH", "PUBLISH")]

    assert [too_early.status_code, *(answer.status_code for answer in answers)] == [422, 422, 302, 302]
    assert phase_of(scored) == Phase.PUBLISHED


@pytest.mark.parametrize("step", ["", "x", "-1", "10000000000000000000"])
def test_step_that_is_none_is_refused(scored: Stage, step: str) -> None:
    sign_off(person=scored.organiser, round_id=scored.round.pk)

    answer = desk(scored.organiser).post(room(scored, "reveal"), {"from_step": step})

    assert answer.status_code == 422
    assert SignOff.objects.get().reveal_step == 0


# --- Times, teams, words ------------------------------------------------------------------------------------------


def test_freeze_is_moved_to_a_local_time(stage: Stage) -> None:
    at = (datetime.now(UTC) + timedelta(hours=2)).replace(second=0, microsecond=0)
    local = at.astimezone(stage.edition.zone).strftime("%Y-%m-%dT%H:%M")

    answer = desk(stage.organiser).post(room(stage, "move", "freeze"), {"at": local, "reason": ""})

    assert answer.status_code == 302
    assert Edition.objects.get(pk=stage.edition.pk).freeze_at == at


def test_hour_that_a_clock_change_skips_is_refused(stage: Stage) -> None:
    answer = desk(stage.organiser).post(room(stage, "move", "freeze"), {"at": "2027-03-28T02:30", "reason": ""})

    assert answer.status_code == 422
    assert Edition.objects.get(pk=stage.edition.pk).freeze_at is None


def test_announcement_hit_twice_is_said_once(stage: Stage) -> None:
    client = desk(stage.organiser)

    for _ in range(2):
        client.post(room(stage, "announce"), {"text": "Doors open at six."})

    assert [said.text for said in Announcement.objects.all()] == [{"en": "Doors open at six."}]


def late_edition() -> Edition:
    edition = an_edition()
    a_team(edition, name="Slow Ones")
    return bring_to(edition, Phase.CLOSED)


def test_team_without_a_delivery_gets_ten_minutes_once() -> None:
    edition = late_edition()
    client, team = desk(organiser_of(edition)), edition.teams.get()
    form = {"minutes": "10", "closes": edition.submissions_close_at.isoformat(), "reason": "Network down"}

    page = client.get(f"/e/{edition.slug}/control/")
    for _ in range(2):
        client.post(f"/e/{edition.slug}/control/extend/{team.pk}/", form)

    assert "Slow Ones has handed in nothing" in page.text
    assert timedelta(minutes=9) < Extension.objects.get().until - db_now() < timedelta(minutes=11)


def test_more_time_needs_a_reason_and_an_end_within_all_years() -> None:
    edition = late_edition()
    client, where = desk(organiser_of(edition)), f"/e/{edition.slug}/control/extend/{edition.teams.get().pk}/"
    closes = edition.submissions_close_at.isoformat()
    forms = [
        {"minutes": "10", "closes": closes, "reason": " "},
        {"minutes": "10", "closes": "9999-12-31T23:59:59", "reason": "x"},
    ]

    page, answers = client.get(where).text, [client.post(where, form).status_code for form in forms]

    assert answers == [422, 422]
    assert not Extension.objects.exists()
    # The form alone on its page is filled in but for the reason.
    assert ("Slow Ones" in page, 'name="minutes" value="10"' in page, 'name="closes" value="20' in page) == (True, True, True)


def test_team_of_another_edition_gets_no_time_here() -> None:
    here, there = an_edition(Phase.CLOSED), late_edition()
    form = {"minutes": "10", "closes": here.submissions_close_at.isoformat(), "reason": "x"}

    answer = desk(organiser_of(here)).post(f"/e/{here.slug}/control/extend/{there.teams.get().pk}/", form)

    assert answer.status_code == 404
    assert not Extension.objects.exists()


def test_late_delivery_is_accepted_with_a_reason() -> None:
    edition = an_edition()
    team = a_team(edition)
    receipt = a_delivered_submission(team, late=True)
    client = desk(organiser_of(edition))

    page = client.get(f"/e/{edition.slug}/control/")
    answer = client.post(f"/e/{edition.slug}/control/accept-late/{receipt.pk}/", {"reason": "The power was cut"})

    receipt.refresh_from_db()
    assert f"{team.name} handed in late, at" in page.text
    assert (answer.status_code, receipt.state) == (302, Receipt.State.ACCEPTED)


@pytest.mark.embedded
def test_whatever_is_written_into_the_audit_log_has_words() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = [path for room in ("challenges", "teams", "judging", "platform") for path in (root / room).rglob("*.py")]
    call = re.compile(r"audit\w*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")

    calls = [match[0] for path in sources if "migrations" not in path.parts for match in call.finditer(path.read_text())]
    written = {action for one in calls for action in re.findall(r'"([a-z_]+\.[a-z_]+)"', one)}

    assert len(written) > 40
    assert written - ACTIONS.keys() == set()
