"""The ordinary commands, by the letter: one process alone, and web, worker and beat apart in the second world."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests import servers
from tests.tables import DATABASE, lay_database, lay_files

pytestmark = pytest.mark.embedded

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SECONDS_TO_START = 30


def _ended(process: subprocess.Popen[bytes]) -> int:
    """The exit status. Asked once more where the first signal was lost: what a handler raises inside a callback is ignored."""
    try:
        return process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.terminate()
        return process.wait(timeout=15)


class Processes:
    """Children that share one environment, each with a log; all of them end with the test."""

    def __init__(self, folder: Path, **world: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ESTRADE_", "DJANGO_"))}
        self.folder = folder
        self.environment = inherited | {"ESTRADE_DATA": str(folder), "PYTHONUNBUFFERED": "1", **world}
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *command: str | Path) -> Path:
        """Start a command from the root of the checkout; returns the path of its log."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            self.running.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    preexec_fn=servers.dies_with_parent(signal.SIGKILL),
                )
            )
        return log

    def run(self, *command: str | Path) -> str:
        """Run a command to its end; it must succeed. Returns what it printed."""
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self) -> list[int]:
        """End all as a supervisor does; their exit statuses."""
        for process in self.running:
            if process.poll() is None:
                process.terminate()
        try:
            return [_ended(process) for process in self.running]
        finally:
            for process in self.running:
                process.kill()
                process.wait()
            self.running.clear()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Processes]:
    """The embedded world: no server but our own."""
    world = Processes(tmp_path)
    for name in ("DATABASE_URL", "REDIS_URL"):
        world.environment.pop(name, None)
    yield world
    world.stop()


@pytest.fixture
def apart(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Processes]:
    """The second world: PostgreSQL, with a database that nobody has used, and Redis."""
    world = Processes(tmp_path, DATABASE_URL=postgres_url, REDIS_URL=redis_url, ESTRADE_SECRET_KEY=servers.SECRET_KEY)
    yield world
    world.stop()


def wait_for(answer: Callable[[], bool], log: Path) -> None:
    """Wait until something is so; otherwise fail with the log."""
    limit = time.monotonic() + SECONDS_TO_START
    while not answer():
        assert time.monotonic() < limit, log.read_text(errors="replace")
        time.sleep(0.1)


def page(address: str) -> httpx.Response | None:
    """The first answer of a server that may still be starting."""
    try:
        return httpx.get(address, timeout=5, headers={"Accept-Language": "en"}, verify=False)
    except httpx.TransportError:
        return None


def test_empty_checkout_migrates_and_serves(alone: Processes) -> None:
    port = servers.free_port()
    # By this very command, with these migrations and none of our tables there.
    lay_database(alone.folder / DATABASE)

    log = alone.start("web", sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}")
    wait_for(lambda: page(f"http://127.0.0.1:{port}/") is not None, log)
    first = page(f"http://127.0.0.1:{port}/")

    assert first is not None
    assert first.status_code == 200
    assert "Create the first edition" in first.text


@pytest.mark.servers
def test_web_worker_and_beat_run_apart(apart: Processes) -> None:
    port = servers.free_port()
    # Tables and files are there: the commands that make them are played with docker-compose.yml.
    lay_files(apart.folder)

    web = apart.start("web", BIN / "uvicorn", "manage:application", "--port", str(port))
    worker = apart.start("worker", BIN / "celery", "-A", "manage", "worker", "--concurrency", "1")
    beat = apart.start("beat", BIN / "celery", "-A", "manage", "beat")
    wait_for(lambda: page(f"http://127.0.0.1:{port}/") is not None, web)
    # Ready without a problem: the tables are there, Redis answers, and worker and beat have ticked.
    wait_for(lambda: (ready := page(f"http://127.0.0.1:{port}/ready")) is not None and '"ready"' in ready.text, worker)
    first = page(f"http://127.0.0.1:{port}/")
    statuses = apart.stop()

    assert first is not None
    assert first.status_code == 200
    assert "Traceback" not in worker.read_text() + beat.read_text() + web.read_text()
    # uvicorn passes the signal on when it has finished.
    assert statuses == [-signal.SIGTERM, 0, 0]
