"""`manage.py print_guide`: write the pages of docs/guide that come from the code; `--check` only compares."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from estrade.desk.guide import pages


class Command(BaseCommand):
    help = "Print settings, refusals, permissions and events into docs/guide."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, fail when a page is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / "docs" / "guide"
        printed = pages()
        stale = [name for name, text in printed.items() if not (folder / name).exists() or (folder / name).read_text() != text]
        if options["check"]:
            if stale:
                raise CommandError(f"Stale: {', '.join(stale)}. Type `python manage.py print_guide`.")
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (folder / name).write_text(printed[name])
        self.stdout.write(f"{len(stale)} of {len(printed)} pages written.")
