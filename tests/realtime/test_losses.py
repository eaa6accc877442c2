"""What goes wrong between the hub and a page: readers that stall, messages that never come."""

import asyncio
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from django.db import connections

from estrade.editions.announcements import announce
from estrade.editions.models import Edition
from estrade.journal.log import PUBLIC, heads_of, since
from realtime import hub as hub_module
from realtime.hub import hub
from realtime.listener import Listener
from tests.builders import an_edition, organiser_of
from tests.serving import SECONDS, Site, hear, say, subscribed

pytestmark = pytest.mark.django_db(transaction=True)

FRAMES = 300
# Together more than the kernel keeps for a socket that nobody reads.
FRAME_BYTES = 48 * 1024


def hand_out(edition: Edition, number: int, *, seconds: float = SECONDS) -> None:
    """Let the hub hand out one large event, and wait until it has gone round."""
    message = {
        "edition": edition.pk, "heads": {PUBLIC: number}, "kind": "board.changed", "payload": "x" * FRAME_BYTES, "at": "",
    }  # fmt: skip
    done = asyncio.run_coroutine_threadsafe(hub.hand_out(message), hub._tasks[0].get_loop())
    try:
        done.result(timeout=seconds)
    finally:
        done.cancel()


@contextmanager
def stalled_reader(site: Site, slug: str) -> Iterator[socket.socket]:
    """A phone in a pocket: it subscribed, and reads nothing any more."""
    with socket.socket() as phone:
        phone.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        phone.connect(("127.0.0.1", site.port))
        lines = [f"GET /ws/{slug}/ HTTP/1.1", f"Host: {site.host}", f"Origin: {site.origin}", "Upgrade: websocket"]
        lines += ["Connection: Upgrade", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13", "", ""]
        phone.sendall("\r\n".join(lines).encode())
        while b"\r\n\r\n" not in phone.recv(1000):
            pass
        text = b'{"t":"sub","streams":{"public":-1}}'
        phone.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
        # The answer has come when the first byte has.
        phone.recv(1)
        yield phone


def test_stalled_reader_delays_nobody_and_is_cut_off_in_the_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()
    with stalled_reader(site, edition.slug), site.socket(edition.slug, max_size=None) as reader:
        subscribed(reader, PUBLIC)

        heard = []
        for number in range(1, FRAMES + 1):
            hand_out(edition, number)
            heard.append(hear(reader, "ev")["n"])

        assert heard == list(range(1, FRAMES + 1))
        assert hub.browsers() == 2
        monkeypatch.setattr(hub_module, "PATIENCE", 0.0)
        hub._tasks[0].get_loop().call_soon_threadsafe(hub._hurry.set)
        until(lambda: hub.browsers() == 1)


def test_twin_that_waits_for_each_socket_stands_still(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait_for_each(listeners: dict[Listener, None], key: str, frame: Any) -> None:
        for listener in list(listeners):
            await listener._send(frame)

    edition = an_edition()
    monkeypatch.setattr(hub_module, "_offer_all", wait_for_each)
    with stalled_reader(site, edition.slug), site.socket(edition.slug, max_size=None) as reader:
        subscribed(reader, PUBLIC)

        heard = []
        with suppress(TimeoutError):
            for number in range(1, FRAMES + 1):
                hand_out(edition, number, seconds=1)
                heard.append(hear(reader, "ev")["n"])

    assert len(heard) < FRAMES


def test_page_that_misses_a_third_of_the_messages_ends_with_all_events(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()
    organiser = organiser_of(edition)
    whole, chance = hub.hand_out, random.Random(7)

    async def lossy(message: dict[str, Any]) -> None:
        if chance.random() > 0.3:
            await whole(message)

    monkeypatch.setattr(hub, "hand_out", lossy)
    monkeypatch.setattr(hub_module, "BEAT", 0.1)
    with site.socket(edition.slug) as reader, httpx.Client(base_url=site.origin, verify=False) as client:
        page = Page(edition, client, subscribed(reader, PUBLIC)["heads"][PUBLIC])

        for number in range(30):
            announce(person=organiser, edition_id=edition.pk, text=f"News {number}")
        head = heads_of(edition_id=edition.pk, streams=[PUBLIC])[PUBLIC]
        limit = time.monotonic() + SECONDS
        while page.last < head and time.monotonic() < limit:
            page.take(hear(reader))

    written = since(edition_id=edition.pk, stream=PUBLIC, number=page.first)
    assert page.applied == [(event.seq, event.payload) for event in written]
    assert page.fetched > 0


class Page:
    """What stream.js does with frames, in a few lines: apply the next number, fetch what is missing."""

    def __init__(self, edition: Edition, client: httpx.Client, last: int) -> None:
        self._address = f"/api/v1/editions/{edition.slug}/events/"
        self._client = client
        self.first = self.last = last
        self.applied: list[tuple[int, Any]] = []
        self.fetched = 0

    def take(self, frame: dict[str, Any]) -> None:
        number = frame["heads"][PUBLIC] if frame["t"] == "hb" else frame["n"]
        if number == self.last + 1 and frame["t"] == "ev":
            self._apply(number, frame["d"])
        elif number > self.last:
            self.fetched += 1
            answer = self._client.get(self._address, params={"stream": PUBLIC, "since": self.last}).json()
            for event in answer["events"]:
                self._apply(event["n"], event["d"])

    def _apply(self, number: int, data: Any) -> None:
        assert number == self.last + 1
        self.last = number
        self.applied.append((number, data))


def until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_long_poll_answers_as_soon_as_something_happens(site: Site) -> None:
    edition = an_edition()
    organiser = organiser_of(edition)
    announce(person=organiser, edition_id=edition.pk, text="Welcome")
    head = heads_of(edition_id=edition.pk, streams=[PUBLIC])[PUBLIC]
    with httpx.Client(base_url=site.origin, timeout=30, verify=False) as client, site.socket(edition.slug) as reader:
        say(reader, t="hi")
        address = f"/api/v1/editions/{edition.slug}/events/"

        with_news = client.get(address, params={"since": head - 1, "wait": 20}).json()
        began = time.monotonic()
        silence = client.get(address, params={"since": head, "wait": 1}).json()
        took = time.monotonic() - began
        hidden = client.get(address, params={"stream": "organisers", "since": 0, "wait": 20})
        with running(lambda: announce(person=organiser, edition_id=edition.pk, text="Lunch")):
            woken = client.get(address, params={"since": head, "wait": 20}).json()

    assert (with_news["head"], len(with_news["events"])) == (head, 1)
    assert silence == {"head": head, "events": []}
    assert 0.9 < took < 5
    # Who may not hear a stream does not learn by waiting when something happens on it.
    assert hidden.status_code == 404
    assert [event["n"] for event in woken["events"]] == [head + 1]
    assert time.monotonic() - began < SECONDS


@contextmanager
def running(work: Callable[[], object]) -> Iterator[None]:
    """Do the work on another thread once somebody waits in the hub."""

    def later() -> None:
        until(lambda: bool(hub._waiters))
        work()
        connections.close_all()

    thread = threading.Thread(target=later)
    thread.start()
    yield
    thread.join(SECONDS)
