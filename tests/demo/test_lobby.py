"""The table of seats, and what it says of the end of the story."""

import pytest

from estrade.demo.lobby import HINT, doors_after_results
from estrade.editions.phases import Phase
from tests.builders import an_edition, bring_to

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def test_what_the_results_leave_behind_opens_once_they_are_published() -> None:
    assert doors_after_results() == ([], False)
    edition = an_edition()

    before, waits = doors_after_results()
    bring_to(edition, Phase.PUBLISHED)
    after, is_there = doors_after_results()

    assert (waits, is_there) == (False, True)
    assert [(door.key, door.username) for door in after] == [("feedback", "captain"), ("record", "maud"), ("dossier", "partner")]
    assert before == after
    assert all(door.key in HINT and edition.slug in door.path for door in after)
