"""Each benchmark at a tiny size: it runs, says its figures and its goals, and leaves nothing behind. Speed is not tested."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.report import PAGE, Goal, Section, page, with_section

SECOND_WORLD = os.environ.get("ESTRADE_TEST_SERVERS") == "1"
ROOT = Path(__file__).resolve().parents[2]
RATIOS = {
    "fanout": ["tutorial consumer / hub", "hub / bare broadcast"],
    "memory": ["resident memory at its highest"],
    "pages": [
        "a cold load of the edition's page",
        "more questions for the largest hall than for the smallest",
    ],
    "score_write": ["SQLite: one score / the view that does nothing"],
}


@pytest.mark.skipif(SECOND_WORLD, reason="the embedded world has seen it; nothing here depends on the world")
@pytest.mark.parametrize("name", sorted(RATIOS))
def test_a_benchmark_says_its_ratios(name: str) -> None:
    before = PAGE.read_text()
    # The second world has its own servers; one world is enough to see that it runs.
    command = [sys.executable, "-m", "benchmarks", "--quick", "--embedded", name]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, env={**os.environ}, check=False)

    assert run.returncode == 0, run.stderr[-3000:]
    goals = [line for line in run.stdout.splitlines() if line.startswith("| ") and (" met |" in line or "**missed**" in line)]
    assert [expected for expected in RATIOS[name] if not any(expected in line for line in goals)] == []
    assert "nan" not in run.stdout
    assert PAGE.read_text() == before


def test_a_name_that_does_not_exist_is_one_sentence() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "sandwich"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode == 2
    assert "there is no benchmark called sandwich" in run.stderr


def test_a_section_that_is_measured_alone_takes_its_place() -> None:
    first, second = Section("One", "sizes", [("figure", "1")]), Section("Two", "sizes", [("figure", "2")])
    whole = page([first, second], command="make bench", load=(0.1, 0.2))

    fresh = with_section(whole, Section("One", "sizes", [("figure", "3")]), load=(0.3, 0.4))

    assert ("| figure | 3 |" in fresh, "| figure | 1 |" in fresh, "| figure | 2 |" in fresh) == (True, False, True)
    assert fresh.index("## One") < fresh.index("Measured alone on") < fresh.index("## Two")


def test_a_missed_goal_stays_on_the_page() -> None:
    goals = [Goal("fast", 9.0, 8.0), Goal("faster", 20.0, 15.0, at_least=True)]

    written = page([Section("Title", "sizes", goals=goals)], command="make bench", load=(0.1, 0.2))

    assert "| fast | 9 x | at most 8 x | **missed** |" in written
    assert "| faster | 20 x | at least 15 x | met |" in written
