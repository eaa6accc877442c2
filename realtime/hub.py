"""The hub: what one web process hears of the journal, handed out to its sockets.

Owns which socket of this process listens to what, the heartbeat and who is there. Decides no right
(`realtime.streams` does) and keeps no truth (the journal does): whatever it loses, the heads in the
next heartbeat let every page notice and fetch. One member of the Channels group per process, one
encoded frame per event, and no socket is ever waited for.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from estrade.journal.log import heads_of
from estrade.journal.wake import GROUP
from realtime import pulse, wire
from realtime.listener import Listener
from realtime.streams import carries_data

logger = logging.getLogger(__name__)

BEAT = 5.0
PRESENCE_BEAT = 2.0
# A page that moves to the next one is back within this time; only who is not is gone.
GRACE = 3.0
HEARD_LATELY = 10.0
RIGHTS_HOLD = 30.0
CHECKS_PER_BEAT = 200
PATIENCE = 30.0
# Juror requests run on the same loop and must not wait for a whole hall.
SOCKETS_PER_BREATH = 200
MOST_WAITERS = 500
# How the people of a rehearsal present themselves: pages that nobody looks at.
SIMULATED_AGENT = "estrade-simulated"

Place = tuple[int, str]
"""An edition and the name of one of its streams."""


class Hub:
    """The one hub of this process. `start()` on the server's loop, `stop()` before it ends."""

    def __init__(self) -> None:
        self._listeners: dict[Listener, None] = {}
        self._by_place: dict[Place, dict[Listener, None]] = {}
        self._waiters: dict[Place, dict[asyncio.Future[None], int]] = {}
        self._left: dict[tuple[int, int], float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._channel: str | None = None
        self._hurry = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen, to beat and to tell who is there."""
        if not self._tasks:
            self._hurry = asyncio.Event()
            self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._beat, self._tell_presence)]

    async def stop(self) -> None:
        """Close every socket and release whoever waits, within a moment."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            # A read that hangs in its thread is not waited for.
            await asyncio.wait(tasks, timeout=1)
        for listener in list(self._listeners):
            listener.close(wire.GOING_AWAY)
        for futures in list(self._waiters.values()):
            _release(futures)

    # --- Sockets ------------------------------------------------------------------------------------------------

    def add(self, listener: Listener) -> None:
        self._listeners[listener] = None

    def remove(self, listener: Listener) -> None:
        """Forget a socket. Bears being called twice."""
        listener.is_gone = True
        if self._listeners.pop(listener, self) is self:
            return
        for stream in listener.streams:
            self._forget(listener, stream)
        if listener.person_id is not None:
            self._left[listener.edition_id, listener.person_id] = time.monotonic()

    def subscribe(self, listener: Listener, streams: Iterable[str]) -> None:
        """Let a socket hear streams; whoever calls has checked the rights."""
        for stream in streams:
            self._by_place.setdefault((listener.edition_id, stream), {})[listener] = None
        listener.streams |= frozenset(streams)

    def unsubscribe(self, listener: Listener, streams: Iterable[str]) -> None:
        """Take streams away from a socket, and say so."""
        for stream in listener.streams.intersection(streams):
            self._forget(listener, stream)
            listener.offer(f"no {stream}", wire.refusal_frame(stream))
        listener.streams -= frozenset(streams)

    def _forget(self, listener: Listener, stream: str) -> None:
        place = listener.edition_id, stream
        listeners = self._by_place.get(place, {})
        listeners.pop(listener, None)
        if not listeners:
            self._by_place.pop(place, None)

    def greet(self, listener: Listener) -> None:
        """The page behind this socket says that somebody is there."""
        listener.greeted_at = time.monotonic()

    def people_online(self, edition_id: int) -> set[int]:
        """The people of this process whose page spoke within the last ten seconds. From any thread."""
        since = time.monotonic() - HEARD_LATELY
        return {
            listener.person_id
            for listener in list(self._listeners)
            if listener.edition_id == edition_id and listener.person_id is not None and listener.greeted_at > since
        }

    def browsers(self) -> int:
        """How many pages are connected, simulated people not counted. From any thread."""
        sockets = sum(one.agent != SIMULATED_AGENT and not one.is_gone for one in list(self._listeners))
        return sockets + sum(len(futures) for futures in list(self._waiters.values()))

    # --- From the journal to the sockets ------------------------------------------------------------------------

    async def _listen(self) -> None:
        is_failing = False
        while True:
            try:
                layer: Any = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                self._channel, is_failing = channel, False
                while True:
                    for news in (await layer.receive(channel)).get("news", ()):
                        await self._hand_out_safely(news)
            except Exception as error:
                if not is_failing:
                    logger.warning("The channel layer does not answer (%r); heartbeats go on, trying again", error)
                self._channel, is_failing = None, True
                await asyncio.sleep(1)

    async def _hand_out_safely(self, message: dict[str, Any]) -> None:
        try:
            await self.hand_out(message)
        except Exception:
            logger.exception("A message of the journal was not handed out; the next heartbeat carries its number")

    async def hand_out(self, message: dict[str, Any]) -> None:
        """One recorded event to every socket that listens to one of its streams: encoded once per stream."""
        edition_id, kind = message["edition"], message["kind"]
        for stream, number in message["heads"].items():
            place = edition_id, stream
            # News that took its time may be older than what a waiter already knows.
            _release(future for future, known in self._waiters.get(place, {}).items() if number > known)
            listeners = self._by_place.get(place)
            if not listeners:
                continue
            if carries_data(stream):
                frame = wire.event_frame(stream=stream, number=number, kind=kind, payload=message["payload"], at=message["at"])
            else:
                frame = wire.number_frame(stream=stream, number=number, kind=kind)
            await _offer_all(listeners, stream, frame)
        if kind == "role.taken":
            self._check_soon(edition_id, message["payload"]["person"])

    def _check_soon(self, edition_id: int, person_id: int) -> None:
        for listener in self._listeners:
            if listener.edition_id == edition_id and listener.person_id == person_id:
                listener.checked_at = float("-inf")
        self._hurry.set()

    async def wait_for(self, edition_id: int, stream: str, number: int, timeout: float) -> None:
        """Return when the stream is beyond `number`, or after `timeout` seconds: the long poll. On the hub's loop."""
        place = edition_id, stream
        if sum(map(len, self._waiters.values())) >= MOST_WAITERS:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(place, {})[future] = number
        try:
            heads = await database_sync_to_async(heads_of)(edition_id=edition_id, streams=[stream])
            if heads[stream] <= number:
                with suppress(TimeoutError):
                    async with asyncio.timeout(timeout):
                        await future
        finally:
            futures = self._waiters[place]
            del futures[future]
            if not futures:
                del self._waiters[place]

    # --- The heartbeat ------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        is_failing = False
        while True:
            # Not wait_for(): before Python 3.12 it can swallow the cancellation that ends this loop.
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT):
                    await self._hurry.wait()
            self._hurry.clear()
            try:
                await self._stay_in_group()
                await self._beat_once()
                is_failing = False
            except Exception as error:
                if not is_failing:
                    logger.warning("A heartbeat failed (%r); trying again", error)
                is_failing = True

    async def _stay_in_group(self) -> None:
        # The in-memory layer forgets members after a day, and after a laptop's sleep.
        if self._channel is not None:
            layer: Any = get_channel_layer()
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await layer.group_add(GROUP, self._channel)

    async def _beat_once(self) -> None:
        """Heads to every page; the end of sessions, rights and patience; news that no message brought."""
        listeners = list(self._listeners)
        now = time.monotonic()
        places: defaultdict[int, set[str]] = defaultdict(set)
        for listener in listeners:
            places[listener.edition_id] |= listener.streams
        for edition_id, stream in self._waiters:
            places[edition_id].add(stream)
        due = [one for one in listeners if one.session_key and now - one.checked_at > RIGHTS_HOLD][:CHECKS_PER_BEAT]
        checks = {one: pulse.Check(one.edition_id, one.session_key, one.person_id, one.streams) for one in due}
        sessions = {one.session_key for one in listeners if one.session_key}
        facts = await database_sync_to_async(pulse.read)(places=places, sessions=sessions, checks=set(checks.values()))

        for one, check in checks.items():
            one.checked_at = now
            self.unsubscribe(one, one.streams - facts.may_hear[check])
        for listener in listeners:
            if listener.session_key in facts.ended_sessions:
                listener.close(wire.SIGNED_OUT)
            elif listener.edition_id not in facts.heads or (listener.busy_since or now) < now - PATIENCE:
                listener.close(wire.RESUME)
        await self._send_heads(listeners, facts.heads)
        for (edition_id, stream), futures in list(self._waiters.items()):
            head = facts.heads.get(edition_id, {}).get(stream, 0)
            _release(future for future, number in futures.items() if head > number)

    async def _send_heads(self, listeners: list[Listener], heads: dict[int, dict[str, int]]) -> None:
        """One frame for all sockets that hear the same streams."""
        alike: defaultdict[tuple[int, frozenset[str]], list[Listener]] = defaultdict(list)
        for listener in listeners:
            alike[listener.edition_id, listener.streams].append(listener)
        for (edition_id, streams), same in alike.items():
            known = heads.get(edition_id, {})
            # A stream taken on during this beat has no head here; it was told when it was taken on.
            await _offer_all(same, "hb", wire.heartbeat_frame(heads={name: known[name] for name in streams if name in known}))

    # --- Who is there -------------------------------------------------------------------------------------------

    async def _tell_presence(self) -> None:
        told_at = float("-inf")
        while True:
            await asyncio.sleep(PRESENCE_BEAT)
            now = time.monotonic()
            heard: defaultdict[int, set[int]] = defaultdict(set)
            for one in self._listeners:
                if one.person_id is not None and one.greeted_at > told_at:
                    heard[one.edition_id].add(one.person_id)
            gone = self._take_gone(now)
            told_at = now
            if not heard and not gone:
                continue
            try:
                await database_sync_to_async(pulse.tell_presence)(heard=heard, gone=gone)
            except Exception as error:
                logger.warning("Presence was not told (%r); the next greeting tells it", error)

    def _take_gone(self, now: float) -> dict[int, set[int]]:
        """People whose last socket closed a moment ago and who did not come back, by edition."""
        here = {(one.edition_id, one.person_id) for one in self._listeners}
        gone: defaultdict[int, set[int]] = defaultdict(set)
        for (edition_id, person_id), left_at in list(self._left.items()):
            if now - left_at < GRACE:
                continue
            del self._left[edition_id, person_id]
            if (edition_id, person_id) not in here:
                gone[edition_id].add(person_id)
        return gone


async def _offer_all(listeners: Iterable[Listener], key: str, frame: wire.Frame) -> None:
    for count, listener in enumerate(list(listeners), start=1):
        listener.offer(key, frame)
        if count % SOCKETS_PER_BREATH == 0:
            await asyncio.sleep(0)


def _release(futures: Iterable[asyncio.Future[None]]) -> None:
    for future in list(futures):
        if not future.done():
            future.set_result(None)


hub = Hub()
