"""`manage.py load_edition FILE`: an edition from one readable file."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from estrade.editions.edition_file import EditionFileError, read_edition_file
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from estrade.web.refusals import status_and_sentence
from judging.edition_loading import load_edition, moved_to


class Command(BaseCommand):
    help = "Create an edition with its organisations, programme, challenges, rubric and prizes from a TOML file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organiser", metavar="USERNAME", help="who creates it; by default the first administrator")
        parser.add_argument("--starts-on", type=date.fromisoformat, metavar="YYYY-MM-DD", help="move all its days")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            file = read_edition_file(path.read_bytes())
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        except EditionFileError as error:
            raise CommandError("\n".join([f"{path} was not loaded:", *error.problems])) from None
        if options["starts_on"]:
            file = moved_to(file, options["starts_on"])
        person = _organiser(options["organiser"])
        try:
            edition = load_edition(person=person, file=file)
        except Refused as refused:
            raise CommandError(f"{file.slug} was not loaded: {status_and_sentence(refused)[1]}") from None
        self.stdout.write(
            f"{edition.name}: {len(file.challenges)} challenges, {len(file.rubric.criteria)} criteria,"
            f" {len(file.prizes)} prize{'s' * (len(file.prizes) != 1)}. It is at /e/{edition.slug}/."
        )


def _organiser(username: str | None) -> Person:
    people = Person.objects.order_by("pk")
    person = people.filter(username=username).first() if username else people.filter(is_superuser=True).first()
    if person is not None:
        return person
    if username:
        raise CommandError(f"There is nobody with the user name {username!r}.")
    raise CommandError("There is no administrator yet. Create one: python manage.py createsuperuser")
