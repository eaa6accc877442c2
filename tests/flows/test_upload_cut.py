"""The server is killed in the middle of an upload: nothing half is to be seen, and the file goes on where it stopped."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.builders import PASSWORD
from tests.files.samples import PDF
from tests.flows.test_server_process import Server
from tests.tables import lay_tables

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(120)]

PREPARE = """
import sys; sys.path[:0] = ["platform", "."]
import django; django.setup()
from tests import builders
team = builders.a_draft(builders.a_team(builders.an_edition(slug="cut")))
print(team.pk, builders.captain_of(team).username)
"""


def sign_in(client: httpx.Client, name: str) -> None:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/sign-in/").text)
    assert token
    assert client.post("/sign-in/", data={"csrfmiddlewaretoken": token[1], "name": name, "password": PASSWORD}).status_code == 200


def test_an_upload_survives_the_end_of_the_server_u7(tmp_path: Path) -> None:
    server = Server(lay_tables(tmp_path))
    team, name = server.python(PREPARE).split()
    page, begin = f"/e/cut/team/{team}/", {"client_id": str(uuid4()), "name": "pitch.pdf", "size": str(len(PDF))}
    client = httpx.Client(base_url=server.base, follow_redirects=True, timeout=30, verify=False)
    try:
        process = server.start()
        sign_in(client, name)
        headers = {"Accept": "application/json", "X-CSRFToken": client.cookies["csrftoken"]}
        token = client.post(f"{page}files/pitch/start/", data=begin, headers=headers).json()["token"]
        octets = headers | {"Content-Type": "application/octet-stream"}
        upload = f"{page}uploads/{token}/"
        assert client.post(f"{upload}?offset=0", content=PDF[:90], headers=octets).json() == {"received": 90}
        process.send_signal(signal.SIGKILL)
        process.wait()
        server.start()
        half = client.get(page).text
        again = client.post(f"{page}files/pitch/start/", data=begin, headers=headers).json()
        client.post(f"{upload}?offset=90", content=PDF[90:], headers=octets)
        done = client.post(f"{upload}finish/", data={"client_id": begin["client_id"]}, headers=headers)
        whole = client.get(page).text
    finally:
        client.close()
        server.end()

    assert (again["token"], again["received"], done.status_code) == (token, 90, 200)
    assert ("pitch.pdf" in half, "pitch.pdf" in whole) == (False, True)
    media = [path.read_bytes() for path in (tmp_path / "media").rglob("*") if path.is_file()]
    assert (media, list((tmp_path / "uploads").iterdir())) == ([PDF], [])
