"""The description of the API is complete, and its page needs nothing from outside this host."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

pytestmark = pytest.mark.django_db


def addresses(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        where = prefix + str(entry.pattern)
        found += addresses(entry, where) if isinstance(entry, URLResolver) else [where] if isinstance(entry, URLPattern) else []
    return found


def test_the_description_has_no_warnings(capfd: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")

    assert "Warning" not in capfd.readouterr().err


def test_every_address_is_described() -> None:
    described: dict[str, Any] = Client().get("/api/schema/?format=json").json()

    bare = {re.sub(r"{\w+}", "", path) for path in described["paths"]}
    served = {"/" + re.sub(r"<[^>]+>", "", path) for path in addresses(get_resolver()) if path.startswith("api/v1/")}
    assert bare == served
    assert described["openapi"] == "3.1.1"


def test_every_operation_names_its_refusals() -> None:
    described: dict[str, Any] = Client().get("/api/schema/?format=json").json()

    for path, operations in described["paths"].items():
        for operation in operations.values():
            refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert refusals, path
            assert {tuple(answer["content"]) for answer in refusals.values()} == {("application/problem+json",)}


def test_the_page_asks_nothing_of_other_hosts_and_has_no_inline_script() -> None:
    page = Client().get("/api/docs/")
    script = Client().get("/api/docs/?script=")

    html = page.content.decode()
    assert page.status_code == script.status_code == 200
    assert not re.search(r"""(src|href)=["'](https?:)?//""", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert "<style" not in html
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"].split("style-src-attr")[0]


@pytest.mark.parametrize("lang", ["fr", "en", "zz", "../..", "x" * 500, "\x00"])
def test_a_strange_language_does_not_break_the_page(lang: str) -> None:
    statuses = [Client().get(where, {"lang": lang}).status_code for where in ("/api/docs/", "/api/schema/")]

    assert statuses == [200, 200]
