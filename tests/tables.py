"""The tables of an empty installation: made once, then copied for each worker and for each test that starts a process."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".cache" / "tables"
DATABASE, TEMPLATE = "estrade.sqlite3", "tables"


def lay_tables(folder: Path) -> Path:
    """Put a migrated, empty database into the data folder. Later runs find it made, until a migration changes."""
    folder.mkdir(parents=True, exist_ok=True)
    lay_database(folder / DATABASE)
    return folder


def lay_database(target: Path) -> None:
    """The same under a name of one's own."""
    kept = KEPT / f"{_fingerprint()}.sqlite3"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        # The workers of one run begin together: one of them migrates.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in KEPT.glob("*.sqlite3"):
                old.unlink()
            _migrate(kept)
        shutil.copyfile(kept, target)


def lay_tables_on_server(url: str, name: str) -> None:
    """Create the migrated, empty database `name` on the PostgreSQL server of `url`; the first call there migrates."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock, psycopg.connect(url, autocommit=True) as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
            with tempfile.TemporaryDirectory() as folder:
                _run_migrate(
                    ESTRADE_DATA=folder, DATABASE_URL=f"{url.rpartition('/')[0]}/{TEMPLATE}",
                    ESTRADE_SECRET_KEY=servers.SECRET_KEY, REDIS_URL="redis://127.0.0.1:1/0",
                )  # fmt: skip
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))


def _fingerprint() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("[!.]*/**/migrations/*.py")):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _run_migrate(ESTRADE_DATA=folder)
        # The process has ended: nothing is left in a log beside it.
        shutil.move(Path(folder) / DATABASE, target)


def _run_migrate(**environment: str) -> None:
    foreign = ("ESTRADE_", "DATABASE_URL", "REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True, capture_output=True,
        env={**inherited, **environment, "DJANGO_SETTINGS_MODULE": "estrade.config.settings"},
    )  # fmt: skip
