"""Scores: accepted once, never overwritten unseen, kept when late."""

import pytest

from tests.judging.stage import a_stage

pytestmark = pytest.mark.django_db


def test_score_is_accepted_with_a_receipt() -> None:
    stage = a_stage()

    receipt = stage.score(stage.jurors[0], stage.teams[0], 0, 4)

    assert (receipt.status, receipt.version, receipt.value, receipt.complete) == ("accepted", 1, 4, False)
