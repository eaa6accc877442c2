"""Simulated people: each is a browser without a screen.

They sign in like anybody, keep a socket open so that the control room sees them, and send every draft and score
to the same address as a real page. They never touch a table of the rooms that they visit.
"""

import asyncio
import http.client
import json
import logging
import secrets
import ssl
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlencode

import websockets
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from websockets.typing import Origin

from estrade.people.models import Person
from estrade.rehearsal.invented import Pitch
from estrade.rehearsal.script import Deed, PlannedDelivery, PlannedDraft, PlannedScore
from realtime.hub import SIMULATED_AGENT

logger = logging.getLogger(__name__)

PATIENCE = 5


@dataclass(frozen=True)
class Server:
    """Where this very process listens, and the name it answers to. `certificate`: the file, when it speaks TLS itself."""

    host: str
    port: int
    certificate: str | None = None

    @property
    def name(self) -> str:
        """What goes into `Host`: a loopback name where the site has one, else the first of its names."""
        names = settings.ALLOWED_HOSTS
        plain = f"[{self.host}]" if ":" in self.host else self.host
        if "*" in names or plain in names:
            return f"{plain}:{self.port}"
        first = str(names[0]).removeprefix(".") if names else "localhost"
        return first if settings.HTTPS else f"{first}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{settings.SCHEME}://{self.name}"

    @cached_property
    def trust(self) -> ssl.SSLContext | None:
        """Exactly this process's certificate, whoever issued it and for whatever name."""
        if self.certificate is None:
            return None
        context = ssl.create_default_context(cafile=self.certificate)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context


@dataclass(frozen=True)
class _Waiting:
    deed: Deed
    at: datetime
    loses_answer: bool


class Simulated:
    """One person at a server. `online(False)` cuts the network; what is done meanwhile waits and leaves later."""

    def __init__(self, *, person: Person, slug: str, server: Server, pitch: Pitch | None = None) -> None:
        self._slug, self._server, self._pitch = slug, server, pitch
        self._cookie, self._csrf = _signed_in_cookies(person)
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._online = asyncio.Event()
        self._online.set()

    def online(self, value: bool) -> None:
        if value:
            self._online.set()
        else:
            self._online.clear()

    def do(self, deed: Deed, *, loses_answer: bool = False) -> None:
        """Do this now, or as soon as there is a network. `loses_answer`: the first answer never arrives."""
        self._waiting.put_nowait(_Waiting(deed, datetime.now(UTC), loses_answer))

    async def live(self) -> None:
        """Stay connected and send what waits, until cancelled."""
        await asyncio.gather(self._stay_connected(), self.send_waiting())

    async def send_waiting(self) -> None:
        """Send what was done, in order, until cancelled. A deed leaves the queue when the server has answered."""
        while True:
            waiting = await self._waiting.get()
            client_id = uuid.uuid4()
            is_first = True
            while not await self._send(waiting, client_id, loses_answer=waiting.loses_answer and is_first):
                is_first = False
                await asyncio.sleep(0.5)

    async def _stay_connected(self) -> None:
        headers = {"Cookie": self._cookie, "User-Agent": SIMULATED_AGENT}
        while True:
            await self._online.wait()
            try:
                # The name is the site's, the address this process's own: no proxy and no name server in between.
                async with websockets.connect(
                    f"{'wss' if self._server.trust else 'ws'}://{self._server.name}/ws/{self._slug}/",
                    host=self._server.host,
                    port=self._server.port,
                    origin=Origin(self._server.origin),
                    additional_headers=headers,
                    user_agent_header=None,
                    proxy=None,
                    ssl=self._server.trust,
                ) as socket:
                    await socket.send(json.dumps({"t": "sub", "streams": {"public": -1}}))
                    while self._online.is_set():
                        await socket.send('{"t":"hi"}')
                        await _read_for(socket, seconds=3)
            except (OSError, websockets.WebSocketException):
                await asyncio.sleep(1)

    async def _send(self, waiting: _Waiting, client_id: uuid.UUID, *, loses_answer: bool) -> bool:
        await self._online.wait()
        try:
            status = await asyncio.to_thread(self._carry_out, waiting, client_id)
        except (OSError, http.client.HTTPException):
            return False
        if loses_answer or status >= 500 or status == 429:
            return False
        if status >= 400 and status != 409:
            logger.warning("A simulated %s was refused with %s", type(waiting.deed).__name__, status)
        return True

    def _carry_out(self, waiting: _Waiting, client_id: uuid.UUID) -> int:
        deed = waiting.deed
        if isinstance(deed, PlannedScore):
            score = {
                "criterion": deed.criterion_id,
                "value": str(deed.value),
                "client_id": str(client_id),
                "base_version": 0,
                "device_at": waiting.at.isoformat(),
            }
            address = f"/api/v1/editions/{self._slug}/jury/{deed.team_id}/scores/"
            return self._post(address, json.dumps(score), "application/json")
        fields = {"client_id": str(client_id)} if isinstance(deed, PlannedDelivery) else self._draft(deed)
        action = "deliver" if isinstance(deed, PlannedDelivery) else "draft"
        address = f"/e/{self._slug}/team/{deed.team_id}/{action}/"
        return self._post(address, urlencode(fields), "application/x-www-form-urlencoded")

    def _draft(self, deed: PlannedDraft) -> dict[str, str | int]:
        """The first draft has its title and one sentence; the second the whole text."""
        assert self._pitch is not None
        text = self._pitch.text if deed.step > 1 else ""
        return {
            "title": self._pitch.title,
            "summary": self._pitch.summary,
            "text": text,
            "link": "",
            "base_revision": deed.step - 1,
        }

    def _post(self, path: str, body: str, kind: str) -> int:
        host, port, trust = self._server.host, self._server.port, self._server.trust
        connection = (
            http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=trust)
            if trust
            else http.client.HTTPConnection(host, port, timeout=PATIENCE)
        )
        headers = {
            "Host": self._server.name,
            "Content-Type": kind,
            "Accept": "application/json",
            "Cookie": self._cookie,
            "X-CSRFToken": self._csrf,
            "Origin": self._server.origin,
            "Referer": f"{self._server.origin}{path}",
            "User-Agent": SIMULATED_AGENT,
            **({"X-Forwarded-Proto": "https"} if settings.HTTPS else {}),
        }
        try:
            connection.request("POST", path, body.encode(), headers)
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
