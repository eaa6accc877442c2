"""The tables of an empty installation on SQLite: made once, then copied by each test that starts a process of its own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".cache" / "tables"
DATABASE = "estrade.sqlite3"


def lay_tables(folder: Path) -> Path:
    """Put a migrated, empty database into the data folder. Later runs find it made, until a migration changes."""
    kept = KEPT / f"{_fingerprint()}.sqlite3"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        # The workers of one run begin together: one of them migrates.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in KEPT.glob("*.sqlite3"):
                old.unlink()
            _migrate(kept)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, folder / DATABASE)
    return folder


def _fingerprint() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("[!.]*/**/migrations/*.py")):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(target: Path) -> None:
    foreign = ("ESTRADE_", "DATABASE_URL", "REDIS_URL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True, capture_output=True,
            env={**environment, "ESTRADE_DATA": folder, "DJANGO_SETTINGS_MODULE": "estrade.config.settings"},
        )  # fmt: skip
        # The process has ended: nothing is left in a log beside it.
        shutil.move(Path(folder) / DATABASE, target)
