"""`manage.py venue` as a child process on a private port, bound to this machine only, in a folder of its own."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests import servers
from tests.tables import lay_tables

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_ANSWER = 60
ORGANISER, PASSWORD = "ada", "correct horse battery staple"


class Hall:
    """A laptop that serves a hall: `start()`, `kill()`, `end()`; what it said so far."""

    def __init__(self, folder: Path, **environment: str) -> None:
        foreign = ("ESTRADE_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "PYTEST", "HOST", "PORT", "COPIES", "FROM", "LC_", "LANG")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.port = servers.free_port()
        self.folder, self.log = folder, folder.with_name(f"{folder.name}.log")
        self.environment = {
            **kept, "ESTRADE_DATA": str(folder), "HOST": "127.0.0.1", "PORT": str(self.port), "LANG": "en_GB.UTF-8",
            "ESTRADE_HOSTS": "venue.test", "ESTRADE_FIRST_ORGANISER": ORGANISER, "ESTRADE_FIRST_PASSWORD": PASSWORD,
            **environment,
        }  # fmt: skip
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self, *arguments: str, program: tuple[str, ...] = ("manage.py", "venue")) -> subprocess.Popen[bytes]:
        """Start it and wait for nothing."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *program, *arguments],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                preexec_fn=servers.dies_with_parent(signal.SIGKILL),
            )  # fmt: skip
        return self.process

    def start(self, *arguments: str, program: tuple[str, ...] = ("manage.py", "venue")) -> None:
        """Start it and wait until it answers."""
        process = self.launch(*arguments, program=program)
        limit = time.monotonic() + SECONDS_TO_ANSWER
        while process.poll() is None and time.monotonic() < limit:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{self.base}/sign-in/", timeout=2, verify=False)
                return
            time.sleep(0.05)
        raise AssertionError(self.said())

    def refuse(self, *arguments: str) -> str:
        """Start it where it must not start; the one sentence it leaves with."""
        before = len(self.said())
        assert self.launch(*arguments).wait(timeout=SECONDS_TO_ANSWER) == 1, self.said()
        return self.said()[before:].strip()

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """As a laptop whose battery is taken out."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def end(self) -> int:
        """As Ctrl-C does; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


@functools.cache
def prepared() -> Path:
    """A data folder with its tables and its collected files, made once: each hall begins with a copy of it."""
    folder = Path(tempfile.mkdtemp(prefix="estrade-hall-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return lay_tables(folder / "venue")


@contextlib.contextmanager
def hall(folder: Path, **environment: str) -> Iterator[Hall]:
    """A hall that is not open yet; whatever was started ends with the block."""
    if not folder.exists():
        shutil.copytree(prepared(), folder)
    place = Hall(folder, **environment)
    try:
        yield place
    finally:
        if place.process is not None and place.process.poll() is None:
            place.process.kill()
        if place.process is not None:
            place.process.wait(timeout=10)
