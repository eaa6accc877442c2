"""What one acknowledged score costs the server, beside a view that does nothing and beside its own SQL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import tempfile
import uuid
from collections.abc import Iterator

from benchmarks.children import Child, child
from benchmarks.hall import NULL, Facts
from benchmarks.report import Goal, Section
from benchmarks.visitors import Answers, Connection, closed_loop, form, paced

MOST_TIMES_NULL = 8.0
# Only the world of one laptop; set by the command line.
IS_ALONE = False


@contextlib.contextmanager
def worlds(folder: str) -> Iterator[dict[str, dict[str, str]]]:
    """Name and environment of each world that this machine can run; both keep what was committed."""
    from tests.servers import SECRET_KEY, ServerMissing, postgres, redis  # noqa: PLC0415 - children import this module

    found = {"SQLite": {"ESTRADE_DATA": f"{folder}/embedded"}}
    if IS_ALONE:
        yield found
        return
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ServerMissing):
            addresses = {
                "DATABASE_URL": stack.enter_context(postgres(durable=True)),
                "REDIS_URL": stack.enter_context(redis()),
            }
            found["PostgreSQL"] = {"ESTRADE_DATA": f"{folder}/second", "ESTRADE_SECRET_KEY": SECRET_KEY, **addresses}
        yield found


class Jury:
    """Jurors that walk through teams and criteria, each with the versions that they have seen."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._versions: dict[tuple[int, int, int], int] = {}
        self._turns = [0] * len(facts.jurors)

    def null(self, number: int) -> tuple[str, bytes]:
        return NULL, form({"criterion": 1, "value": "4", "client_id": str(uuid.uuid4()), "base_version": number})

    def score(self, number: int) -> tuple[str, bytes]:
        facts, turn = self._facts, self._turns[number]
        self._turns[number] += 1
        team = facts.teams[turn // len(facts.criteria) % len(facts.teams)]
        criterion = facts.criteria[turn % len(facts.criteria)]
        base = self._versions.get((number, team, criterion), 0)
        self._versions[number, team, criterion] = base + 1
        body = {"criterion": criterion, "value": str((turn + number) % 6), "client_id": str(uuid.uuid4()), "base_version": base}
        return f"/api/v1/editions/{facts.slug}/jury/{team}/scores/", form(body)


async def measure(quick: bool) -> Section:
    jurors, teams, requests, rounds, seconds = (3, 2, 40, 1, 1) if quick else (50, 20, 400, 5, 6)
    section = Section(
        "One score (score_write)",
        f"{jurors} jurors, {teams} teams, {rounds} interleaved rounds of {requests} requests to the view that does nothing "
        f"and of {requests} acknowledged scores, then one score per juror and second for {seconds} s. "
        "SQLite: write-ahead log, synchronous FULL. PostgreSQL: fsync and synchronous_commit on; the web process is counted.",
        notes=[
            "The view that does nothing is a plain synchronous Django view of the same process and server, behind "
            "no middleware: no session, no database. It is the cost of being asked anything at all.",
            "The statements of one score are taken down in the verb and sent again through the bare driver, in a transaction "
            "each, by one connection.",
            "The board is computed for many scores at once, at most ten times a second; its part is given beside the total.",
        ],
    )
    with tempfile.TemporaryDirectory(prefix="estrade-bench-", ignore_cleanup_errors=True) as folder, worlds(folder) as found:
        for name, world in found.items():
            sizes = ("--jurors", str(jurors), "--teams", str(teams))
            with child("-m", "benchmarks.hall", "fill", *sizes, world=world) as filler:
                facts = Facts(**json.loads(filler.read()))
            with child("-m", "benchmarks.hall", "serve", world=world) as server:
                port = int(server.read())
                costs, answers, slow = await _rounds(server, port, facts, requests, rounds, seconds)
            with child("-m", "benchmarks.hall", "sql", "--times", str(requests), world=world) as bare:
                statements, sql = map(float, bare.read().split())
            _tell(section, name, costs, answers, slow, statements=int(statements), sql=sql * 1000)
        if "PostgreSQL" not in found and not IS_ALONE:
            section.notes.append("PostgreSQL or Redis is not on this machine: not measured.")
    return section


Costs = list[tuple[float, float, float]]


async def _rounds(
    server: Child, port: int, facts: Facts, requests: int, rounds: int, seconds: float
) -> tuple[Costs, Answers, Answers]:
    """(per round: CPU ms of a null request, of a score in all, of its share of boards), answers in closed loop and paced."""
    costs: Costs = []
    closed, jury = Answers(), Jury(facts)
    async with contextlib.AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(Connection(port, key, facts.cookie)) for key in facts.jurors]
        # Everybody once, so that nothing is loaded for the first time while it is measured.
        await closed_loop(connections, len(connections), jury.null)
        first = await closed_loop(connections, len(connections), jury.score)
        assert not first.bad, first.bad
        for _ in range(rounds):
            before, _ = _spent(server)
            idle = await closed_loop(connections, requests, jury.null)
            between, board = _spent(server)
            wrote = await closed_loop(connections, requests, jury.score)
            after, boards = _spent(server)
            assert not idle.bad, idle.bad
            assert not wrote.bad, wrote.bad
            closed.times += wrote.times
            costs.append(
                ((between - before) / requests * 1000, (after - between) / requests * 1000, (boards - board) / requests * 1000)
            )
        slow = await paced(connections, seconds, jury.score)
        assert not slow.bad, slow.bad
    return costs, closed, slow


def _spent(server: Child) -> tuple[float, float]:
    """Seconds of processor time so far: in all, and for boards."""
    said = json.loads(server.ask("how much"))
    return float(said["cpu"]), float(said["seconds"])


def _tell(section: Section, name: str, costs: Costs, closed: Answers, slow: Answers, *, statements: int, sql: float) -> None:  # noqa: PLR0913
    null, total, board = (statistics.median(cost[part] for cost in costs) for part in range(3))
    ratios = [(cost[1] - cost[2]) / cost[0] for cost in costs if cost[0]]
    ratio = statistics.median(ratios) if ratios else float("nan")
    section.say(f"{name}: CPU of the view that does nothing", f"{null:.2f} ms")
    section.say(f"{name}: CPU of one score", f"{total - board:.2f} ms, and {board:.2f} ms for its share of the boards")
    section.say(f"{name}: CPU of the bare transaction ({statements} statements)", f"{sql:.2f} ms")
    section.say(f"{name}: one score / bare transaction", f"{(total - board) / sql:.1f} x")
    section.say(
        f"{name}: answer, everybody again at once",
        f"median {closed.percentile(0.5):.0f} ms, p99 {closed.percentile(0.99):.0f} ms",
    )
    section.say(
        f"{name}: answer, a score per juror and second",
        f"median {slow.percentile(0.5):.0f} ms, p99 {slow.percentile(0.99):.0f} ms",
    )
    if ratios:
        spread = f"{min(ratios):.1f} to {max(ratios):.1f}"
        section.goals.append(Goal(f"{name}: one score / the view that does nothing ({spread})", ratio, MOST_TIMES_NULL))


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure(False)).lines()))
