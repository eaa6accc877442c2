"""The tick: consequences of time, each carried out once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from estrade.editions.deadlines import move_deadline
from estrade.editions.models import Edition, Transition
from estrade.editions.phases import Phase
from estrade.journal.models import Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.scheduling import moments, tasks
from estrade.scheduling.tasks import tick
from teams import submissions
from teams.extensions import extend_team
from teams.models import Receipt, Submission, Team
from teams.submissions import deliver_submission, save_draft
from tests.builders import (
    WORDS,
    a_delivered_submission,
    a_draft,
    a_team,
    an_edition,
    bring_to,
    captain_of,
    organiser_of,
)
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


def current(team: Team) -> Receipt:
    """The version that counts."""
    return Receipt.objects.get(pk__in=Submission.objects.filter(team=team).values("current"))


def kinds(edition: Edition, stream: str) -> list[str]:
    return list(Event.objects.filter(edition=edition, stream=stream).order_by("seq").values_list("kind", flat=True))


def test_the_deadline_is_carried_out_once() -> None:
    edition = an_edition()
    drafted, delivered, empty = a_draft(a_team(edition)), a_team(edition), a_team(edition)
    a_delivered_submission(delivered)
    bring_to(edition, Phase.CLOSED)

    for _ in range(3):
        tick()

    states = {receipt.submission.team: receipt.state for receipt in Receipt.objects.all()}
    assert states == {drafted: "captured", delivered: "delivered"}
    assert empty not in states
    assert current(drafted).title == WORDS["title"]
    assert kinds(edition, "public") == ["phase.changed", "phase.changed", "submissions.closed"]
    assert kinds(edition, f"team.{drafted.pk}")[-1] == "submission.captured"
    assert set(Transition.objects.values_list("key", flat=True)) == {"opens", "submissions_close"}


def test_d2_the_deadline_holds_when_no_tick_ever_runs() -> None:
    edition = an_edition()
    team = a_draft(a_team(edition))
    bring_to(edition, Phase.CLOSED)

    receipt = deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())
    with pytest.raises(Refused, match="submissions_closed"):
        save_draft(person=captain_of(team), team_id=team.pk, **WORDS | {"title": "Too late"}, base_revision=1)

    team.submission.refresh_from_db()
    assert receipt.state == Receipt.State.LATE
    assert team.submission.current is None
    assert not Transition.objects.exists()


def test_d3_a_tick_twenty_minutes_late_tells_the_phases_in_their_order() -> None:
    edition = bring_to(an_edition(), Phase.FROZEN)

    tick()

    phases = Event.objects.filter(edition=edition, stream="public", kind="phase.changed").order_by("seq")
    assert [event.payload["phase"] for event in phases] == [1, 2, 3, 4]
    edition.refresh_from_db()
    assert edition.time_floor == edition.freeze_at


def test_d8_a_clock_that_jumps_back_reopens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()
    team = a_draft(a_team(edition))
    bring_to(edition, Phase.CLOSED)
    tick()
    edition.refresh_from_db()

    stop_clock(monkeypatch, edition.submissions_close_at - timedelta(minutes=5))

    receipt = deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())
    assert edition.phase(edition.submissions_close_at - timedelta(minutes=5)) == Phase.CLOSED
    assert receipt.state == Receipt.State.LATE


def test_d8_without_the_floor_the_jump_would_reopen() -> None:
    edition = bring_to(an_edition(), Phase.CLOSED)
    tick()
    edition.refresh_from_db()
    edition.time_floor = None

    phase = edition.phase(edition.submissions_close_at - timedelta(minutes=5))

    assert phase == Phase.OPEN


def test_a_phase_that_an_organiser_reopens_closes_again() -> None:
    edition = an_edition()
    team = a_draft(a_team(edition))
    bring_to(edition, Phase.CLOSED)
    tick()

    edition.refresh_from_db()
    later = db_now() + timedelta(minutes=20)
    move_deadline(person=organiser_of(edition), edition_id=edition.pk, name="submissions_close", at=later)
    edition.refresh_from_db()
    save_draft(person=captain_of(team), team_id=team.pk, **WORDS | {"title": "Better"}, base_revision=1)
    assert edition.phase(db_now()) == Phase.OPEN
    bring_to(edition, Phase.CLOSED)
    tick()

    assert current(team).title == "Better"
    assert kinds(edition, "public").count("submissions.closed") == 2


def test_an_extension_ends_by_itself() -> None:
    edition = an_edition()
    team, neighbour = a_draft(a_team(edition)), a_team(edition)
    extension = extend_team(person=organiser_of(edition), team_id=team.pk, minutes=10, reason="A power cut")
    bring_to(edition, Phase.CLOSED)
    extension.until = db_now() + timedelta(minutes=5)
    extension.save()

    tick()
    during = Receipt.objects.count()
    save_draft(person=captain_of(team), team_id=team.pk, **WORDS | {"title": "Last touch"}, base_revision=1)
    extension.until, extension.granted_at = db_now(), db_now() - timedelta(minutes=10)
    extension.save()
    tick()
    tick()

    receipt = Receipt.objects.get()
    assert during == 0
    assert (receipt.submission.team, receipt.state, receipt.title) == (team, "captured", "Last touch")
    assert kinds(edition, f"team.{team.pk}")[-2:] == ["submission.captured", "extension.ended"]
    assert kinds(edition, f"team.{neighbour.pk}") == ["team.created", "member.joined", "captain.changed"]


def test_an_extended_team_that_delivered_is_not_captured() -> None:
    edition = an_edition()
    team = a_team(edition)
    extension = extend_team(person=organiser_of(edition), team_id=team.pk, minutes=10, reason="A power cut")
    a_delivered_submission(team)
    bring_to(edition, Phase.CLOSED)
    extension.until, extension.granted_at = db_now(), db_now() - timedelta(minutes=10)
    extension.save()

    tick()

    assert Receipt.objects.get().state == Receipt.State.DELIVERED


def test_a_broken_edition_keeps_no_other_from_closing(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    broken, sound = an_edition(), an_edition()
    bring_to(broken, Phase.CLOSED)
    bring_to(sound, Phase.CLOSED)
    real = moments.carry_out_moment
    monkeypatch.setattr(tasks, "carry_out_moment", lambda m: 1 / 0 if m.edition_id == broken.pk else real(m))

    tick()

    assert "submissions.closed" in kinds(sound, "public")
    assert kinds(broken, "public") == []
    assert f"moments of {broken.slug} failed" in caplog.text


def test_a_worker_that_died_half_way_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()
    teams = [a_draft(a_team(edition)) for _ in range(3)]
    bring_to(edition, Phase.CLOSED)

    class Killed(BaseException):
        """What no `except Exception` can hold."""

    with monkeypatch.context() as during:
        taken: list[object] = []
        real = submissions.capture_one

        def dies_after_one(*, team_id: int) -> None:
            if taken:
                raise Killed
            taken.append(real(team_id=team_id))

        during.setattr(submissions, "capture_one", dies_after_one)
        with pytest.raises(Killed):
            tick()
    tick()

    assert Receipt.objects.filter(state="captured").count() == len(teams)
    assert kinds(edition, "public").count("submissions.closed") == 1


def test_a_tick_with_nothing_to_do_asks_little(django_assert_max_num_queries: Any) -> None:
    for edition in (an_edition(), an_edition(), an_edition()):
        for _ in range(3):
            a_team(edition)
        bring_to(edition, Phase.CLOSED)
    tick()

    with django_assert_max_num_queries(8):
        tick()


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_d3_fifty_ticks_at_once_carry_out_once() -> None:
    edition = an_edition()
    for _ in range(5):
        a_draft(a_team(edition))
    bring_to(edition, Phase.CLOSED)

    def one(_: int) -> None:
        tick()
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(50)))

    assert Receipt.objects.filter(state="captured").count() == 5
    assert Receipt.objects.count() == 5
    assert kinds(edition, "public") == ["phase.changed", "phase.changed", "submissions.closed"]
    assert connection.vendor == "postgresql"
