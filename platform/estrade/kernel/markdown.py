"""Markdown that people write, as HTML that is safe to show: raw HTML off, then an allow-list."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_parser = MarkdownIt("commonmark", {"html": False}).enable("table")
# One string, so that the formatter does not make a tower of it.
_WORDS = "p br h2 h3 h4 h5 h6 ul ol li strong em code pre blockquote a hr table thead tbody tr th td"
_TAGS = frozenset(_WORDS.split())


def render(text: str, *, top: int = 3) -> SafeString:
    """HTML of a Markdown text; links to http, https and mailto only, and they vouch for nothing.

    The highest heading used becomes h`top` (2 to 6), so that the page around keeps its order of headings.
    """
    tokens = _parser.parse(text)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    shift = top - min((int(token.tag[1]) for token in headings), default=top)
    for token in headings:
        token.tag = f"h{max(2, min(int(token.tag[1]) + shift, 6))}"
    clean = nh3.clean(
        _parser.renderer.render(tokens, _parser.options, {}),
        tags=set(_TAGS),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow ugc",
    )
    return mark_safe(clean)  # noqa: S308 - cleaned by the line above
