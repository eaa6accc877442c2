"""A juror's afternoon in a browser: the charter, the stage that the sheet follows, a comment, a call, a conflict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flows.test_story import Story, telling

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def afternoon(browser: Browser, tmp_path: Path) -> Iterator[Story]:
    with telling(browser, tmp_path, "judge") as told:
        yield told


def test_a_juror_follows_the_stage_and_loses_nothing(afternoon: Story) -> None:
    juror = afternoon.seat("juror", width=390, height=844, path="/e/{slug}/jury/")
    floor = afternoon.seat("organiser", width=820, height=1180, path="/e/{slug}/floor/")
    sheet = {team: f"{afternoon.origin}/e/{afternoon.facts['slug']}/jury/{pk}/" for team, pk in afternoon.facts["teams"].items()}

    # One tap after the sign-in the first criterion is there.
    juror.get_by_role("button", name="I agree, start").click()
    expect(juror).to_have_url(sheet["A"])
    expect(juror.locator("html")).to_have_attribute("data-outbox-ready", "yes")

    # A slip of the finger is taken back; the lowest score is not "not scored".
    first = juror.locator("fieldset.crit").first
    first.locator("label.level").nth(0).click()
    expect(first).to_contain_text("Received at")
    first.locator("label.level").nth(4).click()
    first.get_by_role("button", name="Undo").click()
    expect(first.locator("input[type=radio][value='0']")).to_be_checked()

    # The stage moves on, and the sheet with it.
    floor.get_by_role("button", name="Begin with Alpha").click()
    floor.get_by_role("button", name="Next: Bravo").click()
    expect(juror).to_have_url(sheet["B"])

    # Who is writing is not interrupted, and finds the way when the sentence is done.
    comment = juror.get_by_label("Comment for the team")
    comment.press_sequentially("Show who pays")
    floor.get_by_role("button", name="Next: Charlie").click()
    expect(juror.locator("[data-stage]")).to_contain_text("On stage now: Charlie")
    expect(juror).to_have_url(sheet["B"])
    expect(juror.locator("[data-remark=feedback]")).to_contain_text("Saved")
    juror.get_by_role("link", name="Open its sheet").click()
    expect(juror).to_have_url(sheet["C"])

    again = _write_offline_and_close(afternoon, juror, sheet["C"])

    # A call for help: the one who comes is named to the juror.
    again.get_by_role("button", name="I need help").click()
    floor.get_by_role("button", name="I am coming").click()
    expect(again.locator("form.call")).to_contain_text("is coming to you")

    again.get_by_role("link", name="I cannot judge this team").click()
    again.get_by_label("I am close to somebody in it").check()
    again.get_by_role("button", name="Take this team off my list").click()
    expect(again.locator("main")).to_contain_text("You declared that you are close to somebody in the team.")
    assert again.goto(sheet["C"]).status == 404  # type: ignore[union-attr]  # a page that answers


def _write_offline_and_close(afternoon: Story, juror: Page, sheet: str) -> Page:
    """The network goes, a comment stays on the device, the tab dies; the next one sends it."""
    expect(juror.locator("html")).to_have_attribute("data-outbox-ready", "yes")
    context = juror.context
    context.set_offline(True)
    juror.get_by_label("Comment for the jury").fill("The best idea today")
    expect(juror.locator("[data-remark=comment]")).to_contain_text("On this device")
    juror.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(sheet)
    expect(again.get_by_label("Comment for the jury")).to_have_value("The best idea today")
    expect(again.locator("[data-remark=comment]")).to_contain_text("Saved")
    again.reload()
    expect(again.get_by_label("Comment for the jury")).to_have_value("The best idea today")
    return again
