"""One table, one question."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from estrade.access.policy import Grant, can, matrix, parse_cell, require
from estrade.kernel.refusal import Refused

pytestmark = pytest.mark.embedded

NOW = datetime(2027, 3, 20, tzinfo=UTC)


@dataclass
class Thing:
    """A thing in a phase on which everybody has the same roles."""

    at_phase: int
    roles: frozenset[str]

    def phase(self, now: datetime) -> int:
        return self.at_phase

    def roles_of(self, person: Any) -> frozenset[str]:
        return self.roles


def thing(phase: int, *roles: str) -> Thing:
    return Thing(phase, frozenset({"anonymous", *roles}))


@pytest.mark.parametrize(
    ("cell", "grants"),
    [
        ("-", ()),
        ("3", (Grant(own=False, phases=frozenset({3})),)),
        ("1-3", (Grant(own=False, phases=frozenset({1, 2, 3})),)),
        ("own 0-1", (Grant(own=True, phases=frozenset({0, 1})),)),
        ("own 0-5|1-5", (Grant(own=True, phases=frozenset(range(6))), Grant(own=False, phases=frozenset(range(1, 6))))),
    ],
)
def test_a_cell_is_read(cell: str, grants: tuple[Grant, ...]) -> None:
    assert parse_cell(cell) == grants


@pytest.mark.parametrize("cell", ["", "maybe", "own", "x-3"])
def test_a_cell_that_cannot_be_read_stops_everything(cell: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        parse_cell(cell)


def test_what_is_not_in_the_table_is_refused() -> None:
    assert not can(None, "world.dominate", thing(1, "organiser", "admin"), at=NOW)


def test_own_counts_for_ones_own_only() -> None:
    assert can(None, "draft.write", thing(1, "participant", "own:participant"), at=NOW)
    assert not can(None, "draft.write", thing(1, "participant"), at=NOW)
    assert not can(None, "draft.write", thing(0, "participant", "own:participant"), at=NOW)


@pytest.mark.parametrize(
    ("person", "thing", "code"),
    [
        (AnonymousUser(), thing(1), "sign_in_first"),
        (None, thing(1), "sign_in_first"),
        (None, thing(1, "juror"), "wrong_role"),
        (None, thing(5, "organiser"), "wrong_phase"),
    ],
)
def test_a_refusal_says_what_would_be_needed(person: Any, thing: Thing, code: str) -> None:
    with pytest.raises(Refused, match=code):
        require(person, "deadline.move", thing, at=NOW)


def test_every_cell_of_the_table_can_be_read() -> None:
    rows = matrix()

    roles = {
        "anonymous",
        "participant",
        "captain",
        "partner",
        "facilitator",
        "juror",
        "president",
        "school_contact",
        "organiser",
        "admin",
    }
    assert {frozenset(row) for row in rows.values()} == {frozenset(roles)}
    assert all(
        phase in range(6) for row in rows.values() for grants in row.values() for grant in grants for phase in grant.phases
    )


def test_nobody_but_jurors_reads_a_ballot_or_writes_a_score() -> None:
    rows = matrix()

    assert {role for action in ("ballot.read", "score.write") for role, grants in rows[action].items() if grants} == {
        "juror",
        "president",
    }
    assert all(grant.own for action in ("ballot.read", "score.write") for grants in rows[action].values() for grant in grants)
