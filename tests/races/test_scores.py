"""Several writers at once. Each race has a twin with the protection off, which must find the loss."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import QuerySet

from estrade.journal.log import PUBLIC, since
from estrade.kernel.refusal import Refused
from estrade.kernel.written import Composed
from judging import ballots, boards, reveal
from judging.boards import freeze_board, refresh_board
from judging.models import Score, ScoreRevision
from judging.reveal import inputs_hash
from judging.tallies import tally_of
from tests.builders import a_role
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

ROUNDS = 60


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same moment, each on a connection of its own; a refusal is an answer."""
    barrier = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=10)
            answers[number] = call()
        except (Refused, Exception) as answer:  # noqa: BLE001 - whatever happened is what the test looks at
            answers[number] = answer
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return answers


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch row locks off."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_kwargs: self)
    # Put together anew: the one that is kept has its lock.
    monkeypatch.setattr(ballots, "OWN_BALLOTS", Composed(ballots.OWN_BALLOTS._make))


# --- S3: two tabs of one juror ------------------------------------------------------------------------------------


def lost_updates(stage: Stage) -> int:
    """Rounds in which two taps based on the same version were both accepted: one juror's tap vanished unseen."""
    juror, team = stage.jurors[0], stage.teams[0]
    version = stage.score(juror, team, 0, 0).version
    lost = 0
    for number in range(ROUNDS):
        tap = partial(stage.score, juror, team, 0, base_version=version)
        answers = together(partial(tap, value=number % 5), partial(tap, value=(number + 1) % 5))
        accepted = [answer for answer in answers if isinstance(answer, ballots.ScoreReceipt)]
        refused = [answer for answer in answers if isinstance(answer, Refused) and answer.code == "score_conflict"]
        assert len(accepted) + len(refused) == 2, answers
        lost += len(accepted) - 1
        version = Score.objects.get(ballot__team=team, criterion=stage.criteria[0]).version
    return lost


def test_two_tabs_never_overwrite_each_other_s3() -> None:
    stage = a_stage(jurors=1, teams=1)

    lost = lost_updates(stage)

    assert lost == 0
    revisions = list(ScoreRevision.objects.order_by("version").values_list("version", flat=True))
    assert revisions == list(range(1, ROUNDS + 2))


def test_twin_without_version_check_loses_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = a_stage(jurors=1, teams=1)
    upsert = ballots._upsert

    def blind(write: ScoreRevision, scores: Any, now: Any, **facts: Any) -> Any:
        current = Score.objects.filter(ballot=write.ballot_id, criterion=write.criterion_id).first()
        write.base_version = current.version if current else 0
        return upsert(write, scores, now, **facts)

    monkeypatch.setattr(ballots, "_upsert", blind)

    assert lost_updates(stage) == ROUNDS


def test_twin_without_locks_loses_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = a_stage(jurors=1, teams=1)
    unlocked(monkeypatch)

    assert lost_updates(stage) > 0


def test_same_tap_sent_twice_at_once_is_one_score_s2() -> None:
    stage = a_stage(jurors=1, teams=1)
    juror, team = stage.jurors[0], stage.teams[0]
    seen = []
    for version in range(20):
        tap = partial(stage.score, juror, team, 0, version % 5, base_version=version, client_id=UUID(int=version + 1))
        answers = together(tap, tap, tap)
        seen.append(sorted(answer.status for answer in answers))

    assert seen == [["accepted", "replayed", "replayed"]] * 20
    assert ScoreRevision.objects.count() == 20


def test_jurors_of_a_storm_are_all_counted_s15() -> None:
    """Eight jurors on one team: no deadlock, no refusal, and the board equals the ballots."""
    stage = a_stage(jurors=8, teams=2)

    answers = together(*(partial(stage.fill, juror, stage.teams[0], 4) for juror in stage.jurors))
    refresh_board(round_id=stage.round.pk)

    tally = tally_of(round_id=stage.round.pk)
    assert answers == [None] * 8
    assert (tally.complete[stage.teams[0].pk], tally.standings[0].score) == (8, 80.0)


# --- The sign-off and a last tap ----------------------------------------------------------------------------------


def accepted_but_not_signed(monkeypatch: pytest.MonkeyPatch, *, waits: float) -> bool:
    """A tap arrives while the chair signs. Was it accepted as being in time, and yet left out of what was signed?

    `waits`: how long the tap gives the signatures, which come through only where no lock holds them.
    """
    stage = a_stage(jurors=1, teams=2)
    stage.fill_everything(lambda _juror, team: team)
    reading, done = threading.Event(), threading.Event()

    def slowly(**facts: Any) -> None:
        reading.set()
        done.wait(timeout=waits)

    monkeypatch.setattr(ballots, "seal_rubric", slowly)

    def sign() -> Any:
        reading.wait(timeout=10)
        try:
            return sign_off(person=stage.president, round_id=stage.round.pk)
        finally:
            done.set()

    tap, signed = together(lambda: stage.score(stage.jurors[0], stage.teams[0], 0, 5, base_version=1), sign)

    assert isinstance(tap, ballots.ScoreReceipt), tap
    now = inputs_hash(stage.round, tally_of(round_id=stage.round.pk))
    return tap.status == "accepted" and signed.inputs_hash != now


def test_last_tap_is_either_signed_or_late(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not accepted_but_not_signed(monkeypatch, waits=0.3)


def test_twin_without_locks_signs_without_an_accepted_tap(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)

    assert accepted_but_not_signed(monkeypatch, waits=15)


def test_two_who_sign_at_once_are_one_signature_s11() -> None:
    stage = a_stage(jurors=1, teams=2)
    stage.fill_everything(lambda _juror, team: team)
    colleague = a_role(stage.edition, "organiser")

    answers = together(
        lambda: reveal.sign_off(person=colleague, round_id=stage.round.pk),
        lambda: reveal.sign_off(person=stage.organiser, round_id=stage.round.pk),
    )

    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [(one.code, bool(one.figures["name"])) for one in refused] == [("already_signed", True)]


# --- The freeze and a board on its way ----------------------------------------------------------------------------


def board_after_the_freeze(monkeypatch: pytest.MonkeyPatch, *, waits: float) -> bool:
    """A board is being computed while an organiser freezes. Does the public see it after the freeze?

    `waits`: how long the board gives the freeze, which comes through only where no lock holds it.
    """
    monkeypatch.setattr(ballots, "ask_board", lambda _round_id: None)
    stage = a_stage(jurors=1, teams=2)
    stage.fill(stage.jurors[0], stage.teams[1], 5)
    computing, done = threading.Event(), threading.Event()

    def slowly(**facts: Any) -> Any:
        tally = tally_of(**facts)
        computing.set()
        done.wait(timeout=waits)
        return tally

    monkeypatch.setattr(boards, "tally_of", slowly)

    def freeze() -> Any:
        computing.wait(timeout=10)
        try:
            return freeze_board(person=stage.organiser, edition_id=stage.edition.pk)
        finally:
            done.set()

    answers = together(lambda: refresh_board(round_id=stage.round.pk), freeze)

    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    kinds = [event.kind for event in since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)]
    assert kinds[-1] in {"board.changed", "board.frozen"}
    return kinds[-1] == "board.changed"


def test_no_board_overtakes_the_freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not board_after_the_freeze(monkeypatch, waits=0.3)


def test_twin_without_the_public_lock_overtakes_the_freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "lock_stream", lambda **_stream: None)

    assert board_after_the_freeze(monkeypatch, waits=15)
