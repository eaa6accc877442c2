"""The audit log: a chain in which every alteration shows."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from estrade.editions.models import Edition
from estrade.journal.audit import audit, digest_of
from estrade.journal.models import AuditEntry
from tests.builders import an_edition

pytestmark = pytest.mark.django_db


def note(edition: Edition, thing: str, **more: object) -> AuditEntry:
    with transaction.atomic():
        return audit(edition_id=edition.pk, actor_id=None, action="test.note", thing=thing, **more)  # type: ignore[arg-type]


def chain_of(edition: Edition) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(edition=edition).order_by("number"))


def holds(chain: list[AuditEntry]) -> bool:
    """Whether every entry has its own digest and the one before it."""
    previous = ""
    for entry in chain:
        if entry.previous != previous or entry.digest != digest_of(entry):
            return False
        previous = entry.digest
    return True


def test_entries_form_a_chain_per_edition() -> None:
    edition, other = an_edition(), an_edition()
    for thing in ("first", "second"):
        note(edition, thing, before={"é": 1}, after=[1, "2"], reason="because")
    note(other, "elsewhere")

    chain = chain_of(edition)

    assert [entry.number for entry in chain] == list(range(1, len(chain) + 1))
    assert holds(chain)
    assert holds(chain_of(other))


@pytest.mark.parametrize("change", [{"reason": "another"}, {"after": 2}, {"thing": "something else"}, {"number": 7}])
def test_an_alteration_shows(change: dict[str, object]) -> None:
    edition = an_edition()
    note(edition, "first", after=1)
    note(edition, "second")

    AuditEntry.objects.filter(edition=edition, thing="first").update(**change)

    assert not holds(chain_of(edition))


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    edition = an_edition()

    with pytest.raises(RuntimeError, match="transaction"):
        audit(edition_id=edition.pk, actor_id=None, action="test.note", thing="nothing")


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_entries_written_at_once_form_one_chain() -> None:
    edition = an_edition()

    def write(number: int) -> None:
        try:
            note(edition, f"entry {number}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))

    chain = chain_of(edition)
    assert [entry.number for entry in chain] == list(range(1, len(chain) + 1))
    assert holds(chain)
