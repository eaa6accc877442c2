"""`manage.py import_participants FILE --edition SLUG`: a list of participants, told line by line."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from estrade.editions.models import Edition
from teams.intake import Report, import_participants, named_answers
from teams.intake_reading import Level
from teams.intake_schools import Answers
from teams.intake_words import LEVELS, sentence_for


class Command(BaseCommand):
    help = "Import the participants of an exported list (CSV or XLSX), and say line by line what was made of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--edition", required=True, metavar="SLUG")
        parser.add_argument("--dry-run", action="store_true", help="say everything, write nothing")
        parser.add_argument("--create-schools", action="store_true", help="create the schools that nobody knows yet")
        parser.add_argument(
            "--school",
            action="append",
            default=[],
            metavar="WRITTEN=NAME",
            help="what a spelling means, where it looks like another school; WRITTEN=WRITTEN: a school of its own",
        )
        parser.add_argument("--sheet", default="", metavar="NAME", help="the sheet of a workbook, by default the first one")
        parser.add_argument("--lang", choices=["fr", "en"], default="en", help="language of the report")

    def handle(self, *args: Any, **options: Any) -> None:
        edition = Edition.objects.filter(slug=options["edition"]).first()
        if edition is None:
            raise CommandError(f"There is no edition {options['edition']!r}.")
        path: Path = options["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        answers = self._answers(edition, data, options) if options["create_schools"] or options["school"] else None
        report = import_participants(
            person=None,
            edition=edition,
            data=data,
            filename=path.name,
            dry_run=options["dry_run"],
            answers=answers,
            sheet=options["sheet"],
        )
        with translation.override(options["lang"]):
            for finding in report.findings:
                self.stdout.write(sentence_for(finding))
            self.stdout.write("")
            for line in totals(report):
                self.stdout.write(line)
            if report.is_blocked:
                if any(finding.level is Level.QUESTION for finding in report.findings):
                    raise CommandError(_("Nothing was imported. Say with --school WRITTEN=NAME what these schools are."))
                raise CommandError(_("Nothing was imported. Correct the blocking lines and import the file again."))

    def _answers(self, edition: Edition, data: bytes, options: dict[str, Any]) -> Answers:
        """What the options say about unknown schools. A name is that of a known school or another spelling of the list."""
        suggested = bool(options["create_schools"])
        try:
            pairs = [(written, name) for written, _, name in (one.partition("=") for one in options["school"])]
            return named_answers(edition=edition, data=data, sheet=options["sheet"], pairs=pairs, suggested=suggested)
        except KeyError as unknown:
            raise CommandError(f"No school of the list or of this installation is written {unknown.args[0]!r}.") from None


def totals(report: Report) -> list[str]:
    """The last lines of the report."""
    counts = Counter(finding.level for finding in report.findings)
    per_level = ", ".join(f"{LEVELS[level]} {counts[level]}" for level in Level if counts[level])
    lines = [
        _("Lines read: %(rows)s. People: %(people)s.") % {"rows": report.reading.rows, "people": len(report.reading.people)},
        _("Findings: %(counts)s.") % {"counts": per_level or "0"},
    ]
    if report.is_blocked:
        return lines
    if report.dry_run:
        figures = {"created": report.created, "known": report.updated}
        lines.append(_("Dry run, nothing written. New people: %(created)s, already known: %(known)s.") % figures)
    else:
        figures = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
        lines.append(_("New people: %(created)s, changed: %(updated)s, unchanged: %(unchanged)s.") % figures)
    return lines
