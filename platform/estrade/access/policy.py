"""One table, one question: may this person do this to this thing, now?

The table is `matrix.csv`: a row per action, a column per role, in each cell the phases in which the
role may act. `own 1` asks that the thing be the person's own; `own 0-5|1-5` is one or the other;
`-` is never. What is not in the table is refused. Pages, API, sockets and exports ask here and
nowhere else. The package knows no model: a thing answers `edition`, `phase(now)` and `roles_of(person)`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused

MATRIX = Path(__file__).with_name("matrix.csv")
OWN = "own:"


class Thing(Protocol):
    """Whatever rights are asked about. `roles_of` may add `own:<role>` where the thing is the person's own."""

    def phase(self, now: datetime) -> int: ...

    def roles_of(self, person: Any) -> frozenset[str]: ...


@dataclass(frozen=True)
class Grant:
    """One alternative of a cell: the phases in which it holds, and whether only for one's own."""

    own: bool
    phases: frozenset[int]


@cache
def matrix() -> Mapping[str, Mapping[str, tuple[Grant, ...]]]:
    """Action to role to grants, read once. Raises ValueError on a cell that cannot be read."""
    with MATRIX.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row.pop("action"): {role: parse_cell(cell) for role, cell in row.items()} for row in rows}


def parse_cell(cell: str) -> tuple[Grant, ...]:
    """The grants written in one cell, for instance `own 0-5|1-5`."""
    if cell == "-":
        return ()
    return tuple(_parse_grant(part) for part in cell.split("|"))


def _parse_grant(text: str) -> Grant:
    own = text.startswith("own ")
    first, _, last = text.removeprefix("own ").partition("-")
    return Grant(own=own, phases=frozenset(range(int(first), int(last or first) + 1)))


def can(person: Any, action: str, thing: Thing, *, at: datetime | None = None) -> bool:
    """Whether the table allows `action` on `thing` to any of the person's roles in the phase of `at` (default now)."""
    row = matrix().get(action)
    if row is None:
        return False
    phase = int(thing.phase(at or db_now()))
    return any(phase in grant.phases for grant in _grants(row, thing.roles_of(person)))


def require(person: Any, action: str, thing: Thing, *, at: datetime | None = None) -> None:
    """Raise Refused unless `can`: `wrong_phase` where another phase would do, otherwise `wrong_role` or `sign_in_first`."""
    if can(person, action, thing, at=at):
        return
    roles = thing.roles_of(person)
    if _grants(matrix().get(action, {}), roles):
        raise Refused("wrong_phase", action=action)
    if roles <= {"anonymous"} and not getattr(person, "is_authenticated", False):
        raise Refused("sign_in_first", action=action)
    raise Refused("wrong_role", action=action)


def _grants(row: Mapping[str, tuple[Grant, ...]], roles: frozenset[str]) -> list[Grant]:
    return [grant for role, grants in row.items() for grant in grants if (OWN + role in roles if grant.own else role in roles)]
