"""Plays rehearsals, and the demonstration: in each serving process one light thread that looks for a play to lead.

"Compressed" means that the stored instants lie minutes apart; every clock is the real one. While a play is paused, or
(in the demonstration) while nobody looks, instants not yet reached move along, so that they stay just as far away.
The player decides nothing of the edition: simulated people act through its addresses, and the tick does the rest.
"""

import asyncio
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, transaction

from estrade.people.models import Person
from estrade.rehearsal.cast import Cast, cast_of, leftovers_of, next_round_of, story_of
from estrade.rehearsal.invented import pitch_of
from estrade.rehearsal.leases import PlayLost, beat, release, remember_told, take_leases
from estrade.rehearsal.models import Play
from estrade.rehearsal.script import Act, Deed, PlannedScore, Story
from estrade.rehearsal.simulated import Server, Simulated
from realtime.hub import hub

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

POLL = 3.0
BEAT = 0.5
# After the last act nothing is left to do but to stay connected.
QUIET_BEAT = 2.0
GRACE = 4.0
THREADS = 12
OFFLINE_JUROR = 3


def _in_database(work: Callable[P, R]) -> Callable[P, R]:
    """Leave no connection behind in the pool's threads."""

    @wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        close_old_connections()
        try:
            return work(*args, **kwargs)
        finally:
            close_old_connections()

    return done


class Player:
    """The one player of this process. `start()` and `listens_at()` in any order; `stop()` returns within a second."""

    def __init__(self) -> None:
        self.holder = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(6)}"
        self.tell: Callable[[Act], None] = lambda act: None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hurry = asyncio.Event()
        self._stopping = False

    def listens_at(self, host: str, port: int, certificate: str | None = None) -> None:
        """Where this process answers. Told by whoever opened the socket, or learnt from the first request.

        `certificate`: the file of its own, when it speaks TLS without a proxy in front of it.
        """
        if self._server is None:
            everywhere = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
            self._server = Server(everywhere.get(host, host), port, certificate)
            self.wake()

    def start(self) -> None:
        """Begin to look for plays."""
        if self._thread is None:
            self._stopping, self._hurry = False, asyncio.Event()
            self._thread = threading.Thread(target=self._run, name="rehearsal", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Give up every play, so that another process goes on."""
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout=1)
        self._thread, self._server = None, None

    def wake(self) -> None:
        """Look for plays now instead of in a while. From any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._hurry.set)

    def _run(self) -> None:
        asyncio.run(self._look_for_plays())

    async def _look_for_plays(self) -> None:
        self._loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="rehearsal")
        self._loop.set_default_executor(pool)
        plays: dict[str, asyncio.Task[None]] = {}
        try:
            while not self._stopping:
                plays = {token: task for token, task in plays.items() if not task.done()}
                if self._server is not None:
                    plays |= await self._take_plays(self._server, leading=set(plays))
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._hurry.wait()
                self._hurry.clear()
        finally:
            for task in plays.values():
                task.cancel()
            await asyncio.gather(*plays.values(), return_exceptions=True)
            with suppress(Exception):
                await asyncio.to_thread(_in_database(release), holder=self.holder)
            self._loop = None
            pool.shutdown(wait=False, cancel_futures=True)

    async def _take_plays(self, server: Server, *, leading: set[str]) -> dict[str, asyncio.Task[None]]:
        try:
            taken = await asyncio.to_thread(_in_database(take_leases), self.holder, besides=leading)
        except Exception as error:
            logger.warning("Looking for a rehearsal failed (%r); trying again", error)
            return {}
        return {play.token: asyncio.create_task(self._play(play, server)) for play in taken}

    async def _play(self, play: Play, server: Server) -> None:
        """Lead one play until it is lost."""
        while True:
            try:
                performance = await asyncio.to_thread(_prepare, play.token, self.holder, server)
                await performance.run(self.tell)
            except PlayLost:
                return
            except Exception:
                logger.exception("The rehearsal stumbled and goes on")
                await asyncio.sleep(1)


class _Performance:
    """The simulated people of one play and what they have still to do."""

    def __init__(self, play: Play, holder: str, server: Server, cast: Cast, people: dict[int, Simulated]) -> None:
        self.play, self.story = play, story_of(play)
        self._holder, self._server = holder, server
        self._plan, self._people, self._round = cast.plan, people, cast.round_id
        self._away = cast.jurors[min(OFFLINE_JUROR, len(cast.jurors) - 1)].pk if cast.jurors else 0
        self._sent = 0
        self._is_filled = self._has_lost = False

    async def run(self, tell: Callable[[Act], None]) -> None:
        """Beat by beat until the play is lost. Raises PlayLost."""
        lives = [asyncio.create_task(person.live()) for person in self._people.values()]
        last = time.monotonic()
        seen_at = last - GRACE
        try:
            while True:
                now = time.monotonic()
                if hub.browsers() > 0:
                    seen_at = now
                self.play = await asyncio.to_thread(
                    _in_database(beat),
                    token=self.play.token,
                    holder=self._holder,
                    seconds=now - last,
                    somebody_looks=now - seen_at < GRACE,
                )
                last = now
                if self.play.elapsed > self.story.last_at:
                    await self._go_on_to_final()
                self._act(self.play, self.story)
                if not self._is_filled and self.play.elapsed >= self.story.seats_filled_at:
                    self._is_filled = True
                    lives.append(asyncio.create_task(self._fill_taken_seats()))
                await self._tell_new_acts(tell)
                await asyncio.sleep(QUIET_BEAT if self.play.elapsed > self.story.last_at + 10 else BEAT)
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)

    async def _go_on_to_final(self) -> None:
        """Once the organiser has opened a final, its jurors score it, all at once: the story is over."""
        cast = await asyncio.to_thread(_in_database(next_round_of), self.play, after=self._round)
        if cast is not None:
            self._round = cast.round_id
            self._plan = [*self._plan[: self._sent], *(deed for deed in cast.plan if deed.seat in self._people)]

    def _act(self, play: Play, story: Story) -> None:
        """Everybody does what is due; whose seat was taken does nothing any more."""
        for pk, person in self._people.items():
            is_away = pk == self._away and story.offline[0] <= play.elapsed < story.offline[1]
            person.online(not is_away and pk not in play.taken)
        while self._sent < len(self._plan) and self._plan[self._sent].at <= play.elapsed:
            deed = self._plan[self._sent]
            self._sent += 1
            if deed.seat not in play.taken:
                self._people[deed.seat].do(deed, loses_answer=self._loses_answer(deed, story))

    def _loses_answer(self, deed: Deed, story: Story) -> bool:
        """Once, for a score after the moment of the story."""
        if self._has_lost or not isinstance(deed, PlannedScore) or deed.at < story.lost_answer_at:
            return False
        self._has_lost = True
        return True

    async def _fill_taken_seats(self) -> None:
        """Score what visitors left open, without pretending that they are connected."""
        people, plan = await asyncio.to_thread(_prepare_leftovers, self.play.token, self._holder, self._server)
        for deed in plan:
            people[deed.seat].do(deed)
        await asyncio.gather(*(person.send_waiting() for person in people.values()))

    async def _tell_new_acts(self, tell: Callable[[Act], None]) -> None:
        play = self.play
        new = [act for act in self.story.acts if act.key not in play.told and play.elapsed >= act.at and play.elapsed > 0]
        if new:
            await asyncio.to_thread(_in_database(remember_told), play=play, keys=[act.key for act in new])
            for act in new:
                tell(act)


def _still_held(token: str, holder: str) -> Play:
    """The play, its row held: until the transaction ends nobody wipes it. Raises PlayLost."""
    play = Play.objects.select_for_update(of=("self",)).select_related("edition").filter(token=token, holder=holder).first()
    if play is None:
        raise PlayLost
    return play


@_in_database
@transaction.atomic
def _prepare(token: str, holder: str, server: Server) -> _Performance:
    """Sign everybody in. Under the play's row, so that a wipe finds every session."""
    play = _still_held(token, holder)
    cast = cast_of(play)
    return _Performance(play, holder, server, cast, _sign_in(play, server, [*cast.captains, *cast.jurors]))


@_in_database
@transaction.atomic
def _prepare_leftovers(token: str, holder: str, server: Server) -> tuple[dict[int, Simulated], list[Deed]]:
    play = _still_held(token, holder)
    cast = leftovers_of(play)
    return _sign_in(play, server, cast.jurors), cast.plan


def _sign_in(play: Play, server: Server, people: list[Person]) -> dict[int, Simulated]:
    languages = play.edition.languages or ["fr"]
    return {
        person.pk: Simulated(
            person=person, slug=play.edition.slug, server=server, pitch=pitch_of(number, person.language or languages[0])
        )
        for number, person in enumerate(people)
    }


player = Player()
