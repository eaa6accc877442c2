"""F3: Redis hangs, is gone, comes back. No score is refused meanwhile, and an open page catches up."""

from __future__ import annotations

import json
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests import servers
from tests.flows.test_server_process import Server
from tests.tables import lay_files

pytestmark = [pytest.mark.servers, pytest.mark.embedded, pytest.mark.timeout(120)]

JURORS, SCORES = 3, 9
PREPARE = f"""
import json, sys; sys.path[:0] = ["platform", "."]
import django; django.setup()
from django.conf import settings
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
from tests.judging.stage import a_stage
from tests.serving import session_of
stage = a_stage(jurors={JURORS}, teams=3, slug="lost")
print(json.dumps({{
    "sessions": [session_of(juror) for juror in stage.jurors], "cookie": settings.SESSION_COOKIE_NAME,
    "criteria": [one.pk for one in stage.criteria], "teams": [one.pk for one in stage.teams],
}}))
"""


def score_everything(base: str, made: dict[str, Any], versions: dict[tuple[str, int, int], int]) -> tuple[list[int], list[float]]:
    """Each juror scores each criterion of each team once more: the answers, and how long each took in milliseconds."""
    statuses, took = [], []
    for session in made["sessions"]:
        with httpx.Client(base_url=base, cookies={made["cookie"]: session}, timeout=30, verify=False) as client:
            client.get("/e/lost/jury/")
            client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
            for team in made["teams"]:
                for criterion in made["criteria"]:
                    version = versions.get((session, team, criterion), 0)
                    sent = {
                        "criterion": criterion,
                        "value": str(version + 1),
                        "client_id": str(uuid.uuid4()),
                        "base_version": version,
                    }
                    began = time.monotonic()
                    answer = client.post(f"/api/v1/editions/lost/jury/{team}/scores/", json=sent)
                    took.append((time.monotonic() - began) * 1000)
                    statuses.append(answer.status_code)
                    versions[session, team, criterion] = version + 1
    return statuses, sorted(took)


def hear_beyond(live: ClientConnection, number: int) -> tuple[str, int]:
    """The kind of the frame by which the page learns of a later number of the public stream, and that number."""
    limit = time.monotonic() + 20
    while True:
        frame = json.loads(live.recv(timeout=max(0.1, limit - time.monotonic())))
        head = frame["n"] if frame["t"] == "ev" else frame.get("heads", {}).get("public", 0)
        if head > number:
            return frame["t"], head


def test_f3_no_score_is_refused_without_redis_and_pages_catch_up(tmp_path: Path, postgres_url: str, capsys: Any) -> None:
    program = servers.redis_program()
    if program is None:
        pytest.skip("not provided: Redis")
    port, folder = servers.free_port(), tmp_path / "redis"
    folder.mkdir()
    versions: dict[tuple[str, int, int], int] = {}
    world = {"REDIS_URL": f"redis://127.0.0.1:{port}/0", "ESTRADE_SECRET_KEY": servers.SECRET_KEY}
    server = Server(lay_files(tmp_path), DATABASE_URL=postgres_url, **world)
    made = json.loads(server.python(PREPARE))
    try:
        with servers.redis_at(port, folder, [str(program), "--save", ""]) as redis:
            process = server.start()
            with connect(f"ws://127.0.0.1:{server.port}/ws/lost/", origin=Origin(server.base)) as live:
                live.send('{"t":"sub","streams":{"public":-1}}')
                with_redis = score_everything(server.base, made, versions)
                heard = [hear_beyond(live, 0)]

                redis.send_signal(signal.SIGSTOP)
                hanging = score_everything(server.base, made, versions)
                heard.append(hear_beyond(live, heard[-1][1]))
                degraded = httpx.get(f"{server.base}/ready", timeout=10, verify=False)
                redis.kill()
                redis.wait()
                gone = score_everything(server.base, made, versions)
                heard.append(hear_beyond(live, heard[-1][1]))
        with (
            servers.redis_at(port, folder, [str(program), "--save", ""]),
            connect(f"ws://127.0.0.1:{server.port}/ws/lost/", origin=Origin(server.base)) as live,
        ):
            live.send('{"t":"sub","streams":{"public":-1}}')
            back = score_everything(server.base, made, versions)
            heard.append(hear_beyond(live, heard[-1][1]))
        process.terminate()
        assert process.wait(timeout=10) == 0
    finally:
        server.end()

    rounds = {"with": with_redis, "hanging": hanging, "gone": gone, "back": back}
    with capsys.disabled():
        print("\nsave p95 in ms: " + ", ".join(f"{name} {took[int(len(took) * 0.95)]:.0f}" for name, (_, took) in rounds.items()))
    assert {name: set(statuses) for name, (statuses, _) in rounds.items()} == dict.fromkeys(rounds, {201})
    assert all(len(statuses) == JURORS * SCORES for statuses, _ in rounds.values())
    assert degraded.status_code == 200
    assert "redis_away" in [problem["code"] for problem in degraded.json()["problems"]]
    assert [later > earlier for (_, earlier), (_, later) in zip(heard, heard[1:], strict=False)] == [True] * 3
