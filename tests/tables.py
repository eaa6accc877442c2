"""An empty installation, tables and collected files: made once, then laid for each worker and each test that starts a process."""

from __future__ import annotations

import fcntl
import functools
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
    """Put an empty database that `manage.py migrate` made, and the collected files, into the data folder.

    Later runs find them made, until a change.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lay_database(folder / DATABASE)
    return lay_files(folder)


FROM_MODELS = """
import sys; sys.path[:0] = ["platform", "."]
import django; django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
call_command("migrate", run_syncdb=True, verbosity=0)
settings.MIGRATION_MODULES = {}
call_command("migrate", fake=True, verbosity=0)
"""


def lay_files(folder: Path) -> Path:
    """Only the collected files, for a process whose tables are on a server."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = _collected()
    # A server looks whether its files are of today by the note beside them.
    shutil.copyfile(kept / "static.sources", folder / "static.sources")
    (folder / "static").symlink_to(kept / "static")
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
    """Create the empty database `name` with its tables on the PostgreSQL server of `url`; the first call there makes them.

    As the models describe them, which `makemigrations --check` holds to be what the migrations lead to: these take several
    times as long. That they run on PostgreSQL is seen where docker-compose.yml is played.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock, psycopg.connect(url, autocommit=True) as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
            with tempfile.TemporaryDirectory() as folder:
                _run_python(
                    "-c", FROM_MODELS, ESTRADE_DATA=folder, DATABASE_URL=f"{url.rpartition('/')[0]}/{TEMPLATE}",
                    ESTRADE_SECRET_KEY=servers.SECRET_KEY, REDIS_URL="redis://127.0.0.1:1/0",
                )  # fmt: skip
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))


def empty_tables() -> None:
    """Take out what a test has committed, and nothing of what `migrate` leaves.

    Truncating every table and asking for content types and permissions anew takes longer than most of these tests.
    """
    from django.db import connection, transaction  # noqa: PLC0415 - reads the settings

    with transaction.atomic(), connection.cursor() as cursor:
        names = [connection.ops.quote_name(name) for name in _tables_to_empty()]
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)  # noqa: S608 - our own names
        cursor.execute(asked)
        # References are looked at when all are gone.
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names


@functools.cache
def _tables_to_empty() -> list[str]:
    from django.db import connection  # noqa: PLC0415 - reads the settings

    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    return sorted(names - {"django_content_type", "auth_permission"})


@functools.cache
def _collected() -> Path:
    """A data folder with the files that pages load, under their hashed names."""
    folder = KEPT / "collected"
    code = "from estrade.config.static import collect; collect()"
    folder.mkdir(parents=True, exist_ok=True)
    of, today = folder / "of", _state_of_files()
    # A process that only finds out that nothing is to be done takes two seconds, in each worker and each benchmark.
    if not of.exists() or of.read_text() != today:
        _run_python(
            "-c", f"import sys; sys.path[:0] = ['platform', '.']; import django; django.setup(); {code}", ESTRADE_DATA=str(folder)
        )
        of.write_text(today)
    return folder


def _state_of_files() -> str:
    """The sizes and times of what is collected, and what else decides how. A server that is started looks itself as well."""
    found = [
        *ROOT.glob("*/static/**/*"),
        *ROOT.glob("platform/estrade/*/static/**/*"),
        *ROOT.glob("platform/estrade/config/*.py"),
    ]
    states = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(found) if path.is_file()]
    return hashlib.sha256(f"{(ROOT / 'requirements.txt').read_text()} {states}".encode()).hexdigest()


def _fingerprint() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    # What a migration is carried out with decides as well: `manage.py migrate` must have succeeded with just this.
    means = [ROOT / "manage.py", *ROOT.glob("platform/estrade/kernel/**/*.py")]
    for path in sorted([*ROOT.glob("[!.]*/**/migrations/*.py"), *means]):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _run_migrate(ESTRADE_DATA=folder)
        # The process has ended: nothing is left in a log beside it.
        shutil.move(Path(folder) / DATABASE, target)


def _run_migrate(**environment: str) -> None:
    _run_python("manage.py", "migrate", "-v0", **environment)


def _run_python(*arguments: str, **environment: str) -> None:
    foreign = ("ESTRADE_", "DATABASE_URL", "REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True,
        env={**inherited, **environment, "DJANGO_SETTINGS_MODULE": "estrade.config.settings"},
    )  # fmt: skip
