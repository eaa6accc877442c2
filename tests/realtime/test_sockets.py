"""The socket as a page sees it: who comes in, what it hears, what closes it."""

import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from estrade.editions.announcements import announce
from estrade.editions.models import Edition
from tests.builders import a_person, an_edition, organiser_of
from tests.serving import Site, hear, say, served, session_of, subscribed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    with served() as site:
        yield site


def tell(edition: Edition, text: str = "Lunch") -> None:
    announce(person=organiser_of(edition), edition_id=edition.pk, text={"en": text})


def test_event_of_the_public_stream_travels_with_its_data(site: Site) -> None:
    edition = an_edition()
    with site.socket(edition.slug) as socket:
        head = subscribed(socket, "public")["heads"]["public"]

        tell(edition)

        frame = hear(socket, "ev")
    assert (frame["s"], frame["n"], frame["k"]) == ("public", head + 1, "announcement.made")
    assert frame["d"]["text"] == {"en": "Lunch"}
