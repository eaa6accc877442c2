"""What one board costs on its way to many screens: our hub beside the consumer that every tutorial shows and a bare server.

One server process per variant, all of them up together, each with the same number of sockets; rounds of boards go
through them in turn. Counted is the processor time of the server per delivery. Hub and tutorial run on the in-memory
layer and the same uvicorn; the bare server is the broadcast of the `websockets` library, without Django.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.children import Child, child
from benchmarks.hall import SLUG, begin, make_tables
from benchmarks.report import Goal, Section

VARIANTS = ("hub", "tutorial", "bare")
# Four digits throughout, so that every frame has the same length.
FIRST = 1000
SECONDS_TO_ARRIVE = 60.0
PING, PONG = 0x89, 0x8A
TIMES_CHEAPER, TIMES_BARE = 15.0, 2.5


# --- The server process -------------------------------------------------------------------------------------------


def serve(variant: str, port: int) -> None:
    """Serve one variant; each line on stdin, `boards bytes`, sends boards and answers with the processor time so far."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if variant == "bare":
        asyncio.run(_serve_bare(port))
        return
    begin()
    from tests import builders  # noqa: PLC0415 - needs the apps loaded

    make_tables()
    edition = builders.an_edition(slug=SLUG)
    asyncio.run(_serve_django(variant, edition.pk, port))


def _hub_application() -> Any:
    from estrade.config.asgi import router  # noqa: PLC0415 - needs the apps loaded
    from estrade.config.lifespan import with_lifespan  # noqa: PLC0415 - needs the apps loaded

    return with_lifespan(router, on_start=lambda: None)


def _tutorial_application() -> Any:
    """A group member per socket, a dict through the layer, JSON per consumer."""
    from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: PLC0415 - needs the apps loaded
    from channels.routing import ProtocolTypeRouter  # noqa: PLC0415 - needs the apps loaded

    class BoardConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
        async def connect(self) -> None:
            await self.channel_layer.group_add("board", self.channel_name)
            await self.accept()

        async def disconnect(self, code: int) -> None:
            await self.channel_layer.group_discard("board", self.channel_name)

        async def receive_json(self, content: Any, **kwargs: Any) -> None:
            await self.send_json({"t": "hb"})

        async def board_changed(self, event: dict[str, Any]) -> None:
            await self.send_json(
                {"t": "ev", "s": "public", "n": event["n"], "k": "board.changed", "d": event["d"], "at": event["at"]}
            )

    return ProtocolTypeRouter({"websocket": BoardConsumer.as_asgi()})


async def _serve_django(variant: str, edition_id: int, port: int) -> None:
    import uvicorn  # noqa: PLC0415 - only in the child
    from channels.layers import get_channel_layer  # noqa: PLC0415 - only in the child

    from estrade.config.protocol import HallProtocol  # noqa: PLC0415 - only in the child
    from estrade.journal.wake import GROUP  # noqa: PLC0415 - only in the child

    application = _hub_application() if variant == "hub" else _tutorial_application()
    config = uvicorn.Config(
        application,
        port=port,
        loop="uvloop",
        ws=HallProtocol,
        ws_per_message_deflate=False,
        # Not on the way of a board, and a thousand answers would be counted with the boards.
        ws_ping_interval=None,
        backlog=4096,
        log_level="critical",
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    layer: Any = get_channel_layer()

    async def send(number: int, board: Any) -> None:
        if variant == "hub":
            news = {"edition": edition_id, "heads": {"public": number}, "kind": "board.changed", "payload": board, "at": "now"}
            await layer.group_send(GROUP, {"type": "journal.recorded", "news": [news]})
        else:
            await layer.group_send("board", {"type": "board.changed", "n": number, "d": board, "at": "now"})

    await _obey(send)
    server.should_exit = True
    await serving


async def _serve_bare(port: int) -> None:
    from websockets.asyncio.server import ServerConnection, broadcast  # noqa: PLC0415 - only in the child
    from websockets.asyncio.server import serve as listen  # noqa: PLC0415 - only in the child

    connections: set[ServerConnection] = set()

    async def hold(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    async def send(number: int, board: Any) -> None:
        broadcast(connections, json.dumps({"t": "ev", "s": "public", "n": number, "d": board, "at": "now"}))

    async with listen(hold, "127.0.0.1", port, compression=None, ping_interval=None):
        await _obey(send)


async def _obey(send: Callable[[int, Any], Awaitable[None]]) -> None:
    """Send what is asked for on stdin, until it ends."""
    number = FIRST
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        boards, size = map(int, line.split())
        for _ in range(boards):
            number += 1
            await send(number, {"rows": ["x" * 90] * (size // 93)})
            await asyncio.sleep(0)
        print(time.process_time(), flush=True)


# --- The screens --------------------------------------------------------------------------------------------------


class Screen(asyncio.Protocol):
    """A socket that only counts the bytes it gets."""

    def __init__(self, port: int, slug: str = SLUG, *, cookie: str = "", streams: tuple[str, ...] = ("public",)) -> None:
        self.received, self._port, self._slug, self._cookie, self._streams = 0, port, slug, cookie, streams

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        host = f"127.0.0.1:{self._port}"
        lines = [
            f"GET /ws/{self._slug}/ HTTP/1.1",
            f"Host: {host}",
            f"Origin: http://{host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 13",
            *([f"Cookie: {self._cookie}"] if self._cookie else []),
        ]
        transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        if not self.received:
            # The answer to the handshake.
            text = json.dumps({"t": "sub", "streams": dict.fromkeys(self._streams, -1)}).encode()
            assert len(text) < 126
            self.transport.write(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
        elif data[0] == PING:
            # Alone in its packet, because it comes when nothing else does. A server closes on who does not answer.
            payload = data[2 : 2 + data[1]]
            self.transport.write(bytes([PONG, 0x80 | len(payload), 0, 0, 0, 0]) + payload)
        self.received += len(data)


async def fill(count: int, port: int) -> list[Screen]:
    """Open so many sockets, not all in one instant."""
    loop, screens = asyncio.get_running_loop(), []
    for number in range(count):
        _, screen = await loop.create_connection(lambda: Screen(port), "127.0.0.1", port)
        screens.append(screen)
        if number % 10 == 9:
            await asyncio.sleep(0.01)
    return screens


async def _settled(screens: list[Screen], server: Child) -> None:
    """Return once the server has nothing more to do and nothing more comes."""
    before: object = None
    while (now := (sum(screen.received for screen in screens), server.cpu())) != before:
        before = now
        await asyncio.sleep(0.25)


async def _show(server: Child, screens: list[Screen], size: int) -> None:
    """One board to everybody. The hub drops boards that a newer one has overtaken, so the next waits for this one."""
    goals = [(screen, screen.received + size * 0.9) for screen in screens]
    await asyncio.to_thread(server.ask, f"1 {size}")
    limit = time.monotonic() + SECONDS_TO_ARRIVE
    while any(screen.received < goal for screen, goal in goals):
        assert time.monotonic() < limit, f"a board did not reach {sum(screen.received < goal for screen, goal in goals)} screens"
        await asyncio.sleep(0.01)


async def measure(quick: bool) -> Section:
    sockets, boards, size, rounds = (4, 2, 1024, 1) if quick else (1000, 5, 8192, 5)
    return await compare(sockets=sockets, boards=boards, size=size, rounds=rounds)


async def compare(*, sockets: int, boards: int, size: int, rounds: int) -> Section:
    """Each round sends `boards` boards through each variant in turn."""
    from tests.servers import free_port  # noqa: PLC0415 - children import this module

    costs: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    with (
        tempfile.TemporaryDirectory(prefix="estrade-bench-", ignore_cleanup_errors=True) as folder,
        contextlib.ExitStack() as stack,
    ):
        halls: dict[str, tuple[Child, list[Screen]]] = {}
        for variant in VARIANTS:
            port, world = free_port(), {"ESTRADE_DATA": f"{folder}/{variant}"}
            arguments = ("-m", "benchmarks.fanout", "--serve", variant, "--port", str(port))
            server = stack.enter_context(child(*arguments, world=world))
            assert server.read() == "ready"
            halls[variant] = server, await fill(sockets, port)
            await _settled(halls[variant][1], server)
            await _show(server, halls[variant][1], size)
        for _ in range(rounds):
            for variant, (server, screens) in halls.items():
                began = float(await asyncio.to_thread(server.ask, "0 0"))
                for _ in range(boards):
                    await _show(server, screens, size)
                ended = float(await asyncio.to_thread(server.ask, "0 0"))
                costs[variant].append((ended - began) / (boards * sockets) * 1e6)
        for _, screens in halls.values():
            for screen in screens:
                screen.transport.close()
    return _section(costs, f"{sockets} sockets per server, {rounds} interleaved rounds of {boards} boards of {size} bytes.")


def _section(costs: dict[str, list[float]], sizes: str) -> Section:
    section = Section(
        "One board to many screens (fanout)",
        sizes,
        notes=[
            "Tutorial: a group member per socket, a dict through the layer, JSON per consumer; it is kept in the benchmark.",
            "Bare: `websockets.broadcast`, no Django, no rights, no heartbeat, nothing kept for a slow reader.",
        ],
    )
    names = {"hub": "Estrade's hub", "tutorial": "tutorial consumer", "bare": "bare `websockets` broadcast"}
    for variant, found in costs.items():
        spread = f"{min(found):.1f} to {max(found):.1f}"
        section.say(f"{names[variant]}: CPU per delivery", f"{statistics.median(found):.1f} us ({spread})")
    cheaper = statistics.median(slow / hub for slow, hub in zip(costs["tutorial"], costs["hub"], strict=True))
    dearer = statistics.median(hub / bare for hub, bare in zip(costs["hub"], costs["bare"], strict=True))
    section.goals = [
        Goal("tutorial consumer / hub", cheaper, TIMES_CHEAPER, at_least=True),
        Goal("hub / bare broadcast", dearer, TIMES_BARE),
    ]
    return section


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fanout", description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--boards", type=int, default=5)
    parser.add_argument("--bytes", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", choices=VARIANTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        # The parent reads lines from standard output; nothing else may get there.
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
        serve(options.serve, options.port)
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    section = asyncio.run(compare(sockets=options.sockets, boards=options.boards, size=options.bytes, rounds=options.rounds))
    print("\n".join(section.lines()))


if __name__ == "__main__":
    main()
