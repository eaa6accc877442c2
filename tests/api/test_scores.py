"""One score over HTTP: every answer that a juror's page has to understand."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from estrade.editions.models import Edition
from judging.models import Ballot, Round, Score, ScoreRevision
from tests.judging.stage import Stage, a_person, a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=2, teams=2)


def address(stage: Stage, team: int | None = None) -> str:
    return f"/api/v1/editions/{stage.edition.slug}/jury/{stage.teams[0].pk if team is None else team}/scores/"


def signed_in(person: Any, **options: Any) -> Client:
    client = Client(headers={"accept-language": "en"}, **options)
    client.force_login(person)
    return client


def body(stage: Stage, **changes: Any) -> dict[str, Any]:
    sent = {"criterion": stage.criteria[0].pk, "value": "4", "client_id": str(uuid.uuid4()), "base_version": 0}
    return {**sent, **changes}


def post(client: Client, where: str, sent: Any) -> Any:
    raw = sent if isinstance(sent, str | bytes) else json.dumps(sent)
    return client.post(where, raw, content_type="application/json")


def test_a_new_score_is_created_with_its_receipt(stage: Stage) -> None:
    sent = body(stage, device_at="2027-03-05T14:03:09+01:00")

    answer = post(signed_in(stage.jurors[0]), address(stage), sent)

    kept = ScoreRevision.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "status": "accepted",
        "receipt": kept.pk,
        "criterion": stage.criteria[0].pk,
        "version": 1,
        "value": "4",
        "received_at": answer.json()["received_at"],
        "complete": False,
    }
    assert kept.device_at is not None
    assert kept.device_at.isoformat() == "2027-03-05T13:03:09+00:00"


def test_the_same_client_id_again_gets_the_same_body(stage: Stage) -> None:
    client, sent = signed_in(stage.jurors[0]), body(stage)
    first = post(client, address(stage), sent)

    again = post(client, address(stage), sent)

    assert again.status_code == 200
    assert {**again.json(), "status": "accepted"} == first.json()
    assert ScoreRevision.objects.count() == 1


def test_the_same_client_id_with_another_content_is_refused(stage: Stage) -> None:
    client, sent = signed_in(stage.jurors[0]), body(stage)
    post(client, address(stage), sent)

    again = post(client, address(stage), {**sent, "value": "2"})

    assert again.status_code == 422
    assert again.json()["code"] == "client_id_reused"
    assert again.json()["field"] == "client_id"
    assert Score.objects.get().value == 4


def test_a_stale_version_gets_both_values(stage: Stage) -> None:
    client = signed_in(stage.jurors[0])
    post(client, address(stage), body(stage))

    stale = post(client, address(stage), body(stage, value="2"))

    assert stale.status_code == 409
    problem = stale.json()
    assert (problem["code"], problem["value"], problem["sent"], problem["version"]) == ("score_conflict", "4", "2", 1)
    assert Score.objects.get().value == 4


def test_a_score_after_the_round_is_kept_as_late(stage: Stage) -> None:
    stage.fill_everything(lambda juror, team: 3)
    sign_off(person=stage.president, round_id=stage.round.pk)

    late = post(signed_in(stage.jurors[0]), address(stage), body(stage, base_version=1))

    assert late.status_code == 202
    assert (late.json()["status"], late.json()["version"]) == ("late", 0)


def test_null_takes_the_score_back(stage: Stage) -> None:
    client = signed_in(stage.jurors[0])
    post(client, address(stage), body(stage))

    taken = post(client, address(stage), body(stage, value=None, base_version=1))

    assert taken.status_code == 201
    assert taken.json()["value"] is None
    assert Score.objects.get().value is None


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"value": "6"}, "value", "score_off_scale"),
        ({"value": "-1"}, "value", "score_off_scale"),
        ({"value": "3.5"}, "value", "score_off_step"),
        ({"value": "3,5"}, "value", "score_not_a_number"),
        ({"value": "NaN"}, "value", "score_not_a_number"),
        ({"value": "1e0"}, "value", "score_not_a_number"),
        ({"value": " 4"}, "value", "score_not_a_number"),
        ({"value": ""}, "value", "score_not_a_number"),
        ({"value": True}, "value", "score_not_a_number"),
        ({"value": [4]}, "value", "score_not_a_number"),
        ({"value": {"is": 4}}, "value", "score_not_a_number"),
        ({"value": "4" * 100_000}, "value", "score_not_a_number"),
        ({"criterion": "first"}, "criterion", "fields_invalid"),
        ({"criterion": 10**20}, "criterion", "fields_invalid"),
        ({"criterion": None}, "criterion", "fields_invalid"),
        ({"client_id": "not-an-id"}, "client_id", "fields_invalid"),
        ({"client_id": None}, "client_id", "fields_invalid"),
        ({"base_version": -1}, "base_version", "fields_invalid"),
        ({"base_version": 2**40}, "base_version", "fields_invalid"),
        ({"base_version": True}, "base_version", "fields_invalid"),
        ({"device_at": "yesterday"}, "device_at", "fields_invalid"),
    ],
)
def test_a_value_that_cannot_be_names_its_field(stage: Stage, change: dict[str, Any], field: str, code: str) -> None:
    answer = post(signed_in(stage.jurors[0]), address(stage), body(stage, **change))

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert not ScoreRevision.objects.exists()


@pytest.mark.parametrize("missing", ["criterion", "value", "client_id", "base_version"])
def test_a_missing_field_is_named(stage: Stage, missing: str) -> None:
    sent = body(stage)
    del sent[missing]

    answer = post(signed_in(stage.jurors[0]), address(stage), sent)

    assert answer.status_code == 422
    assert answer.json()["field"] == missing


@pytest.mark.parametrize("name", ["juror", "seat", "person", "is_late", "version", "received_at", "round", "edition"])
def test_a_field_that_is_not_ours_is_refused_and_not_ignored(stage: Stage, name: str) -> None:
    answer = post(signed_in(stage.jurors[0]), address(stage), {**body(stage), name: 1})

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["field"]) == ("field_unknown", name)
    assert not ScoreRevision.objects.exists()


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "1969-07-20T20:17:00Z"])
def test_a_device_clock_gone_mad_does_not_cost_the_score(stage: Stage, said: str) -> None:
    answer = post(signed_in(stage.jurors[0]), address(stage), body(stage, device_at=said))

    assert answer.status_code == 201
    assert ScoreRevision.objects.get().device_at is None


def test_a_team_that_is_not_on_ones_list_does_not_exist(stage: Stage) -> None:
    Ballot.objects.filter(seat=stage.seats[0], team=stage.teams[0]).update(barred_reason="coach")
    other = a_stage(slug="other", number=30_000, teams=1)
    outsider = a_person(stage.edition, "nobody")
    asked = [
        (stage.jurors[0], address(stage)),
        (stage.jurors[0], address(stage, other.teams[0].pk)),
        (stage.jurors[0], address(stage, 10**30)),
        (stage.organiser, address(stage)),
        (outsider, address(stage)),
    ]

    answers = [post(signed_in(person), where, body(stage)) for person, where in asked]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert {answer.content for answer in answers} == {answers[0].content}
    assert not ScoreRevision.objects.exists()


def test_a_criterion_of_another_rubric_does_not_exist(stage: Stage) -> None:
    other = a_stage(slug="other", number=30_000, teams=1)

    answer = post(signed_in(stage.jurors[0]), address(stage), body(stage, criterion=other.criteria[0].pk))

    assert answer.status_code == 404


def test_before_judging_the_phase_refuses(stage: Stage) -> None:
    edition = Edition.objects.get(pk=stage.edition.pk)
    Edition.objects.filter(pk=edition.pk).update(judging_opens_at=edition.judging_opens_at.replace(year=2090))

    answer = post(signed_in(stage.jurors[0]), address(stage), body(stage))

    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_phase")


def test_who_is_not_signed_in_is_asked_to(stage: Stage) -> None:
    answer = post(Client(), address(stage), body(stage))

    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_first")
    assert answer.headers["WWW-Authenticate"] == 'Session realm="Estrade"'


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_a_write_without_its_token_is_forged(stage: Stage, media_type: str) -> None:
    client = signed_in(stage.jurors[0], enforce_csrf_checks=True)

    answer = client.post(address(stage), json.dumps(body(stage)), content_type=media_type)

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert not ScoreRevision.objects.exists()


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
)
def test_only_json_is_read(stage: Stage, media_type: str) -> None:
    answer = signed_in(stage.jurors[0]).post(address(stage), json.dumps(body(stage)), content_type=media_type)

    assert (answer.status_code, answer.json()["code"]) == (415, "media_type_unsupported")


def test_a_jurors_own_scores_can_be_read_back(stage: Stage) -> None:
    stage.score(stage.jurors[0], stage.teams[0], 0, 4)
    stage.score(stage.jurors[1], stage.teams[0], 1, 5)

    answer = signed_in(stage.jurors[0]).get(address(stage))

    rows = answer.json()
    assert [(row["key"], row["value"], row["version"]) for row in rows] == [
        ("answer", "4", 1),
        ("impact", "", 0),
        ("clarity", "", 0),
    ]
    assert rows[0]["highest"] == "5.00"


def test_the_number_of_queries_of_a_score_stays_small(stage: Stage, django_assert_max_num_queries: Any) -> None:
    client = signed_in(stage.jurors[0])
    post(client, address(stage), body(stage))

    with django_assert_max_num_queries(26):
        answer = post(client, address(stage), body(stage, base_version=1))

    assert answer.status_code == 201


def test_the_answer_is_kept_out_of_caches(stage: Stage) -> None:
    answer = post(signed_in(stage.jurors[0]), address(stage), body(stage))

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert Round.objects.get().closed_at is None
