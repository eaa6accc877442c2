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
import time
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


def make_tables() -> None:
    """An empty installation; in files it is a copy of one that was made before."""
    from django.conf import settings  # noqa: PLC0415 - needs begin()
    from django.core.management import call_command  # noqa: PLC0415 - needs begin()
    from django.db import connection  # noqa: PLC0415 - needs begin()

    from tests.tables import lay_tables  # noqa: PLC0415 - needs begin()

    if connection.vendor == "sqlite":
        lay_tables(settings.DATA_DIR)
    else:
        call_command("migrate", verbosity=0)


def fill(*, jurors: int, teams: int, phones: int) -> Facts:
    """An edition in judging, made by the verbs, and a session for everybody who will connect."""
    from django.conf import settings  # noqa: PLC0415 - needs begin()

    from estrade.people.models import Person  # noqa: PLC0415 - needs begin()
    from judging.boards import refresh_board  # noqa: PLC0415 - needs begin()
    from tests import builders  # noqa: PLC0415 - needs begin()
    from tests.judging.stage import a_stage  # noqa: PLC0415 - needs begin()
    from tests.serving import session_of  # noqa: PLC0415 - needs begin()

    settings.SOON_INLINE = True
    make_tables()
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


def count(halls: list[tuple[int, int]]) -> dict[str, list[int]]:
    """Address to the questions that it asks for each size of hall, people and teams; sizes must grow."""
    from django.db import connection  # noqa: PLC0415 - needs begin()
    from django.test import Client  # noqa: PLC0415 - needs begin()
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 - needs begin()

    from tests import builders  # noqa: PLC0415 - needs begin()

    edition = _bench_edition()
    challenge = builders.a_challenge(edition)
    counts: dict[str, list[int]] = {}
    for people, teams in halls:
        _crowd(edition, challenge, people, teams)
        for path in (f"/e/{SLUG}/", f"/e/{SLUG}/board/"):
            Client().get(path)
            with CaptureQueriesContext(connection) as asked:
                answer = Client().get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            counts.setdefault(path, []).append(len(asked))
    return counts


def time_pages(people: int, teams: int) -> None:
    """Answer each line `name times` with the questions of that page and the time of each request, on the processor and the wall.

    The pages are those of an anonymous reader, of somebody in a team, and of the organiser.
    """
    from django.db import connection  # noqa: PLC0415 - needs begin()
    from django.test import Client  # noqa: PLC0415 - needs begin()
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 - needs begin()

    from estrade.people.models import Person  # noqa: PLC0415 - needs begin()
    from tests import builders  # noqa: PLC0415 - needs begin()

    edition = _bench_edition()
    _crowd(edition, builders.a_challenge(edition), people, teams)
    readers = {"edition": Client(), "my event": Client(), "people": Client()}
    readers["my event"].force_login(Person.objects.filter(memberships__edition=edition).order_by("pk")[0])
    readers["people"].force_login(builders.organiser_of(edition))
    addresses = {"edition": f"/e/{SLUG}/", "my event": f"/e/{SLUG}/me/", "people": f"/e/{SLUG}/people/"}
    print(json.dumps({"people": Person.objects.count()}), flush=True)
    for line in sys.stdin:
        name, _space, times = line.strip().rpartition(" ")
        reader, address = readers[name], addresses[name]
        reader.get(address)
        with CaptureQueriesContext(connection) as asked:
            reader.get(address)
        # Counted now: the next request begins a new log.
        questions = len(asked)
        processor, wall = [], []
        for _ in range(int(times)):
            began, at = time.process_time(), time.perf_counter()
            answer = reader.get(address)
            processor.append(time.process_time() - began)
            wall.append(time.perf_counter() - at)
            assert answer.status_code == 200, (address, answer.status_code)
        print(json.dumps({"questions": questions, "processor": processor, "wall": wall}), flush=True)


def _bench_edition() -> Any:
    """An empty edition that is open, in a new database, with pages that need no collected static files."""
    from datetime import date, timedelta  # noqa: PLC0415 - only in the child

    from django.conf import settings  # noqa: PLC0415 - needs begin()

    from tests import builders  # noqa: PLC0415 - needs begin()

    settings.SOON_INLINE = True
    # The static files are collected by the server that comes after this.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.ALLOWED_HOSTS = ["testserver"]
    make_tables()
    return builders.an_edition(slug=SLUG, starts_on=date.today() + timedelta(days=1), ends_on=date.today() + timedelta(days=2))  # noqa: DTZ011


def _crowd(edition: Any, challenge: Any, people: int, teams: int) -> None:
    """Bring the edition to so many people and teams: written in bulk, because ten thousand verbs take minutes."""
    from django.utils import timezone  # noqa: PLC0415 - needs begin()

    from estrade.people.models import Person, Role  # noqa: PLC0415 - needs begin()
    from teams.models import Membership, Submission, Team  # noqa: PLC0415 - needs begin()

    known = Person.objects.count()
    new = Person.objects.bulk_create(
        [Person(username=f"crowd{n}", first_name=f"First{n}", last_name=f"Last{n}") for n in range(known, people)], 500
    )
    Role.objects.bulk_create([Role(person=person, edition=edition, role="participant") for person in new], 500)
    there = Team.objects.count()
    captains = list(Person.objects.filter(roles__role="participant").exclude(memberships__edition=edition)[: teams - there])
    made = Team.objects.bulk_create(
        [
            Team(edition=edition, challenge=challenge, name=f"Team {there + n}", number=there + n + 1, captain=captain)
            for n, captain in enumerate(captains)
        ]
    )
    now = timezone.now()
    Membership.objects.bulk_create(
        [Membership(edition=edition, team=team, person=team.captain, joined_at=now) for team in made]  # type: ignore[misc]  # has one
    )
    Submission.objects.bulk_create([Submission(team=team) for team in made])


def serve() -> None:
    """Serve on a free port until the parent ends; tells the port, then what the folded board refreshes cost when asked."""
    import judging.boards  # noqa: PLC0415 - needs begin()
    from estrade.config import asgi  # noqa: PLC0415 - needs begin()
    from estrade.config.handler import PagesHandler  # noqa: PLC0415 - needs begin()
    from estrade.config.serve import open_socket  # noqa: PLC0415 - needs begin()
    from estrade.config.serve import serve as serve_site  # noqa: PLC0415 - needs begin()

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
    # The system chooses: a port looked for beforehand may be somebody else's by now.
    listener = open_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]

    def answer() -> None:
        for _ in sys.stdin:
            print(json.dumps({**board, "cpu": time.process_time()}), flush=True)

    threading.Thread(target=answer, daemon=True).start()
    serve_site(listener, on_ready=lambda: print(port, flush=True))


def repeat_sql(times: int) -> tuple[int, float]:
    """(statements of one score, seconds of processor time that they take in a transaction through the bare driver)."""
    import uuid  # noqa: PLC0415 - only in the child
    from decimal import Decimal  # noqa: PLC0415 - only in the child

    from django.conf import settings  # noqa: PLC0415 - needs begin()
    from django.db import connection  # noqa: PLC0415 - needs begin()

    from judging.ballots import write_score  # noqa: PLC0415 - needs begin()
    from judging.models import Score  # noqa: PLC0415 - needs begin()

    settings.SOON_INLINE = True
    # A change of a score that is there, so that the same statements can be sent again and again.
    score = Score.objects.select_related("ballot__seat__person", "ballot__team").exclude(value=None)[0]
    ballot, value = score.ballot, Decimal(3 if score.value == 4 else 4)
    taken: list[tuple[str, Any]] = []

    def take(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        # Only the first transaction: what follows a commit is the board.
        if connection.in_atomic_block:
            taken.append((sql, parameters))
        return execute(sql, parameters, many, context)

    import judging.ballots  # noqa: PLC0415 - needs begin()

    judging.ballots.ask_board = lambda round_id: None
    with connection.execute_wrapper(take):
        write_score(
            person=ballot.seat.person,
            edition_id=ballot.team.edition_id,
            team_id=ballot.team_id,
            criterion_id=score.criterion_id,
            value=value,
            client_id=uuid.uuid4(),
            base_version=score.version,
        )
    # The transaction is opened below; with PostgreSQL too it is not among what the wrapper saw.
    statements = [(sql, parameters) for sql, parameters in taken if not sql.startswith(("BEGIN", "COMMIT"))]
    connection.close()
    connection.ensure_connection()
    bare: Any = connection.connection
    text = connection.vendor == "sqlite"
    # Parameters in the form in which the driver takes them; nothing of this is counted.
    ready = [((sql.replace("%s", "?") if text else sql), list(parameters or ())) for sql, parameters in statements]
    began = time.process_time()
    for _ in range(times):
        cursor = bare.cursor()
        if text:
            cursor.execute("BEGIN IMMEDIATE")
        heads: dict[str, int] = {}
        with _transaction(bare, text):
            for sql, parameters in ready:
                cursor.execute(sql, _fresh(sql, parameters, heads))
                if sql.startswith("INSERT INTO journal_stream"):
                    heads.update(dict(cursor.fetchall()))
                elif cursor.description is not None:
                    cursor.fetchall()
    return len(ready), (time.process_time() - began) / times


def _transaction(bare: Any, is_sqlite: bool) -> Any:
    if not is_sqlite:
        return bare.transaction()
    # Commits, or rolls back on an error.
    return bare


def _fresh(sql: str, parameters: list[Any], heads: dict[str, int]) -> list[Any]:
    """The same statement once more: a new client id, the next numbers of the streams."""
    import uuid  # noqa: PLC0415 - only in the child

    table = sql.split('"')[1] if sql.startswith('INSERT INTO "') else ""
    if table == "judging_score":
        raise AssertionError("the repeated score must be a change of an existing one")
    if table == "judging_scorerevision":
        return [uuid.uuid4() if isinstance(parameters[0], uuid.UUID) else uuid.uuid4().hex, *parameters[1:]]
    if table == "journal_event":
        fresh = list(parameters)
        for place, said in enumerate(parameters[:-1]):
            if isinstance(said, str) and said in heads:
                fresh[place + 1] = heads[said]
            elif isinstance(said, list) and set(map(str, said)) == set(heads):
                # PostgreSQL takes the rows column by column.
                fresh[place + 1] = [heads[stream] for stream in said]
        return fresh
    return parameters


def _with_urls(handler: Any, urls: str) -> None:
    resolve = handler.resolve_request

    def resolve_request(request: Any) -> Any:
        request.urlconf = urls
        return resolve(request)

    handler.resolve_request = resolve_request


def _timed(boards: Any) -> dict[str, float]:
    """Count the processor time of the board's refreshes, which are folded and not part of a request."""
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
    parser.add_argument("what", choices=("fill", "serve", "sql", "count", "time"))
    parser.add_argument("sizes", nargs="*", help="people x teams, such as 10x5")
    parser.add_argument("--jurors", type=int, default=2)
    parser.add_argument("--teams", type=int, default=2)
    parser.add_argument("--phones", type=int, default=0)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    begin()
    if options.what == "serve":
        serve()
    elif options.what == "count":
        print(json.dumps(count([(int(p), int(t)) for p, t in (size.split("x") for size in options.sizes)])), flush=True)
    elif options.what == "time":
        time_pages(*map(int, options.sizes[0].split("x")))
    elif options.what == "sql":
        print(*repeat_sql(options.times), flush=True)
    else:
        print(json.dumps(asdict(fill(jurors=options.jurors, teams=options.teams, phones=options.phones))), flush=True)


if __name__ == "__main__":
    main()
