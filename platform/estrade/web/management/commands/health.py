"""`manage.py health [CODE ...]`: what is wrong with this installation, for a terminal and for a container's health check."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from estrade.web.health import problems


class Command(BaseCommand):
    help = "Print what is wrong. Fails when something serious is, or one of the named problems."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="CODE", help="a problem that counts as serious, such as scheduler_silent")

    def handle(self, *args: Any, **options: Any) -> None:
        found = problems()
        for problem in found:
            self.stdout.write(f"{problem.code}: {problem.sentence}")
        if any(problem.is_serious or problem.code in options["codes"] for problem in found):
            raise CommandError("This process could not do its work now.")
        if not found:
            self.stdout.write("Nothing is wrong.")
