"""`manage.py demo`: one process, one sample edition, ready to be judged."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.base import CommandParser
from django.utils import translation

from estrade.config.serve import open_socket, serve
from estrade.demo.loader import demo_play, load_demo
from estrade.demo.lobby import doors
from estrade.demo.pulse import load_pulse_soon
from estrade.kernel.localtext import terminal_language
from estrade.rehearsal.player import player
from estrade.rehearsal.script import Act


class Command(BaseCommand):
    help = "Play the last afternoon of a sample hackathon in one process. Ctrl-C ends it, the data are kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--fresh", action="store_true", default=os.environ.get("FRESH") == "1", help="start over")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Start it as `python manage.py demo`.")
        host, port = options["host"], options["port"]
        listener = open_socket(host, port)
        self._load(fresh=options["fresh"])
        local = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound

        table = _table_of_doors(f"http://{local}:{port}")

        def ready() -> None:
            print(table, flush=True)  # noqa: T201 - the table of addresses is the command's output
            load_pulse_soon()

        player.tell = self._tell
        serve(listener, on_ready=ready)

    def _load(self, *, fresh: bool) -> None:
        database = Path(settings.DATABASES["default"]["NAME"])
        if fresh:
            for suffix in ("", "-wal", "-shm"):
                database.with_name(database.name + suffix).unlink(missing_ok=True)
        call_command("migrate", verbosity=0, interactive=False)
        if demo_play() is None:
            load_demo()

    def _tell(self, act: Act) -> None:
        with translation.override(terminal_language()):
            print(f"  {act.clock:>5}  {act.text}", flush=True)  # noqa: T201 - one line per act


def _table_of_doors(base: str) -> str:
    with translation.override(terminal_language()):
        lines = ["", "  Estrade", ""]
        listed = doors()
        width = max((len(str(door.title)) for door in listed), default=0) + 2
        lines += [f"  {door.title!s:<{width}}{base}{door.address}" for door in listed]
        hint = translation.gettext("Open one of them: the play starts. Ctrl-C ends it, the data are kept.")
        lines += ["", f"  {hint}", ""]
    return "\n".join(lines)
