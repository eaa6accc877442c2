"""A juror's tablet in a real browser: what is tapped is kept, sent once, and never dropped in silence."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

# Patient by default: another tab may still hold the right to send for some seconds, and a busy machine is no slow product.
expect.set_options(timeout=15_000)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WITHOUT_DATABASE = "Object.defineProperty(window, 'indexedDB', { get() { throw new Error('refused'); } });"


@pytest.fixture
def sheet(browser: Browser, demo: str) -> Page:
    """The sheet of a team nobody else fills in for this juror, on one device."""
    return device(browser, demo)


def device(browser: Browser, demo: str, script: str = "") -> Page:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    context.set_default_timeout(15_000)
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.goto(f"{demo}/demo/as/juror/")
    page.locator(".juryteams a").last.click()
    page.wait_for_selector("html[data-outbox-ready]")
    return page


def tap(page: Page, criterion: int, level: int) -> None:
    page.locator("fieldset.crit").nth(criterion).locator("label.level").nth(level).click()


def state(page: Page, criterion: int) -> Any:
    return page.locator("[data-crit-state]").nth(criterion)


def chosen(page: Page, criterion: int) -> str | None:
    return page.locator("fieldset.crit").nth(criterion).locator("input:checked").get_attribute("value")


def test_two_devices_disagree_and_the_juror_chooses(browser: Browser, demo: str, sheet: Page) -> None:
    other = device(browser, demo)
    sheet.context.set_offline(True)
    tap(sheet, 0, 1)
    expect(state(sheet, 0)).to_have_text("On this device")
    tap(other, 0, 5)
    expect(state(other, 0)).to_contain_text("Received at")

    sheet.context.set_offline(False)

    expect(state(sheet, 0)).to_contain_text("You chose 1 here. From another device, 5 was received", timeout=20_000)
    state(sheet, 0).get_by_role("button", name="Keep 1").click()
    expect(state(sheet, 0)).to_contain_text("Received at")
    expect(other.locator("fieldset.crit").first.locator("input[type=radio][value='1']")).to_be_checked()


def test_taps_leave_in_their_order(sheet: Page) -> None:
    sheet.context.set_offline(True)
    for level in (1, 4, 2, 3):
        tap(sheet, 1, level)
    expect(sheet.locator("p[data-outbox]")).to_have_text("Offline, 1 score on this device")

    sheet.context.set_offline(False)

    expect(state(sheet, 1)).to_contain_text("Received at", timeout=20_000)
    sheet.reload()
    assert chosen(sheet, 1) == "3"


def test_without_a_network_a_juror_goes_on_to_another_team_s1(sheet: Page) -> None:
    sheet.set_viewport_size({"width": 1024, "height": 800})
    title, before = sheet.locator(".jury__title"), sheet.locator("[data-previous-team]").get_attribute("href")
    here = title.inner_text()
    sheet.wait_for_function("path => performance.getEntriesByName(new URL(path, location).href).length", arg=before)
    sheet.context.set_offline(True)

    sheet.locator("[data-previous-team]").click()
    expect(title).not_to_have_text(here)
    assert sheet.url.endswith(str(before))
    for level in (1, 4):
        tap(sheet, 0, level)
    expect(state(sheet, 0)).to_have_text("On this device")
    sheet.locator(".jury__bar a.btn--icon").click()
    expect(sheet.locator("p[data-outbox]")).to_have_text("Offline: stay on this page, your scores are kept here")
    sheet.locator("[data-next-team]").click()
    expect(title).to_have_text(here)
    # No other test leaves this criterion so: they share the demonstration.
    for level in (1, 5):
        tap(sheet, 2, level)
    sheet.go_back()
    expect(title).not_to_have_text(here)
    sheet.context.set_offline(False)

    expect(sheet.locator("p[data-outbox]")).to_contain_text("Received at", timeout=20_000)
    sheet.reload()
    assert chosen(sheet, 0) == "4"
    sheet.locator("[data-next-team]").click()
    expect(title).to_have_text(here)
    assert chosen(sheet, 2) == "5"


def test_score_survives_the_tab_without_a_database(browser: Browser, demo: str) -> None:
    page = device(browser, demo, WITHOUT_DATABASE)
    address, context = page.url, page.context
    context.set_offline(True)
    tap(page, 2, 4)
    expect(state(page, 2)).to_have_text("On this device")
    page.close()
    context.set_offline(False)

    again = context.new_page()
    again.goto(address)

    expect(state(again, 2)).to_contain_text("Received at")
    assert chosen(again, 2) == "4"


def test_refused_score_is_kept_until_the_juror_decides(sheet: Page) -> None:
    problem = {"status": 422, "code": "score_off_step", "detail": "A score here goes up in steps of 1."}

    def refuse(route: Route) -> None:
        route.fulfill(status=422, content_type="application/problem+json", body=json.dumps(problem))

    sheet.route("**/scores/", refuse)
    tap(sheet, 3, 4)
    expect(state(sheet, 3)).to_contain_text("Refused: A score here goes up in steps of 1.")
    sheet.unroute("**/scores/")
    sheet.reload()
    expect(state(sheet, 3)).to_contain_text("Refused")

    state(sheet, 3).get_by_role("button", name="Keep and send again").click()

    expect(state(sheet, 3)).to_contain_text("Received at")
    assert chosen(sheet, 3) == "4"


def test_a_stranger_in_the_network_takes_no_score(sheet: Page) -> None:
    # The login page of a venue's network answers every address with 200.
    sheet.route("**/scores/", lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Wi-Fi</h1>"))
    tap(sheet, 2, 3)
    expect(sheet.locator("p[data-outbox]")).to_have_text("Offline, 1 score on this device")
    expect(state(sheet, 2)).to_have_text("On this device")

    sheet.unroute("**/scores/")

    expect(state(sheet, 2)).to_contain_text("Received at", timeout=20_000)
    sheet.reload()
    assert chosen(sheet, 2) == "3"


def test_signing_out_elsewhere_keeps_the_score_for_the_same_juror(demo: str, sheet: Page) -> None:
    # On its own host name, or the browser would keep two sessions.
    origin = sheet.url.partition("/e/")[0]
    second = sheet.context.new_page()
    second.goto(f"{origin}/e/hack-to-horizon/jury/")
    second.evaluate("document.querySelector('form[action*=sign-out]').submit()")
    expect(second.get_by_text("Sign in").first).to_be_visible()
    tap(sheet, 4, 2)
    expect(sheet.locator("p[data-outbox]")).to_contain_text("Not sent yet: Sign in first")

    second.goto(f"{demo}/demo/as/juror/")
    second.close()
    sheet.evaluate("dispatchEvent(new Event('focus'))")

    expect(state(sheet, 4)).to_contain_text("Received at")


def test_keys_score_the_criterion_in_focus_and_move_on(sheet: Page) -> None:
    first = sheet.locator("fieldset.crit").first.locator("input[type=radio]").first
    first.focus()

    sheet.keyboard.press("4")
    sheet.keyboard.press("Alt+ArrowDown")
    sheet.keyboard.press("2")

    assert (chosen(sheet, 0), chosen(sheet, 1)) == ("4", "2")
    expect(state(sheet, 1)).to_contain_text("Received at")
