"""Personal codes as cards to be printed. What a page shows here it shows once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from estrade.people.codes import Badge
from estrade.web.qr import qr_code


@dataclass(frozen=True)
class Card:
    """One badge with the QR code that opens its address."""

    badge: Badge
    qr: SafeString


def sheet_of(request: HttpRequest, badges: Iterable[Badge]) -> dict[str, Any]:
    """What `people/badges.html` shows: a card for each badge, and where a code can be typed."""
    cards = [Card(one, qr_code(request.build_absolute_uri(reverse("people:code", args=[one.code])))) for one in badges]
    return {"cards": cards, "site": request.build_absolute_uri(reverse("people:type_code"))}
