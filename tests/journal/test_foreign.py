"""Events of other processes reach the listeners of this one."""

from typing import Any

import pytest

from estrade.editions.models import Edition
from estrade.journal import foreign
from estrade.journal.foreign import wake_for_foreign
from estrade.journal.models import Event, Stream
from estrade.journal.wake import told
from tests.builders import an_edition

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was sent out; nothing has been sent before."""
    messages: list[dict[str, Any]] = []
    told.clear()

    def send(**message: Any) -> None:
        messages.append(message)
        for name, number in message["heads"].items():
            told[message["edition_id"], name] = number

    monkeypatch.setattr(foreign, "wake_listeners", send)
    return messages


def elsewhere(edition: Edition, stream: str, number: int) -> None:
    """Another process records event `number` of a stream."""
    Event.objects.create(edition=edition, stream=stream, seq=number, kind="bell.rang", payload={"n": number}, at=edition.opens_at)
    Stream.objects.update_or_create(edition=edition, name=stream, defaults={"head": number})


def test_what_another_process_recorded_is_sent_out_once(woken: list[dict[str, Any]]) -> None:
    edition = an_edition()
    elsewhere(edition, "public", 1)
    wake_for_foreign([edition.pk])

    elsewhere(edition, "public", 2)
    elsewhere(edition, "public", 3)
    elsewhere(edition, "team.1", 1)
    found = [wake_for_foreign([edition.pk]) for _ in range(2)]

    assert found == [3, 0]
    assert [(message["heads"], message["payload"]) for message in woken] == [
        ({"public": 2}, {"n": 2}),
        ({"public": 3}, {"n": 3}),
        ({"team.1": 1}, {"n": 1}),
    ]


def test_what_this_process_sent_is_not_sent_again(woken: list[dict[str, Any]]) -> None:
    edition = an_edition()
    wake_for_foreign([edition.pk])
    elsewhere(edition, "public", 1)
    told[edition.pk, "public"] = 1

    assert wake_for_foreign([edition.pk]) == 0
    assert woken == []
