"""More time for one team, never for its neighbour."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from teams.extensions import extend_team, window_of
from teams.models import Extension
from teams.submissions import deliver_submission, end_extension, save_draft
from tests.builders import WORDS, a_draft, a_team, an_edition, bring_to, captain_of, organiser_of
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


def test_an_extension_starts_at_the_deadline_while_that_lies_ahead() -> None:
    edition = an_edition()
    team = a_team(edition)

    extension = extend_team(person=organiser_of(edition), team_id=team.pk, minutes=10, reason="A power cut")

    assert extension.until == edition.submissions_close_at + timedelta(minutes=10)
    assert window_of(team, db_now()).closes_at == extension.until
    assert AuditEntry.objects.get(action="team.extend").reason == "A power cut"
    told = Event.objects.filter(kind="extension.granted").values_list("stream", flat=True)
    assert sorted(told) == ["organisers", f"team.{team.pk}"]


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.JUDGING])
def test_an_extension_after_the_deadline_starts_now_and_reopens_one_team_only(phase: Phase) -> None:
    edition = an_edition()
    team, neighbour = a_draft(a_team(edition)), a_draft(a_team(edition))
    bring_to(edition, phase)

    extension = extend_team(person=organiser_of(edition), team_id=team.pk, minutes=5, reason="A power cut")

    assert timedelta(minutes=4) < extension.until - db_now() <= timedelta(minutes=5)
    save_draft(person=captain_of(team), team_id=team.pk, **WORDS | {"title": "Better"}, base_revision=1)
    receipt = deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())
    assert (receipt.state, receipt.closes_at) == ("delivered", extension.until)
    with pytest.raises(Refused, match="submissions_closed"):
        save_draft(person=captain_of(neighbour), team_id=neighbour.pk, **WORDS | {"title": "Me too"}, base_revision=1)
    assert deliver_submission(person=captain_of(neighbour), team_id=neighbour.pk, client_id=uuid4()).state == "late"


def test_a_second_extension_is_added_to_the_first() -> None:
    edition = an_edition()
    team, organiser = a_team(edition), organiser_of(edition)

    extend_team(person=organiser, team_id=team.pk, minutes=10, reason="A power cut")
    second = extend_team(person=organiser, team_id=team.pk, minutes=5, reason="Another one")

    assert second.until == edition.submissions_close_at + timedelta(minutes=15)


@pytest.mark.parametrize("asked", [{}, {"minutes": 0}, {"minutes": -5}, {"minutes": 241}, {"minutes": 10**12}])
def test_an_extension_lasts_one_to_240_minutes(asked: dict[str, Any]) -> None:
    edition = an_edition()
    team = a_team(edition)

    with pytest.raises(Refused, match="extension_out_of_range") as refused:
        extend_team(person=organiser_of(edition), team_id=team.pk, reason="A power cut", **asked)

    assert refused.value.figures == {"lowest": 1, "highest": 240}
    assert not Extension.objects.exists()


def test_an_extension_until_an_instant_lies_after_the_deadline() -> None:
    edition = an_edition()
    team, organiser, deadline = a_team(edition), organiser_of(edition), edition.submissions_close_at

    for until in (deadline - timedelta(minutes=1), deadline, deadline + timedelta(hours=5)):
        with pytest.raises(Refused, match="extension_out_of_range"):
            extend_team(person=organiser, team_id=team.pk, until=until, reason="A power cut")

    assert extend_team(person=organiser, team_id=team.pk, until=deadline + timedelta(hours=1), reason="A power cut").pk


def test_an_extension_needs_an_organiser_of_the_edition_and_a_reason() -> None:
    edition = an_edition()
    team = a_team(edition)

    for person, reason, code in (
        (organiser_of(edition), " ", "reason_required"),
        (organiser_of(edition), "x" * 201, "too_long"),
        (captain_of(team), "Please", "wrong_role"),
        (organiser_of(an_edition()), "Please", "not_found"),
    ):
        with pytest.raises(Refused, match=code):
            extend_team(person=person, team_id=team.pk, minutes=10, reason=reason)


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.FROZEN, Phase.PUBLISHED])
def test_an_extension_is_granted_while_it_makes_sense(phase: Phase) -> None:
    edition = an_edition()
    team = a_team(edition)
    bring_to(edition, phase)

    with pytest.raises(Refused, match="wrong_phase"):
        extend_team(person=organiser_of(edition), team_id=team.pk, minutes=10, reason="A power cut")


def test_d8_a_clock_that_jumps_back_reopens_no_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()
    team = a_draft(a_team(edition))
    bring_to(edition, Phase.CLOSED)
    extension = extend_team(person=organiser_of(edition), team_id=team.pk, minutes=5, reason="A power cut")
    extension.until = db_now()
    extension.granted_at = extension.until - timedelta(minutes=5)
    extension.save()
    end_extension(extension=extension)

    stop_clock(monkeypatch, extension.until - timedelta(minutes=2))

    late = deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())
    assert late.state == "late"
