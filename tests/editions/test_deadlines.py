"""Moving a time, and saying once that it was reached."""

from datetime import timedelta
from typing import Any

import pytest

from estrade.editions.deadlines import Moment, carry_out, due, move_deadline
from estrade.editions.models import Transition
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from tests.builders import a_role, an_edition, bring_to, organiser_of
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


def test_a_moved_deadline_is_told_to_everybody_and_audited() -> None:
    edition = an_edition()
    before, at = edition.submissions_close_at, edition.submissions_close_at + timedelta(minutes=30)

    move_deadline(
        person=organiser_of(edition), edition_id=edition.pk, name="submissions_close", at=at, reason=" The network was down "
    )

    edition.refresh_from_db()
    assert (edition.submissions_close_at, edition.revision) == (at, 1)
    told = Event.objects.filter(kind="deadline.moved")
    assert sorted(told.values_list("stream", flat=True)) == ["jury", "organisers", "participants", "public"]
    assert [event.payload for event in told] == [{"name": "submissions_close", "at": at.isoformat()}] * 4
    entry = AuditEntry.objects.get(action="deadline.move")
    assert (entry.before, entry.after, entry.reason) == (before.isoformat(), at.isoformat(), "The network was down")


def test_moving_to_the_same_time_changes_nothing() -> None:
    edition = an_edition()
    assert edition.freeze_at is not None

    move_deadline(person=organiser_of(edition), edition_id=edition.pk, name="freeze", at=edition.freeze_at)

    edition.refresh_from_db()
    assert edition.revision == 0
    assert not Event.objects.filter(kind="deadline.moved").exists()


@pytest.mark.parametrize(("minutes", "needs_reason"), [(14, True), (15, False), (16, False)])
def test_d9_a_deadline_comes_nearer_than_fifteen_minutes_with_a_reason_only(
    monkeypatch: pytest.MonkeyPatch, minutes: int, needs_reason: bool
) -> None:
    edition = an_edition()
    now = db_now()
    stop_clock(monkeypatch, now)
    wish: dict[str, Any] = {
        "person": organiser_of(edition), "edition_id": edition.pk,
        "name": "submissions_close", "at": now + timedelta(minutes=minutes),
    }  # fmt: skip

    if needs_reason:
        with pytest.raises(Refused, match="reason_required"):
            move_deadline(**wish)
    move_deadline(**wish, reason="Everybody has handed in" if needs_reason else "")

    edition.refresh_from_db()
    assert edition.submissions_close_at == now + timedelta(minutes=minutes)


def test_d9_a_little_more_time_needs_no_reason() -> None:
    edition = an_edition()
    organiser, soon = organiser_of(edition), db_now() + timedelta(minutes=5)
    move_deadline(person=organiser, edition_id=edition.pk, name="submissions_close", at=soon, reason="A storm")

    later = soon + timedelta(minutes=2)
    move_deadline(person=organiser, edition_id=edition.pk, name="submissions_close", at=later)

    edition.refresh_from_db()
    assert edition.submissions_close_at == later


@pytest.mark.parametrize(
    ("name", "shift", "code"),
    [
        ("submissions_close", timedelta(minutes=-1), "deadline_in_past"),
        ("submissions_close", timedelta(hours=12), "times_out_of_order"),
        ("judging_opens", timedelta(hours=1), "times_out_of_order"),
        ("freeze", timedelta(hours=1), "times_out_of_order"),
        ("opens", timedelta(hours=1), "already_open"),
        ("published", timedelta(hours=1), "deadline_unknown"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(name: str, shift: timedelta, code: str) -> None:
    edition = an_edition()

    with pytest.raises(Refused, match=code):
        move_deadline(person=organiser_of(edition), edition_id=edition.pk, name=name, at=db_now() + shift, reason="Because")

    edition.refresh_from_db()
    assert edition.revision == 0
    assert not AuditEntry.objects.filter(action="deadline.move").exists()


def test_an_event_opens_early_without_a_reason_and_once() -> None:
    edition = bring_to(an_edition(), Phase.BEFORE)
    organiser, soon = organiser_of(edition), db_now() + timedelta(minutes=1)

    move_deadline(person=organiser, edition_id=edition.pk, name="opens", at=soon)

    edition.refresh_from_db()
    assert edition.opens_at == soon
    assert edition.phase(soon) == Phase.OPEN


def test_a_freeze_that_has_begun_is_not_moved_away() -> None:
    edition = bring_to(an_edition(), Phase.FROZEN)

    with pytest.raises(Refused, match="board_frozen"):
        move_deadline(person=organiser_of(edition), edition_id=edition.pk, name="freeze", at=db_now() + timedelta(hours=1))

    edition.refresh_from_db()
    assert edition.phase(db_now()) == Phase.FROZEN


def test_only_organisers_of_the_edition_move_its_times() -> None:
    edition = an_edition()
    wish: dict[str, Any] = {"edition_id": edition.pk, "name": "freeze", "at": db_now() + timedelta(days=2)}

    for person in (a_role(edition, "participant"), a_role(edition, "president"), a_role(an_edition(), "organiser")):
        with pytest.raises(Refused, match="wrong_role"):
            move_deadline(person=person, **wish)
    with pytest.raises(Refused, match="not_found"):
        move_deadline(person=organiser_of(edition), **wish | {"edition_id": 999_999})
    bring_to(edition, Phase.PUBLISHED)
    with pytest.raises(Refused, match="wrong_phase"):
        move_deadline(person=organiser_of(edition), **wish)


def test_moments_are_due_in_their_order_until_carried_out() -> None:
    edition = bring_to(an_edition(), Phase.JUDGING)
    now = db_now()

    moments = due(edition, now)
    done = [carry_out(edition_id=edition.pk, key=moment.key, due_at=moment.due_at) for moment in moments]

    assert [moment.key for moment in moments] == ["opens", "submissions_close", "judging_opens"]
    assert moments[0] == Moment(edition_id=edition.pk, key="opens", due_at=edition.opens_at)
    assert done == [True, True, True]
    assert due(edition, now) == []
    assert not carry_out(edition_id=edition.pk, key="opens", due_at=edition.opens_at)
    assert Transition.objects.count() == 3


def test_a_moment_that_an_organiser_moved_away_is_not_carried_out() -> None:
    edition = bring_to(an_edition(), Phase.CLOSED)
    moment = due(edition, db_now())[1]
    later = db_now() + timedelta(minutes=20)
    move_deadline(person=organiser_of(edition), edition_id=edition.pk, name="submissions_close", at=later)

    done = carry_out(edition_id=edition.pk, key=moment.key, due_at=moment.due_at)

    assert not done
    assert not Transition.objects.exists()


def test_moving_one_time_does_not_make_the_others_due_again() -> None:
    edition = bring_to(an_edition(), Phase.CLOSED)
    for moment in due(edition, db_now()):
        carry_out(edition_id=edition.pk, key=moment.key, due_at=moment.due_at)

    move_deadline(person=organiser_of(edition), edition_id=edition.pk, name="freeze", at=db_now() + timedelta(days=1))
    edition.refresh_from_db()

    assert due(edition, db_now()) == []


def test_d8_the_floor_follows_what_was_carried_out_and_an_organiser_takes_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = bring_to(an_edition(), Phase.CLOSED)
    for moment in due(edition, db_now()):
        carry_out(edition_id=edition.pk, key=moment.key, due_at=moment.due_at)
    edition.refresh_from_db()
    closed_at = edition.submissions_close_at
    jumped_back = closed_at - timedelta(minutes=10)
    stop_clock(monkeypatch, jumped_back)

    by_the_clock = edition.phase(jumped_back)
    move_deadline(
        person=organiser_of(edition), edition_id=edition.pk, name="submissions_close",
        at=closed_at - timedelta(minutes=5), reason="The clock was wrong",
    )  # fmt: skip
    edition.refresh_from_db()

    assert by_the_clock == Phase.CLOSED
    assert edition.time_floor == jumped_back
    assert edition.phase(jumped_back) == Phase.OPEN
