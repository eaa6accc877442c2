"""Of several processes exactly one plays, and another goes on when it falls silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.rehearsal.leases import PlayLost, beat, catch_up, release, shift_instants, take_leases
from estrade.rehearsal.models import Play
from estrade.rehearsal.rehearsals import start_rehearsal
from estrade.scheduling.tasks import tick
from tests import builders
from tests.kept import laid_again
from tests.rehearsal.world import a_bare_event

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@laid_again
def a_play() -> Play:
    edition = a_bare_event()
    return start_rehearsal(person=builders.organiser_of(edition), edition_id=edition.pk, length=HOUR)


def go_silent(play: Play, seconds: float) -> None:
    """As if the process that plays had died that long ago."""
    by = timedelta(seconds=seconds)
    Play.objects.filter(pk=play.pk).update(held_until=F("held_until") - by, alive_at=F("alive_at") - by)


def test_one_of_two_processes_takes_the_play() -> None:
    play = a_play()

    first, second = take_leases("first"), take_leases("second")

    assert ([one.pk for one in first], second) == ([play.pk], [])


def test_another_process_goes_on_when_the_first_falls_silent_and_the_first_notices() -> None:
    play = a_play()
    take_leases("first")
    played = beat(token=play.token, holder="first", seconds=2, somebody_looks=False).elapsed
    go_silent(play, 20)

    taken = take_leases("second")

    assert [one.pk for one in taken] == [play.pk]
    with pytest.raises(PlayLost):
        beat(token=play.token, holder="first", seconds=1, somebody_looks=False)
    assert beat(token=play.token, holder="second", seconds=1, somebody_looks=False).elapsed == played + 1


def test_a_process_that_beats_too_late_has_lost_the_play() -> None:
    play = a_play()
    take_leases("first")
    go_silent(play, 20)

    with pytest.raises(PlayLost):
        beat(token=play.token, holder="first", seconds=20, somebody_looks=False)

    assert Play.objects.get().elapsed == 0


def test_a_process_that_stops_lets_the_next_one_in_at_once() -> None:
    play = a_play()
    take_leases("first")

    release(holder="first")

    assert [one.pk for one in take_leases("second")] == [play.pk]


def test_a_play_that_is_led_here_already_is_not_taken_twice() -> None:
    play = a_play()

    assert take_leases("first", besides={play.token}) == []


def test_looking_for_a_play_costs_one_query() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        take_leases("first")

    assert len([one for one in queries if "rehearsal_play" in one["sql"]]) == 1


def test_a_stop_moves_what_was_ahead_and_leaves_what_was_carried_out() -> None:
    play = a_play()
    tick()
    before = Edition.objects.get(pk=play.edition_id)
    take_leases("first")
    release(holder="first")
    go_silent(play, 600)

    catch_up(alone=False)

    after = Edition.objects.get(pk=play.edition_id)
    assert after.opens_at == before.opens_at
    assert timedelta(minutes=9) < after.submissions_close_at - before.submissions_close_at < timedelta(minutes=11)
    assert after.freeze_at is not None
    assert before.freeze_at is not None
    assert after.freeze_at - before.freeze_at == after.submissions_close_at - before.submissions_close_at


def test_an_instant_that_was_carried_out_during_the_stop_is_not_moved() -> None:
    play = a_play()
    edition = play.edition
    builders.bring_to(edition, Phase.CLOSED)
    tick()
    edition.refresh_from_db()

    shift_instants(edition_id=edition.pk, ahead_of=db_now() - timedelta(days=1), by=HOUR)

    moved = Edition.objects.get(pk=edition.pk)
    assert moved.submissions_close_at == edition.submissions_close_at
    assert moved.judging_opens_at == edition.judging_opens_at + HOUR


def test_while_a_play_is_paused_its_times_stay_as_far_away() -> None:
    play = a_play()
    take_leases("first")
    Play.objects.update(is_paused=True)
    before = Edition.objects.get(pk=play.edition_id).submissions_close_at

    paused = beat(token=play.token, holder="first", seconds=30, somebody_looks=True)

    assert paused.elapsed == 0
    assert Edition.objects.get(pk=play.edition_id).submissions_close_at == before + timedelta(seconds=30)


@pytest.mark.parametrize(("somebody_looks", "elapsed"), [(False, 0), (True, 5)])
def test_a_play_that_waits_for_eyes_stands_still_without_them(somebody_looks: bool, elapsed: float) -> None:
    play = a_play()
    take_leases("first")
    Play.objects.update(waits_for_eyes=True)

    played = beat(token=play.token, holder="first", seconds=5, somebody_looks=somebody_looks)

    assert played.elapsed == elapsed


@pytest.mark.parametrize(("alone", "moved"), [(True, True), (False, False)])
def test_a_lease_that_still_runs_is_respected_unless_nobody_else_serves(alone: bool, moved: bool) -> None:
    play = a_play()
    take_leases("killed")
    Play.objects.update(alive_at=F("alive_at") - timedelta(seconds=5))
    before = Edition.objects.get(pk=play.edition_id).submissions_close_at

    catch_up(alone=alone)

    assert (Edition.objects.get(pk=play.edition_id).submissions_close_at > before) == moved
    assert bool(take_leases("next")) == moved
