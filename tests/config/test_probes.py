"""`/live` and `/ready`: what they say when each thing they look at is away, and while the process ends."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import translation

from estrade.config import probes
from estrade.config.asgi import router
from estrade.web import health
from estrade.web.health import Problem
from tests import servers


@pytest.fixture(autouse=True)
def _look_anew(settings: Any) -> Any:
    """No answer of another test, and only the checks that a test is about."""
    settings.HEALTH_CHECKS = []
    health.forget()
    probes.stopping.clear()
    yield
    health.forget()
    probes.stopping.clear()


def ask(path: str, method: str = "GET") -> tuple[int, dict[str, Any]]:
    async def asked() -> tuple[int, bytes]:
        scope = {"type": "http", "path": path, "method": method, "headers": [(b"host", b"10.0.0.7:8000")], "query_string": b""}
        one: Any = ApplicationCommunicator(router, scope)  # type: ignore[no-untyped-call]  # asgiref has no types
        await one.send_input({"type": "http.request", "body": b""})
        start, body = await one.receive_output(10), await one.receive_output(10)
        return start["status"], body["body"]

    status, body = async_to_sync(asked)()
    return status, json.loads(body)


def only(monkeypatch: pytest.MonkeyPatch, *problems: Problem) -> None:
    monkeypatch.setattr(health, "CHECKS", tuple(lambda problem=problem: problem for problem in problems))


def test_live_depends_on_nothing() -> None:
    # No database is allowed here, and no host is known by this name.
    assert ask("/live") == (200, {"status": "alive"})
    assert ask("/live", "POST")[0] == 405


def test_ready_is_quiet_when_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)

    assert ask("/ready") == (200, {"status": "ready", "problems": []})


def test_what_only_slows_down_keeps_the_process_in_service(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, Problem("redis_away", "Redis is away."))

    assert ask("/ready") == (
        200, {"status": "degraded", "problems": [{"code": "redis_away", "sentence": "Redis is away.", "serious": False}]}
    )  # fmt: skip


def test_what_loses_takes_the_process_out_of_service(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, Problem("redis_away", "Redis is away."), Problem("database_away", "No database.", is_serious=True))

    status, body = ask("/ready")

    assert (status, body["status"]) == (503, "not ready")
    assert [problem["code"] for problem in body["problems"]] == ["database_away", "redis_away"]


def test_a_process_that_ends_is_not_ready_but_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    probes.stopping.set()

    assert ask("/ready") == (503, {"status": "stopping", "problems": []})
    assert ask("/live")[0] == 200


@pytest.mark.django_db
def test_the_database_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", [])
    well = health.database()
    MigrationRecorder.Migration.objects.filter(app="scheduling").delete()
    health._migrated.clear()
    behind = health.database()

    def away() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", away)
    gone = health.database()

    assert well is None
    assert behind is not None
    assert (behind.code, behind.is_serious) == ("database_not_migrated", True)
    assert gone is not None
    assert (gone.code, gone.is_serious) == ("database_away", True)


def test_redis_is_looked_at_where_there_is_one(settings: Any) -> None:
    settings.REDIS_URL = ""
    without = health.messages()
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"
    away = health.messages()

    assert without is None
    assert away is not None
    assert (away.code, away.is_serious) == ("redis_away", False)


@pytest.mark.parametrize(("seconds", "code"), [(0, None), (1, None), (3, "clock_differs"), (-3600, "clock_differs")])
def test_o11_the_clocks_are_compared(monkeypatch: pytest.MonkeyPatch, seconds: int, code: str | None) -> None:
    monkeypatch.setattr(health, "db_now", lambda: datetime.now(UTC) + timedelta(seconds=seconds))

    problem = health.clock()

    assert (problem and problem.code) == code
    if problem and seconds == -3600:
        with translation.override("fr"):
            assert "3600\N{NO-BREAK SPACE}s" in str(problem.sentence)


@pytest.mark.parametrize(("free", "code"), [(10 * 2**30, None), (100 * 2**20, "disk_low")])
def test_the_disk_is_looked_at(monkeypatch: pytest.MonkeyPatch, free: int, code: str | None) -> None:
    usage = type("Usage", (), {"free": free, "total": 20 * 2**30})
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    problem = health.disk()

    assert (problem and problem.code) == code


def test_a_check_that_breaks_hides_no_other_and_one_look_serves_all(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    looks = []

    def breaks() -> Problem | None:
        looks.append(1)
        raise ValueError("odd")

    monkeypatch.setattr(health, "CHECKS", (breaks, lambda: Problem("disk_low", "Little room.")))

    found = [health.problems() for _ in range(3)]

    assert [[problem.code for problem in problems] for problems in found] == [["disk_low"]] * 3
    assert len(looks) == 1
    assert "breaks failed" in caplog.text


def test_the_command_fails_for_what_it_was_asked_about(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    only(monkeypatch, Problem("scheduler_silent", "Nobody ticks."))

    call_command("health")
    with pytest.raises(CommandError):
        call_command("health", "scheduler_silent")

    assert capsys.readouterr().out == "scheduler_silent: Nobody ticks.\n" * 2
