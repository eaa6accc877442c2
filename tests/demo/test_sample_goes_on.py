"""From the loaded sample onwards: the tick ends the extension and freezes, as it would in a real edition."""

from datetime import timedelta

import pytest
from django.db.models import F

from estrade.demo.sample import load_sample
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.scheduling.tasks import tick
from teams.models import Extension, Submission

pytestmark = pytest.mark.django_db


def test_the_late_draft_is_captured_when_its_time_is_over_and_not_before() -> None:
    edition = load_sample()
    late = Submission.objects.get(team__captain__username="late", team__edition=edition)

    tick()
    before = late.receipts.count()
    Extension.objects.update(granted_at=F("granted_at") - timedelta(hours=1), until=db_now())
    tick()
    tick()

    assert before == 0
    assert [receipt.state for receipt in late.receipts.all()] == ["captured"]


def test_the_scheduled_freeze_comes() -> None:
    edition = load_sample()
    tick()

    Edition.objects.filter(pk=edition.pk).update(freeze_at=db_now())
    tick()

    edition.refresh_from_db()
    assert edition.phase(db_now()) is Phase.FROZEN
    assert edition.transitions.filter(key="freeze").count() == 1
