"""What a stranger's first look costs the network, and how many questions a page asks however many people there are."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import tempfile
from posixpath import dirname, normpath

from benchmarks.children import child
from benchmarks.hall import SLUG
from benchmarks.report import Goal, Section
from benchmarks.visitors import Connection

MOST_KB = 150.0
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
    return section


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
