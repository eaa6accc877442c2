"""`manage.py check_integrity`: does what is stored hold together?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from estrade.archive.integrity import check
from estrade.archive.snapshot import snapshot


class Command(BaseCommand):
    help = "Recompute rankings, audit chains and counts from what is stored, and say what does not hold together."

    def handle(self, *args: Any, **options: Any) -> None:
        with snapshot():
            problems = check()
        for problem in problems:
            self.stdout.write(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} problem{'s' * (len(problems) != 1)} found. Nothing was changed.")
        self.stdout.write("Streams, audit log, scores and rankings hold together.")
