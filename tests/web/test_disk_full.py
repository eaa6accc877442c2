"""A disk without room: 507 with a sentence, nothing half written, and on again by itself when there is room."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from estrade.kernel.disk import is_full_disk
from judging.models import ScoreRevision
from teams.models import Receipt
from tests import builders
from tests.judging.stage import a_stage

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No page more for the database: what SQLite says then is what it says of a full disk."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            yield
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")


@pytest.mark.embedded
@pytest.mark.skipif(connection.vendor != "sqlite", reason="a limit of SQLite stands for the disk")
def test_a_score_is_refused_whole_and_counts_when_there_is_room_again() -> None:
    stage = a_stage(jurors=1, teams=1)
    juror, client = stage.jurors[0], Client(headers={"accept-language": "en"})
    client.force_login(juror)
    address = f"/api/v1/editions/{stage.edition.slug}/jury/{stage.teams[0].pk}/scores/"
    body: dict[str, Any] = {"criterion": stage.criteria[0].pk, "value": "4", "client_id": str(uuid4()), "base_version": 0}

    def post(client_id: str) -> Any:
        return client.post(address, {**body, "client_id": client_id}, content_type="application/json")

    accepted = 0
    with full_disk():
        # What is free inside the database's pages may still be used.
        while (refused := post(str(uuid4()))).status_code == 201:
            accepted += 1
            body["base_version"] = accepted
        again = post(body["client_id"])
        kept = ScoreRevision.objects.count()
        read = client.get(f"/e/{stage.edition.slug}/")
    healed = post(body["client_id"])

    assert refused.status_code == again.status_code == 507
    assert refused["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "disk_full"
    assert "send it again in a moment" in refused.json()["detail"]
    assert (read.status_code, kept) == (200, accepted)
    assert healed.status_code == 201
    assert ScoreRevision.objects.count() == accepted + 1


def test_every_kind_of_full_disk_is_recognised_and_nothing_else() -> None:
    def caused_by(cause: Exception) -> OperationalError:
        error = OperationalError("full")
        error.__cause__ = cause
        return error

    lite = sqlite3.connect(":memory:")
    lite.execute("CREATE TABLE t (x)")
    lite.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as full:
        lite.execute("INSERT INTO t VALUES (zeroblob(100000))")
    with pytest.raises(sqlite3.OperationalError) as missing:
        lite.execute("SELECT * FROM nowhere")
    lite.close()

    assert is_full_disk(caused_by(full.value))
    assert is_full_disk(caused_by(psycopg.errors.DiskFull("could not extend file")))
    assert is_full_disk(OSError(errno.ENOSPC, "No space left on device"))
    assert not is_full_disk(caused_by(missing.value))
    assert not is_full_disk(caused_by(psycopg.errors.LockNotAvailable("busy")))
    assert not is_full_disk(OSError(errno.EACCES, "Permission denied"))
    assert not is_full_disk(None)


def test_nothing_is_delivered_halfway(monkeypatch: pytest.MonkeyPatch) -> None:
    team = builders.a_draft(builders.a_team(builders.an_edition()))
    client = Client(headers={"accept-language": "en"})
    client.force_login(builders.captain_of(team))
    address, form = f"/e/{team.edition.slug}/team/{team.pk}/deliver/", {"client_id": str(uuid4())}

    def no_room(*args: object, **options: object) -> None:
        raise OperationalError("full") from psycopg.errors.DiskFull("could not extend file")

    with monkeypatch.context() as patch:
        # The last statement of the verb: whatever was written before it must go again.
        patch.setattr("teams.submissions.record", no_room)
        refused = client.post(address, form)
        halfway = Receipt.objects.count()
    client.post(address, form)

    assert (refused.status_code, halfway) == (507, 0)
    assert "The disk is full" in refused.text
    assert Receipt.objects.count() == 1
