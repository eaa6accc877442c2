"""`manage.py demo` as a child process on a private port and in a folder of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests import servers
from tests.tables import lay_tables

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_ANSWER = 180


@dataclass
class Demonstration:
    """A running demo: its address, its folder, what it printed so far."""

    base: str
    folder: Path
    process: subprocess.Popen[str]
    reader: threading.Thread
    lines: list[str]

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send the signal as Ctrl-C would and return the exit status. Raises TimeoutExpired after half a minute."""
        self.process.send_signal(number)
        status = self.process.wait(timeout=30)
        self.reader.join(timeout=5)
        return status


@contextlib.contextmanager
def running_demo(folder: Path | None = None) -> Iterator[Demonstration]:
    """Start the demo, wait until it answers, and leave nothing behind. `folder` keeps data between two runs."""
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="estrade-demo-", ignore_cleanup_errors=True)))
            lay_tables(folder)
        demo = _start(folder)
        try:
            _wait(demo)
            yield demo
        finally:
            if demo.process.poll() is None:
                demo.process.kill()
            demo.process.wait(timeout=10)
            demo.reader.join(timeout=5)


def _start(folder: Path) -> Demonstration:
    port = servers.free_port()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ESTRADE_", "DATABASE_URL", "REDIS_URL", "HOST", "PORT", "FRESH", "PYTEST"))
    }
    environment |= {"ESTRADE_DATA": str(folder), "PORT": str(port), "LANG": "en_GB.UTF-8"}
    process = subprocess.Popen(
        [sys.executable, "-W", "error::SyntaxWarning", str(ROOT / "manage.py"), "demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=servers.dies_with_parent(signal.SIGKILL),
    )
    lines: list[str] = []
    reader = threading.Thread(target=_collect, args=(process, lines), daemon=True)
    reader.start()
    return Demonstration(base=f"http://127.0.0.1:{port}", folder=folder, process=process, reader=reader, lines=lines)


def _collect(process: subprocess.Popen[str], lines: list[str]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            lines.append(line.rstrip("\n"))


def _wait(demo: Demonstration) -> None:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < deadline:
        if demo.process.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"{demo.base}/demo/", timeout=2, verify=False)
            return
        time.sleep(0.1)
    raise RuntimeError("the demo did not answer:\n" + "\n".join(demo.lines))
