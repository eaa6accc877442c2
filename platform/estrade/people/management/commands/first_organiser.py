"""`manage.py first_organiser`: the person who creates the first edition, from two variables or asked on the terminal."""

import os
import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from estrade.kernel.refusal import Refused
from estrade.people.first_organiser import ensure_first_organiser, is_there
from estrade.web.refusals import status_and_sentence

NAME, PASSWORD = "ESTRADE_FIRST_ORGANISER", "ESTRADE_FIRST_PASSWORD"


class Command(BaseCommand):
    help = f"Create the person who creates the first edition, once. Reads {NAME} and {PASSWORD}, or asks for them."

    def handle(self, *args: Any, **options: Any) -> None:
        if is_there():
            self.stdout.write("Somebody can create editions already. Nothing was changed.")
            return
        name, password = os.environ.get(NAME, ""), os.environ.get(PASSWORD, "")
        if not (name and password):
            if not sys.stdin.isatty():
                raise CommandError(f"Set {NAME} and {PASSWORD}, or run this command on a terminal.")
            name, password = self._ask(name, password)
        try:
            person = ensure_first_organiser(name=name, password=password)
        except Refused as refused:
            raise CommandError(f"Nobody was created. {status_and_sentence(refused)[1]}") from None
        if person is not None:
            self.stdout.write(f"{person.username} can sign in now and create the first edition.")

    def _ask(self, name: str, password: str) -> tuple[str, str]:
        name = name or input("User name or e-mail address: ").strip()
        while not password:
            password = getpass("Password: ")
            if password != getpass("Password, once more: "):
                self.stderr.write("The two passwords differ.")
                password = ""
        return name, password
