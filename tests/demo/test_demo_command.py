"""`manage.py demo` as a newcomer meets it: addresses, a board that moves, Ctrl-C, and a start where it stopped."""

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.demonstration import Demonstration, running_demo
from tests.tables import lay_tables

SLUG = "hack-to-horizon"

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]


@contextlib.contextmanager
def _open_page(demo: Demonstration) -> Iterator[ClientConnection]:
    """What a browser does on the projector's page: one socket on the public stream."""
    address = f"{demo.base.replace('http', 'ws')}/ws/{SLUG}/"
    with connect(address, origin=Origin(demo.base), compression=None) as socket:
        socket.send(json.dumps({"t": "sub", "streams": {"public": -1}}))
        yield socket


def _wait_until_the_board_moves(socket: ClientConnection) -> None:
    while True:
        frame = json.loads(socket.recv(timeout=60))
        if frame["t"] == "ev" and frame["k"] == "board.changed":
            return


def _freeze_at(demo: Demonstration) -> str:
    edition: dict[str, str] = httpx.get(f"{demo.base}/api/v1/editions/{SLUG}/", verify=False).json()
    return edition["freeze_at"]


def _state(demo: Demonstration) -> dict[str, object]:
    state: dict[str, object] = httpx.get(f"{demo.base}/demo/state/", verify=False).json()
    return state


def test_demo_plays_goes_on_where_it_was_killed_starts_over_and_goes_quietly(tmp_path: Path) -> None:
    with running_demo(lay_tables(tmp_path)) as demo:
        doors = [line for line in demo.lines if demo.base in line]
        still = _state(demo)["elapsed"]
        with _open_page(demo) as socket:
            _wait_until_the_board_moves(socket)
        board = httpx.get(f"{demo.base}/api/v1/editions/{SLUG}/board/", verify=False).json()
        time.sleep(1.5)
        elapsed, frozen_at = _state(demo)["elapsed"], _freeze_at(demo)
        demo.stop(signal.SIGKILL)
    time.sleep(3)
    with running_demo(tmp_path) as again, httpx.Client(base_url=again.base, timeout=60, verify=False) as browser:
        moved = _freeze_at(again)
        kept = browser.get(f"/api/v1/editions/{SLUG}/board/").json()
        played = _state(again)["elapsed"]
        browser.get("/demo/")
        restarted = browser.post("/demo/restart/", headers={"X-CSRFToken": browser.cookies["csrftoken"]})
        anew = _state(again)["elapsed"]
        seat = browser.get("/demo/as/juror/", follow_redirects=True)
        status = again.stop(signal.SIGINT)

    assert len(doors) == 10
    assert len(demo.lines) <= 25
    assert still == 0
    # It stood still while nobody served it: what was ahead has moved, and nothing is lost.
    assert moved > frozen_at
    assert kept["progress"]["ballots"] >= board["progress"]["ballots"]
    assert isinstance(elapsed, int)
    assert isinstance(played, int)
    assert isinstance(anew, int)
    assert elapsed - 1 <= played
    assert (restarted.headers["location"], anew < played) == ("/demo/", True)
    assert seat.status_code == 200
    assert "My teams to score" in seat.text or "Mes équipes à noter" in seat.text
    assert status == 0
    assert "Traceback" not in "\n".join(again.lines)
