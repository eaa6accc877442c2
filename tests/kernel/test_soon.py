"""Many requests for the same work become few runs, and the last one is always followed by a run."""

import threading
import time
from functools import partial
from typing import Any

import pytest

from estrade.kernel.soon import Soon

pytestmark = pytest.mark.django_db


def test_the_first_runs_at_once_and_the_rest_once_per_interval(settings: Any) -> None:
    settings.SOON_INLINE = False
    runs: list[float] = []
    soon, ran = Soon(), threading.Semaphore(0)

    def work() -> None:
        runs.append(time.monotonic())
        ran.release()

    soon.ask("board", work, interval=0.2)
    assert ran.acquire(timeout=5)
    for _ in range(50):
        soon.ask("board", work, interval=0.2)
    assert ran.acquire(timeout=5)

    assert len(runs) == 2
    assert runs[1] - runs[0] >= 0.19


def test_work_that_fails_keeps_no_other_from_running(settings: Any) -> None:
    settings.SOON_INLINE = False
    soon, ran = Soon(), threading.Event()

    soon.ask("broken", lambda: 1 / 0, interval=0)
    soon.ask("sound", ran.set, interval=0)

    assert ran.wait(timeout=5)


def test_inline_work_runs_before_the_answer(settings: Any) -> None:
    settings.SOON_INLINE = True
    runs: list[int] = []

    for number in range(3):
        Soon().ask("board", partial(runs.append, number), interval=10)

    assert runs == [0, 1, 2]
