"""The page of the API's documentation in a real browser, under the site's own content security policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_the_page_works_under_the_policy_and_asks_no_other_host(demo: str, browser: Browser) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{demo}/api/docs/")
    page.click(".opblock-post .opblock-summary-control")
    page.wait_for_selector(".opblock-post .responses-table")

    assert page.locator(".opblock").count() >= 10
    assert [url for url in asked if not url.startswith((demo, "data:"))] == []
    assert said == []
