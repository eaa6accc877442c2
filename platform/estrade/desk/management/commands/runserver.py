"""`manage.py runserver [address:port]`: the real server, sockets included, in place of Django's."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from estrade.config.serve import leave_quietly, open_socket, serve
from estrade.config.start import refuse_unsafe_servers
from estrade.web.logs import without_secrets

HOST = "127.0.0.1"
PORT = 8000
# Django's own command knows these; there is nothing to switch off here.
IGNORED = ("--noreload", "--nothreading", "--nostatic", "--insecure", "--noasgi", "--nohttp2")


class Command(BaseCommand):
    help = "Serve pages and sockets; without REDIS_URL the tasks too. Ctrl-C ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("addrport", nargs="?", default="", help="port, or address:port (127.0.0.1:8000)")
        parser.add_argument("--ipv6", "-6", action="store_true", dest="use_ipv6", help="listen on ::1 by default")
        for flag in IGNORED:
            parser.add_argument(flag, action="store_true", help="accepted, without effect")

    def handle(self, *args: Any, **options: Any) -> None:
        leave_quietly()
        host, port = parse_address(options["addrport"], default_host="::1" if options["use_ipv6"] else HOST)
        listener = open_socket(host, port, try_another="python manage.py runserver {port}")
        try:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                raise CommandError("The database is not up to date. Type: python manage.py migrate")
            refuse_unsafe_servers()
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {without_secrets(str(error)).strip()}") from None
        except ImproperlyConfigured as unsafe:
            raise CommandError(str(unsafe)) from None
        connection.close()
        shown = f"[{host}]" if ":" in host else host

        def ready() -> None:
            self.stdout.write(f"Estrade answers at http://{shown}:{port}/ (Ctrl-C ends it)")
            self.stdout.flush()

        serve(listener, on_ready=ready)


def parse_address(text: str, *, default_host: str = HOST) -> tuple[str, int]:
    """`8000`, `0.0.0.0:8000`, `[::1]:8000`, `example.org:8000` or nothing. Raises CommandError."""
    host, _, port = text.rpartition(":")
    if text and not (port.isascii() and port.isdecimal() and int(port) < 65536):
        raise CommandError(f"{text!r} is neither a port nor address:port.")
    return host.removeprefix("[").removesuffix("]") or default_host, int(port) if text else PORT
