"""Static files: collected under hashed names when something changed, and served in front of Django."""

import fcntl
import gzip
import hashlib
import os
import re
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from servestatic import ServeStaticASGI

HASHED = r"\.[0-9a-f]{12}\."
COMPRESSIBLE = {".css", ".js", ".svg", ".ttf", ".json"}
# Less saved than this is not worth a second file.
WORTH_IT = 0.9


def collect() -> None:
    """Bring STATIC_ROOT up to date. Nothing to do: a look at the sources' sizes and times, no more.

    Several processes may start at once: one collects, the others wait for it.
    """
    root = settings.STATIC_ROOT
    if settings.STATIC_IS_READY:
        if not (root / "staticfiles.json").exists():
            raise ImproperlyConfigured(f"ESTRADE_STATIC: {root} holds no collected files. Type: python manage.py collectstatic")
        return
    root.mkdir(parents=True, exist_ok=True)
    note = root.with_name(f"{root.name}.sources")
    with root.with_name(f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = _fingerprint()
        if note.exists() and note.read_text() == sources:
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        for path in root.rglob("*"):
            if path.suffix in COMPRESSIBLE and re.search(HASHED, path.name):
                _compress(path)
        note.write_text(sources)


def _compress(path: Path) -> None:
    """Put `name.gz` beside a file: whoever serves it finds it there. The content of a hashed name never changes."""
    packed = path.with_name(path.name + ".gz")
    if packed.exists():
        return
    content = path.read_bytes()
    # Without a time inside, so that the same file is the same bytes everywhere.
    small = gzip.compress(content, compresslevel=6, mtime=0)
    if len(small) < len(content) * WORTH_IT:
        packed.write_bytes(small)


def _fingerprint() -> str:
    digest = hashlib.sha256(f"gz {django.__version__} {settings.STORAGES['staticfiles']} {settings.STATIC_URL}".encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            path = storage.path(name)
            state = os.stat(path)
            digest.update(f"{path}\0{name}\0{state.st_mtime_ns}\0{state.st_size}\n".encode())
    return digest.hexdigest()


class StaticFiles:
    """Answers what lies under STATIC_URL; everything else goes on to the application."""

    def __init__(self, application: Any) -> None:
        self._application = self._static = application

    def load(self) -> None:
        """Collect, and read the list of files. Once, when the server starts."""
        collect()
        self._static = ServeStaticASGI(
            self._application,
            root=str(settings.STATIC_ROOT),
            prefix=settings.STATIC_URL,
            max_age=60,
            immutable_file_test=HASHED,
            allow_all_origins=False,
            mimetypes={".ttf": "font/ttf"},
            add_headers_function=_add_headers,
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        target = self._static if scope["path"].startswith(settings.STATIC_URL) else self._application
        await target(scope, receive, send)


def _add_headers(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
