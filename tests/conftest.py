"""The ground every test stands on: which world, what is not reachable, what could not be run.

`pytest` alone is the embedded world (SQLite, one process, no browser). `python -m tests` runs everything,
the second world too. Each process has a data folder of its own and never sees a developer's settings.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest

from tests import provide, servers
from tests.tables import empty_tables, lay_database, lay_tables_on_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
SECOND_WORLD = os.environ.get("ESTRADE_TEST_SERVERS") == "1"
# The reason of a skip that counts as "could not be run"; what follows is the name of the need.
NOT_PROVIDED = "not provided: "

_world = contextlib.ExitStack()


def _enter_world() -> None:
    """Set the environment before Django reads it; pytest-django loads the settings only after this module."""
    second = {"DATABASE_URL", "REDIS_URL", "ESTRADE_SECRET_KEY", "ESTRADE_TEST_SERVERS"} if SECOND_WORLD else set()
    for name in list(os.environ):
        if name.startswith(("ESTRADE_", "DATABASE_URL", "REDIS_URL")) and name not in second | {provide.NOTES}:
            del os.environ[name]
    folder = tempfile.mkdtemp(prefix="estrade-tests-")
    _world.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["ESTRADE_DATA"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"
    if SECOND_WORLD and "PYTEST_XDIST_WORKER" in os.environ:
        # Redis channels know no database number: workers that shared a server would hear each other.
        os.environ["REDIS_URL"] = _world.enter_context(servers.redis())


_enter_world()

os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(ROOT / ".cache" / "hypothesis")
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """`pytest` alone uses every core; named tests run in this process, where they start sooner and can be debugged."""
    return None if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


# --- Django -------------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Settings that make tests quick or certain, and change nothing they are about."""
    from django.conf import settings  # noqa: PLC0415 - reads the environment set above

    # A worker has loaded the settings before this module, with the folder of the process that started it.
    settings.DATA_DIR = Path(os.environ["ESTRADE_DATA"])
    settings.SOON_INLINE = True
    # No power cut is expected here; what is on the disk after one is seen with processes of their own.
    options = settings.DATABASES["default"]["OPTIONS"]
    if "init_command" in options:
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # The hashed names need a collected folder; the tests of the served application collect one.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A race needs PostgreSQL under the settings: SQLite lets one writer in at a time."""
    if item.get_closest_marker("races") and not SECOND_WORLD:
        pytest.skip(NOT_PROVIDED + provide.SECOND_WORLD)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The worker's database is there already (below)."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy the tables where Django will look for them: migrating anew in each worker costs more than many tests."""
    from django.db import connection  # noqa: PLC0415 - reads the environment set above

    name = connection.creation._get_test_db_name()  # type: ignore[attr-defined]  # the stubs leave it out
    if SECOND_WORLD:
        lay_tables_on_server(os.environ["DATABASE_URL"], name)
    else:
        lay_database(Path(name))


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    """After a test that commits. Django's own way takes longer than most of these tests."""
    from django.test import TransactionTestCase  # noqa: PLC0415 - reads the environment set above

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: empty_tables())
    yield
    patch.undo()


# Pages, the administration, the shapes of the API and what is computed from them: what these call is tested in both
# worlds, they themselves in one.
SEEN_ONCE = (
    "admin/", "walls/", "web/", "desk/", "demo/", "matrix/", "api/test_problems.py", "api/test_description.py",
    "archive/test_exports.py", "config/test_settings.py", "judging/test_agreement.py", "judging/test_cockpit.py",
    "judging/test_plans.py", "judging/test_severity.py", "leaks/", "people/test_first_organiser.py", "realtime/test_screens.py",
    "rehearsal/test_copying.py", "rehearsal/test_rehearsals.py", "rehearsal/test_seats.py", "teams/test_composing.py",
    "teams/test_intake", "teams/test_replay.py",
)  # fmt: skip


def _is_seen_once(path: Path) -> bool:
    return path.name.endswith("pages.py") or path.relative_to(ROOT / "tests").as_posix().startswith(SEEN_ONCE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a file of which this part of the tests runs nothing: importing them all takes seconds in each worker."""
    named = {Path(argument.partition("::")[0]).resolve() for argument in config.args}
    if not collection_path.match("test_*.py") or collection_path in named:
        return None
    text = collection_path.read_text(encoding="utf-8")
    of_all = "".join(line for line in text.splitlines() if line.startswith("pytestmark = "))
    asked = config.option.markexpr
    if asked == "browser":
        is_foreign = "mark.browser" not in text
    elif SECOND_WORLD:
        is_foreign = (_is_seen_once(collection_path) or "mark.embedded" in of_all) and "mark.servers" not in text
    else:
        is_foreign = any(f"not {mark}" in asked and f"mark.{mark}" in of_all for mark in ("browser", "races"))
    return is_foreign or None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    for item in items:
        if item.get_closest_marker("browser"):
            # One worker has a module's browser, and one the demonstration.
            shared = "demo" if "demo" in item.fixturenames else item.path.name  # type: ignore[attr-defined]  # a function
            item.add_marker(pytest.mark.xdist_group(shared))
        if _is_seen_once(item.path):
            item.add_marker(pytest.mark.embedded)
    yield
    # Who asked for more time begins first, so that no worker is alone with it in the end.
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


@pytest.fixture(autouse=True)
def _no_reader() -> None:
    """A request leaves its language and time zone on the thread; the next test must not read with them."""
    from django.utils import timezone, translation  # noqa: PLC0415 - reads the environment set above

    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def _no_files_left() -> Iterator[None]:
    """Rows are rolled back, files are not: the next test must not find a folder that is in use."""
    from django.conf import settings  # noqa: PLC0415 - reads the environment set above

    yield
    shutil.rmtree(settings.DATA_DIR / "media", ignore_errors=True)


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still: for limits that count by the minute or hour of the clock, which may turn during a test."""
    from tests.clocks import stop_clock  # noqa: PLC0415 - reads the environment set above

    stop_clock(monkeypatch, datetime.now(UTC))


@pytest.fixture(autouse=True)
def _no_sealed_rubric() -> None:
    """A rolled back test gives its numbers to the next one, and a stopped clock the same seal: start with nothing kept."""
    from judging import rubrics  # noqa: PLC0415 - reads the environment set above

    rubrics._sealed.clear()


# --- Nothing leaves the machine -----------------------------------------------------------------------------------


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    return host in {"localhost", "::1", ""} or host.startswith("127.")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Connections to other machines fail, with a message that names the address."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        real = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, real: Any = real) -> Any:
            if not _is_local(address):
                raise OSError(f"tests have no network, and this one wants {address!r}")
            return real(self, address)

        patch.setattr(socket.socket, name, guarded)
    yield
    patch.undo()


# --- Servers and browser ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: that of the second world, or else one of this test process."""
    if SECOND_WORLD:
        yield os.environ["DATABASE_URL"]
        return
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(servers.postgres())
        except servers.ServerMissing as missing:
            pytest.skip(f"{NOT_PROVIDED}{missing}")
        yield url


@pytest.fixture
def bare_postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a database without any table, for one test."""
    with _own_database(postgres_server) as name, psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_server.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a database that nobody has used, for one test. Its tables are there."""
    with _own_database(postgres_server) as name:
        lay_tables_on_server(postgres_server, name)
        yield postgres_server.rpartition("/")[0] + f"/{name}"


@contextlib.contextmanager
def _own_database(server: str) -> Iterator[str]:
    """A name for a database on the server; what was created under it goes at the end."""
    name = f"own_{secrets.token_hex(6)}"
    yield name
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of an empty Redis server of this test process."""
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(servers.redis())
        except servers.ServerMissing as missing:
            pytest.skip(f"{NOT_PROVIDED}{missing}")
        yield url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium to hand to Playwright as `executable_path`; as root it needs `--no-sandbox`."""
    path = provide.chromium_program()
    if path is None:
        pytest.skip(NOT_PROVIDED + "Chromium")
    return str(path)


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """A browser for the tests of one module. Its guests may also come by a name that browsers take for insecure."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - few tests need it

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=chromium_path, args=[*quiet, "--host-resolver-rules=MAP venue.test 127.0.0.1"]
        )
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The same for one test, which shares no window and no cookie with another."""
    yield chromium
    for context in [*chromium.contexts]:
        context.close()


@pytest.fixture(scope="session")
def demo() -> Iterator[str]:
    """The address of a demonstration that the browser's tests share: each leaves what the others need as it was."""
    from tests.demonstration import running_demo  # noqa: PLC0415 - few tests need it

    with running_demo() as running:
        yield running.base


# --- What could not be run is said last ---------------------------------------------------------------------------


class NotRun:
    """Counts the tests that missed a server or the browser, and says so in the very last line."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple):
            _, found, name = report.longrepr[2].partition(NOT_PROVIDED)
            if found:
                self.counts[name] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.counts and os.environ.get("CI") and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        gaps = [provide.Gap(f"{count} test{'s' * (count != 1)}", name) for name, count in sorted(self.counts.items())]
        if not gaps:
            return
        if notes := os.environ.get(provide.NOTES):
            # `python -m tests` adds the parts up and says the line itself, once and last.
            provide.note(gaps, notes)
        else:
            print(provide.not_run(gaps), flush=True)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Only the process that talks to the person counts; xdist's workers report to it."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(NotRun(), "not-run")


def pytest_unconfigure() -> None:
    """Give back what this process took from the machine."""
    _world.close()
