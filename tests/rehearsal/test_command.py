"""`manage.py rehearse`: on a server of its own, and the wipe from another terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoDbBlocker

from tests import builders, servers
from tests.elsewhere import data_of
from tests.tables import lay_tables

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.embedded, pytest.mark.timeout(120)]


def environment(folder: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ESTRADE_", "DATABASE_", "REDIS_", "PYTEST"))
    }
    return {**kept, "ESTRADE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "estrade.config.settings", "LANG": "en_GB.UTF-8"}


def rehearse(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "rehearse", *words]
    return subprocess.run(command, cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=60, check=False)


def test_the_command_serves_plays_and_wipes_with_the_proof(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    with data_of(lay_tables(tmp_path), django_db_blocker):
        builders.an_edition(slug="evening")
    port = servers.free_port()

    server = subprocess.Popen(
        [sys.executable, "manage.py", "rehearse", "evening", "--minutes", "1", "--port", str(port)],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=servers.dies_with_parent(signal.SIGKILL),
    )
    try:
        assert server.stdout is not None
        lines: list[str] = []
        seats = None
        # On a busy machine the first act is told before the addresses are.
        while seats is None or not any("The doors are open" in line for line in lines):
            lines.append(server.stdout.readline())
            assert server.poll() is None, lines
            seats = re.search(r"http://\S+/rehearsal/\S+/", "".join(lines))
        shown = httpx.get(seats[0], verify=False)
        again = rehearse(tmp_path, "evening", "--port", str(port))
        wiped = rehearse(tmp_path, "evening", "--wipe")
        gone = httpx.get(seats[0], verify=False)
        server.send_signal(signal.SIGINT)
        status = server.wait(timeout=10)
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()

    assert (shown.status_code, gone.status_code) == (200, 404)
    assert (again.returncode, seats[0] in again.stdout) == (0, True)
    assert (wiped.returncode, "Nothing of the rehearsal is left." in wiped.stdout) == (0, True)
    assert status == 0
    assert "Traceback" not in again.stderr + wiped.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "There are: evening."),
        (["evening", "--minutes", "1000"], "between 1 and 240 minutes"),
        (["evening", "--minutes", "nan"], "between 1 and 240 minutes"),
        (["evening", "--wipe"], "No rehearsal is going on"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    edition = builders.an_edition(slug="evening")

    with pytest.raises(CommandError) as caught:
        call_command("rehearse", *words)

    assert sentence in str(caught.value)
    assert not edition.rehearsals.exists()
