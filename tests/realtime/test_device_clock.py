"""A telephone whose own clock is wrong counts down by the server's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

import estrade.web

pytestmark = [pytest.mark.browser, pytest.mark.embedded]

CLOCK = Path(estrade.web.__path__[0]) / "static/web/clock.js"
PAGE = """<!doctype html><title>Clock</title><body data-now="{now}"><p id="left" data-until="{until}"></p>
<script type="module" src="/clock.js"></script></body>"""
# Everything that tells the time of the device is wrong by as much.
WRONG = """
const wrong = {hours} * 3600e3, now = Date.now, origin = performance.timeOrigin;
Date.now = () => now() + wrong;
window.trueNow = now;
Object.defineProperty(Performance.prototype, "timeOrigin", {{ get: () => origin + wrong }});
"""


def seconds_off(browser: Browser, *, hours: int, says_server_time: bool = True) -> float:
    """How wrong the clock is that countdowns run by, on a device whose own is wrong by hours."""

    def answer(route: Route) -> None:
        now = datetime.now(UTC)
        page_now, until = (now.isoformat() if says_server_time else ""), (now + timedelta(minutes=90)).isoformat()
        is_script = route.request.url.endswith(".js")
        body = CLOCK.read_text(encoding="utf-8") if is_script else PAGE.format(now=page_now, until=until)
        route.fulfill(body=body, content_type="text/javascript" if is_script else "text/html")

    page = browser.new_page(timezone_id="Pacific/Auckland")
    page.add_init_script(WRONG.format(hours=hours))
    page.route("**/*", answer)
    page.goto("http://estrade.test/")
    return float(page.evaluate("import('/clock.js').then((clock) => (clock.serverNow() - trueNow()) / 1000)"))


@pytest.mark.parametrize("hours", [1, -1])
def test_a_device_clock_wrong_by_an_hour_changes_nothing_d6(browser: Browser, hours: int) -> None:
    # What is left is the way of the page to the browser: milliseconds, more on a machine that is busy.
    assert abs(seconds_off(browser, hours=hours)) < 60


def test_twin_that_believes_the_device_is_wrong_by_an_hour_d6(browser: Browser) -> None:
    assert abs(seconds_off(browser, hours=1, says_server_time=False)) > 3000
