"""`manage.py venue`: one laptop serves a hall. Real data, plain HTTP, copies, no demonstration."""

import getpass
import os
import ssl
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from estrade.archive.restore import restore_backup
from estrade.config.serve import leave_quietly, open_socket, serve
from estrade.editions.reads import all_editions
from estrade.kernel.clock import db_now
from estrade.kernel.disk import little_space
from estrade.kernel.localtext import terminal_language
from estrade.kernel.network import is_loopback
from estrade.kernel.refusal import Refused
from estrade.people.first_organiser import ensure_first_organiser, is_there
from estrade.venue import clocks, database, installation, terminal
from estrade.venue.checks import in_words
from estrade.venue.copies import copies, last_copy
from estrade.venue.installation import EVERYWHERE, Running
from estrade.venue.steady_name import SteadyName
from estrade.venue.watch import Watch
from estrade.web.refusals import status_and_sentence

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

HELP = """One laptop serves a hall: SQLite, one process, plain HTTP in the local network. Ctrl-C ends it, the data are kept.
To restore a copy elsewhere, two lines: copy the file onto the other laptop, then `make venue FROM=copy.zip` there."""


class Command(BaseCommand):
    help = HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        everywhere = "0.0.0.0"  # noqa: S104 - the phones of the hall come from there
        parser.add_argument("--host", default=os.environ.get("HOST") or everywhere, help="0.0.0.0: the whole local network")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--copies", metavar="FOLDER", help="where copies go every hour and at the end (COPIES=)")
        parser.add_argument("--restore", metavar="FILE", default=os.environ.get("FROM", ""), help="a copy to begin with (FROM=)")
        parser.add_argument("--name", help="the laptop's name in the network: estrade for estrade.local")
        parser.add_argument("--cert", metavar="FILE", help="TLS certificate; then the addresses begin with https")
        parser.add_argument("--key", metavar="FILE", help="its private key")

    def handle(self, *args: Any, **options: Any) -> None:
        leave_quietly()
        # What lies in the data folder is about people: nobody else on this machine reads it.
        os.umask(0o077)
        if not settings.VENUE:
            raise CommandError("Start it as `python manage.py venue`.")
        with translation.override(terminal_language()):
            self._serve_hall(host=options["host"], port=options["port"], source=options["restore"])

    def _serve_hall(self, *, host: str, port: int, source: str) -> None:
        require_certificate()
        listener = open_socket(host, port, try_another="make venue PORT={port}")
        require_room_to_write()
        self._prepare_database(source)
        self._compare_clock()
        self._warn_of_little_space()
        self._ask_for_the_first_organiser()
        running = Running(host, port)
        if host in EVERYWHERE or not is_loopback(host):
            running.name = SteadyName(settings.VENUE_NAME, port)
        installation.run(running)
        is_new = not all_editions().exists()
        connection.close()

        def tell(addresses: list[str], has_changed: bool, trouble: str) -> None:
            with translation.override(terminal_language()):
                self._say(terminal.picture(scene(running, addresses, is_new=is_new), changed=has_changed))
                if trouble:
                    self._say(f"  ! {trouble}")

        watch = Watch(running, tell=tell)

        def ready() -> None:
            watch.start()
            copies.start(tell=self._tell)

        def stopped() -> None:
            watch.stop()
            copies.stop()
            last = last_copy(settings.COPIES_FOLDER)
            if last is not None and not copies.failure:
                with translation.override(terminal_language()):
                    self._say("  " + _("Ended. The last copy: %(file)s") % {"file": last.file})

        certificate = (settings.TLS_CERTIFICATE, settings.TLS_KEY) if settings.TLS_CERTIFICATE else None
        serve(listener, on_ready=ready, on_stopped=stopped, certificate=certificate)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _tell(self, sentence: "StrOrPromise") -> None:
        with translation.override(terminal_language()):
            self._say(f"  ! {sentence}")

    # --- Before the door opens ------------------------------------------------------------------------------------

    def _prepare_database(self, source: str) -> None:
        try:
            if source and database.is_filled():
                raise CommandError(
                    _(
                        "%(folder)s holds data already, and a copy is never mixed in."
                        " Restore it into an empty folder: ESTRADE_DATA=folder"
                    )
                    % {"folder": settings.DATA_DIR}
                )
            kept = database.bring_up_to_date()
        except database.Unusable as unusable:
            raise CommandError(str(unusable)) from None
        if kept is not None:
            self._say("  " + _("The older version's data were brought up to date; a copy stays in %(file)s") % {"file": kept})
        if source:
            self._restore(Path(source))
            self._say("  " + _("The copy %(file)s is restored.") % {"file": source})

    def _restore(self, file: Path) -> None:
        try:
            restore_backup(path=file)
        except Refused as refusal:
            raise CommandError(status_and_sentence(refusal)[1]) from None

    def _compare_clock(self) -> None:
        ahead = clocks.behind_the_journal(db_now())
        if ahead is None:
            return
        self._tell(
            _("The clock of this laptop is behind the last entry of its journal by %(duration)s: it says %(now)s. Set it right.")
            % {"duration": in_words(ahead), "now": f"{db_now().astimezone():%Y-%m-%d %H:%M}"}
        )
        if sys.stdin.isatty() and input("  " + _("Type yes to start with this clock:") + " ").strip().lower() not in {
            "yes", "oui", "y", "o",
        }:  # fmt: skip
            raise CommandError(_("Not started. Set the clock, then start again: nothing was changed."))

    def _warn_of_little_space(self) -> None:
        free = little_space(settings.DATA_DIR)
        if free is not None:
            sentence = _("Only {megabytes} MB are left on the disk. Make room before it is full.")
            self._tell(sentence.format(megabytes=free // 2**20))

    def _ask_for_the_first_organiser(self) -> None:
        if is_there():
            return
        name = os.environ.get("ESTRADE_FIRST_ORGANISER", "")
        password = os.environ.get("ESTRADE_FIRST_PASSWORD", "")
        if not (name and password) and not sys.stdin.isatty():
            raise CommandError(
                _("Nobody can sign in yet: set ESTRADE_FIRST_ORGANISER and ESTRADE_FIRST_PASSWORD, or start it on a terminal.")
            )
        while True:
            asked = not (name and password)
            if asked:
                name, password = self._ask()
            try:
                ensure_first_organiser(name=name, password=password)
                return
            except Refused as refusal:
                sentence = status_and_sentence(refusal)[1]
                if not asked:
                    raise CommandError(sentence) from None
                self._tell(sentence)
                name = password = ""

    def _ask(self) -> tuple[str, str]:
        self._say("\n  " + _("Nobody can sign in yet. Who is the first organiser?"))
        name = ""
        while not name:
            name = input("  " + _("Name or e-mail address:") + " ").strip()
        while True:
            password = getpass.getpass("  " + _("Password (at least 8 characters, nothing appears):") + " ")
            if password == getpass.getpass("  " + _("The same password again:") + " "):
                return name, password
            self._tell(_("These were two different passwords."))


def scene(running: Running, addresses: list[str], *, is_new: bool) -> terminal.Scene:
    """What the terminal shows of the running process."""
    name = running.name.host if running.name is not None and running.name.is_announced else ""
    return terminal.Scene(
        addresses=addresses, name=name, scheme=settings.SCHEME, port=running.port,
        data=settings.DATA_DIR, copies=settings.COPIES_FOLDER, is_new=is_new,
    )  # fmt: skip


def require_certificate() -> None:
    """A certificate and a key that can be read and belong together, where they are given. Raises CommandError."""
    certificate, key = settings.TLS_CERTIFICATE, settings.TLS_KEY
    if not certificate:
        return
    for file in (certificate, key):
        if not os.access(file, os.R_OK) or not Path(file).is_file():
            raise CommandError(_("%(file)s cannot be read: give --cert and --key two files in PEM form.") % {"file": file})
    try:
        # A password is no help on the day: nobody sits at the laptop when it starts again.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise CommandError(
            _("%(certificate)s and %(key)s are no certificate with its own key, without a password (%(reason)s).")
            % {"certificate": certificate, "key": key, "reason": reason}
        ) from None


def require_room_to_write() -> None:
    """A data folder that takes a file. Raises CommandError."""
    try:
        with tempfile.NamedTemporaryFile(dir=settings.DATA_DIR) as probe:
            probe.write(b"Estrade")
            probe.flush()
    except OSError as error:
        raise CommandError(
            _("Cannot write in %(folder)s (%(reason)s). Give it room and rights, or choose another folder: ESTRADE_DATA=folder")
            % {"folder": settings.DATA_DIR, "reason": error.strerror}
        ) from None
