"""Links of a challenge: written one per line, the address first, then its name."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from estrade.kernel.refusal import Refused

MOST = 12
_valid = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Link:
    """An address and what it is called; without a name, the address itself."""

    url: str
    name: str


def links_of(lines: str) -> list[Link]:
    """The links of a text that `checked_links` has let through."""
    parts = (line.partition(" ") for line in lines.splitlines() if line)
    return [Link(url, name or url) for url, _space, name in parts]


def checked_links(lines: str) -> str:
    """The text with one space between address and name. Refused: link_invalid, too_many_links (limit)."""
    kept = [" ".join(line.split()) for line in lines.splitlines() if line.strip()]
    if len(kept) > MOST:
        raise Refused("too_many_links", field="links", limit=MOST)
    for line in kept:
        try:
            _valid(line.partition(" ")[0])
        except ValidationError:
            raise Refused("link_invalid", field="links") from None
    return "\n".join(kept)
