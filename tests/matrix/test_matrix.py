"""The permission table against the verbs: who may do what, when, by trying it.

The table is read here a second time and on its own, so that a mistake in the policy shows.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from estrade.access import policy
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from tests.builders import bring_to
from tests.kept import kept_for_a_module
from tests.matrix.world import TRIES, Actor, World, a_world

pytestmark = pytest.mark.django_db

with Path(policy.__file__).with_name("matrix.csv").open(encoding="utf-8") as file:
    TABLE = {row["action"]: row for row in csv.DictReader(file)}
# The policy said no, or the thing was not even shown.
NO = {"wrong_role", "wrong_phase", "sign_in_first", "not_found"}
EVENTS, AUDIT = Event._meta.db_table, AuditEntry._meta.db_table


def may(actor: Actor, action: str, phase: int) -> bool:
    """What the table says, read plainly."""
    cells = {role: TABLE[action][role].split("|") for role in ("anonymous", *actor.roles)}
    for role, parts in cells.items():
        for part in parts:
            own, phases = part.startswith("own "), part.removeprefix("own ")
            if phases == "-" or (own and role not in actor.own):
                continue
            first, last = phases[0], phases[-1]
            if int(first) <= phase <= int(last):
                return True
    return False


def written() -> tuple[int, int]:
    """How much the journal and the audit hold. Asked ten thousand times: without the ORM, which takes longer than most verbs."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT (SELECT COUNT(*) FROM {EVENTS}), (SELECT COUNT(*) FROM {AUDIT})")
        row: tuple[int, int] = cursor.fetchone()
    return row


def tried(world: World, actor: Actor, action: str) -> str:
    """ "yes", or the code with which the attempt was refused. Nothing of it remains."""
    with transaction.atomic():
        before = written()
        answer = "yes"
        try:
            TRIES[action](world, actor.person)
        except Refused as refused:
            answer = refused.code
        except ObjectDoesNotExist:
            answer = "not_found"
        if answer in NO:
            assert written() == before
        transaction.set_rollback(True)
    return answer


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept_for_a_module(django_db_blocker):
        yield a_world()


@pytest.mark.parametrize("phase", list(Phase), ids=lambda phase: phase.name.lower())
def test_verbs_and_table_agree(phase: Phase, world: World) -> None:
    bring_to(world.edition, phase)
    wrong: list[Any] = []

    for action in TRIES:
        for actor in world.actors:
            answer, allowed = tried(world, actor, action), may(actor, action, phase)
            if (answer not in NO) != allowed:
                wrong.append(f"{actor.name} {action}: the table says {allowed}, the verb {answer}")

    assert wrong == []


def test_every_action_of_the_table_is_asked_about_in_the_code() -> None:
    root = Path(policy.__file__).parents[3]
    rooms = [root / "platform" / "estrade", root / "challenges", root / "teams", root / "judging", root / "realtime"]
    code = "".join(path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.py"))

    # The streams are named by their prefix in one table.
    unasked = [action for action in TABLE if f'"{action}"' not in code and not action.startswith("stream.")]

    assert unasked == []


def test_something_could_be_refused_and_something_allowed_for_every_action(world: World) -> None:
    for action in TRIES:
        answers = {may(actor, action, phase) for actor in world.actors for phase in Phase}
        assert answers == {True, False}, action
