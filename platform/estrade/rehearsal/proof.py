"""The proof that nothing of a rehearsal stays: rows counted in every table, and its words looked for in every text.

Only reads. It says what it looked at and no more: rows of the copy, rows that point at the copy or at a double, open
sessions of doubles, and the copy's own words (its address, its seats' secret, its doubles' user names) anywhere else.
Real work goes on meanwhile, so it does not claim that nothing else changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import CharField, ForeignKey, JSONField, Model, OneToOneField, Q, TextField
from django.db.models.functions import Cast

from estrade.archive.scope import OF_AN_EDITION, label_of
from estrade.editions.models import Edition
from estrade.people.models import Person
from estrade.rehearsal.copying import name_of_doubles
from teams.models import ReceiptCounter
from teams.submissions import rehearsal_initials

SESSIONS = "sessions.Session"
DOUBLES = "people.Person"
COUNTER = "teams.ReceiptCounter"


@dataclass(frozen=True)
class Traces:
    """What to look for, kept from before the wipe: numbers and words of a copy that will be gone."""

    edition_id: int
    doubles: tuple[int, ...]
    initials: str
    words: tuple[str, ...]


def traces_of(copy: Edition, *, token: str) -> Traces:
    """Read while the copy is there."""
    doubles = Person.objects.filter(rehearses=copy).values_list("pk", flat=True)
    words = tuple(word for word in (copy.slug, token, name_of_doubles(copy)) if word)
    return Traces(edition_id=copy.pk, doubles=tuple(doubles), initials=rehearsal_initials(copy), words=words)


def count_rows(traces: Traces) -> dict[str, int]:
    """Table to how many of its rows belong to the copy or point at it or at a double. Every table is in it."""
    counts = {label_of(model): _rows_of(model, traces) for model in _tables()}
    counts[SESSIONS] = len(sessions_of(traces))
    counts[COUNTER] = ReceiptCounter.objects.filter(initials=traces.initials).count()
    return counts


def sessions_of(traces: Traces) -> list[str]:
    """The keys of the sessions in which a double is signed in. Every session is opened to see whose it is."""
    doubles = set(map(str, traces.doubles))
    return [one.session_key for one in Session.objects.iterator() if str(one.get_decoded().get(SESSION_KEY)) in doubles]


def find_words(traces: Traces) -> dict[str, int]:
    """Table to how many of its rows contain one of the copy's words in any text or JSON column. Only tables with hits."""
    found = {label_of(model): _rows_with(model, traces.words) for model in _tables()}
    return {label: rows for label, rows in found.items() if rows}


def columns_searched() -> int:
    """How many text and JSON columns `find_words` reads."""
    return sum(len(_texts(model)) for model in _tables())


def _tables() -> Iterator[type[Model]]:
    return (model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy)


def _rows_of(model: type[Model], traces: Traces) -> int:
    label = label_of(model)
    wanted = Q(pk=traces.edition_id) if model is Edition else Q(pk__in=[])
    if label in OF_AN_EDITION and model is not Edition:
        wanted |= Q(**{OF_AN_EDITION[label]: traces.edition_id})
    for field in model._meta.concrete_fields:
        if not isinstance(field, ForeignKey | OneToOneField):
            continue
        if field.related_model is Edition:
            wanted |= Q(**{field.attname: traces.edition_id})
        elif field.related_model is Person and traces.doubles:
            wanted |= Q(**{f"{field.attname}__in": traces.doubles})
    return model._default_manager.filter(wanted).distinct().count()


def _texts(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if isinstance(field, CharField | TextField | JSONField)]


def _rows_with(model: type[Model], words: tuple[str, ...]) -> int:
    texts = _texts(model)
    if not texts:
        return 0
    columns = {f"text_of_{field.name}": Cast(field.attname, TextField()) for field in texts}
    hit = Q(pk__in=[])
    for column in columns:
        for word in words:
            hit |= Q(**{f"{column}__contains": word})
    return int(model._default_manager.annotate(**columns).filter(hit).count())
