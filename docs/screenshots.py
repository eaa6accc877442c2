"""Takes the README's picture anew: `make screenshots`.

Plays the demo for half a minute on a private port and puts three real pages side by side.
"""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests import provide
from tests.demonstration import running_demo

IMAGES = Path(__file__).with_name("images")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECONDS_OF_PLAY = 30

SHOTS = {
    "screen": ("/screen/hack-to-horizon/", 1920, 1080, 1),
    "control": ("/demo/as/control/", 1440, 1010, 1),
    "jury": ("/demo/as/juror/", 390, 812, 2),
}

COLLAGE = """<!doctype html><meta charset="utf-8"><style>
body{{margin:0;width:1800px;height:760px;position:relative;overflow:hidden;background:linear-gradient(#0b5d68,#062a33)}}
img{{position:absolute;border-radius:14px;box-shadow:0 18px 50px rgb(0 0 0/.45);display:block}}
.screen{{left:60px;top:70px;width:1000px}} .control{{right:60px;top:160px;width:820px}}
.jury{{left:820px;top:120px;width:276px;border-radius:26px}}
</style><img class="screen" src="{screen}"><img class="control" src="{control}"><img class="jury" src="{jury}">"""


def main() -> int:
    program = provide.chromium_program()
    if program is None:
        sys.exit(f"No Chromium here: type `{provide.command_for(['Chromium'])}` first.")
    with running_demo() as demo, sync_playwright() as player, tempfile.TemporaryDirectory() as scratch:
        browser = player.chromium.launch(executable_path=str(program), args=ARGUMENTS)
        pictures = _take(browser, demo.base, Path(scratch))
        IMAGES.mkdir(exist_ok=True)
        page = browser.new_page(viewport={"width": 1800, "height": 760})
        collage = Path(scratch) / "collage.html"
        collage.write_text(COLLAGE.format(**{name: path.as_uri() for name, path in pictures.items()}), encoding="utf-8")
        page.goto(collage.as_uri())
        page.screenshot(path=IMAGES / "estrade.png")
        browser.close()
    return 0


def _take(browser: Browser, base: str, folder: Path) -> dict[str, Path]:
    pages = {}
    for name, (address, width, height, scale) in SHOTS.items():
        context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale, locale="fr-FR")
        page = context.new_page()
        page.goto(base + address)
        if name == "jury":
            page.locator("main .btn--accent").first.click()
            for criterion, level in enumerate((4, 3)):
                page.locator("fieldset.crit").nth(criterion).locator("label.level").nth(level).click()
        pages[name] = page
    time.sleep(SECONDS_OF_PLAY)
    for name, page in pages.items():
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / f"{name}.png")
    return {name: folder / f"{name}.png" for name in pages}


if __name__ == "__main__":
    sys.exit(main())
