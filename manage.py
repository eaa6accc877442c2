#!/usr/bin/env python
"""The one door into Estrade, straight from a checkout.

`python manage.py COMMAND` runs Django's and Estrade's commands. The same module
offers `app` and `application`, so `celery -A manage worker`, `celery -A manage beat`
and `uvicorn manage:application` need no install step either.
"""

import argparse
import gc
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent

# `platform/` is a plain folder that holds packages: it goes on the path, it is never imported.
for folder in (ROOT / "platform", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "estrade.config.settings")
# Before numpy is read: its threads wait for each other on a busy machine, and a board of 200 teams takes 40 ms instead of 3.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def __getattr__(name):
    """Load the Celery app or the ASGI application when a server asks for it by name."""
    if name == "app":
        from estrade.config.celery import app  # noqa: PLC0415 - needs the path set above

        return app
    if name == "application":
        from estrade.config.asgi import application  # noqa: PLC0415 - needs the path set above

        return application
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def enter_venue(argv):
    """What the settings must know of `manage.py venue` before they are read."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("copies", "name", "cert", "key"):
        parser.add_argument(f"--{name}")
    given = vars(parser.parse_known_args(argv[2:])[0])
    if os.environ.get("COPIES"):
        os.environ["ESTRADE_COPIES"] = os.environ["COPIES"]
    os.environ.update({f"ESTRADE_{name.upper()}": value for name, value in given.items() if value})
    os.environ["ESTRADE_VENUE"] = "1"
    os.environ.setdefault("ESTRADE_DATA", str(ROOT / "var" / "venue"))


def main(argv):
    """Run one command; answer a wrong Python or a missing package with one sentence."""
    if sys.version_info < (3, 11):  # noqa: UP036 - old Pythons meet this very line
        found = "{}.{}".format(*sys.version_info)
        sys.exit(f"Estrade needs Python 3.11 or newer and this is {found}: type `make demo PYTHON=python3.12`.")
    # Reading the packages makes half a million objects that stay. Looking through them again and again for what can be
    # thrown away took a quarter of each start; a server goes back to the usual rhythm when it serves.
    gc.set_threshold(50_000, 10, 10)
    if argv[1:2] in (["demo"], ["rehearse"], ["runserver"], ["venue"]):
        # Ctrl-C is how these end, also while the packages are still being read.
        signal.signal(signal.SIGINT, lambda number, frame: sys.exit(0))
    if argv[1:2] == ["demo"]:
        # Before the settings are read: they install the demo room only when this is set.
        os.environ["ESTRADE_DEMO"] = "1"
        os.environ.setdefault("ESTRADE_DATA", str(ROOT / "var" / "demo"))
        # Each seat has a name of its own, such as captain.localhost; on a network any name may be used.
        on_this_machine = os.environ.get("HOST", "") in {"", "127.0.0.1", "::1", "localhost"}
        os.environ.setdefault("ESTRADE_HOSTS", ".localhost,127.0.0.1,[::1]" if on_this_machine else "*")
    if argv[1:2] == ["venue"]:
        enter_venue(argv)
    try:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 - may be missing
        from django.core.management import execute_from_command_line  # noqa: PLC0415 - may be missing

        try:
            execute_from_command_line(argv)
        except ImproperlyConfigured as unsafe:
            sys.exit(f"{type(unsafe).__name__}: {unsafe}")
    except ModuleNotFoundError as missing:
        package = (missing.name or "").split(".")[0]
        if not package or any((folder / package).exists() for folder in (ROOT, ROOT / "platform")):
            raise
        sys.exit(
            f"The package {package!r} is not installed in this Python: type `make demo`, "
            "or `pip install -r requirements.txt` in an environment of your own."
        )


if __name__ == "__main__":
    main(sys.argv)
