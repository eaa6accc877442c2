"""Whether the laptop's clock can be believed."""

from datetime import timedelta

import pytest

from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.venue.clocks import apart_from_devices, behind_the_journal
from tests import builders
from tests.judging.stage import a_stage

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_the_journal_is_not_ahead_of_a_right_clock() -> None:
    builders.an_edition()
    now = db_now()

    assert behind_the_journal(now) is None
    assert behind_the_journal(now + HOUR) is None


@pytest.mark.parametrize("table", [Event, AuditEntry])
def test_a_clock_set_back_by_an_hour_is_noticed(table: type[Event] | type[AuditEntry]) -> None:
    builders.an_edition()
    now = db_now()
    table.objects.update(at=now + HOUR)

    ahead = behind_the_journal(now)

    assert ahead is not None
    assert abs(ahead - HOUR) < timedelta(seconds=10)


def test_nothing_is_compared_before_the_first_entry() -> None:
    assert behind_the_journal(db_now()) is None


def test_devices_outvote_a_server_that_is_an_hour_off() -> None:
    stage = a_stage(jurors=3, teams=1)
    now = db_now()
    for juror in stage.jurors:
        stage.score(juror, stage.teams[0], 0, 4, device_at=now + HOUR)

    ahead = apart_from_devices(db_now())

    assert ahead is not None
    assert abs(ahead + HOUR) < timedelta(seconds=10)


def test_one_wrong_device_and_scores_that_waited_are_no_reason_to_doubt() -> None:
    stage = a_stage(jurors=3, teams=1)
    now = db_now()
    # The first telephone is wrong, the second was without network for half an hour and then went on.
    stage.score(stage.jurors[0], stage.teams[0], 0, 4, device_at=now - 5 * HOUR)
    stage.score(stage.jurors[1], stage.teams[0], 0, 4, device_at=now - HOUR / 2)
    stage.score(stage.jurors[1], stage.teams[0], 1, 4, device_at=now)
    stage.score(stage.jurors[2], stage.teams[0], 0, 4, device_at=now)

    assert apart_from_devices(db_now()) is None


def test_one_device_alone_says_nothing() -> None:
    stage = a_stage(jurors=1, teams=1)
    stage.score(stage.jurors[0], stage.teams[0], 0, 4, device_at=db_now() - HOUR)

    assert apart_from_devices(db_now()) is None
