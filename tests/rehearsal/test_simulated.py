"""Simulated people at a server that speaks TLS itself, with a certificate that nobody else would trust."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from contextlib import suppress
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from estrade.rehearsal.management.commands.rehearse import speaks_tls
from estrade.rehearsal.script import PlannedScore
from estrade.rehearsal.simulated import Server, Simulated
from judging.models import ScoreRevision
from realtime.hub import SIMULATED_AGENT, hub
from tests.judging.stage import a_stage
from tests.serving import served

pytestmark = pytest.mark.embedded


def a_certificate(folder: Path, name: str) -> tuple[str, str]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    certificate, key = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    made = [openssl, "req", "-x509", *curve, "-nodes", "-subj", "/CN=hall.example", "-out", certificate, "-keyout", key]
    subprocess.run(made, check=True, capture_output=True)
    return certificate, key


async def _is_connected(person_id: int) -> bool:
    return any(one.person_id == person_id and one.agent == SIMULATED_AGENT for one in list(hub._listeners))


async def _until_scored_and_seen(juror: Simulated, person_id: int, *, seconds: float) -> bool:
    """Whether the juror's score and socket arrive within so many seconds."""
    living = asyncio.create_task(juror.live())
    try:
        async with asyncio.timeout(seconds):
            while not (await ScoreRevision.objects.aexists() and await _is_connected(person_id)):
                await asyncio.sleep(0.05)
        return True
    except TimeoutError:
        return False
    finally:
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living


@pytest.mark.django_db(transaction=True)
def test_simulated_people_speak_tls_with_this_very_server_and_with_no_other(tmp_path: Path, settings: Any) -> None:
    # As with TLS_CERTIFICATE.
    settings.SCHEME = "https"
    own, foreign = a_certificate(tmp_path, "own"), a_certificate(tmp_path, "foreign")
    stage = a_stage(jurors=1, teams=1)
    person, score = stage.jurors[0], PlannedScore(0, 1, stage.teams[0].pk, stage.criteria[0].pk, Decimal(4))
    arrived = {}

    with served(own) as site:
        for certificate, seconds in ((foreign[0], 1), (own[0], 20)):
            juror = Simulated(person=person, slug=stage.edition.slug, server=Server("127.0.0.1", site.port, certificate))
            juror.do(score)
            arrived[certificate] = asyncio.run(_until_scored_and_seen(juror, person.pk, seconds=seconds))
        asked = [speaks_tls("127.0.0.1", site.port)]
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as plain:
        Thread(target=plain.serve_forever, daemon=True).start()
        asked.append(speaks_tls("127.0.0.1", plain.server_port))
        plain.shutdown()

    # What the command says of the address of a server that plays already.
    assert asked == [True, False]
    assert arrived == {foreign[0]: False, own[0]: True}
    assert ScoreRevision.objects.get().value == 4
