"""People in front of the server: many connections that are kept open, and how long each answer took."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Any value will do for the double submit: the cookie and the header have to agree.
CSRF = "benchmarkbenchmarkbenchmarkbench"


@dataclass
class Answers:
    """What came back: milliseconds per request, and every status that was not expected."""

    times: list[float] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Connection:
    """One kept HTTP/1.1 connection."""

    def __init__(self, port: int, session: str = "", cookie: str = "sessionid") -> None:
        self._port = port
        cookies = f"csrftoken={CSRF}" + (f"; {cookie}={session}" if session else "")
        self._host = f"Host: 127.0.0.1:{port}\r\nAccept-Language: en\r\n"
        self._known = f"Cookie: {cookies}\r\nX-CSRFToken: {CSRF}\r\n"

    async def __aenter__(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._writer.close()

    async def ask(
        self, method: str, path: str, body: bytes = b"", *, more: str = "", cookies: bool = True
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers in lower case, body as sent). `more`: further header lines."""
        head = self._host + (self._known if cookies else "")
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if method == "POST" else ""
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{head}{length}{more}\r\n".encode() + body)
        told = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = told.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        headers["size of head"] = str(len(told))
        if headers.get("transfer-encoding") == "chunked":
            content = b""
            while size := int(await self._reader.readline(), 16):
                content += (await self._reader.readexactly(size + 2))[:-2]
            await self._reader.readline()
        else:
            content = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(status.split()[1]), headers, content


async def closed_loop(connections: list[Connection], requests: int, make: Callable[[int], tuple[str, bytes]]) -> Answers:
    """Everybody posts again as soon as they have their answer, `requests` in all. `make`: number of the connection."""
    answers, left = Answers(), requests

    async def one(number: int) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await _post(connections[number], *make(number), answers)

    await asyncio.gather(*(one(number) for number in range(len(connections))))
    return answers


async def paced(connections: list[Connection], seconds: float, make: Callable[[int], tuple[str, bytes]]) -> Answers:
    """Everybody posts once a second, evenly spread, whether the last answer has come or not yet."""
    answers = Answers()

    async def one(number: int) -> None:
        began = time.perf_counter() + number / len(connections)
        for tick in range(max(1, int(seconds))):
            await asyncio.sleep(max(0.0, began + tick - time.perf_counter()))
            await _post(connections[number], *make(number), answers)

    await asyncio.gather(*(one(number) for number in range(len(connections))))
    return answers


async def _post(connection: Connection, path: str, body: bytes, answers: Answers) -> None:
    began = time.perf_counter()
    status, _, _ = await connection.ask("POST", path, body)
    answers.times.append((time.perf_counter() - began) * 1000)
    if status != 201:
        answers.bad.append(status)


def form(figures: Mapping[str, object]) -> bytes:
    """A body of a request."""
    return json.dumps(figures).encode()
