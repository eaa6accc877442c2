"""News on their way to the hubs: one message at a time, the rest together; a layer that hangs costs news, not requests."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from estrade.journal import wake

pytestmark = pytest.mark.embedded

SECONDS = 20


class SlowLayer:
    """A channel layer in which each message is on its way until `arrives` is set."""

    def __init__(self) -> None:
        self.sent: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.arrives = threading.Event()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.begun.release()
        while not self.arrives.is_set():
            await asyncio.sleep(0.005)
        self.sent.append([news["heads"]["public"] for news in message["news"]])


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowLayer]:
    slow = SlowLayer()
    monkeypatch.setattr(wake, "get_channel_layer", lambda: slow)
    monkeypatch.setattr(wake, "_loop", None)
    monkeypatch.setattr(wake, "_is_failing", False)
    monkeypatch.setattr(wake, "told", {})
    made, new_loop = list[asyncio.AbstractEventLoop](), asyncio.new_event_loop

    def noted() -> asyncio.AbstractEventLoop:
        made.append(new_loop())
        return made[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", noted)
    yield slow
    slow.arrives.set()
    _until(lambda: not wake._is_being_sent())
    for loop in made:
        if loop.is_running():
            loop.call_soon_threadsafe(loop.stop)
            _until(lambda loop=loop: not loop.is_running())  # type: ignore[misc]  # each its own loop
        for task in asyncio.all_tasks(loop):
            loop.run_until_complete(task)
        loop.close()


def _until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.005)


def _record(*numbers: int) -> None:
    for number in numbers:
        wake.wake_listeners(edition_id=1, heads={"public": number}, kind="news", payload={}, at=datetime.now(UTC))


def test_what_is_recorded_while_news_is_on_its_way_goes_together_and_in_order(layer: SlowLayer) -> None:
    _record(1)
    assert layer.begun.acquire(timeout=SECONDS)
    _record(2, 3, 4)

    layer.arrives.set()
    _until(lambda: len(layer.sent) == 2)
    _record(5)
    _until(lambda: len(layer.sent) == 3)

    assert layer.sent == [[1], [2, 3, 4], [5]]


def test_a_layer_that_hangs_is_given_up_and_the_next_news_is_sent(layer: SlowLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "SECONDS_TO_SEND", 0.05)
    monkeypatch.setattr(wake, "MOST_WAITING", 3)
    _record(1)
    assert layer.begun.acquire(timeout=SECONDS)
    _until(lambda: not wake._is_being_sent())
    monkeypatch.setattr(wake, "SECONDS_TO_SEND", SECONDS)

    _record(2)
    assert layer.begun.acquire(timeout=SECONDS)
    # One too many is dropped: its number comes with a heartbeat.
    _record(3, 4, 5, 6)
    layer.arrives.set()
    _until(lambda: len(layer.sent) == 2)

    assert layer.sent == [[2], [3, 4, 5]]


def test_news_goes_out_from_a_new_loop_when_the_old_one_stopped_with_news_on_its_way(layer: SlowLayer) -> None:
    _record(1)
    assert layer.begun.acquire(timeout=SECONDS)
    stopped = wake._loop
    assert stopped is not None
    stopped.call_soon_threadsafe(stopped.stop)
    _until(lambda: not stopped.is_running())

    layer.arrives.set()
    _record(2)
    _until(lambda: layer.sent == [[2]])

    assert wake._loop is not stopped
