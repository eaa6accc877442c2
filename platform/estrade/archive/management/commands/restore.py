"""`manage.py restore FILE`: a copy becomes an installation."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from estrade.archive.restore import restore_backup
from estrade.archive.words import in_english
from estrade.kernel.refusal import Refused

HELP = """Take a copy (manage.py backup) into an empty installation, SQLite or PostgreSQL. All or nothing.

In two lines, on a new machine:
    python manage.py migrate
    python manage.py restore estrade-20270320-160000.zip
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--allow-problems", action="store_true", help="take in a copy of an installation that was already out of order"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restored = restore_backup(path=options["file"], allow_problems=options["allow_problems"])
        except Refused as refused:
            raise CommandError(in_english(refused)) from None
        people, editions = restored.tables["people.Person"], restored.tables["editions.Edition"]
        rows = sum(restored.tables.values())
        self.stdout.write(
            f"Restored as of {restored.at}: {editions} editions, {people} people, {rows} rows, {restored.files} files."
        )
        for problem in restored.problems:
            self.stdout.write(self.style.WARNING(str(problem)))
        if not restored.problems:
            self.stdout.write("Checked: streams, audit log, scores and rankings hold together.")
