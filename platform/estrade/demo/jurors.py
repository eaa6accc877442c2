"""Simulated jurors: each is a browser without a screen.

They sign in like anybody, keep a socket open so that the control room sees them, and send every
score through the same address as a real juror's page. They never touch a table of the judging room.
"""

import asyncio
import http.client
import json
import logging
import secrets
import uuid
from datetime import UTC, datetime

import websockets
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from websockets.typing import Origin

from estrade.demo.script import PlannedScore
from estrade.people.models import Person

logger = logging.getLogger(__name__)

AGENT = "estrade-demo"


class SimulatedJuror:
    """One juror at `host:port`. `online(False)` cuts the network; what is tapped meanwhile waits and leaves later."""

    def __init__(self, *, person: Person, slug: str, host: str, port: int) -> None:
        self.username = person.username
        self._slug, self._host, self._port = slug, host, port
        self._cookie, self._csrf = _signed_in_cookies(person)
        self._waiting: asyncio.Queue[tuple[PlannedScore, datetime]] = asyncio.Queue()
        self._online = asyncio.Event()
        self._online.set()

    def online(self, value: bool) -> None:
        if value:
            self._online.set()
        else:
            self._online.clear()

    def tap(self, planned: PlannedScore) -> None:
        self._waiting.put_nowait((planned, datetime.now(UTC)))

    async def live(self) -> None:
        """Stay connected and send what waits, until cancelled."""
        await asyncio.gather(self._stay_connected(), self.send_scores())

    async def _stay_connected(self) -> None:
        headers = {"Cookie": self._cookie, "User-Agent": AGENT}
        while True:
            await self._online.wait()
            try:
                async with websockets.connect(
                    f"ws://{self._host}:{self._port}/ws/{self._slug}/",
                    origin=Origin(f"http://{self._host}:{self._port}"),
                    additional_headers=headers,
                    user_agent_header=None,
                ) as socket:
                    await socket.send(json.dumps({"t": "sub", "streams": {"public": -1}}))
                    while self._online.is_set():
                        await socket.send('{"t":"hi"}')
                        await _read_for(socket, seconds=3)
            except (OSError, websockets.WebSocketException):
                await asyncio.sleep(1)

    async def send_scores(self) -> None:
        """Send what was tapped, in order, until cancelled. A score leaves the queue when the server has answered."""
        while True:
            planned, at = await self._waiting.get()
            client_id = uuid.uuid4()
            while not await self._send(planned, at, client_id):
                await asyncio.sleep(0.5)

    async def _send(self, planned: PlannedScore, at: datetime, client_id: uuid.UUID) -> bool:
        await self._online.wait()
        try:
            status = await asyncio.to_thread(self._post, planned, at, client_id)
        except (OSError, http.client.HTTPException):
            return False
        if status >= 500 or status == 429:
            return False
        if status >= 400 and status != 409:
            logger.warning("A simulated score was refused with %s", status)
        return True

    def _post(self, planned: PlannedScore, at: datetime, client_id: uuid.UUID) -> int:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=5)
        body = {
            "criterion": planned.criterion_id,
            "value": str(planned.value),
            "client_id": str(client_id),
            "base_version": 0,
            "device_at": at.isoformat(),
        }
        headers = {
            "Content-Type": "application/json",
            "Cookie": self._cookie,
            "X-CSRFToken": self._csrf,
            "Origin": f"http://{self._host}:{self._port}",
            "User-Agent": AGENT,
        }
        try:
            connection.request("POST", f"/api/v1/editions/{self._slug}/jury/{planned.team_id}/scores/", json.dumps(body), headers)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()


def _signed_in_cookies(person: Person) -> tuple[str, str]:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    csrf = secrets.token_hex(16)
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={csrf}", csrf


async def _read_for(socket: websockets.ClientConnection, *, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while True:
                await socket.recv()
    except TimeoutError:
        return
