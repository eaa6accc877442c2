"""The server is killed in the middle of an upload: nothing half is to be seen, and the file goes on where it stopped."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from django.conf import global_settings
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests import builders
from tests.builders import PASSWORD
from tests.elsewhere import data_of
from tests.files.samples import PDF
from tests.flows.test_server_process import Server
from tests.tables import lay_tables

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(120)]


def sign_in(client: httpx.Client, name: str) -> None:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/sign-in/").text)
    assert token
    assert client.post("/sign-in/", data={"csrfmiddlewaretoken": token[1], "name": name, "password": PASSWORD}).status_code == 200


def test_an_upload_survives_the_end_of_the_server_u7(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    server = Server(lay_tables(tmp_path))
    # Who is made here signs in there: not with the hash that only tests know.
    with data_of(tmp_path, django_db_blocker), override_settings(PASSWORD_HASHERS=global_settings.PASSWORD_HASHERS):
        team = builders.a_draft(builders.a_team(builders.an_edition(slug="cut")))
        name = builders.captain_of(team).username
    page, begin = f"/e/cut/team/{team.pk}/", {"client_id": str(uuid4()), "name": "pitch.pdf", "size": str(len(PDF))}
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
