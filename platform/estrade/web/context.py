"""What every template knows about the page: where, who, when, in which language."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from estrade.kernel.clock import db_now
from estrade.web.navigation import entries, organiser_entries

# Set on a tablet that several people use: it names who is signed in and locks itself.
SHARED = "shared_device"
THEMES = frozenset({"light", "dark"})


def page(request: HttpRequest) -> dict[str, Any]:
    """Edition, roles in it, server time, menu, theme. Works on a request that was stopped half way."""
    edition = getattr(request, "edition", None)
    user = getattr(request, "user", None)
    now = db_now()
    return {
        "edition": edition,
        # Not `roles`: pages list roles under that name, and would say who the reader is.
        "own_roles": edition.roles_of(user) if edition else frozenset(),
        "phase": int(edition.phase(now)) if edition else None,
        "now": now,
        "menu": entries(user, edition, path=request.path, now=now) if edition else [],
        "side": organiser_entries(user, edition, path=request.path, now=now) if edition else [],
        "here": request.get_full_path() if request.method in {"GET", "HEAD"} else request.path,
        "demo": settings.DEMO,
        "languages": settings.LANGUAGES,
        "is_shared": request.COOKIES.get(SHARED) == "1",
        "theme": request.COOKIES.get("theme") if request.COOKIES.get("theme") in THEMES else "",
    }
