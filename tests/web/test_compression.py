"""What travels compressed, and what never does."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from estrade.web.compression import CompressForReaders
from tests.builders import a_challenge, a_participant, an_edition

pytestmark = pytest.mark.django_db
GZIP = {"accept-encoding": "br;q=1.0, gzip"}


def edition_page() -> str:
    edition = an_edition()
    a_challenge(edition)
    return f"/e/{edition.slug}/"


def test_a_readers_page_is_compressed() -> None:
    path = edition_page()

    plain, packed = Client().get(path), Client(headers=GZIP).get(path)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Length"] == str(len(packed.content))
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    # The page tells the time to the millisecond, so the two are of one length and not equal.
    assert len(gzip.decompress(packed.content)) == len(plain.content)
    assert len(packed.content) < len(plain.content) / 2


def test_the_same_page_is_the_same_bytes_each_time() -> None:
    page = "Zuhören und bewerten. " * 100
    handler = CompressForReaders(lambda request: HttpResponse(page))

    first, second = (handler(RequestFactory(headers=GZIP).get("/")) for _ in range(2))

    assert first.content == second.content
    assert gzip.decompress(first.content).decode() == page


@pytest.mark.parametrize("asked", ["", "identity", "gzip;q=0", "br"])
def test_who_does_not_ask_for_it_gets_the_page_as_it_is(asked: str) -> None:
    answer = Client(headers={"accept-encoding": asked}).get(edition_page())

    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_a_signed_in_answer_is_never_compressed() -> None:
    edition = an_edition()
    client = Client(headers=GZIP)
    client.force_login(a_participant(edition))

    answer = client.get(f"/e/{edition.slug}/")

    assert len(answer.content) > 1000
    assert "Content-Encoding" not in answer.headers


def test_a_form_with_a_token_is_never_compressed() -> None:
    client = Client(headers=GZIP)

    first, again = client.get(reverse("people:sign_in")), client.get(reverse("people:sign_in"))

    assert b"csrfmiddlewaretoken" in first.content
    assert "Content-Encoding" not in first.headers
    assert "Content-Encoding" not in again.headers
