"""Handing in: what counts, what is late, what is kept."""

from datetime import timedelta
from uuid import uuid4

import pytest

from estrade.editions.phases import Phase
from estrade.journal.models import Event
from estrade.kernel.refusal import Refused
from teams.models import Receipt
from teams.submissions import accept_late, capture_drafts, deliver_submission, fingerprint_of, save_draft
from tests.builders import WORDS, a_delivered_submission, a_draft, a_team, an_edition, bring_to, captain_of, organiser_of
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


def test_a_delivery_before_the_deadline_counts() -> None:
    team = a_draft(a_team(an_edition(), name="Canopée"))

    receipt = a_delivered_submission(team)

    team.submission.refresh_from_db()
    assert team.submission.current == receipt
    assert receipt.state == Receipt.State.DELIVERED
    assert receipt.number == 1
    assert receipt.reference == "H2H-CAN-0001"
    assert receipt.fingerprint == fingerprint_of(WORDS)
    assert receipt.closes_at == team.edition.submissions_close_at


@pytest.mark.parametrize(
    ("after", "state"),
    [(timedelta(milliseconds=-1), "delivered"), (timedelta(0), "late"), (timedelta(milliseconds=1), "late")],
)
def test_d1_a_delivery_counts_strictly_before_the_deadline(
    monkeypatch: pytest.MonkeyPatch, after: timedelta, state: str
) -> None:
    team = a_draft(a_team(an_edition()))
    deadline = team.edition.submissions_close_at
    stop_clock(monkeypatch, deadline + after)

    receipt = deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())

    team.submission.refresh_from_db()
    assert receipt.state == state
    assert receipt.received_at - receipt.closes_at == after
    assert (team.submission.current == receipt) == (state == "delivered")
