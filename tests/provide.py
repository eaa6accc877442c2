"""What the tests need beyond Python packages: PostgreSQL, Redis, Chromium.

Owns: knowing what is missing, installing it where that is possible without asking (root with apt-get,
else a browser of Playwright's own), and the command a person can type. `python -m tests.provide` says
nothing when all is there and never fails: a test that misses something reports it itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.servers import postgres_programs, redis_program

# Names the file in which `python -m tests` gathers what its parts could not run.
NOTES = "ESTRADE_TEST_NOTES"
SECONDS_TO_INSTALL = 300
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# --- Finding Chromium ---------------------------------------------------------------------------------------------


def chromium_program() -> Path | None:
    """A Chromium that starts: the system's, else the one Playwright has downloaded."""
    candidates = [Path(found) for name in BROWSERS if (found := shutil.which(name))]
    return next((path for path in candidates if _starts(path)), None) or _downloaded_chromium()


def _starts(path: Path) -> bool:
    # Some systems put a stub of this name on the path that only says how to install the browser.
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _downloaded_chromium() -> Path | None:
    # In a process of its own, because Playwright refuses to start twice in one.
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    path = Path(asked.stdout.strip())
    return path if asked.returncode == 0 and path.is_file() and _starts(path) else None


def caddy_program() -> Path | None:
    """The proxy of docker-compose.yml."""
    found = shutil.which("caddy")
    return Path(found) if found else None


# --- Needs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Need:
    """One program: its name for people, how to find it, its package in Debian, the command on macOS."""

    name: str
    find: Callable[[], Path | None]
    apt: str
    macos: str


# For races in the embedded world: nothing is missing on the machine, they have another place.
SECOND_WORLD = "the second world"
NEEDS = (
    Need("PostgreSQL", postgres_programs, apt="postgresql", macos="brew install postgresql"),
    Need("Redis", redis_program, apt="redis-server", macos="brew install redis"),
    Need("Caddy", caddy_program, apt="caddy", macos="brew install caddy"),
    Need("Chromium", chromium_program, apt="chromium", macos=".venv/bin/playwright install chromium"),
)


@dataclass(frozen=True)
class Gap:
    """Something that was not run, and the need that was not met."""

    what: str
    need: str


def missing() -> list[Need]:
    """The needs that this machine does not meet."""
    return [need for need in NEEDS if need.find() is None]


def command_for(names: Iterable[str]) -> str:
    """The command that provides these needs on this system, for a person to type."""
    wanted = set(names)
    needs = [need for need in NEEDS if need.name in wanted]
    if not needs:
        return "make test"
    if sys.platform == "darwin":
        return " && ".join(need.macos for need in needs)
    install = "apt-get install" if shutil.which("apt-get") else "(your package manager) install"
    return " ".join(([] if _is_root() else ["sudo"]) + [install] + [need.apt for need in needs])


def not_run(gaps: Sequence[Gap]) -> str:
    """One line in capitals for the end of a run: what was not run, and the command that provides it."""
    parts = ", ".join(f"{gap.what} without {gap.need}".upper() for gap in gaps)
    return f"NOT RUN: {parts}. TO PROVIDE IT, TYPE: {command_for(gap.need for gap in gaps)}"


def provide() -> None:
    """Install what is missing, where nobody needs to be asked."""
    wanted = missing()
    if wanted and _is_root() and shutil.which("apt-get"):
        names = ", ".join(need.name for need in wanted)
        print(f"Installing {names} for the tests (once) ...", flush=True)
        _attempt(["apt-get", "update", "-qq"])
        for need in wanted:
            _attempt(["apt-get", "install", "-qq", "-y", "--no-install-recommends", need.apt])
        wanted = missing()
    if any(need.name == "Chromium" for need in wanted):
        print("Downloading Chromium for the tests (once) ...", flush=True)
        _attempt([sys.executable, "-m", "playwright", "install", "chromium"])


@cache
def _is_root() -> bool:
    return os.geteuid() == 0


def _attempt(command: list[str]) -> None:
    """Run an installer; its failure only means that the need stays unmet, and the tests say so."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(
            command,
            env=quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS_TO_INSTALL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return


def note(gaps: Sequence[Gap], notes: str) -> None:
    """Keep for the end of the whole run what one of its parts could not run."""
    with open(notes, "a") as file:
        file.writelines(f"{gap.what}\t{gap.need}\n" for gap in gaps)


def read_notes(notes: Path) -> list[Gap]:
    """What the parts have kept."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [Gap(*line.split("\t")) for line in lines]


if __name__ == "__main__":
    provide()
