"""Rows that several tests share, where arranging them anew for each would cost more than the tests."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ParamSpec, TypeVar

from django.db import models, transaction
from django.db.models import F
from pytest_django import DjangoDbBlocker

from estrade.editions.models import Edition, ProgrammeStep
from estrade.kernel.clock import db_now
from estrade.rehearsal.models import Play
from tests.judging.stage_rows import is_untouched, lay_rows, take_rows

P = ParamSpec("P")
T = TypeVar("T")
# What is counted from now on; the rest has happened when it happened.
RUNNING: dict[type[models.Model], tuple[str, ...]] = {
    Edition: ("opens_at", "submissions_close_at", "judging_opens_at", "freeze_at", "published_at"),
    ProgrammeStep: ("starts_at",),
    Play: ("began_at", "alive_at", "held_until"),
}


@contextlib.contextmanager
def kept_for_a_module(blocker: DjangoDbBlocker) -> Iterator[None]:
    """What is written inside stays until the block ends; each test's own transaction is rolled back to it.

    For a fixture of the scope "module" that asks for `django_db_setup` as well, in a module without transactional tests.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def laid_again(make: Callable[P, T]) -> Callable[P, T]:
    """The first call in an empty database makes the world by its verbs; later ones lay its rows and read its parts again.

    For worlds of rows alone (no files, nothing that follows a commit), made of models in tuples, lists, dicts and dataclasses.
    """
    known: dict[Any, Any] = {}

    @functools.wraps(make)
    def made_or_laid(*args: P.args, **kwargs: P.kwargs) -> T:
        if not is_untouched():
            return make(*args, **kwargs)
        key = (args, *sorted(kwargs.items()))
        if key not in known:
            world = make(*args, **kwargs)
            known[key] = db_now(), take_rows(), _each(world, lambda row: _Place(type(row), row.pk))
            return world
        made_at, rows, places = known[key]
        lay_rows(rows)
        later = db_now() - made_at
        for model, instants in RUNNING.items():
            model._base_manager.update(**{name: F(name) + later for name in instants})
        found: T = _read(places)
        return found

    return made_or_laid


@dataclass(frozen=True)
class _Place:
    """Where a row is found again."""

    model: type[models.Model]
    pk: Any


def _read(places: Any) -> Any:
    """What stood in these places, read anew. A row is one object wherever it stands, also behind the rows that point at it."""
    rows: dict[_Place, models.Model] = {}

    def row(place: _Place) -> models.Model:
        if place not in rows:
            rows[place] = place.model._base_manager.get(pk=place.pk)
        return rows[place]

    found = _each(places, row)
    for one in rows.values():
        for field in one._meta.concrete_fields:
            if field.is_relation and (known := rows.get(_Place(field.related_model, getattr(one, field.attname)))):  # type: ignore[arg-type]  # no generic keys here
                setattr(one, field.name, known)
    return found


def _each(part: Any, turn: Callable[[Any], Any]) -> Any:
    """The same shape, with each row, or place of a row, turned into something else."""
    if isinstance(part, models.Model | _Place):
        return turn(part)
    if isinstance(part, dict):
        return {name: _each(value, turn) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(_each(value, turn) for value in part)
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{one.name: _each(getattr(part, one.name), turn) for one in fields(part)})
    return part
