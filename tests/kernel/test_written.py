"""Questions written by hand give what a queryset gives, in both worlds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from estrade.editions.middleware import BY_SLUG
from estrade.editions.models import Edition
from estrade.kernel.written import Insert, Update
from estrade.people.backends import BY_NUMBER
from estrade.people.models import Person
from judging.ballots import AROUND_A_BALLOT, BY_CLIENT_ID, OWN_BALLOTS, SCORES_OF
from judging.models import Ballot, Score, ScoreRevision
from teams.models import Team
from tests.judging.stage import a_stage

pytestmark = pytest.mark.django_db


def told(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_are_the_models_that_a_queryset_makes() -> None:
    stage = a_stage(jurors=1, teams=1)
    juror, team = stage.jurors[0], stage.teams[0]
    stage.score(juror, team, 0, 4, client_id=UUID(int=7))
    ballot = Ballot.objects.select_related("seat__round__rubric", "team").get()
    edition, score = Edition.objects.select_related("network").get(pk=stage.edition.pk), Score.objects.get()

    around = AROUND_A_BALLOT.rows(ballot.pk)
    found = [*BY_SLUG.rows(edition.slug), *BY_NUMBER.rows(juror.pk), *SCORES_OF.rows(ballot.pk), *BY_CLIENT_ID.rows(UUID(int=7))]

    expected = [ballot.seat, ballot.team, ballot.seat.round, ballot.seat.round.rubric, edition]
    juror.refresh_from_db()
    assert [told(row) for row in around[0]] == [told(row) for row in expected]
    assert [told(row) for rows in found for row in rows] == [
        told(row) for row in (edition, edition.network, juror, score, ScoreRevision.objects.get())
    ]
    assert not any(row._state.adding for row in around[0])
    assert (len(around), AROUND_A_BALLOT.rows(0), BY_CLIENT_ID.rows(UUID(int=8))) == (1, [], [])


def test_a_composed_question_finds_what_its_queryset_finds_for_each_of_its_numbers() -> None:
    stage = a_stage(jurors=2, teams=2)
    edition = stage.edition.pk
    barred = Ballot.objects.filter(seat__person=stage.jurors[1], team=stage.teams[1])
    barred.update(barred_reason="said_relative")

    def asked(juror: Person, team: Team) -> list[Ballot]:
        with transaction.atomic():
            return OWN_BALLOTS.rows(person=juror.pk, edition=edition, team=team.pk)

    found = {(juror, team): asked(juror, team) for juror in stage.jurors for team in stage.teams}

    assert found == {
        (juror, team): list(Ballot.objects.visible_to(juror).filter(team=team)) for juror in stage.jurors for team in stage.teams
    }
    assert [len(rows) for rows in found.values()] == [1, 1, 1, 0]
    own = Ballot.objects.get(seat__person=stage.jurors[0], team=stage.teams[1])
    assert told(found[stage.jurors[0], stage.teams[1]][0]) == told(own)
    with transaction.atomic():
        assert OWN_BALLOTS.rows(person=stage.jurors[0].pk, edition=edition + 1, team=stage.teams[0].pk) == []


def test_a_row_is_stored_as_its_model_would_store_it() -> None:
    stage = a_stage(jurors=1, teams=1)
    ballot, now = Ballot.objects.get(), datetime.now(UTC)
    columns = {
        "ballot": ballot, "criterion": stage.criteria[0], "value": Decimal("2.50"), "base_version": 3, "version": 4,
        "is_late": True, "device_at": None, "received_at": now, "person": stage.jurors[0],
    }  # fmt: skip
    usual, ours = (ScoreRevision(client_id=UUID(int=n), **columns) for n in (1, 2))

    usual.save()
    Insert(ScoreRevision).save(ours)

    assert not ours._state.adding
    stored = [told(ScoreRevision.objects.get(pk=one.pk)) for one in (usual, ours)]
    assert [told(usual), told(ours)] == stored
    assert stored[0] | {"id": ours.pk, "client_id": ours.client_id} == stored[1]

    ours.value, ours.received_at, ours.version = None, now + timedelta(minutes=1), 9
    Update(ScoreRevision, "value", "received_at").save(ours)

    changed = {"value": None, "received_at": ours.received_at}
    assert told(ScoreRevision.objects.get(pk=ours.pk)) == stored[1] | changed
    assert told(ScoreRevision.objects.get(pk=usual.pk)) == stored[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Insert(ScoreRevision).save(ScoreRevision(client_id=ours.client_id, **columns))
    with pytest.raises(DatabaseError, match="no row"):
        Update(ScoreRevision, "value").save(ScoreRevision(pk=0, client_id=UUID(int=3), **columns))


def test_criteria_are_read_until_their_rubric_is_sealed_and_once_then() -> None:
    stage = a_stage(jurors=1, teams=1)
    juror, team = stage.jurors[0], stage.teams[0]

    read = []
    for version in range(3):
        with CaptureQueriesContext(connection) as asked:
            stage.score(juror, team, 0, 1, base_version=version)
        written = asked.captured_queries[
            : next(n for n, one in enumerate(asked) if "scorerevision" in one["sql"] and "INSERT" in one["sql"])
        ]
        read.append(sum('FROM "judging_criterion"' in one["sql"] for one in written))

    # The first found it open and sealed it; the second found it sealed, and read for all that follow.
    assert read == [1, 1, 0]
