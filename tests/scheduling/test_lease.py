"""One scheduler leads: however many are started, one tick runs at a time, and who is killed is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import translation

from estrade.config.celery import app
from estrade.kernel.clock import db_now
from estrade.scheduling import lease, tasks
from estrade.scheduling.lease import LEASE, PAUSE, SILENCE, TICK, in_turn, silence, take_turn
from estrade.scheduling.models import Lease
from tests import servers
from tests.tables import lay_tables

ROOT = Path(__file__).resolve().parents[2]


def at(monkeypatch: pytest.MonkeyPatch, instant: Any) -> None:
    monkeypatch.setattr(lease, "db_now", lambda: instant)


def test_beat_sends_the_tick_that_asks_for_its_turn() -> None:
    sent = app.conf.beat_schedule["tick"]

    assert sent["task"] == tasks.tick_in_turn.name
    assert (sent["schedule"], sent["options"]) == (1.0, {"expires": 1.0})


@pytest.mark.django_db
def test_nobody_takes_a_turn_that_is_taken() -> None:
    ran: list[str] = []

    def first(keep: object) -> None:
        ran.append("first")
        assert not in_turn(lambda keep: ran.append("second"))

    assert in_turn(first)
    # Nor right after it: ticks of two schedulers come as often as those of one.
    assert not in_turn(lambda keep: ran.append("third"))
    assert ran == ["first"]


@pytest.mark.django_db
def test_the_next_turn_is_a_pause_after_the_beginning_of_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    now = db_now()
    at(monkeypatch, now)
    assert in_turn(lambda keep: None)

    at(monkeypatch, now + PAUSE - timedelta(milliseconds=1))
    early = take_turn()
    at(monkeypatch, now + PAUSE)
    due = take_turn()

    assert early is None
    assert due is not None


@pytest.mark.django_db
def test_a_killed_leader_is_replaced_within_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = db_now()
    at(monkeypatch, now)
    # Taken, and never ended.
    killed = take_turn()

    at(monkeypatch, now + LEASE - timedelta(milliseconds=1))
    too_soon = take_turn()
    at(monkeypatch, now + LEASE)
    successor = take_turn()
    assert killed is not None
    killed.end()
    disturbed = take_turn()

    assert too_soon is None
    assert successor is not None
    # One who comes to after all takes nothing away from its successor.
    assert disturbed is None
    assert timedelta(seconds=1) + LEASE < timedelta(seconds=10)


@pytest.mark.django_db
def test_a_long_tick_keeps_its_turn_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    now = db_now()
    at(monkeypatch, now)
    turn = take_turn()
    assert turn is not None

    for seconds in range(0, 20, 3):
        at(monkeypatch, now + timedelta(seconds=seconds))
        turn.keep()
        assert take_turn() is None
    turn.end()

    assert take_turn() is not None


@pytest.mark.django_db
def test_a_clock_set_back_does_not_stop_the_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = db_now()
    at(monkeypatch, now)
    assert in_turn(lambda keep: None)

    at(monkeypatch, now - timedelta(hours=1))

    assert take_turn() is not None


@pytest.mark.django_db
def test_a_tick_that_fails_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = db_now()
    at(monkeypatch, now)
    with pytest.raises(ZeroDivisionError):
        in_turn(lambda keep: 1 / 0)  # type: ignore[arg-type]  # it fails before it returns

    at(monkeypatch, now + PAUSE)

    assert take_turn() is not None


@pytest.mark.django_db
def test_a_silence_of_the_schedulers_is_a_problem(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.REDIS_URL = ""
    never_alone = silence()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    never_apart = silence()
    now = db_now()
    at(monkeypatch, now)
    in_turn(lambda keep: None)
    at(monkeypatch, now + SILENCE)
    lately = silence()
    at(monkeypatch, now + SILENCE + timedelta(seconds=5))
    long_ago = silence()
    with translation.override("en"):
        sentence = str(long_ago and long_ago.sentence)

    assert (never_alone, lately) == (None, None)
    assert never_apart is not None
    assert long_ago is not None
    assert (never_apart.code, long_ago.code) == ("scheduler_silent", "scheduler_silent")
    assert (long_ago.is_serious, "20 s" in sentence) == (False, True)


def three_at_once(work: Any) -> list[Any]:
    """What three schedulers get that ask in the same moment."""
    start = threading.Barrier(3)

    def one(_: int) -> Any:
        start.wait(10)
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(one, range(3)))


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_f15_of_three_schedulers_one_leads() -> None:
    for _ in range(10):
        # With a row that is free, and every other time without one.
        Lease.objects.filter(name=TICK).update(until=db_now()) if _ % 2 else Lease.objects.all().delete()

        taken = three_at_once(take_turn)

        assert sum(turn is not None for turn in taken) == 1


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_without_the_one_statement_several_would_lead() -> None:
    Lease.objects.create(name=TICK, holder="", until=db_now())
    seen = threading.Barrier(3)

    def look_first_then_write() -> bool:
        free = Lease.objects.filter(name=TICK, until__lte=db_now()).exists()
        seen.wait(10)
        if free:
            Lease.objects.filter(name=TICK).update(until=db_now() + LEASE)
        return free

    assert three_at_once(look_first_then_write) == [True, True, True]


SCHEDULER = """
import os, sys, time; sys.path[:0] = ["platform", "."]
import django; django.setup()
from estrade.scheduling.lease import in_turn
def say(word): os.write(1, f"{os.getpid()} {word} {time.monotonic()}\\n".encode())
def work(keep): say("begins"); time.sleep(0.3); say("ends")
while True:
    in_turn(work); time.sleep(0.1)
"""


@pytest.mark.embedded
def test_f15_three_processes_one_ticks_and_a_killed_one_is_replaced(tmp_path: Path) -> None:
    foreign = ("ESTRADE_", "DATABASE_URL", "REDIS_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = {**kept, "ESTRADE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "estrade.config.settings"}
    lay_tables(tmp_path)
    log = tmp_path / "said"
    with log.open("ab") as output:
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", SCHEDULER], cwd=ROOT, env=environment, stdout=output,
                preexec_fn=servers.dies_with_parent(signal.SIGKILL),
            )
            for _ in range(3)
        ]  # fmt: skip

    def said() -> list[tuple[int, str, float]]:
        whole = log.read_text().rpartition("\n")[0]
        return [(int(pid), word, float(when)) for pid, word, when in (line.split() for line in whole.splitlines())]

    def wait_for(is_so: Any) -> None:
        limit = time.monotonic() + 40
        while not is_so():
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.02)

    try:
        wait_for(lambda: len(said()) >= 6)
        count = len(said())
        wait_for(lambda: len(said()) > count and said()[-1][1] == "begins")
        leader, _, began = said()[-1]
        next(process for process in processes if process.pid == leader).kill()
        wait_for(lambda: said()[-1][2] > began + 1)
    finally:
        for process in processes:
            process.kill()
            process.wait()

    lines = said()
    before = [line for line in lines if line[2] < began]
    after = [line for line in lines if line[2] > began + 1]
    # One at a time: who begins also ends before anybody else begins.
    assert [word for _, word, _ in before] == ["begins", "ends"] * (len(before) // 2)
    assert all(before[place][0] == before[place + 1][0] for place in range(0, len(before), 2))
    assert after[0][0] != leader
    assert after[0][2] - began < 10
