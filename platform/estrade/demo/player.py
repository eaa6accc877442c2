"""Plays the sample edition's last afternoon: taps the scores, tells the acts, keeps the times.

"Compressed" means that the stored instants lie minutes apart; every clock is the real one. While
nobody looks, or somebody pressed pause, instants not yet reached move along, so that they stay
just as far away. The same happens for the time between a stop and the next start.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import close_old_connections, transaction
from django.db.models import F

from estrade.demo import script
from estrade.demo.jurors import SimulatedJuror
from estrade.demo.jury import Jury, simulated_jury, visitor_leftovers
from estrade.demo.models import Play
from estrade.editions.models import Edition, ProgrammeStep
from estrade.kernel.clock import db_now
from realtime.hub import hub
from teams.models import Extension

logger = logging.getLogger(__name__)

BEAT = 0.25
GRACE = 4.0


class Player:
    """The one player of this process. `start()` after the server answers; `stop()` returns within a second."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._generation = 0
        self.tell: Callable[[script.Act], None] = lambda act: None
        self.host, self.port = "127.0.0.1", 8000

    def start(self, *, host: str, port: int, tell: Callable[[script.Act], None]) -> None:
        self.host, self.port, self.tell = host, port, tell
        self._thread = threading.Thread(target=lambda: asyncio.run(self._play_until_stopped()), name="demo", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def restart(self) -> None:
        """Forget jurors and plan; the next beat reads everything anew."""
        self._generation += 1

    async def _play_until_stopped(self) -> None:
        while not self._stopping.is_set():
            generation = self._generation
            try:
                await self._play(generation)
            except Exception:
                logger.exception("The demonstration stumbled and goes on")
                await asyncio.sleep(1)

    async def _play(self, generation: int) -> None:
        jurors, plan = await asyncio.to_thread(self._prepare, simulated_jury)
        lives = [asyncio.create_task(juror.live()) for juror in jurors.values()]
        filled = False
        sent = 0
        seen_at = time.monotonic() - GRACE
        last = time.monotonic()
        try:
            while self._generation == generation and not self._stopping.is_set():
                now = time.monotonic()
                if hub.browsers() > 0:
                    seen_at = now
                play = await asyncio.to_thread(_beat, now - last, now - seen_at < GRACE)
                last = now
                for juror_number, juror in enumerate(jurors.values()):
                    away = juror_number == 3 and script.OFFLINE_FROM <= play.elapsed < script.OFFLINE_TO
                    juror.online(not away)
                while sent < len(plan) and plan[sent].at <= play.elapsed:
                    jurors[plan[sent].seat].tap(plan[sent])
                    sent += 1
                if not filled and play.elapsed >= script.YOUR_SEAT_IS_FILLED:
                    filled = True
                    lives.append(asyncio.create_task(self._fill_your_seat()))
                await self._tell_new_acts(play)
                await asyncio.sleep(BEAT)
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)

    def _prepare(self, cast: Callable[[], Jury]) -> tuple[dict[str, SimulatedJuror], list[script.PlannedScore]]:
        """The jurors with their sessions, and the taps that the database does not hold yet."""
        close_old_connections()
        jury = cast()
        jurors = {
            person.username: SimulatedJuror(person=person, slug=jury.slug, host=self.host, port=self.port)
            for person in jury.people
        }
        return jurors, jury.plan

    async def _fill_your_seat(self) -> None:
        """Score what the visitor left open, without pretending that the visitor is connected."""
        jurors, plan = await asyncio.to_thread(self._prepare, visitor_leftovers)
        for tap in plan:
            jurors[tap.seat].tap(tap)
        await asyncio.gather(*(juror.send_scores() for juror in jurors.values()))

    async def _tell_new_acts(self, play: Play) -> None:
        for act in script.ACTS:
            if act.key not in play.told and play.elapsed >= act.at and (play.elapsed > 0 or act.at > 0):
                play.told.append(act.key)
                await asyncio.to_thread(_remember_told, play)
                self.tell(act)


def _beat(seconds: float, somebody_looks: bool) -> Play:
    """Advance the play by `seconds`, or move the instants along by as much."""
    close_old_connections()
    # Read and write under one lock: a restart in between must not inherit the seconds of the play before.
    with transaction.atomic():
        return _advance(Play.objects.get(), seconds, somebody_looks)


def _advance(play: Play, seconds: float, somebody_looks: bool) -> Play:
    now = db_now()
    if somebody_looks and not play.is_paused:
        play.elapsed += seconds
    else:
        shift_instants(edition_id=play.edition_id, ahead_of=play.alive_at, by=timedelta(seconds=seconds))
    play.alive_at = now
    Play.objects.filter(pk=play.pk).update(elapsed=play.elapsed, alive_at=now)
    return play


def _remember_told(play: Play) -> None:
    Play.objects.filter(pk=play.pk, began_at=play.began_at).update(told=play.told)


def catch_up(*, now: datetime) -> None:
    """After a stop: the instants that had not been reached are as far away as they were."""
    play = Play.objects.first()
    if play is not None:
        shift_instants(edition_id=play.edition_id, ahead_of=play.alive_at, by=now - play.alive_at)
        Play.objects.filter(pk=play.pk).update(alive_at=now)


@transaction.atomic
def shift_instants(*, edition_id: int, ahead_of: datetime, by: timedelta) -> None:
    """Move every stored instant later than `ahead_of` by `by`."""
    Edition.objects.filter(pk=edition_id, freeze_at__gt=ahead_of).update(freeze_at=F("freeze_at") + by)
    Extension.objects.filter(team__edition=edition_id, until__gt=ahead_of).update(until=F("until") + by)
    ProgrammeStep.objects.filter(edition=edition_id, starts_at__gt=ahead_of).update(starts_at=F("starts_at") + by)


player = Player()
