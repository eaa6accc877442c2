"""A hall in a browser: telephones at a plain http address, where browsers take away whatever needs a secure context."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.venue.hall import ROOT, Hall, hall

expect.set_options(timeout=15_000)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@dataclass
class Visit:
    """An open hall, what its edition is called, and the browser of its guests."""

    laptop: Hall
    facts: dict[str, Any]
    browser: Browser

    @property
    def origin(self) -> str:
        return f"http://venue.test:{self.laptop.port}"

    def phone(self, who: str, path: str) -> Page:
        """A telephone of its own, signed in, at a page of the edition."""
        context = self.browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="en-GB")
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.goto(f"{self.origin}/sign-in/?next=/e/{self.facts['slug']}/{path}")
        page.get_by_label("User name or e-mail").fill(self.facts[who])
        page.get_by_label("Password", exact=True).fill(self.facts["password"])
        page.locator("main form button").first.click()
        expect(page.locator(".avatar, [data-outbox]").first).to_be_visible()
        assert page.evaluate("window.isSecureContext") is False
        assert page.evaluate("typeof crypto.randomUUID + typeof crypto.subtle") == "undefinedundefined"
        return page


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    with hall(tmp_path / "venue") as laptop:
        laptop.start()
        yield Visit(laptop, json.loads(told(laptop)), browser)


def told(laptop: Hall, *words: str) -> str:
    """Do something to the data, as a command in another terminal would; what it printed."""
    command = [sys.executable, "-m", "tests.flows.set_up_venue", *words]
    return subprocess.run(command, cwd=ROOT, env=laptop.environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_a_telephone_joins_and_hands_in_and_a_juror_scores_through_every_loss(visit: Visit) -> None:
    team = visit.phone("newcomer", "join/")
    team.locator("form[action$='/join/'] input[name=code]").fill(visit.facts["code"])
    with team.expect_navigation(url="**/me/"):
        team.get_by_role("button", name="Join the team").click()
    team.goto(f"{visit.origin}/e/{visit.facts['slug']}/team/")
    team.get_by_label("Title").fill("Shade where it counts")
    team.get_by_label("Summary").fill("An index of useful shade")
    team.locator("textarea[name=text]").fill("Street by street, hour by hour.")
    expect(team.locator("[data-save]")).to_contain_text("saved", ignore_case=True)
    team.locator("#deliver").click()
    expect(team.locator("h1")).to_have_text("Solution handed in")
    told(visit.laptop, "judge")

    juror = visit.phone("juror", f"jury/{visit.facts['team']}/")
    first, second, third = juror.locator("fieldset.crit").all()
    choose(first, 2)
    expect(first).to_contain_text("Received at")
    # The network goes for a moment.
    juror.context.set_offline(True)
    choose(second, 3)
    expect(juror.locator("[data-outbox]").first).to_contain_text("Offline, 1 score")
    juror.context.set_offline(False)
    expect(second).to_contain_text("Received at")
    # The battery of the laptop goes, while somebody taps.
    visit.laptop.kill()
    choose(third, 4)
    expect(third).to_contain_text("On this device")
    visit.laptop.start()
    expect(third).to_contain_text("Received at", timeout=45_000)
    kept = json.loads(told(visit.laptop, "kept"))

    assert kept == {"scores": [[1, 2.0], [1, 3.0], [1, 4.0]], "delivered": 1}
    assert visit.laptop.end() == 0
    assert "Traceback" not in visit.laptop.said()


def choose(criterion: Locator, level: int) -> None:
    criterion.locator("label.level").nth(level).click()
