"""What the page "On site" and its poster show: where phones go, and the state of this installation in plain words."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from estrade.editions.models import Edition
from estrade.people.models import Presence
from estrade.venue.copies import Copy, copies, last_copy
from estrade.venue.installation import named_origin, origins
from estrade.web.health import Problem, problems
from estrade.web.qr import qr_code


@dataclass(frozen=True, kw_only=True)
class Way:
    """An address that leads to the edition's page, without the scheme as people read it, and its code."""

    url: str
    qr: SafeString

    @property
    def shown(self) -> str:
        return self.url.partition("://")[2].rstrip("/")


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How phones get here: the likeliest address, others that also lead here, and the name if the network knows it."""

    first: Way
    others: list[str]
    named: Way | None


@dataclass(frozen=True, kw_only=True)
class State:
    """This installation now. `copies_in` is None where no copies are made by this process."""

    problems: list[Problem]
    online: int
    free: int | None
    copies_in: Path | None
    last_copy: Copy | None
    on_same_disk: bool
    now: datetime


def ways_to(edition: Edition, request: HttpRequest) -> Ways:
    """Every way to the edition's page, the likeliest first."""
    path = reverse("editions:edition", args=[edition.slug])
    first, *others = origins(request)
    name = named_origin()
    return Ways(first=_way(first + path), others=[other + path for other in others], named=_way(name + path) if name else None)


def state_of(edition: Edition, now: datetime) -> State:
    """How this installation is."""
    folder = settings.COPIES_FOLDER if copies.is_running else None
    return State(
        problems=problems(),
        online=Presence.objects.filter(edition=edition, is_online=True).count(),
        free=_free(settings.DATA_DIR),
        copies_in=folder,
        last_copy=last_copy(folder) if folder else None,
        on_same_disk=folder is not None and _is_on_disk_of_data(folder),
        now=now,
    )


def _way(url: str) -> Way:
    return Way(url=url, qr=qr_code(url))


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _is_on_disk_of_data(folder: Path) -> bool:
    try:
        here = folder if folder.exists() else folder.parent
        return here.stat().st_dev == settings.DATA_DIR.stat().st_dev
    except OSError:
        return False
