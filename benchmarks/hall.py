"""The processes that the benchmarks measure: one fills a database with people, one serves it.

`python -m benchmarks.hall fill ...` prints what a visitor needs to know as one line of JSON.
`python -m benchmarks.hall serve` is `manage.py runserver` with one more address, /null/.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SLUG = "bench"
NULL = "/null/"


@dataclass(frozen=True)
class Facts:
    """Ids and session keys of the people in the hall."""

    cookie: str
    slug: str
    teams: list[int]
    criteria: list[int]
    jurors: list[str]
    phones: list[str]


def begin() -> None:
    """Load Django in this process, with passwords that cost nothing."""
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"
    import django  # noqa: PLC0415 - only in the child
    from django.conf import settings  # noqa: PLC0415 - only in the child

    # Hundreds of people with a real password hash would take longer than the measurement.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()


def fill(*, jurors: int, teams: int, phones: int) -> Facts:
    """An edition in judging, made by the verbs, and a session for everybody who will connect."""
    from django.conf import settings  # noqa: PLC0415 - needs begin()
    from django.core.management import call_command  # noqa: PLC0415 - needs begin()

    from estrade.people.models import Person  # noqa: PLC0415 - needs begin()
    from judging.boards import refresh_board  # noqa: PLC0415 - needs begin()
    from tests import builders  # noqa: PLC0415 - needs begin()
    from tests.judging.stage import a_stage  # noqa: PLC0415 - needs begin()
    from tests.serving import session_of  # noqa: PLC0415 - needs begin()

    settings.SOON_INLINE = True
    call_command("migrate", verbosity=0)
    stage = a_stage(jurors=jurors, teams=teams, slug=SLUG)
    refresh_board(round_id=stage.round.pk)
    participants = list(Person.objects.filter(roles__edition=stage.edition, roles__role="participant")[:phones])
    participants += [builders.a_participant(stage.edition) for _ in range(phones - len(participants))]
    return Facts(
        cookie=settings.SESSION_COOKIE_NAME,
        slug=SLUG,
        teams=[team.pk for team in stage.teams],
        criteria=[criterion.pk for criterion in stage.criteria],
        jurors=[session_of(person) for person in stage.jurors],
        phones=[session_of(person) for person in participants],
    )


def serve() -> None:
    """Serve on a free port until the parent ends; tells the port, then what the folded board refreshes cost when asked."""
    import judging.boards  # noqa: PLC0415 - needs begin()
    from estrade.config import asgi  # noqa: PLC0415 - needs begin()
    from estrade.config.handler import PagesHandler  # noqa: PLC0415 - needs begin()
    from estrade.config.serve import open_socket  # noqa: PLC0415 - needs begin()
    from estrade.config.serve import serve as serve_site  # noqa: PLC0415 - needs begin()
    from tests.servers import free_port  # noqa: PLC0415 - needs begin()

    class BareHandler(PagesHandler):
        """Django's own request, resolver and thread for a sync view, without a single middleware."""

        def load_middleware(self, is_async: bool = False) -> None:
            from django.conf import settings  # noqa: PLC0415 - needs begin()

            named, settings.MIDDLEWARE = settings.MIDDLEWARE, []
            try:
                super().load_middleware(is_async)
            finally:
                settings.MIDDLEWARE = named

    site, bare = asgi.application, BareHandler()
    urls = "benchmarks.null"

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == NULL:
            await bare(scope, receive, send)
        else:
            await site(scope, receive, send)

    asgi.application = application
    board = _timed(judging.boards)
    _with_urls(bare, urls)
    port = free_port()
    listener = open_socket("127.0.0.1", port)

    def answer() -> None:
        for _ in sys.stdin:
            print(json.dumps(board), flush=True)

    threading.Thread(target=answer, daemon=True).start()
    serve_site(listener, on_ready=lambda: print(port, flush=True))


def _with_urls(handler: Any, urls: str) -> None:
    resolve = handler.resolve_request

    def resolve_request(request: Any) -> Any:
        request.urlconf = urls
        return resolve(request)

    handler.resolve_request = resolve_request


def _timed(boards: Any) -> dict[str, float]:
    """Count the processor time of the board's refreshes, which are folded and not part of a request."""
    import time  # noqa: PLC0415 - only in the child

    spent, refresh = {"seconds": 0.0, "times": 0.0}, boards.refresh_board

    def refresh_board(*, round_id: int) -> Any:
        began = time.thread_time()
        try:
            return refresh(round_id=round_id)
        finally:
            spent["seconds"] += time.thread_time() - began
            spent["times"] += 1

    boards.refresh_board = refresh_board
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hall")
    parser.add_argument("what", choices=("fill", "serve"))
    parser.add_argument("--jurors", type=int, default=2)
    parser.add_argument("--teams", type=int, default=2)
    parser.add_argument("--phones", type=int, default=0)
    options = parser.parse_args()
    begin()
    if options.what == "serve":
        serve()
    else:
        print(json.dumps(asdict(fill(jurors=options.jurors, teams=options.teams, phones=options.phones))), flush=True)


if __name__ == "__main__":
    main()
