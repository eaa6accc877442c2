"""Everything that must hold: `python -m tests` (or `make test`); `python -m tests checks` stops before the tests.

Runs the checks side by side and the tests one part after the other, also after a failure, and ends with
one line for each and, last of all, what could not be run. With `CI` set, something that could not be run is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests import provide

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTEST = (sys.executable, "-m", "pytest", "-q")


@dataclass(frozen=True)
class Part:
    """One command; a quiet one shows its output only when it fails."""

    name: str
    command: tuple[str | Path, ...]
    quiet: bool = True
    needs: tuple[str, ...] = ()


CHECKS = (
    Part("format", (BIN / "ruff", "format", "--check", "--quiet", ".")),
    Part("lint", (BIN / "ruff", "check", "--quiet", ".")),
    Part(
        "import contracts",
        ("env", "PYTHONPATH=platform", BIN / "lint-imports", "--no-logo", "--cache-dir", ".cache/import_linter"),
    ),
    Part("types", (BIN / "mypy",)),
    Part("templates", (BIN / "djlint", ".", "--lint", "--quiet")),
    Part("settings", (sys.executable, "manage.py", "check", "--fail-level", "WARNING")),
    Part("migrations", (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")),
    Part("translations", (sys.executable, "manage.py", "translations", "--check")),
)
TESTS = (
    Part("embedded world", PYTEST, quiet=False),
    Part(
        "second world",
        (sys.executable, "-m", "tests.servers", "--", *PYTEST, "-m", "not browser and (not embedded or servers)"),
        quiet=False,
        needs=("PostgreSQL", "Redis"),
    ),
    Part("browser", (*PYTEST, "-n", "2", "--dist", "loadgroup", "-m", "browser"), quiet=False),
)


def run(part: Part, environment: dict[str, str]) -> bool:
    """Run one part and print its line. Did it hold?"""
    began = time.monotonic()
    if not part.quiet:
        print(f"\n=== {part.name}", flush=True)
    done = subprocess.run(
        part.command, cwd=ROOT, env=environment, capture_output=part.quiet, text=True, check=False, stdin=subprocess.DEVNULL
    )
    held = done.returncode == 0
    heading = f"{done.stdout}{done.stderr}\n" if part.quiet and not held else ""
    # One call: the checks run beside each other.
    print(f"{heading}{'ok    ' if held else 'FAILED'}  {part.name}  {time.monotonic() - began:.1f} s\n", end="", flush=True)
    return held


def run_each(parts: tuple[Part, ...], environment: dict[str, str]) -> list[Part]:
    """The parts that failed. A quiet one keeps one core busy: these run side by side; each of the others wants all cores."""
    checks = [part for part in parts if part.quiet]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        held = dict(zip(checks, pool.map(lambda part: run(part, environment), checks), strict=True))
    held |= {part: run(part, environment) for part in parts if not part.quiet}
    return [part for part in parts if not held[part]]


def run_all(parts: tuple[Part, ...]) -> int:
    """Run the parts, then say what failed and, last, what could not be run. The exit status."""
    with tempfile.TemporaryDirectory(prefix="estrade-notes-") as folder:
        notes = Path(folder) / "notes"
        # The checks load the settings: in a data folder of their own, and with the demo, which is code like any other.
        environment = {**os.environ, "ESTRADE_DATA": folder, "ESTRADE_DEMO": "1", provide.NOTES: str(notes)}
        # Each worker and each process of a test would compile every module anew.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        # Many tests wait for a process of their own: one worker more than there are cores keeps the cores busy.
        environment.setdefault("PYTEST_XDIST_AUTO_NUM_WORKERS", str((os.cpu_count() or 1) + 1))
        lacking = {need.name for need in provide.missing()} if any(part.needs for part in parts) else set()
        gaps = [provide.Gap(f"the {part.name}", need) for part in parts for need in part.needs if need in lacking]
        possible = tuple(part for part in parts if lacking.isdisjoint(part.needs))
        failed = [part.name for part in run_each(possible, environment)]
        gaps += provide.read_notes(notes)
    print("\n" + (f"FAILED: {', '.join(failed)}" if failed else "What was run holds."), flush=True)
    if gaps:
        print(provide.not_run(gaps), flush=True)
    return 1 if failed or (gaps and os.environ.get("CI")) else 0


if __name__ == "__main__":
    try:
        sys.exit(run_all(CHECKS if sys.argv[1:] == ["checks"] else CHECKS + TESTS))
    except KeyboardInterrupt:
        sys.exit(130)
