"""Sign-off, reveal, publication: recomputed, step by step, no name before its step."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.log import JURY, ORGANISERS, PUBLIC, since, snapshot
from estrade.journal.models import AuditEntry, Snapshot
from estrade.kernel.refusal import Refused
from judging.boards import refresh_board
from judging.conflicts import bar
from judging.models import Prize, SignOff
from judging.public import public_board, public_results
from judging.reveal import advance_reveal, ballots_missing, inputs_hash, publish_results, step_back
from judging.tallies import tally_of
from teams.models import Team
from tests.judging.replay import board_after, board_changes, stored_board
from tests.judging.stage import Stage, a_stage, rising, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    """Five teams, all ballots in; the higher a team's number, the better it is."""
    return a_stage(jurors=2, teams=5, mark=rising)


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def sign(stage: Stage, **changes: Any) -> SignOff:
    return sign_off(**{"person": stage.president, "round_id": stage.round.pk, **changes})


def step(stage: Stage, from_step: int) -> SignOff:
    return advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=from_step)


def shown(stage: Stage) -> list[tuple[int | None, list[str]]]:
    entries = public_results(stage.edition)["entries"]
    return [(entry["rank"], [team["name"][-1] for team in entry["teams"]]) for entry in entries]


def kinds(stage: Stage, stream: str = PUBLIC) -> list[str]:
    return [event.kind for event in since(edition_id=stage.edition.pk, stream=stream, number=0)]


# --- Sign-off -----------------------------------------------------------------------------------------------------


def test_sign_off_closes_the_round_freezes_and_keeps_the_order(stage: Stage) -> None:
    signed = sign(stage)

    stage.round.refresh_from_db()
    edition = Edition.objects.get(pk=stage.edition.pk)
    assert [(row["name"][-1], row["rank"], row["score"]) for row in signed.standings] == [
        ("5", 1, 90.0), ("4", 2, 70.0), ("3", 3, 50.0), ("2", 4, 30.0), ("1", 5, 10.0),
    ]  # fmt: skip
    assert stage.round.closed_at == signed.signed_at
    assert edition.phase(datetime.now(UTC)) == Phase.FROZEN
    assert kinds(stage)[-2:] == ["phase.changed", "board.frozen"]
    assert kinds(stage, JURY)[-1] == "round.closed"
    assert kinds(stage, ORGANISERS)[-2:] == ["round.closed", "board.signed_off"]


def test_sign_off_reads_the_ballots_and_not_the_board(stage: Stage) -> None:
    refresh_board(round_id=stage.round.pk)
    board = Snapshot.objects.get(edition=stage.edition, name="jury.board")
    board.body["rows"].reverse()
    board.save()

    signed = sign(stage)

    assert [row["name"][-1] for row in signed.standings] == ["5", "4", "3", "2", "1"]


def test_sign_off_waits_for_missing_ballots_unless_a_reason_is_given(stage: Stage) -> None:
    stage.score(stage.jurors[0], stage.teams[0], 0, None, base_version=1)
    stage.score(stage.jurors[1], stage.teams[0], 2, None, base_version=1)

    with pytest.raises(Refused) as caught:
        sign(stage)
    signed = sign(stage, reason="Both jurors missed the first pitch.")

    assert (caught.value.code, caught.value.figures) == ("ballots_missing", {"missing": 2})
    assert signed.standings[-1]["rank"] is None
    entry = AuditEntry.objects.get(action="results.sign_off")
    assert entry.after is not None
    assert (entry.reason, entry.after["missing"]) == ("Both jurors missed the first pitch.", 2)


def test_barred_ballots_and_withdrawn_teams_are_not_missing(stage: Stage) -> None:
    for team in stage.teams[:2]:
        stage.score(stage.jurors[0], team, 0, None, base_version=1)
    before = ballots_missing(round_id=stage.round.pk)

    bar(person=stage.organiser, seat_id=stage.seats[0].pk, team_id=stage.teams[0].pk, reason="tie")
    Team.objects.filter(pk=stage.teams[1].pk).update(withdrawn_at=datetime.now(UTC))

    assert (before, ballots_missing(round_id=stage.round.pk)) == (2, 0)
    assert len(sign(stage).standings) == 4


def test_second_sign_off_learns_who_was_first_s11(stage: Stage) -> None:
    sign(stage)

    with pytest.raises(Refused) as caught:
        sign(stage, person=stage.organiser)

    assert (caught.value.code, caught.value.figures) == ("already_signed_off", {"name": stage.president.name})


def test_nothing_can_be_signed_without_a_ballot() -> None:
    stage = a_stage()

    assert code_of(lambda: sign(stage, reason="We are late.")) == "no_ballots"


def test_jurors_do_not_sign(stage: Stage) -> None:
    assert code_of(lambda: sign(stage, person=stage.jurors[0])) == "wrong_role"


def test_hash_of_the_inputs_sees_every_mark(stage: Stage) -> None:
    before = inputs_hash(stage.round, tally_of(round_id=stage.round.pk))
    again = inputs_hash(stage.round, tally_of(round_id=stage.round.pk))

    stage.score(stage.jurors[1], stage.teams[3], 2, 0, base_version=1)

    after = inputs_hash(stage.round, tally_of(round_id=stage.round.pk))
    assert before == again
    assert (len(before), before != after) == (64, True)


# --- Reveal -------------------------------------------------------------------------------------------------------


def test_reveal_shows_the_third_the_second_and_the_first(stage: Stage) -> None:
    sign(stage)
    seen = [shown(stage)]

    for number in range(3):
        step(stage, number)
        seen.append(shown(stage))

    third, second, first = (3, ["3"]), (2, ["4"]), (1, ["5"])
    assert seen == [[], [third], [third, second], [third, second, first]]
    assert code_of(lambda: step(stage, 3)) == "reveal_finished"
    assert kinds(stage)[-3:] == ["reveal.advanced"] * 3


def test_entry_has_what_a_screen_needs(stage: Stage) -> None:
    sign(stage)
    for number in range(3):
        step(stage, number)

    last = since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)[-1].payload
    assert last == {
        "step": 3,
        "entry": {
            "rank": 1,
            "teams": [
                {
                    "id": stage.teams[4].pk,
                    "name": "sample team 5",
                    "title": {"fr": "Bus", "en": "Buses"},
                    "partner": "sample Keolis",
                    "score": 90.0,
                }
            ],
            "prizes": [
                {
                    "name": {"fr": "Prix RESPONSE", "en": "RESPONSE prize"},
                    "citation": {},
                    "amount": "1000",
                    "currency": "EUR",
                    "sponsor": "sample Keolis",
                    "by": "jury",
                }
            ],
        },
    }


def test_name_is_nowhere_public_before_its_step(stage: Stage) -> None:
    """All that is recorded for the public from the sign-off on, and the results as anybody reads them."""
    head = len(kinds(stage))
    sign(stage)
    names = [stage.teams[n].name for n in (2, 3, 4)]
    found = []

    for number in range(4):
        events = since(edition_id=stage.edition.pk, stream=PUBLIC, number=head)
        said = json.dumps([public_results(stage.edition), [event.payload for event in events]])
        found.append([name in said for name in names])
        if number < 3:
            step(stage, number)

    assert found == [[False] * 3, [True, False, False], [True, True, False], [True] * 3]


def test_double_click_is_one_step(stage: Stage) -> None:
    sign(stage)
    step(stage, 0)

    with pytest.raises(Refused) as caught:
        step(stage, 0)

    assert (caught.value.code, caught.value.figures) == ("reveal_moved_on", {"step": 1})
    assert shown(stage) == [(3, ["3"])]


def test_step_back_takes_the_name_off_the_results(stage: Stage) -> None:
    sign(stage)
    step(stage, 0)
    step(stage, 1)

    step_back(person=stage.organiser, round_id=stage.round.pk, from_step=2)

    assert shown(stage) == [(3, ["3"])]
    assert kinds(stage)[-1] == "reveal.withdrawn"
    assert code_of(lambda: step_back(person=stage.organiser, round_id=stage.round.pk, from_step=2)) == "reveal_moved_on"
    step_back(person=stage.organiser, round_id=stage.round.pk, from_step=1)
    assert code_of(lambda: step_back(person=stage.organiser, round_id=stage.round.pk, from_step=0)) == "reveal_not_begun"


@pytest.mark.parametrize(
    ("values", "steps"),
    [
        ([5, 5, 3, 2], [(3, ["3"]), (1, ["1", "2"])]),
        ([5, 4, 4, 2], [(2, ["2", "3"]), (1, ["1"])]),
        ([5, 4, 3, 3], [(3, ["3", "4"]), (2, ["2"]), (1, ["1"])]),
        ([4, 4, 4, 4], [(1, ["1", "2", "3", "4"])]),
        ([5, 4], [(2, ["2"]), (1, ["1"])]),
        ([5], [(1, ["1"])]),
    ],
)
def test_ties_and_few_teams_make_fewer_steps(values: list[int], steps: list[tuple[int, list[str]]]) -> None:
    stage = a_stage(jurors=1, teams=len(values))
    stage.fill_everything(lambda _juror, team: values[team])
    sign(stage)

    for number in range(len(steps)):
        step(stage, number)

    assert shown(stage) == steps
    assert public_results(stage.edition)["of"] == len(steps)
    assert code_of(lambda: step(stage, len(steps))) == "reveal_finished"


def test_teams_that_share_a_rank_share_the_prizes_of_its_places() -> None:
    stage = a_stage(jurors=1, teams=3)
    Prize.objects.create(edition=stage.edition, position=2, name={"en": "Second"}, rank=2)
    stage.fill_everything(lambda _juror, team: 5 if team < 2 else 1)
    sign(stage)

    step(stage, 0)
    step(stage, 1)

    third, first = public_results(stage.edition)["entries"]
    assert [prize["name"]["en"] for prize in first["prizes"]] == ["RESPONSE prize", "Second"]
    assert third["prizes"] == []


def test_nothing_is_revealed_before_the_sign_off(stage: Stage) -> None:
    assert code_of(lambda: step(stage, 0)) == "not_signed_off"
    assert public_results(stage.edition) == {"step": 0, "of": 0, "entries": [], "published": False, "seq": 0}


def test_only_an_organiser_reveals_and_publishes(stage: Stage) -> None:
    sign(stage)
    facts: dict[str, Any] = {"person": stage.president, "round_id": stage.round.pk}

    refused = [
        code_of(lambda: advance_reveal(**facts, from_step=0)),
        code_of(lambda: step_back(**facts, from_step=0)),
        code_of(lambda: publish_results(**facts)),
    ]

    assert refused == ["wrong_role"] * 3


# --- Publication --------------------------------------------------------------------------------------------------


def publish(stage: Stage) -> SignOff:
    return publish_results(person=stage.organiser, round_id=stage.round.pk)


def test_publication_shows_the_whole_order(stage: Stage) -> None:
    stage.at(freeze=timedelta(seconds=-1))
    sign(stage)
    for number in range(3):
        step(stage, number)

    publish(stage)

    edition = Edition.objects.get(pk=stage.edition.pk)
    assert shown(stage) == [(1, ["5"]), (2, ["4"]), (3, ["3"]), (4, ["2"]), (5, ["1"])]
    assert public_results(edition)["published"] is True
    assert edition.phase(datetime.now(UTC)) == Phase.PUBLISHED
    assert [(row["name"][-1], row["score"]) for row in public_board(edition)["rows"]] == [
        ("5", 90.0), ("4", 70.0), ("3", 50.0), ("2", 30.0), ("1", 10.0),
    ]  # fmt: skip
    assert kinds(stage)[-3:] == ["phase.changed", "board.changed", "results.published"]
    assert board_after(None, board_changes(edition.pk, PUBLIC)) == stored_board(edition.pk, PUBLIC)


def test_publication_waits_for_the_last_step_and_happens_once(stage: Stage) -> None:
    assert code_of(lambda: publish(stage)) == "not_signed_off"
    sign(stage)
    step(stage, 0)
    step(stage, 1)

    with pytest.raises(Refused) as caught:
        publish(stage)
    step(stage, 2)
    publish(stage)

    assert (caught.value.code, caught.value.figures) == ("reveal_unfinished", {"left": 1})
    assert code_of(lambda: publish(stage)) == "wrong_phase"
    assert code_of(lambda: step_back(person=stage.organiser, round_id=stage.round.pk, from_step=3)) == "wrong_phase"
    assert kinds(stage).count("results.published") == 1


def test_results_keep_the_names_they_were_signed_with(stage: Stage) -> None:
    sign(stage)
    Team.objects.filter(pk=stage.teams[2].pk).update(name="Renamed")

    step(stage, 0)

    assert shown(stage) == [(3, ["3"])]


def test_results_have_the_number_of_the_public_stream(stage: Stage) -> None:
    sign(stage)
    step(stage, 0)

    last = since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)[-1]
    results = snapshot(edition_id=stage.edition.pk, name="results")

    assert results is not None
    assert (last.kind, results.seq) == ("reveal.advanced", last.seq)


def test_points_of_the_results_are_those_of_the_board() -> None:
    stage = a_stage(jurors=3, teams=1)
    for juror, mark in zip(stage.jurors, (4, 4, 5), strict=True):
        stage.fill(juror, stage.teams[0], mark)
    refresh_board(round_id=stage.round.pk)
    live = public_board(stage.edition)["rows"][0]["score"]

    signed = sign(stage)

    assert Decimal(str(signed.standings[0]["score"])) == Decimal("86.666667")
    step(stage, 0)
    publish(stage)
    assert live == public_board(stage.edition)["rows"][0]["score"] == 86.7
