"""How much of a laptop one process takes that serves a whole hall, idle and while jurors score."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Iterable

from benchmarks.children import Child, child
from benchmarks.fanout import Screen
from benchmarks.hall import Facts
from benchmarks.report import Goal, Section
from benchmarks.score_write import Jury
from benchmarks.visitors import Connection, paced

MOST_MIB = 300.0
PAGES_AT_ONCE = 8


async def measure(quick: bool) -> Section:
    phones, jurors, teams, projectors, seconds = (4, 2, 2, 1, 0.5) if quick else (200, 8, 20, 3, 15.0)
    section = Section(
        "The embedded process (memory)",
        f"`manage.py runserver` on SQLite, {teams} teams: {phones} phones, {jurors} jurors and {projectors} "
        f"projectors, each with its pages "
        f"loaded and its socket open; then {seconds:g} s of nothing, then {seconds:g} s of one score per juror and second.",
        notes=["Worker, beat, heartbeats and the board's refreshes are in these figures: there is no other process."],
    )
    with tempfile.TemporaryDirectory(prefix="estrade-bench-", ignore_cleanup_errors=True) as folder:
        world = {"ESTRADE_DATA": folder}
        sizes = ("--jurors", str(jurors), "--teams", str(teams), "--phones", str(phones))
        with child("-m", "benchmarks.hall", "fill", *sizes, world=world) as filler:
            facts = Facts(**json.loads(filler.read()))
        from tests.servers import free_port  # noqa: PLC0415 - children import this module

        port = free_port()
        with child("manage.py", "runserver", f"127.0.0.1:{port}", world=world) as server:
            # The line with which it says that it answers.
            server.read()
            alone = server.memory()
            async with contextlib.AsyncExitStack() as stack:
                screens = await _arrive(stack, port, facts, projectors)
                section.say("resident memory, nobody there", f"{alone:.0f} MiB")
                section.say("resident memory, everybody there", f"{server.memory():.0f} MiB")
                section.say("CPU share of one core, everybody there, nothing happens", f"{await _share(server, seconds):.1f} %")
                jury = Jury(facts)
                connections = [await stack.enter_async_context(Connection(port, key, facts.cookie)) for key in facts.jurors]
                scoring = paced(connections, seconds, jury.score)
                share, answers = await asyncio.gather(_share(server, seconds), scoring)
                assert not answers.bad, answers.bad
                section.say(f"CPU share of one core, {jurors} scores a second, boards on all screens", f"{share:.1f} %")
                section.say("answer to a score meanwhile", f"p99 {answers.percentile(0.99):.0f} ms")
                most = server.memory()
                section.say("resident memory afterwards", f"{most:.0f} MiB")
                assert all(not screen.transport.is_closing() for screen in screens), "a socket was closed"
    section.goals = [Goal("resident memory at its highest", most, MOST_MIB, "MiB")]
    return section


async def _arrive(stack: contextlib.AsyncExitStack, port: int, facts: Facts, projectors: int) -> list[Screen]:
    """Everybody loads their pages and opens a socket."""
    home, board = f"/e/{facts.slug}/", f"/e/{facts.slug}/board/"
    doors = asyncio.Semaphore(PAGES_AT_ONCE)

    async def load(session: str, pages: Iterable[str]) -> None:
        async with doors, Connection(port, session, facts.cookie) as connection:
            for page in pages:
                status, _, _ = await connection.ask("GET", page)
                assert status == 200, (page, status)

    sheet = f"/e/{facts.slug}/jury/{facts.teams[0]}/"
    await asyncio.gather(
        *(load(key, (home, board)) for key in facts.phones),
        *(load(key, (home, sheet)) for key in facts.jurors),
        *(load("", (f"/screen/{facts.slug}/",)) for _ in range(projectors)),
    )
    loop, screens = asyncio.get_running_loop(), []
    people = [(key, ("public", "participants")) for key in facts.phones]
    people += [(key, ("public", "jury.board")) for key in facts.jurors]
    people += [("", ("public",))] * projectors
    for key, streams in people:
        cookie = f"{facts.cookie}={key}" if key else ""
        screen = Screen(port, facts.slug, cookie=cookie, streams=streams)
        await loop.create_connection(lambda screen=screen: screen, "127.0.0.1", port)  # type: ignore[misc]  # a lambda's default
        screens.append(screen)
        stack.callback(screen.transport.close)
    return screens


async def _share(server: Child, seconds: float) -> float:
    """Processor time per time, in per cent of one core."""
    before, began = server.cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (server.cpu() - before) / (time.perf_counter() - began) * 100


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure(False)).lines()))
