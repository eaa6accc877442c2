"""The process refuses to start on an unsafe value and names the setting; the second world is clean under `check --deploy`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECOND = {
    "DATABASE_URL": "postgresql://estrade:secret@127.0.0.1:1/estrade",
    "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
    "ESTRADE_SECRET_KEY": "Zq7-xR2_vLm9Tn4KcYw8PbHs3JdFg6AeUoIi1XrQ5WtNyMzEhSkVaBuCfDpGjLl",
    "ESTRADE_HTTPS": "1",
    "ESTRADE_HOSTS": "estrade.example.org",
}


def check(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` in a process of its own, with exactly these settings."""
    foreign = ("ESTRADE_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    command = [sys.executable, "manage.py", "check", "--fail-level", "WARNING", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**kept, "ESTRADE_DATA": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("world", [{}, {"ESTRADE_DEMO": "1"}, SECOND], ids=["embedded", "demo", "second"])
def test_the_settings_are_clean_in_every_world(tmp_path: Path, world: dict[str, str]) -> None:
    checked = check(tmp_path, **world)

    assert checked.returncode == 0, checked.stderr


def test_the_second_world_behind_tls_is_ready_to_deploy(tmp_path: Path) -> None:
    checked = check(tmp_path, "--deploy", **SECOND)

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"ESTRADE_DEBUG": "yes"}, "ESTRADE_DEBUG"),
        ({"ESTRADE_HTTPS": "true"}, "ESTRADE_HTTPS"),
        ({"ESTRADE_SECRET_KEY": "short"}, "ESTRADE_SECRET_KEY"),
        ({**SECOND, "ESTRADE_SECRET_KEY": ""}, "ESTRADE_SECRET_KEY"),
        ({**SECOND, "ESTRADE_DEBUG": "1"}, "ESTRADE_DEBUG"),
        ({**SECOND, "ESTRADE_DEMO": "1"}, "ESTRADE_DEMO"),
        ({**SECOND, "DATABASE_URL": "mysql://estrade:secret@127.0.0.1/estrade"}, "DATABASE_URL"),
        ({**SECOND, "REDIS_URL": "http://127.0.0.1"}, "REDIS_URL"),
        ({**SECOND, "REDIS_URL": "redis://redis.example.org:6379/0"}, "REDIS_URL"),
        ({**SECOND, "ESTRADE_HOSTS": "*"}, "ESTRADE_HOSTS"),
    ],
)
def test_an_unsafe_value_stops_the_process_and_is_named(tmp_path: Path, environment: dict[str, str], named: str) -> None:
    checked = check(tmp_path, **environment)

    assert checked.returncode != 0
    assert named in checked.stderr.strip().splitlines()[-1]
