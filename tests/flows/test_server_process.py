"""The server as a process: what it serves besides pages, and how it ends while people are looking."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoDbBlocker
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from estrade.desk.management.commands.runserver import parse_address
from tests import builders, servers
from tests.elsewhere import data_of
from tests.tables import lay_files, lay_tables

pytestmark = pytest.mark.embedded

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 30
SLUG = "served"
PREPARE = f"""
import sys; sys.path[:0] = ["platform", "."]
import django; django.setup()
from tests import builders; builders.an_edition(slug="{SLUG}")
"""
ANNOUNCE = f"""
import sys; sys.path[:0] = ["platform", "."]
import django; django.setup()
import time
from estrade.editions.announcements import announce
from estrade.editions.models import Edition
from tests import builders
edition = Edition.objects.get(slug="{SLUG}"); began = time.monotonic()
announce(person=builders.organiser_of(edition), edition_id=edition.pk, text="Lunch")
print(time.monotonic() - began)
"""


class Server:
    """`manage.py runserver` on a port of its own, in a world of its own."""

    def __init__(self, folder: Path, **world: str) -> None:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("ESTRADE_", "DATABASE_URL", "REDIS_URL"))
        }
        self.environment = {
            **inherited, "ESTRADE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "estrade.config.settings", **world
        }  # fmt: skip
        self.port = servers.free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def python(self, code: str) -> str:
        """Run code in this world; it must succeed. What it printed."""
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", f"127.0.0.1:{self.port}", *more],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                preexec_fn=servers.dies_with_parent(signal.SIGKILL),
            )  # fmt: skip
        limit = time.monotonic() + SECONDS_TO_START
        while "Estrade answers at" not in self.said() and self.process.poll() is None:
            assert time.monotonic() < limit, self.said()
            time.sleep(0.05)
        return self.process

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @contextlib.contextmanager
    def live(self) -> Iterator[ClientConnection]:
        """A page's socket that has subscribed to the public stream and heard its head."""
        with connect(f"ws://127.0.0.1:{self.port}/ws/{SLUG}/", origin=Origin(self.base)) as live:
            live.send('{"t":"sub","streams":{"public":-1}}')
            self.head = json.loads(live.recv(timeout=10))["heads"]["public"]
            yield live

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Server:
    """The embedded world with one edition."""
    folder = lay_tables(tmp_path_factory.mktemp("served"))
    with data_of(folder, django_db_blocker):
        builders.an_edition(slug=SLUG)
    return Server(folder)


@pytest.fixture
def server(prepared: Server) -> Iterator[Server]:
    """Not started yet; whatever a test leaves running ends."""
    yield prepared
    prepared.end()


def test_modules_and_fonts_are_served_under_the_names_that_pages_use_until_ctrl_c(server: Server) -> None:
    process = server.start()
    with httpx.Client(base_url=server.base, verify=False) as client:
        page = client.get(f"/e/{SLUG}/").text

        script = client.get(found(r'src="(/static/web/live\.[0-9a-f]{12}\.js)"', page))
        module = client.get("/static/realtime/" + found(r'from "\.\./realtime/(stream\.[0-9a-f]{12}\.js)"', script.text))
        inner = client.get("/static/realtime/" + found(r'from "\./(cursor\.[0-9a-f]{12}\.js)"', module.text))
        style = client.get(found(r'href="(/static/web/estrade\.[0-9a-f]{12}\.css)"', page))
        font = client.get("/static/fonts/" + found(r'url\("\.\./fonts/([^"]+)"', style.text))
    ends_in_order(server, process, signal.SIGINT)

    kinds = {answer.headers["content-type"].partition(";")[0] for answer in (script, module, inner)}
    assert kinds == {"text/javascript"}
    assert style.headers["content-type"].startswith("text/css")
    assert font.headers["content-type"] == "font/ttf"
    assert [answer.status_code for answer in (script, module, inner, style, font)] == [200] * 5
    assert "immutable" in module.headers["cache-control"]
    assert module.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in module.headers


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, f"{pattern} not in {text[:2000]}"
    return match[1]


def test_the_signal_of_a_supervisor_ends_everything(server: Server) -> None:
    ends_in_order(server, server.start(), signal.SIGTERM)


def ends_in_order(server: Server, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """What was asked is answered, sockets are told, and the process ends well."""
    answers: list[int] = []
    with server.live() as live, httpx.Client(base_url=server.base, timeout=30, verify=False) as client:
        address = f"/api/v1/editions/{SLUG}/events/?stream=public&since={server.head}&wait=25"
        waiting = threading.Thread(target=lambda: answers.append(client.get(address).status_code))
        waiting.start()
        time.sleep(0.3)

        process.send_signal(number)
        status = process.wait(timeout=30)

        with pytest.raises(ConnectionClosed) as closed:
            # What was on its way comes first.
            list(live)
        waiting.join(timeout=30)
    assert (status, answers) == (0, [200])
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert "Traceback" not in server.said()


def test_busy_port_and_empty_database_are_one_sentence_each(server: Server, tmp_path: Path) -> None:
    empty = Server(tmp_path)
    with socket.create_server(("127.0.0.1", empty.port)), pytest.raises(CommandError) as busy:
        call_command("runserver", f"127.0.0.1:{empty.port}")
    unmigrated = empty.start().wait(timeout=10), empty.said()

    assert str(busy.value) == (
        f"Cannot listen on 127.0.0.1:{empty.port} (Address already in use)."
        f" Try another port: python manage.py runserver {empty.port + 1}"
    )
    assert unmigrated == (1, "CommandError: The database is not up to date. Type: python manage.py migrate\n")


def test_address_is_read_in_every_usual_form() -> None:
    read = {text: parse_address(text) for text in ("", "8001", ":8001", "0.0.0.0:80", "[::1]:8000", "example.org:1")}
    wrong = ("port", "localhost", "localhost:", "1:70000", "1:-1", "1:٣")

    assert list(read.values()) == [
        ("127.0.0.1", 8000), ("127.0.0.1", 8001), ("127.0.0.1", 8001), ("0.0.0.0", 80), ("::1", 8000), ("example.org", 1)
    ]  # fmt: skip
    for text in wrong:
        with pytest.raises(CommandError):
            parse_address(text)


def _reached(frame: dict[str, Any]) -> int:
    """How far the public stream is, as this frame says."""
    reached: int = frame["n"] if frame["t"] == "ev" else frame["heads"]["public"]
    return reached


@pytest.mark.servers
def test_other_process_is_heard_through_redis_and_never_waits_for_it(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    import redis  # noqa: PLC0415 - only the second world needs it

    server = Server(lay_files(tmp_path), DATABASE_URL=postgres_url, REDIS_URL=redis_url, ESTRADE_SECRET_KEY=servers.SECRET_KEY)
    server.python(PREPARE)
    process = server.start()
    try:
        with server.live() as live, redis.Redis.from_url(redis_url) as control:
            server.python(ANNOUNCE)
            heard = json.loads(live.recv(timeout=3))
            control.client_pause(6000)
            seconds_while_paused = float(server.python(ANNOUNCE))
            # A heartbeat, or the late news itself if Redis answers again before the beat.
            while (reached := _reached(json.loads(live.recv(timeout=10)))) == heard["n"]:
                continue
    finally:
        process.terminate()
        status = process.wait(timeout=10)

    assert status == 0
    assert (heard["t"], heard["n"]) == ("ev", server.head + 1)
    # Redis answers nobody, and the write does not notice.
    assert seconds_while_paused < 1
    assert reached == server.head + 2
    assert "Traceback" not in server.said()
