"""The process refuses to start on an unsafe value and names the setting; the second world is clean under `check --deploy`."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from estrade.config import settings as config
from tests import servers
from tests.compose import reading
from tests.walls.test_compose import NEEDED

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("ESTRADE_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
SECOND = {
    "DATABASE_URL": "postgresql://estrade:secret@127.0.0.1:1/estrade",
    "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
    "ESTRADE_SECRET_KEY": "Zq7-xR2_vLm9Tn4KcYw8PbHs3JdFg6AeUoIi1XrQ5WtNyMzEhSkVaBuCfDpGjLl",
    "ESTRADE_HTTPS": "1",
    "ESTRADE_HOSTS": "estrade.example.org",
    "ESTRADE_PROXIES": "1",
}


def environment_of(folder: Path, **environment: str) -> dict[str, str]:
    """Exactly these settings, and what else a process needs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**kept, "ESTRADE_DATA": str(folder), **environment}


def check(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` in a process of its own, with exactly these settings."""
    command = [sys.executable, "manage.py", "check", "--fail-level", "WARNING", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment_of(folder, **environment), capture_output=True, text=True, check=False
    )


def read_settings(monkeypatch: pytest.MonkeyPatch, folder: Path, **environment: str) -> None:
    """Only read the settings, as every process begins: from the file, beside those that the tests run with."""
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    for name, value in {"ESTRADE_DATA": str(folder), **environment}.items():
        monkeypatch.setenv(name, value)
    runpy.run_path(config.__file__)


# The second world's are looked at more closely below.
@pytest.mark.parametrize("world", [{}, {"ESTRADE_DEMO": "1"}], ids=["embedded", "demo"])
def test_the_settings_are_clean_in_every_world(tmp_path: Path, world: dict[str, str]) -> None:
    checked = check(tmp_path, **world)

    assert checked.returncode == 0, checked.stderr


def test_the_second_world_behind_tls_is_ready_to_deploy(tmp_path: Path) -> None:
    checked = check(tmp_path, "--deploy", **SECOND)

    assert checked.returncode == 0, checked.stderr


def test_what_the_compose_file_ships_is_ready_to_deploy(tmp_path: Path) -> None:
    shipped = reading.compose(NEEDED)["services"]["web"]["environment"]

    checked = check(tmp_path, "--deploy", **{**shipped, "ESTRADE_DATA": str(tmp_path), "ESTRADE_STATIC": str(tmp_path)})

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ESTRADE_DEBUG": "yes"}, "ESTRADE_DEBUG"),
        ({"ESTRADE_DEBUG": "1"}, "ESTRADE_DEBUG"),
        ({"ESTRADE_DEMO": "1"}, "ESTRADE_DEMO"),
        ({"ESTRADE_SECRET_KEY": ""}, "ESTRADE_SECRET_KEY"),
        ({"ESTRADE_SECRET_KEY": "short"}, "ESTRADE_SECRET_KEY"),
        ({"ESTRADE_SECRET_KEY": "x" * 50}, "ESTRADE_SECRET_KEY"),
        ({"ESTRADE_SECRET_KEY": "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz"}, "ESTRADE_SECRET_KEY"),
        ({"ESTRADE_HOSTS": "*"}, "ESTRADE_HOSTS"),
        ({"ESTRADE_HTTPS": "true"}, "ESTRADE_HTTPS"),
        ({"ESTRADE_HTTPS": "0"}, "ESTRADE_HTTPS"),
        ({"ESTRADE_PROXIES": ""}, "ESTRADE_PROXIES"),
        ({"ESTRADE_PROXIES": "many"}, "ESTRADE_PROXIES"),
        ({"ESTRADE_DRAIN_SECONDS": "-1"}, "ESTRADE_DRAIN_SECONDS"),
        ({"ESTRADE_LOG": "loud"}, "ESTRADE_LOG"),
        ({"DATABASE_URL": "mysql://estrade:secret@127.0.0.1/estrade"}, "DATABASE_URL"),
        ({"ESTRADE_MAIL": "http://mail.example.org", "ESTRADE_MAIL_FROM": "a@example.org"}, "ESTRADE_MAIL"),
        ({"ESTRADE_MAIL": "smtp://mail.example.org", "ESTRADE_MAIL_FROM": "a@example.org"}, "ESTRADE_MAIL"),
        ({"ESTRADE_MAIL": "smtps://mail.example.org:port", "ESTRADE_MAIL_FROM": "a@example.org"}, "ESTRADE_MAIL"),
        ({"ESTRADE_MAIL": "smtps://mail.example.org"}, "ESTRADE_MAIL_FROM"),
        ({"ESTRADE_MAIL_FROM": "nobody"}, "ESTRADE_MAIL_FROM"),
        ({"ESTRADE_URL": "http://estrade.example.org"}, "ESTRADE_URL"),
        ({"ESTRADE_URL": "https://estrade.example.org/path"}, "ESTRADE_URL"),
        ({"ESTRADE_SECOND_FACTOR": "no"}, "ESTRADE_SECOND_FACTOR"),
        ({"REDIS_URL": "http://127.0.0.1"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://redis.example.org:6379/0"}, "REDIS_URL"),
    ],
)
def test_an_unsafe_value_stops_the_process_and_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as stopped:
        read_settings(monkeypatch, tmp_path, **{**SECOND, **changes})

    assert str(stopped.value).startswith(f"{named} ")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ESTRADE_MAIL": "smtp+tls://u%40x:p%2Fw@mail.example.org:587", "ESTRADE_MAIL_FROM": "Estrade <a@example.org>"},
        {"ESTRADE_HTTPS": "0", "ESTRADE_PLAIN_HTTP": "1", "ESTRADE_PROXIES": "0"},
        {"ESTRADE_HTTPS": "0", "ESTRADE_HOSTS": "localhost,127.0.0.1,[::1]", "ESTRADE_PROXIES": ""},
    ],
    ids=["behind TLS", "with mail", "private network", "this machine"],
)
def test_a_safe_value_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, str]) -> None:
    read_settings(monkeypatch, tmp_path, **{**SECOND, **changes})


ASK = """
import json, sys; sys.path[:0] = ["platform", "."]
import django; django.setup()
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from estrade.config.celery import app
from estrade.config.start import look_at_database, look_at_redis
def refusal(look):
    try: look()
    except ImproperlyConfigured as refused: return str(refused)
cursor = connection.cursor()
def show(name): cursor.execute("SHOW " + name); return cursor.fetchone()[0]
names = ("synchronous_commit", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "TimeZone")
control = redis.Redis.from_url(settings.REDIS_URL)
said = {"shown": {name: show(name) for name in names}, "safe": [refusal(look_at_database), refusal(look_at_redis)]}
for unsafe in ("synchronous_commit = off", "TIME ZONE 'Europe/Paris'"):
    cursor.execute("SET " + unsafe)
    said[unsafe] = refusal(look_at_database)
    cursor.execute("SET synchronous_commit = on")
control.config_set("maxmemory-policy", "allkeys-lru")
said["redis"] = refusal(look_at_redis)
said["pool"] = settings.DATABASES["default"]["OPTIONS"]["pool"]
said["layer"] = settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"]
said["celery"] = [app.conf.task_acks_late, app.conf.task_reject_on_worker_lost, app.conf.worker_prefetch_multiplier]
print(json.dumps(said))
"""


@pytest.mark.servers
def test_what_holds_in_our_sessions_and_what_is_refused_of_the_servers(tmp_path: Path, bare_postgres_url: str) -> None:
    with servers.redis() as redis_url:
        # What an address asks for does not switch ours off.
        loose = f"{bare_postgres_url}?options=-c%20synchronous_commit%3Doff%20-c%20lock_timeout%3D0"
        world = {
            **SECOND, "DATABASE_URL": loose, "REDIS_URL": redis_url, "DJANGO_SETTINGS_MODULE": "estrade.config.settings"
        }  # fmt: skip
        asked = subprocess.run(
            [sys.executable, "-c", ASK],
            cwd=ROOT,
            env=environment_of(tmp_path, **world),
            capture_output=True,
            text=True,
            check=False,
        )
        assert asked.returncode == 0, asked.stderr
        served = subprocess.run(
            [sys.executable, "manage.py", "runserver", f"127.0.0.1:{servers.free_port()}"],
            cwd=ROOT, env=environment_of(tmp_path, **world), capture_output=True, text=True, check=False,
        )  # fmt: skip
        worker = subprocess.run(
            [Path(sys.executable).parent / "celery", "-A", "manage", "worker", "--concurrency", "1"],
            cwd=ROOT, env=environment_of(tmp_path, **world), capture_output=True, text=True, check=False,
        )  # fmt: skip

    said = json.loads(asked.stdout)
    assert list(said["shown"].values()) == ["on", "3s", "10s", "10s", "UTC"]
    assert said["safe"] == [None, None]
    assert said["synchronous_commit = off"].startswith("DATABASE_URL: synchronous_commit is off")
    assert said["TIME ZONE 'Europe/Paris'"].startswith("DATABASE_URL: TimeZone is Europe/Paris")
    assert said["redis"].startswith("REDIS_URL: maxmemory-policy is allkeys-lru")
    assert said["pool"] == {"min_size": 2, "max_size": 20, "timeout": 5}
    assert said["layer"] == [{"address": redis_url, "socket_timeout": 0.25, "socket_connect_timeout": 0.25}]
    assert said["celery"] == [True, True, 1]
    # The tables are missing as well, which is said first.
    assert served.returncode == 1
    assert "Type: python manage.py migrate" in served.stderr
    assert worker.returncode == 1
    assert "REDIS_URL: maxmemory-policy is allkeys-lru" in worker.stderr
