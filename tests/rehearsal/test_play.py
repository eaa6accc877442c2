"""A whole rehearsal on the served application, from the opening to the prize, quick: then nothing of it is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connections, transaction

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.people.models import Presence
from estrade.rehearsal.player import Player
from estrade.rehearsal.rehearsals import start_rehearsal, take_seat, wipe_rehearsal
from estrade.scheduling.tasks import tick
from judging.models import Ballot, ScoreRevision
from judging.reveal import advance_reveal, publish_results
from teams.models import Receipt
from tests.judging.stage import sign_off
from tests.rehearsal.world import a_busy_event, digests
from tests.serving import Site, served

SECONDS = 9
PATIENCE = 45


@contextmanager
def ticking() -> Iterator[None]:
    """The beat that a worker would bring, and more of it."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(0.2):
            tick()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)


@contextmanager
def playing(site: Site) -> Iterator[Player]:
    player = Player()
    player.listens_at("127.0.0.1", site.port)
    player.start()
    try:
        yield player
    finally:
        player.stop()


def wait_until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_a_rehearsal_from_the_opening_to_the_prize_and_no_trace_of_it() -> None:
    stage = a_busy_event()
    tick()
    before = digests(besides=stage.edition)
    told: list[str] = []

    play = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=timedelta(seconds=SECONDS))
    copy = play.edition
    taken = copy.rounds.get().seats.order_by("number")[0].person_id
    with transaction.atomic():
        take_seat(token=play.token, person_id=taken)

    with served() as site, ticking(), playing(site) as player:
        player.tell = lambda act: told.append(act.key)
        everything = Ballot.objects.filter(team__edition=copy, barred_reason="")
        wait_until(lambda: "last" in told)
        wait_until(lambda: not everything.filter(completed_at=None).exists())
        wait_until(lambda: Edition.objects.get(pk=copy.pk).phase(db_now()) is Phase.FROZEN)
        states = sorted(Receipt.objects.filter(submission__team__edition=copy).values_list("submission__team__number", "state"))
        seen = set(Presence.objects.filter(edition=copy).values_list("person_id", flat=True))
        sent = list(ScoreRevision.objects.filter(ballot__team__edition=copy).values_list("ballot", "criterion"))
        signed = sign_off(person=stage.organiser, round_id=copy.rounds.get().pk)
        for step in range(3):
            advance_reveal(person=stage.organiser, round_id=copy.rounds.get().pk, from_step=step)
        publish_results(person=stage.organiser, round_id=copy.rounds.get().pk)
        acts = list(told)
        proof = wipe_rehearsal(person=stage.organiser, edition_id=stage.edition.pk)

    assert acts == ["opening", "delivery", "deadline", "scoring", "offline", "online", "lost", "freeze", "last"]
    # On a busy machine a delivery of the first two may come late as well: that is what a deadline is.
    assert {number for number, _state in states} == {1, 2, 3, 4}
    assert [state for number, state in states if number == 3] == ["captured", "late"]
    assert [state for number, state in states if number == 4] == ["captured"]
    # The seat that somebody took is filled in the end, without pretending that anybody is there.
    assert len(seen) > 2
    assert seen.isdisjoint({taken})
    assert len(sent) == len(set(sent)) == 10 * 3
    assert len(signed.standings) == 4
    assert proof.is_clean
    assert digests(besides=stage.edition) == before
