"""`python -m tests.compose`: docker-compose.yml, played by this machine's processes, and a small story through its proxy.

Signs in, creates an edition, scores as four jurors while one web process after the other is restarted, takes Redis
away, empties it, kills worker and beat, reads every log for secrets, and stops everything. Says what it measured.
"""

from __future__ import annotations

import contextlib
import json
import signal
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests import provide
from tests.compose import reading
from tests.compose.playing import Play, missing_programs, wait_for
from tests.compose.visitors import Juror, Tally, browser, submit

JURORS = 4
NAME, PASSWORD = "ada@canary.example.org", "canary-password-7391"
VARIABLES = {
    "ESTRADE_SITE": "localhost",
    "ESTRADE_SECRET_KEY": "canary-key-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "POSTGRES_PASSWORD": "canarypostgres4812",
    "REDIS_PASSWORD": "canaryredis5523",
    "ESTRADE_TLS": "internal",
    "ESTRADE_FIRST_ORGANISER": NAME,
    "ESTRADE_FIRST_PASSWORD": PASSWORD,
    "ESTRADE_WEB_PROCESSES": "2",
    # The play signs in as programs do; the second question has tests of its own.
    "ESTRADE_SECOND_FACTOR": "0",
}
BEGAN = time.monotonic()


def tell(text: str) -> None:
    print(f"{time.monotonic() - BEGAN:6.1f} s  {text}", flush=True)


class Story:
    """What happens on the played site, one chapter after the other."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.canaries = {
            PASSWORD,
            NAME,
            *(VARIABLES[name] for name in ("ESTRADE_SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD")),
        }
        self.tls = ssl.create_default_context(cafile=str(play.authority))
        self.prepared: dict[str, Any] = {}
        self.tally = Tally()

    def sign_in_and_create(self) -> None:
        with browser(self.play.origin, self.tls) as client:
            wrong = submit(client, "/sign-in/", name=NAME, password=PASSWORD + "-wrong")
            answer = submit(client, "/sign-in/?next=/editions/new/", name=NAME, password=PASSWORD)
            assert (wrong.status_code, answer.status_code) == (422, 200), (wrong.status_code, answer.status_code)
            assert answer.url.path == "/editions/new/", answer.url
            made = submit(client, "/editions/new/", network_name="Blue City", name="Played", slug="played")
            assert made.url.path == "/e/played/control/", made.url
            assert len(made.headers["X-Request-ID"]) >= 8
            assert made.headers["Strict-Transport-Security"]
            self.canaries |= {value for value in client.cookies.values() if len(value) > 8}
        tell("signed in over TLS, edition created")

    def prepare_jury(self) -> None:
        self.prepared = json.loads(self.play.python("-m", "tests.compose.set_up", str(JURORS)))
        self.canaries |= {*self.prepared["sessions"], *self.prepared["join_codes"]}

    @contextlib.contextmanager
    def live(self) -> Iterator[ClientConnection]:
        host = self.play.origin.removeprefix("https://")
        address = f"wss://{host}/ws/{self.prepared['slug']}/"
        with self._socket(address) as socket:
            socket.send('{"t":"sub","streams":{"public":-1}}')
            yield socket

    def _socket(self, address: str) -> ClientConnection:
        """Python's TLS, read and written by two threads, may break a handshake: a page would connect again too."""
        for _attempt in range(3):
            with contextlib.suppress(ConnectionClosedError, ssl.SSLError):
                return connect(address, ssl=self.tls, origin=Origin(self.play.origin), compression=None)
        return connect(address, ssl=self.tls, origin=Origin(self.play.origin), compression=None)

    @contextlib.contextmanager
    def scoring(self) -> Iterator[None]:
        """The jurors score while the block runs; afterwards every acknowledged score is there, once."""
        stop = threading.Event()
        clients = [browser(self.play.origin, self.tls, **{self.prepared["cookie"]: key}) for key in self.prepared["sessions"]]
        jurors = [Juror(client, self.prepared, number, self.tally, stop) for number, client in enumerate(clients)]
        for juror in jurors:
            juror.start()
        try:
            wait_for("nobody scores", lambda: len(self.tally.acknowledged) > JURORS)
            yield
        finally:
            stop.set()
            for juror in jurors:
                juror.join(30)
            self.canaries |= {client.headers.get("X-CSRFToken", "") for client in clients} - {""}
            for client in clients:
                client.close()
        assert not any(juror.is_alive() for juror in jurors)
        assert self.tally.refused == [], self.tally.refused[:3]

    def compare(self) -> None:
        """What was acknowledged against what the database holds: 0 lost, 0 twice, nothing foreign."""
        with psycopg.connect(self.play.database_url) as connection:
            rows = connection.execute(
                "SELECT r.client_id::text, b.team_id, r.criterion_id, r.value FROM judging_scorerevision r"
                " JOIN judging_ballot b ON b.id = r.ballot_id"
            ).fetchall()
        kept = {row[0]: (row[1], row[2], int(row[3])) for row in rows}
        assert len(kept) == len(rows)
        told = {key: (team, criterion, int(value)) for key, (_, team, criterion, value) in self.tally.acknowledged.items()}
        assert {key: kept.get(key) for key in told} == told
        assert len(kept) == len(told), f"{len(kept)} kept, {len(told)} acknowledged"

    def head(self) -> int:
        with psycopg.connect(self.play.database_url) as connection:
            row = connection.execute(
                "SELECT head FROM journal_stream WHERE edition_id = %s AND name = 'public'", [self.prepared["edition"]]
            ).fetchone()
        return row[0] if row else 0

    def wait_for_news(self, socket: ClientConnection, *, beyond: int, seconds: float = 15) -> str:
        """Until the page behind this socket knows of a number beyond: by a frame or a heartbeat's heads. Which it was."""
        limit = time.monotonic() + seconds
        while True:
            frame = json.loads(socket.recv(timeout=max(0.1, limit - time.monotonic())))
            number = frame.get("n", 0) if frame["t"] == "ev" else frame.get("heads", {}).get("public", 0)
            if number > beyond:
                return str(frame["t"])

    def roll(self) -> None:
        """One web process after the other is restarted under load, and a page follows all the while."""
        before = len(self.tally.acknowledged)
        for number in range(len(self.play.web_ports)):
            name = f"web{number}"
            status = self.play.stop(name)
            assert status == 0, f"{name} ended with {status}"
            during = len(self.tally.acknowledged)
            wait_for("nobody scores while one process is away", lambda at=during: len(self.tally.acknowledged) > at + JURORS)  # type: ignore[misc]
            self.play.spawn(name)
            self.play.wait_until_healthy(name)
        tell(f"two web processes restarted in turn: {len(self.tally.acknowledged) - before} scores acknowledged meanwhile")

    def lose_redis(self) -> None:
        """Redis hangs, is gone, comes back empty. No score is refused, and a page catches up."""
        answered = len(self.tally.milliseconds)
        with self.live() as socket:
            self.play.stop_redis()
            before = self.head()
            wait_for("nobody scores without Redis", lambda: len(self.tally.milliseconds) > answered + 5 * JURORS)
            wait_for("the board stands still", lambda: self.head() > before)
            how = self.wait_for_news(socket, beyond=before)
            assert browser(self.play.origin, self.tls).get("/ready").json()["status"] in {"ready", "degraded"}
        slow = sorted(self.tally.milliseconds[answered:])
        tell(f"Redis gone: a page heard by {how!r}; save p95 {slow[int(len(slow) * 0.95)]:.0f} ms over {len(slow)} saves")
        self.play.start_redis()
        import redis  # noqa: PLC0415 - only this chapter speaks with it

        with redis.Redis(port=self.play.ports["redis"], password=VARIABLES["REDIS_PASSWORD"]) as control:
            control.flushall()
        with self.live() as socket:
            heard = self.wait_for_news(socket, beyond=self.head(), seconds=20)
        tell(f"Redis back and emptied: a page hears again ({heard!r})")

    def kill_scheduler(self) -> None:
        """Worker and beat die without a word; started again they take over."""

        def ticked_at() -> Any:
            with psycopg.connect(self.play.database_url) as connection:
                row = connection.execute("SELECT done_at FROM scheduling_lease").fetchone()
            return row and row[0]

        for name in ("worker", "beat"):
            self.play.kill(name)
        last = ticked_at()
        for name in ("worker", "beat"):
            self.play.spawn(name)
        wait_for("no tick after worker and beat were killed", lambda: ticked_at() > last)
        tell("worker and beat killed and started again: ticks go on")

    def read_logs(self) -> None:
        said = self.play.everything_said()
        assert '"route": "people:sign_in"' in said, "no line for a request in the log"
        leaked = [canary[:6] + "..." for canary in self.canaries if canary in said]
        assert leaked == [], f"secrets in the log: {leaked}"
        assert "Traceback" not in said.replace("Traceback (most recent call last):\\n", ""), said
        tell(f"{len(self.canaries)} secrets looked for in {len(said.splitlines())} lines of log: none there")


def start_all(play: Play) -> None:
    play.build()
    for name in reading.in_order(play.services):
        play.start(name)
        tell(f"{name} is started")
    play.wait_until_all_are_healthy()
    tell("everything is healthy")


def tell_story(play: Play) -> None:
    story = Story(play)
    story.sign_in_and_create()
    story.prepare_jury()
    before = story.head()
    with story.live() as socket, story.scoring():
        tell(f"a page heard of the first score by {story.wait_for_news(socket, beyond=before)!r}")
        story.roll()
        story.lose_redis()
    story.compare()
    tell(f"{len(story.tally.acknowledged)} scores acknowledged: 0 lost, 0 twice; sent again: {dict(story.tally.again)}")
    story.kill_scheduler()
    statuses = play.stop_all()
    assert set(statuses.values()) == {0}, statuses
    story.read_logs()


def main(step: Callable[[Play], None] = tell_story) -> int:
    if lacking := missing_programs():
        print(f"{', '.join(lacking)} not on this machine. To provide it: {provide.command_for(lacking)}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="estrade-compose-", ignore_cleanup_errors=True) as name:
        with Play(Path(name), VARIABLES) as play:
            start_all(play)
            step(play)
        tell("everything has ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
