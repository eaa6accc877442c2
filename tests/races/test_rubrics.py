"""A score on its way while the rubric changes under it. The race has a twin with the locks off, which must find the loss."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from estrade.archive.integrity import check
from judging import ballots
from judging.models import Rubric, Score
from judging.rubric_versions import change_rubric
from judging.rubrics import new_criteria_of, seal_rubric
from tests.judging.stage import a_stage
from tests.races.test_scores import together, unlocked

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def left_behind(monkeypatch: pytest.MonkeyPatch, *, scored: bool, patience: float) -> bool:
    """A tap arrives while an organiser makes the next version. Was it accepted, and yet left with a version nobody counts?"""
    stage = a_stage(jurors=1, teams=1)
    if scored:
        stage.score(stage.jurors[0], stage.teams[0], 1, 3)
    reading, done = threading.Event(), threading.Event()

    def slowly(**facts: Any) -> None:
        reading.set()
        done.wait(timeout=patience)
        seal_rubric(**facts)

    monkeypatch.setattr(ballots, "seal_rubric", slowly)

    def change() -> Any:
        reading.wait(timeout=10)
        criteria = [replace(one, weight=one.weight + 1) for one in new_criteria_of(stage.round.rubric)]
        try:
            return change_rubric(person=stage.organiser, rubric_id=stage.round.rubric_id, criteria=criteria, reason="fairer")
        finally:
            done.set()

    tap, changed = together(lambda: stage.score(stage.jurors[0], stage.teams[0], 0, 5), change)

    assert isinstance(tap, ballots.ScoreReceipt), tap
    assert isinstance(changed, Rubric), changed
    return not Score.objects.filter(value=Decimal(5), criterion__rubric=changed.pk).exists()


@pytest.mark.parametrize("scored", [True, False])
def test_a_tap_goes_on_in_the_version_that_was_made_beside_it_s7(monkeypatch: pytest.MonkeyPatch, scored: bool) -> None:
    assert not left_behind(monkeypatch, scored=scored, patience=0.3)
    assert check() == []


def test_twin_without_locks_leaves_a_tap_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)

    assert left_behind(monkeypatch, scored=True, patience=15)
