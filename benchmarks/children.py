"""Processes that are measured: started on loopback, watched from outside, always stopped and reaped."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1024 * 1024


class Child:
    """A process of ours that speaks one line at a time on its standard output."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def read(self) -> str:
        """The next line. Raises RuntimeError when the process has ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended before it answered")
        return line.rstrip("\n")

    def ask(self, line: str) -> str:
        """Send one line, read one."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.read()

    def cpu(self) -> float:
        """Seconds of processor time that the process has used so far, all threads, user and system."""
        # The name in parentheses may hold spaces; utime and stime are the 14th and 15th field.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Resident memory in MiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


@contextlib.contextmanager
def child(*arguments: str, world: Mapping[str, str]) -> Iterator[Child]:
    """`python arguments...` from the root of the checkout, in a clean environment, while the block runs."""
    from tests.servers import dies_with_parent  # noqa: PLC0415 - children themselves import this module

    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ESTRADE_", "DATABASE_URL", "REDIS_URL"))}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**clean, **world, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=dies_with_parent(9),
    )
    try:
        yield Child(process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                # What it did not read any more is not an error here.
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
