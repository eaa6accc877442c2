"""`manage.py rehearse SLUG`: play an event in a copy, on the running server or on one of its own."""

import os
import socket
import ssl
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.urls import reverse
from django.utils import translation

from estrade.config.serve import leave_quietly, open_socket, serve
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.rehearsal.models import Play
from estrade.rehearsal.player import POLL, player
from estrade.rehearsal.reads import added_words, last_proof, play_of
from estrade.rehearsal.rehearsals import start_rehearsal, wipe_rehearsal
from estrade.rehearsal.script import Act
from estrade.web.refusals import status_and_sentence


class Command(BaseCommand):
    help = "Rehearse an edition in a copy, with simulated teams and jurors. --wipe deletes it and proves that nothing stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the edition, as in its address /e/SLUG/")
        parser.add_argument("--minutes", type=float, default=15, help="from the opening to the last ballot, 1 to 240 (15)")
        parser.add_argument("--wipe", action="store_true", help="stop the rehearsal, delete all of it, print the proof")
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1", help="of the server (127.0.0.1)")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="of the server (8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("fr" if os.environ.get("LANG", "").startswith("fr") else "en"):
            edition = self._edition(options["slug"])
            try:
                if options["wipe"]:
                    wipe_rehearsal(person=None, edition_id=edition.pk)
                    self._print_proof(edition)
                else:
                    self._rehearse(edition, options)
            except Refused as refusal:
                raise CommandError(status_and_sentence(refusal)[1]) from None

    def _edition(self, slug: str) -> Edition:
        edition = Edition.objects.filter(slug=slug, rehearses=None).first()
        if edition is None:
            known = ", ".join(Edition.objects.filter(rehearses=None).values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no edition with the address {slug!r}. There are: {known}.")
        return edition

    def _rehearse(self, edition: Edition, options: dict[str, Any]) -> None:
        play = play_of(edition)
        if play is not None:
            self.stdout.write("A rehearsal is going on already; this one is not another.")
        else:
            # NaN and numbers beyond every calendar are as wrong as zero.
            minutes = options["minutes"] if 0 < options["minutes"] <= 10_000 else 0
            play = start_rehearsal(person=None, edition_id=edition.pk, length=timedelta(minutes=minutes))
        leave_quietly()
        place = f"{options['host']}:{options['port']}"
        if self._is_led(play):
            scheme = "https" if speaks_tls(options["host"], options["port"]) else "http"
            self._print_addresses(edition, play, f"{scheme}://{place}")
            return
        listener = open_socket(
            options["host"], options["port"], try_another=f"python manage.py rehearse {edition.slug} --port {{port}}"
        )
        connection.close()

        def ready() -> None:
            self._print_addresses(edition, play, f"http://{place}")
            self.stdout.write("  Ctrl-C ends the server; the rehearsal stays until it is wiped.\n")
            self.stdout.flush()

        player.tell = self._tell
        serve(listener, on_ready=ready)

    def _is_led(self, play: Play) -> bool:
        """Whether a running server takes the play: each one looks every few seconds."""
        until = time.monotonic() + POLL + 2
        while time.monotonic() < until:
            if Play.objects.filter(pk=play.pk, held_until__gt=db_now()).exists():
                return True
            time.sleep(0.2)
        return False

    def _print_addresses(self, edition: Edition, play: Play, base: str) -> None:
        copy = play.edition
        lines = [
            ("Seats", reverse("rehearsal_lobby:lobby", args=[play.token])),
            ("Projector", reverse("realtime:screen", args=[copy.slug])),
            ("Control room", reverse("desk:control", args=[copy.slug])),
            ("Public page", reverse("editions:edition", args=[copy.slug])),
        ]
        self.stdout.write(f"\n  Rehearsal of {edition.name}\n")
        for title, path in lines:
            self.stdout.write(f"  {title:<14}{base}{path}")
        for line in added_words(play):
            self.stdout.write(f"  + {line}")
        self.stdout.write(f"\n  Wipe it: python manage.py rehearse {edition.slug} --wipe")

    def _print_proof(self, edition: Edition) -> None:
        proof = last_proof(edition)
        assert proof is not None
        for name, before, after in proof.lines:
            self.stdout.write(f"  {name:<40}{before:>8} -> {after}")
        for name, rows in proof.hits:
            self.stdout.write(f"  {name}: {rows} rows still name the rehearsal")
        self.stdout.write(f"  {proof.tables} tables counted, {proof.columns} columns of text searched.")
        if not proof.is_clean:
            raise CommandError("Something of the rehearsal is left: see above.")
        self.stdout.write("  Nothing of the rehearsal is left.")

    def _tell(self, act: Act) -> None:
        with translation.override("fr" if os.environ.get("LANG", "").startswith("fr") else "en"):
            self.stdout.write(f"  {act.clock:>5}  {act.text}")
            self.stdout.flush()


def speaks_tls(host: str, port: int) -> bool:
    """Whether the server there answers over TLS; whose certificate it shows does not matter for its address."""
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError), socket.create_connection((host, port), timeout=2) as plain, anybody.wrap_socket(plain):
        return True
    return False
