"""`manage.py export_edition SLUG FILE`: one edition with all its rows, for another installation."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from estrade.archive.departure import edition_pieces
from estrade.archive.snapshot import snapshot
from estrade.editions.models import Edition


class Command(BaseCommand):
    help = "Write one edition into a file that `manage.py import_edition` takes in, drafts included, passwords not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        with snapshot():
            edition = Edition.objects.filter(slug=options["slug"]).first()
            if edition is None:
                raise CommandError(f"There is no edition {options['slug']!r}.")
            try:
                with path.open("x", encoding="utf-8", newline="\n") as file:
                    file.writelines(edition_pieces(edition=edition))
            except FileExistsError:
                raise CommandError(f"{path} exists already. Choose another name.") from None
            except OSError as error:
                raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{path}. It holds personal data: keep it safe.")
