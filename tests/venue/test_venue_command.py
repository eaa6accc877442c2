"""`manage.py venue` as an organiser meets it: what it says, what it refuses, and what is left after the worst."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from pytest_django import DjangoDbBlocker
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from estrade.editions.models import Transition
from estrade.journal.models import AuditEntry, Snapshot
from estrade.kernel.clock import db_now
from estrade.people.models import Person
from estrade.venue.management.commands.venue import require_certificate
from teams.models import Receipt
from tests import builders
from tests.elsewhere import data_of
from tests.judging.stage import a_stage
from tests.venue.hall import ORGANISER, PASSWORD, ROOT, Hall, hall

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(120)]

# A served hall whose ticks leave a line each, and one due moment.
COUNTED = """
import sys; sys.path[:0] = ["platform", "."]
import os; os.environ["ESTRADE_VENUE"] = "1"; os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"
import time
import django; django.setup()
from django.core.management import call_command
from estrade.scheduling import tasks
real = tasks._running
def counted(now):
    with open(os.environ["ESTRADE_DATA"] + "/ticks", "a") as ticks:
        ticks.write(f"{time.time()}\\n")
    return real(now)
tasks._running = counted
call_command("venue")
"""


def ranking() -> list[Any]:
    """Each board with its rows, as the journal keeps them."""
    boards = Snapshot.objects.order_by("name").values_list("name", "body__rows")
    return [[name, [[row["rank"], row["name"], row["score"]] for row in rows]] for name, rows in boards if rows]


def test_the_hall_is_open_to_numbers_and_own_names_only(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    with hall(tmp_path / "venue") as laptop:
        laptop.start()
        hosts = ("192.168.43.7", "10.0.0.1:81", "[fe80::1]:80", "localhost", "estrade.local", "ESTRADE.local.", "venue.test")
        foreign = ("evil.example", "estrade.local.evil.example", "1.2.3.4.evil.example", "0x7f.1", "")
        with httpx.Client(base_url=laptop.base, verify=False) as client:
            let_in = {host: client.get("/sign-in/", headers={"host": host}).status_code for host in hosts}
            kept_out = {host: client.get("/sign-in/", headers={"host": host}).status_code for host in foreign}
            page = client.get("/sign-in/", headers={"host": "10.9.8.7"})
            form = {"name": ORGANISER, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
            crossed = client.post("/sign-in/", data=form, headers={"origin": "http://evil.example"})
            signed_in = client.post("/sign-in/", data=form, headers={"origin": laptop.base})
            first_page = client.get("/")
        with data_of(laptop.folder, django_db_blocker):
            builders.an_edition(slug="hall")
        heard = listen(laptop, host="10.1.2.3:8000", origin="http://10.1.2.3:8000")
        unheard = [
            listen(laptop, host="evil.example", origin="http://evil.example"),
            listen(laptop, host="10.1.2.3", origin="http://evil.example"),
            listen(laptop, host="10.1.2.3", origin="https://10.1.2.3"),
        ]
        status = laptop.end()
        said = laptop.said()

    assert set(let_in.values()) == {200}
    assert set(kept_out.values()) == {400}
    assert "Secure" not in page.headers["set-cookie"]
    assert (crossed.status_code, signed_in.status_code, signed_in.headers["location"]) == (403, 302, "/")
    assert (first_page.status_code, first_page.headers["location"]) == (302, "/editions/new/")
    assert (heard, unheard) == (101, [403, 403, 403])
    assert status == 0
    assert f"Address     {laptop.base}/" in said
    assert "▀" in said
    assert f"Copies      {tmp_path / 'venue/copies'}" in said
    assert "Traceback" not in said
    assert (tmp_path / "venue/secret-key").stat().st_mode & 0o077 == 0


def listen(laptop: Hall, *, host: str, origin: str) -> int:
    """The status with which a page's socket is answered."""
    try:
        with (
            socket.create_connection(("127.0.0.1", laptop.port)) as plain,
            connect(f"ws://{host}/ws/hall/", sock=plain, origin=Origin(origin), compression=None),
        ):
            return 101
    except InvalidStatus as denied:
        return denied.response.status_code


def test_a_copy_restores_the_same_ranking_on_another_laptop(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    stick = tmp_path / "stick"
    with hall(tmp_path / "first", ESTRADE_COPIES=str(stick)) as laptop:
        laptop.start()
        with data_of(laptop.folder, django_db_blocker):
            a_stage(jurors=2, teams=3, slug="hall", mark=lambda juror, team: (juror + 2 * team) % 5)
            decided = ranking()
        # A copy is made when it ends.
        status = laptop.end()
        copies = sorted(stick.glob("*.zip"))
        again = laptop.refuse("--restore", str(copies[0]))
    short = tmp_path / "short.zip"
    short.write_bytes(copies[0].read_bytes()[:-400])
    with hall(tmp_path / "second") as other:
        cut = other.refuse("--restore", str(short))
        other.start("--restore", str(copies[0]))
        with data_of(other.folder, django_db_blocker):
            restored = ranking()
        other.end()

    assert (status, len(copies)) == (0, 1)
    assert len(decided[0][1]) == 3
    assert restored == decided
    assert again.endswith(
        f"{tmp_path / 'first'} holds data already, and a copy is never mixed in."
        " Restore it into an empty folder: ESTRADE_DATA=folder"
    )
    assert "short.zip is not a whole copy of Estrade" in cut
    assert f"The copy {copies[0]} is restored." in other.said()


def test_what_makes_no_sense_is_one_sentence(tmp_path: Path) -> None:
    with hall(tmp_path / "venue", ESTRADE_FIRST_ORGANISER="") as laptop:
        nobody = laptop.refuse()
        laptop.environment |= {"REDIS_URL": "redis://127.0.0.1:1/0"}
        world = laptop.refuse()
        laptop.environment |= {"REDIS_URL": "", "ESTRADE_DATA": str(laptop.log / "inside")}
        folder = laptop.refuse("--name", "Ma salle"), laptop.refuse()
        laptop.environment |= {"ESTRADE_DATA": str(laptop.folder)}
        (laptop.folder / "estrade.sqlite3").write_bytes(b"not a database" * 100)
        broken = laptop.refuse()

    said = {"ESTRADE_FIRST_ORGANISER": nobody, "ESTRADE_VENUE": world, "ESTRADE_NAME": folder[0], "ESTRADE_DATA": folder[1]}
    assert [name for name, sentence in said.items() if name not in sentence or "\n" in sentence] == []
    assert f"cannot write in {laptop.log / 'inside'} (Not a directory). Choose another folder" in folder[1]
    assert broken.endswith("Move it away and restore a copy: make venue FROM=copy.zip")
    assert "\n" not in broken


def test_an_older_database_is_copied_before_its_tables_change_and_a_newer_one_is_left_alone(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with hall(tmp_path / "venue") as laptop:
        with data_of(laptop.folder, django_db_blocker):
            call_command("migrate", "notifications", "zero", verbosity=0)
        laptop.start()
        laptop.end()
        with contextlib.closing(sqlite3.connect(next(laptop.folder.glob("before-update-*.sqlite3")))) as kept:
            before = {app for (app,) in kept.execute("SELECT app FROM django_migrations WHERE app IN ('teams', 'notifications')")}
        with contextlib.closing(sqlite3.connect(laptop.folder / "estrade.sqlite3")) as database:
            database.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('teams', '9999_future', '2030-01-01')")
            database.commit()
        newer = laptop.refuse()

    assert before == {"teams"}
    assert "was written by a newer Estrade (teams.9999_future)" in newer
    assert "\n" not in newer


def test_a_clock_behind_the_journal_is_told_and_copies_that_fail_stop_nothing(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    gone = tmp_path / "stick" / "copies"
    with hall(tmp_path / "venue", ESTRADE_COPIES=str(gone)) as laptop:
        with data_of(laptop.folder, django_db_blocker):
            builders.an_edition(slug="hall")
            AuditEntry.objects.update(at=db_now() + timedelta(hours=1))
        laptop.start()
        with httpx.Client(base_url=laptop.base, verify=False) as client:
            answered = client.get("/e/hall/").status_code
        status = laptop.end()

    assert (answered, status) == (200, 0)
    assert "behind the last entry of its journal by 60 minutes" in laptop.said()
    assert f"! Cannot write copies to {gone} (No such file or directory). Plug the disk in" in laptop.said()
    assert not gone.exists()
    assert "Traceback" not in laptop.said()


def test_tls_with_a_given_certificate(tmp_path: Path, settings: Any, django_db_blocker: DjangoDbBlocker) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    certificate, key, another, other_key = (tmp_path / name for name in ("cert.pem", "key.pem", "another.pem", "other.pem"))
    make = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=venue.test"]
    for file, secret in ((certificate, key), (another, other_key)):
        subprocess.run([*make, "-out", file, "-keyout", secret], check=True, capture_output=True)
    refused = []
    for file, secret in ((certificate, other_key), (tmp_path / "none", key), (certificate, Path(__file__))):
        settings.TLS_CERTIFICATE, settings.TLS_KEY = str(file), str(secret)
        with pytest.raises(CommandError) as error, translation.override("en"):
            require_certificate()
        refused.append(str(error.value))
    with hall(tmp_path / "venue") as laptop:
        laptop.launch("--cert", str(certificate), "--key", str(key))
        with httpx.Client(base_url=laptop.base.replace("http", "https"), verify=False) as client:
            answer = first_answer(client)
            with data_of(laptop.folder, django_db_blocker):
                builders.an_edition(slug="hall")
            trust = ssl.create_default_context(cafile=certificate)
            trust.check_hostname = False
            with connect(
                f"wss://127.0.0.1:{laptop.port}/ws/hall/", ssl=trust, origin=Origin(laptop.base.replace("http", "https"))
            ) as page:
                page.send('{"t":"sub","streams":{"public":-1}}')
                heard = json.loads(page.recv(timeout=10))
        status = laptop.end()

    assert "no certificate with its own key" in refused[0]
    assert refused[1].startswith(f"{tmp_path / 'none'} cannot be read")
    assert "no certificate with its own key" in refused[2]
    assert "__Host-csrf" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]
    assert (heard["t"], status) == ("hb", 0)
    assert f"https://127.0.0.1:{laptop.port}/" in laptop.said()


def first_answer(client: httpx.Client) -> httpx.Response:
    limit = time.monotonic() + 60
    while True:
        try:
            return client.get("/sign-in/")
        except httpx.TransportError:
            assert time.monotonic() < limit
            time.sleep(0.05)


def test_after_a_sleep_pages_are_answered_and_due_moments_happen_once(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    with hall(tmp_path / "venue") as laptop:
        laptop.start(program=("-c", COUNTED))
        ticks, limit = laptop.folder / "ticks", time.monotonic() + 30
        while not ticks.exists():
            assert time.monotonic() < limit, laptop.said()
            time.sleep(0.05)
        with data_of(laptop.folder, django_db_blocker):
            edition = builders.an_edition(slug="hall")
            builders.a_draft(builders.a_team(edition))
            edition.submissions_close_at = db_now() + timedelta(seconds=3)
            edition.judging_opens_at = edition.submissions_close_at + timedelta(hours=1)
            edition.freeze_at = edition.judging_opens_at + timedelta(hours=1)
            edition.save()
        assert laptop.process is not None
        with connect(f"ws://127.0.0.1:{laptop.port}/ws/hall/", origin=Origin(laptop.base)) as page:
            page.send('{"t":"sub","streams":{"public":-1}}')
            head = json.loads(page.recv(timeout=10))["heads"]["public"]
            os.kill(laptop.process.pid, signal.SIGSTOP)
            # The moment passes while the laptop sleeps, and several ticks are missed.
            time.sleep(6)
            asleep = len(ticks.read_text().splitlines())
            woken_at = time.time()
            os.kill(laptop.process.pid, signal.SIGCONT)
            heard = json.loads(page.recv(timeout=15))
            while (heard["t"], heard.get("k")) != ("ev", "submissions.closed"):
                heard = json.loads(page.recv(timeout=15))
        within = sum(float(line) < woken_at + 1 for line in ticks.read_text().splitlines()[asleep:])
        answered = httpx.get(f"{laptop.base}/e/hall/", verify=False).status_code
        with data_of(laptop.folder, django_db_blocker):
            captured = Receipt.objects.count(), Transition.objects.filter(key="submissions_close").count()
        status = laptop.end()

    assert heard["n"] > head
    assert within <= 3
    assert captured == (1, 1)
    assert (answered, status) == (200, 0)


def test_the_first_organiser_is_asked_on_the_terminal(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    with hall(tmp_path / "venue") as laptop:
        environment = {**laptop.environment, "ESTRADE_FIRST_ORGANISER": "", "LANG": "fr_FR.UTF-8"}
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(ROOT)
            os.execve(sys.executable, [sys.executable, "manage.py", "venue"], environment)
        try:
            said = answer(terminal, "électronique", "ada@example.org")
            said += answer(terminal, "n’apparaît", "12345678")
            said += answer(terminal, "une fois", "12345678")
            said += answer(terminal, "électronique", "ada@example.org")
            said += answer(terminal, "n’apparaît", PASSWORD)
            said += answer(terminal, "une fois", PASSWORD)
            said += answer(terminal, "Ctrl-C", "\x03")
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.close(terminal)
        with data_of(laptop.folder, django_db_blocker):
            created = Person.objects.get()

    assert status == 0
    assert (created.email, created.is_superuser) == ("ada@example.org", True)
    assert PASSWORD not in said
    assert "Traceback" not in said


def answer(terminal: int, question: str, words: str) -> str:
    """Wait for a question and type; what was on the terminal until then."""
    said, limit = b"", time.monotonic() + 60
    while question.encode() not in said:
        assert time.monotonic() < limit, said.decode(errors="replace")
        if select.select([terminal], [], [], 0.2)[0]:
            said += os.read(terminal, 4096)
    # getpass switches the echo off after it has asked.
    time.sleep(0.3)
    os.write(terminal, words.encode() + (b"" if words == "\x03" else b"\n"))
    return said.decode(errors="replace")
