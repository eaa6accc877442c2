"""What one board costs on its way to many screens: our hub beside the consumer that every tutorial shows.

`python -m benchmarks.fanout` starts one server process per variant, opens sockets, sends boards and prints
the processor time of the server per delivery and the ratio of the two. Absolute times depend on the
machine; the ratio is the figure to compare. Both variants run on the in-memory layer and the same uvicorn.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SLUG = "bench"
# Four digits throughout, so that every frame has the same length.
FIRST = 1000


# --- The server process -------------------------------------------------------------------------------------------


def serve(variant: str, port: int) -> None:
    """Serve one variant; each line on stdin, `boards bytes`, sends boards and answers with the processor time so far."""
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"
    import django  # noqa: PLC0415 - only in the child

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - needs the apps loaded

    from tests import builders  # noqa: PLC0415 - needs the apps loaded

    call_command("migrate", verbosity=0)
    edition = builders.an_edition(slug=SLUG)
    asyncio.run(_serve(_hub_application() if variant == "hub" else _tutorial_application(), variant, edition.pk, port))


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


async def _serve(application: Any, variant: str, edition_id: int, port: int) -> None:
    import uvicorn  # noqa: PLC0415 - only in the child
    from channels.layers import get_channel_layer  # noqa: PLC0415 - only in the child

    from estrade.config.protocol import HallProtocol  # noqa: PLC0415 - only in the child
    from estrade.journal.wake import GROUP  # noqa: PLC0415 - only in the child

    config = uvicorn.Config(
        application, port=port, ws=HallProtocol, ws_per_message_deflate=False, backlog=4096, log_level="critical"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    layer: Any = get_channel_layer()
    number = FIRST
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        boards, size = map(int, line.split())
        for _ in range(boards):
            number += 1
            board = {"rows": ["x" * 90] * (size // 93)}
            if variant == "hub":
                message = {
                    "edition": edition_id,
                    "heads": {"public": number},
                    "kind": "board.changed",
                    "payload": board,
                    "at": "now",
                }
                await layer.group_send(GROUP, {"type": "journal.recorded", **message})
            else:
                await layer.group_send("board", {"type": "board.changed", "n": number, "d": board, "at": "now"})
            await asyncio.sleep(0)
        print(time.process_time(), flush=True)
    server.should_exit = True
    await serving


# --- The screens --------------------------------------------------------------------------------------------------


class Screen(asyncio.Protocol):
    """A socket that only counts the bytes it gets."""

    def __init__(self, port: int, hall: Hall) -> None:
        self.received, self._port, self._hall = 0, port, hall

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        host = f"127.0.0.1:{self._port}"
        lines = [
            f"GET /ws/{SLUG}/ HTTP/1.1",
            f"Host: {host}",
            f"Origin: http://{host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
        ]
        lines += ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13", "", ""]
        transport.write("\r\n".join(lines).encode())

    def data_received(self, data: bytes) -> None:
        if not self.received:
            # The answer to the handshake.
            text = json.dumps({"t": "sub", "streams": {"public": -1}}).encode()
            self.transport.write(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
        self.received += len(data)
        self._hall.seen_at = time.perf_counter()


class Hall:
    """All screens of one server."""

    def __init__(self, port: int) -> None:
        self._port, self.screens, self.seen_at = port, list[Screen](), 0.0

    async def fill(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, screen = await loop.create_connection(lambda: Screen(self._port, self), "127.0.0.1", self._port)
            self.screens.append(screen)
            await asyncio.sleep(0.002)
        await self.quiet()

    async def quiet(self) -> int:
        """Wait until nothing has come for a while; how many bytes came in all."""
        while True:
            before = sum(screen.received for screen in self.screens)
            await asyncio.sleep(0.5)
            after = sum(screen.received for screen in self.screens)
            if before == after:
                return after


async def measure(variant: str, options: argparse.Namespace) -> tuple[float, float]:
    """(microseconds of server processor time per delivery, seconds until the last screen has the last board)."""
    from tests.servers import free_port  # noqa: PLC0415 - the child must not need it

    port = free_port()
    with tempfile.TemporaryDirectory(prefix="estrade-bench-", ignore_cleanup_errors=True) as folder:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.fanout", "--serve", variant, "--port", str(port),
            cwd=ROOT, env={**os.environ, "ESTRADE_DATA": folder}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            assert await server.stdout.readline() == b"ready\n"
            hall = Hall(port)
            await hall.fill(options.sockets)

            async def send(boards: int) -> float:
                server.stdin.write(f"{boards} {options.bytes}\n".encode())  # type: ignore[union-attr]  # asserted above
                return float(await server.stdout.readline())  # type: ignore[union-attr]  # asserted above

            await send(1)
            before_bytes = await hall.quiet()
            before = await send(0)
            began = time.perf_counter()
            await send(options.boards)
            received = await hall.quiet() - before_bytes
            after = await send(0)
            assert received > options.bytes * options.boards * options.sockets * 0.9, "boards were lost"
            return (after - before) / (options.boards * options.sockets) * 1e6, hall.seen_at - began
        finally:
            server.kill()
            await server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fanout", description=__doc__)
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--boards", type=int, default=10)
    parser.add_argument("--bytes", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", choices=("hub", "tutorial"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.serve:
        serve(options.serve, options.port)
        return
    print(f"{options.sockets} sockets, {options.boards} boards of {options.bytes} bytes, {options.rounds} rounds")
    # The rounds are interleaved: whatever else the machine does meets both.
    rounds = [{name: asyncio.run(measure(name, options)) for name in ("hub", "tutorial")} for _ in range(options.rounds)]
    for name in ("hub", "tutorial"):
        cost = statistics.median(one[name][0] for one in rounds)
        last = statistics.median(one[name][1] for one in rounds)
        print(f"{name:<9} {cost:8.1f} us of server per delivery, the last screen after {last * 1000:8.0f} ms")
    ratios = sorted(one["tutorial"][0] / one["hub"][0] for one in rounds)
    print(f"ratio     {statistics.median(ratios):8.1f} (from {ratios[0]:.1f} to {ratios[-1]:.1f})")


if __name__ == "__main__":
    main()
