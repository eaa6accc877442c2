"""`manage.py import_edition FILE`: an edition that was exported, into an installation without any."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from estrade.archive.arrival import import_edition, read_edition, unpack_files
from estrade.archive.words import in_english
from estrade.kernel.refusal import Refused


class Command(BaseCommand):
    help = "Take an exported edition (the JSON file, or the ZIP of 'export everything') into an installation without any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what is in it, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                arriving = read_edition(file)
            preview = arriving.preview
            self.stdout.write(f"{preview.name} ({preview.network}), {preview.starts_on} to {preview.ends_on}.")
            for label, count in preview.counts.items():
                self.stdout.write(f"  {label}: {count}")
            if options["dry_run"]:
                return
            arrived = import_edition(person=None, arriving=arriving)
            with path.open("rb") as file:
                unpack_files(file)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        except Refused as refused:
            raise CommandError(in_english(refused)) from None
        self.stdout.write(f"Imported and checked. It is at /e/{arrived.edition.slug}/. People have no password yet.")
