"""How the API says no: one shape, in the reader's language, at addresses that exist and at those that do not."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.builders import a_person, an_edition

pytestmark = pytest.mark.django_db

ASKED = [
    ("get", "/api/", 404, "not_found"),
    ("get", "/api/v1/", 404, "not_found"),
    ("get", "/api/v2/editions/", 404, "not_found"),
    ("get", "/api/v1/editions/none/", 404, "not_found"),
    ("get", "/api/v1/editions/none/board/", 404, "not_found"),
    ("get", "/api/v1/editions/{slug}/challenges/none/", 404, "not_found"),
    ("get", "/api/v1/editions/{slug}/events/?stream=organisers", 404, "not_found"),
    ("get", "/api/v1/editions/?format=xml", 404, "not_found"),
    ("post", "/api/v1/editions/", 405, "method_not_allowed"),
    ("delete", "/api/v1/editions/{slug}/", 405, "method_not_allowed"),
    ("put", "/api/v1/editions/{slug}/jury/1/scores/", 405, "method_not_allowed"),
    ("options", "/api/v1/editions/", 405, "method_not_allowed"),
    ("post", "/api/schema/", 405, "method_not_allowed"),
    ("post", "/api/docs/", 405, "method_not_allowed"),
    ("get", "/api/v1/editions/{slug}/teams/", 401, "sign_in_first"),
    ("get", "/api/v1/editions/{slug}/jury/1/scores/", 401, "sign_in_first"),
    ("get", "/api/v1/editions/{slug}/board/", 403, "wrong_phase"),
    ("get", "/api/v1/editions/{slug}/results/", 403, "wrong_phase"),
    ("get", "/api/v1/editions/?limit=0", 400, "query_invalid"),
    ("get", "/api/v1/editions/?limit=100000", 400, "query_invalid"),
    ("get", "/api/v1/editions/?offset=-1", 400, "query_invalid"),
    ("get", "/api/v1/editions/?limit=ten", 400, "query_invalid"),
    ("get", "/api/v1/editions/?limit=1&limit=2", 400, "field_unknown"),
    ("get", "/api/v1/editions/?ordering=score", 400, "field_unknown"),
    ("get", "/api/v1/editions/{slug}/challenges/?score__gte=3", 400, "field_unknown"),
    ("get", "/api/v1/editions/{slug}/events/?since=-1", 400, "query_invalid"),
    ("get", "/api/v1/editions/{slug}/events/?since=" + "9" * 5000, 400, "query_invalid"),
    ("get", "/api/v1/editions/{slug}/events/?stream=" + "x" * 61, 400, "query_invalid"),
    ("get", "/api/v1/editions/{slug}/events/?stream=%00", 400, "query_invalid"),
]


@pytest.mark.parametrize(("method", "address", "status", "code"), ASKED)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_no_is_a_problem_body(method: str, address: str, status: int, code: str, language: str) -> None:
    edition = an_edition()
    client = Client(headers={"accept-language": language})

    answer = getattr(client, method)(address.format(slug=edition.slug))

    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "detail"} <= set(body)
    assert answer.headers["Content-Language"] == language


def test_the_sentence_is_in_the_readers_language() -> None:
    said = {
        language: Client(headers={"accept-language": language}).get("/api/v1/editions/none/").json()["detail"]
        for language in ("fr", "en")
    }

    assert said["fr"] != said["en"]


def test_a_wrong_method_names_the_right_ones() -> None:
    answer = Client().delete("/api/v1/editions/")

    assert answer.headers["Allow"] == "GET, HEAD"


def test_an_edition_that_is_hidden_and_one_that_is_missing_answer_the_same() -> None:
    edition = an_edition()
    client = Client()
    client.force_login(a_person())

    hidden = client.get(f"/api/v1/editions/{edition.slug}/events/?stream=organisers")
    missing = client.get(f"/api/v1/editions/{edition.slug}/events/?stream=nothing")

    assert hidden.content == missing.content
