"""`manage.py backup [FOLDER]`: one file with everything, while the site goes on."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from estrade.archive.backup import write_backup
from estrade.archive.words import in_english
from estrade.kernel.refusal import Refused


class Command(BaseCommand):
    help = "Write a copy of everything into one file (estrade-YYYYMMDD-HHMMSS.zip, UTC). Nobody has to stop working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="where to (copies/ in the data folder)")

    def handle(self, *args: Any, **options: Any) -> None:
        usual = getattr(settings, "COPIES_FOLDER", None) or settings.DATA_DIR / "copies"
        try:
            path = write_backup(folder=options["folder"] or Path(usual))
        except Refused as refused:
            raise CommandError(in_english(refused)) from None
        self.stdout.write(f"{path} ({path.stat().st_size / 1_000_000:.1f} MB). It holds personal data: keep it safe.")
        self.stdout.write(
            f"To restore it on a new installation: python manage.py migrate && python manage.py restore {path.name}"
        )
