"""What a stranger's first look costs the network, and how many questions a page asks however many people there are."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import re
import tempfile
from posixpath import dirname, normpath
from typing import Any

from benchmarks.children import child
from benchmarks.hall import SLUG
from benchmarks.report import Goal, Section
from benchmarks.visitors import Connection

MOST_KB = 150.0
# People and teams of the halls that are timed side by side, rounds, and requests of each page in a round.
TIMED = ((100, 20), (1_000, 200), (10_000, 2_000))
TIMED_PAGES = ("edition", "my event", "people")
ROUNDS, REQUESTS = 5, 20
MOST_GROWTH = 2.0
HALLS = ((10, 5), (1_000, 5), (10_000, 5), (10_000, 500))
# What a page or a style sheet or a module makes the browser fetch: `src`, `href` of a link, url(), import.
RESOURCES = (
    re.compile(r'<(?:script|img)[^>]*\ssrc="([^"]+)"'),
    re.compile(r'<link[^>]*\shref="([^"]+)"'),
    re.compile(r"url\(\"?([^\")]+)\"?\)"),
    re.compile(r'(?:import|from)\s*\(?"([./][^"]+)"'),
)


async def measure(quick: bool) -> Section:
    halls = HALLS[:1] if quick else HALLS
    sizes = ", ".join(f"{people:,} people and {teams} teams" for people, teams in halls)
    section = Section(
        "The public page of an edition (pages)",
        f"A cold load with an empty cache as a browser makes it, and the questions to the database with {sizes}.",
        notes=[
            "Counted are heads and bodies as they travel: the page, style sheets, modules and what they import, font, icons.",
            "Questions are those of an anonymous reader's request.",
        ],
    )
    with tempfile.TemporaryDirectory(prefix="estrade-bench-", ignore_cleanup_errors=True) as folder:
        world = {"ESTRADE_DATA": folder}
        people, teams = halls[-1]
        with child("-m", "benchmarks.hall", "count", *(f"{people}x{teams}" for people, teams in halls), world=world) as counter:
            counts: dict[str, list[int]] = json.loads(counter.read())
        from tests.servers import free_port  # noqa: PLC0415 - children import this module

        port = free_port()
        with child("manage.py", "runserver", f"127.0.0.1:{port}", world=world) as server:
            server.read()
            loaded = await cold_load(port, f"/e/{SLUG}/")
    for path, size in sorted(loaded.items(), key=lambda pair: -pair[1]):
        section.say(re.sub(r"\.[0-9a-f]{12}\.", ".", path), f"{size / 1000:.1f} kB")
    total = sum(loaded.values()) / 1000
    section.say(f"in all, with {teams} teams", f"{total:.1f} kB")
    for path, found in counts.items():
        section.say(f"questions of {path}", ", ".join(map(str, found)))
    most = max(max(found) - min(found) for found in counts.values())
    section.goals = [
        Goal("a cold load of the edition's page", total, MOST_KB, "kB"),
        Goal("more questions for the largest hall than for the smallest", most, 0, "questions"),
    ]
    if not quick:
        _time_halls(section)
    return section


def _time_halls(section: Section) -> None:
    """Halls of three sizes, each in a process and a database of its own, asked in turn: load falls on all of them alike."""
    answers: dict[tuple[str, int], list[dict[str, Any]]] = {}
    with contextlib.ExitStack() as stack:
        timers = []
        for people, teams in TIMED:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="estrade-bench-", ignore_cleanup_errors=True))
            timer = stack.enter_context(
                child("-m", "benchmarks.hall", "time", f"{people}x{teams}", world={"ESTRADE_DATA": folder})
            )
            timer.read()
            timers.append(timer)
        for _ in range(ROUNDS):
            for name in TIMED_PAGES:
                for place, timer in enumerate(timers):
                    answers.setdefault((name, place), []).append(json.loads(timer.ask(f"{name} {REQUESTS}")))
    for name in TIMED_PAGES:
        found = [answers[name, place] for place in range(len(TIMED))]
        questions = [rounds_[0]["questions"] for rounds_ in found]
        processor, wall = ([_p95(rounds_, clock) for rounds_ in found] for clock in ("processor", "wall"))
        section.say(f"{name}: questions", ", ".join(map(str, questions)))
        section.say(f"{name}: p95 of processor time", ", ".join(f"{1000 * one:.1f} ms" for one in processor))
        section.say(f"{name}: p95 on the wall", ", ".join(f"{1000 * one:.1f} ms" for one in wall))
        growth = f"{name}: p95 with {TIMED[-1][0]:,} people / with {TIMED[0][0]:,}"
        section.goals.append(
            Goal(f"{name}: more questions with {TIMED[-1][0]:,} people", max(questions) - min(questions), 0, "questions")
        )
        section.goals.append(Goal(growth, processor[-1] / processor[0], MOST_GROWTH))
    sizes = ", ".join(f"{people:,} people in {teams:,} teams" for people, teams in TIMED)
    section.notes.append(
        f"Edition (anonymous), my event (somebody in a team) and people (an organiser's first page): {sizes}; {ROUNDS} rounds "
        f"of {REQUESTS} requests each, through the whole of Django, in processes that are asked in turn. The ratios are of "
        "processor time."
    )


def _p95(rounds: list[dict[str, Any]], clock: str) -> float:
    times = sorted(one for answer in rounds for one in answer[clock])
    return float(times[min(len(times) - 1, int(len(times) * 0.95))])


async def cold_load(port: int, page: str) -> dict[str, int]:
    """Path to bytes on the wire, for the page and everything that it makes a browser fetch."""
    loaded: dict[str, int] = {}
    waiting = [page]
    async with Connection(port) as connection:
        while waiting:
            path = waiting.pop(0)
            if path in loaded:
                continue
            status, headers, content = await connection.ask(
                "GET", path, more="Accept-Encoding: gzip, deflate, br\r\n", cookies=False
            )
            assert status == 200, (path, status)
            loaded[path] = int(headers["size of head"]) + len(content)
            kind = headers["content-type"]
            if kind.startswith(("text/html", "text/css", "text/javascript", "application/javascript")):
                text = (gzip.decompress(content) if headers.get("content-encoding") == "gzip" else content).decode()
                waiting += [_resolved(path, found) for found in _found(text)]
    return loaded


def _found(text: str) -> list[str]:
    links = [link for pattern in RESOURCES for link in pattern.findall(text)]
    return [link for link in links if not link.startswith(("data:", "http:", "https:", "#"))]


def _resolved(path: str, link: str) -> str:
    link = link.partition("#")[0]
    return link if link.startswith("/") else normpath(f"{dirname(path)}/{link}")


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure(False)).lines()))
