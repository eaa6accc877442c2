"""The pages of the guide that are printed from the code, so that they cannot tell something else.

Owns no rule: it reads the settings' table, the refusals, the permission matrix, the events and the streams.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from importlib import import_module
from inspect import cleandoc

from django.apps import apps
from django.conf import settings
from django.utils import translation
from django.utils.module_loading import module_has_submodule

from estrade.access.policy import MATRIX
from estrade.journal.log import DomainEvent
from estrade.web.refusals import SENTENCES
from realtime.streams import TABLE

PRINTED = "<!-- Printed by `python manage.py print_guide`. Change the code, not this page. -->"


def pages() -> dict[str, str]:
    """File name to content of every printed page."""
    printers: dict[str, Callable[[], Iterable[str]]] = {
        "settings.md": _settings,
        "refusals.md": _refusals,
        "permissions.md": _permissions,
        "events.md": _events,
    }
    with translation.override("en"):
        return {name: "\n".join([PRINTED, "", *printer()]) + "\n" for name, printer in printers.items()}


def event_kinds() -> list[type[DomainEvent]]:
    """Every domain event that a room can announce, by its kind."""
    found = set()
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "events"):
            module = import_module(f"{app.name}.events")
            found |= {kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, DomainEvent)}
    return sorted(found - {DomainEvent}, key=lambda event: event.kind)


def _settings() -> Iterable[str]:
    yield from (
        "# Settings",
        "",
        "Everything is set by environment variables. Where a value is unsafe, the process does not start.",
        "",
    )
    rows = [(f"`{name}`", default, meaning) for name, (default, meaning) in settings.ENVIRONMENT.items()]
    yield from _table(("Variable", "Default", "Meaning"), rows)


def _refusals() -> Iterable[str]:
    yield from (
        "# Refusals",
        "",
        "What a rule says when it says no. The code is stable; pages and the API show the sentence in the reader's language.",
        "In the API a code comes as `application/problem+json`, with the figures of the sentence as further members.",
        "`sign_in_first` is 401 there.",
        "",
    )
    rows = [
        (f"`{code}`", str(status), re.sub(r"%\((\w+)\)s", r"*\1*", str(sentence)))
        for code, (status, sentence) in sorted(SENTENCES.items())
    ]
    yield from _table(("Code", "Status", "Sentence"), rows)


def _permissions() -> Iterable[str]:
    yield from (
        "# Permissions",
        "",
        "Who may do what, and in which phases: 0 before the opening, 1 open, 2 after the deadline, 3 judging, 4 frozen,",
        "5 published. `own` asks that the thing be one's own; `own 0-5|1-5` is one or the other; `-` is never.",
        "What is not in the table is refused. Several roles add up. The table is `platform/estrade/access/matrix.csv`.",
        "",
    )
    header, *rows = [line.split(",") for line in MATRIX.read_text(encoding="utf-8").splitlines()]
    yield from _table(header, [(f"`{row[0]}`", *(cell.replace("|", " or ") for cell in row[1:])) for row in rows])


def _events() -> Iterable[str]:
    yield from (
        "# Events and streams",
        "",
        "A domain event is a fact, written in the transaction that made it true. Each stream of an edition numbers its events",
        "without gaps. `GET /api/v1/editions/<slug>/events/?stream=public&since=12` reads them, with the rights of now.",
        "",
        "## Streams",
        "",
    )
    rows = [
        (f"`{name}.<id>`" if row.thing else f"`{name}`", f"`{row.action}`", "data" if row.carries_data else "number only")
        for name, row in TABLE.items()
    ]
    yield from _table(("Stream", "Right to listen", "A socket's frame carries"), rows)
    yield from ("", "## Events", "")
    events = [
        (f"`{event.kind}`", ", ".join(f"`{field.name}`" for field in fields(event)) or "-", _docstring(event))
        for event in event_kinds()
    ]
    yield from _table(("Kind", "Data", "Meaning"), events)


def _docstring(event: type[DomainEvent]) -> str:
    return " ".join(cleandoc(event.__doc__ or "").split())


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
