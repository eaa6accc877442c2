"""Personal codes as cards to be printed. What a page shows here it shows once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from estrade.people.codes import Badge
from estrade.web.hosts import shown_origin
from estrade.web.qr import qr_code


@dataclass(frozen=True)
class Card:
    """One badge with the QR code that opens its address."""

    badge: Badge
    qr: SafeString


def sheet_of(request: HttpRequest, badges: Iterable[Badge]) -> dict[str, Any]:
    """What `people/badges.html` shows: a card for each badge, and where a code can be typed."""
    # Whoever prints may sit at the laptop itself: the telephones need the address that leads to it.
    site = shown_origin(request)
    cards = [Card(one, qr_code(site + reverse("people:code", args=[one.code]))) for one in badges]
    return {"cards": cards, "site": site + reverse("people:type_code")}
