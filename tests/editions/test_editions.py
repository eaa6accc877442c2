"""Editions come to be."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from estrade.editions.editions import NewEdition, create_edition
from estrade.editions.models import Edition, Network
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from tests.builders import a_person, a_role, an_administrator, an_edition, organiser_of

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def new(**changes: Any) -> NewEdition:
    now = db_now()
    return NewEdition(
        **{
            "slug": "hack", "name": "Hack to Horizon", "number": 77,
            "starts_on": date(2027, 3, 19), "ends_on": date(2027, 3, 21),
            "opens_at": now, "submissions_close_at": now + timedelta(hours=1), "judging_opens_at": now + timedelta(hours=2),
            **changes,
        }
    )  # fmt: skip


def create(person: Any, **changes: Any) -> Edition:
    return create_edition(person=person, network_slug="green-city", network_name="Green City", new=new(**changes))


def test_an_administrator_creates_the_first_edition_and_organises_it() -> None:
    admin = an_administrator()

    edition = create(admin, name="  Hack  to Horizon ")

    assert (edition.name, edition.network.name) == ("Hack to Horizon", "Green City")
    assert edition.roles_of(admin) == {"anonymous", "organiser", "admin"}
    assert AuditEntry.objects.get(edition=edition).action == "edition.create"
    assert Event.objects.get(edition=edition).kind == "edition.created"


def test_an_organiser_of_the_network_creates_the_next_one() -> None:
    first = an_edition()
    organiser = a_role(first, "organiser")

    edition = create(organiser)

    assert edition.network == first.network
    assert organiser_of(edition) == organiser


@pytest.mark.parametrize("role", ["participant", "juror", "partner", None])
def test_nobody_else_creates_editions(role: str | None) -> None:
    person = a_role(an_edition(), role) if role else a_person()

    with pytest.raises(Refused, match="wrong_role"):
        create(person)

    assert Edition.objects.filter(slug="hack").count() == 0


def test_a_stranger_is_asked_to_sign_in_and_leaves_no_network_behind() -> None:
    with pytest.raises(Refused, match="sign_in_first"):
        create(AnonymousUser())

    assert not Network.objects.exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "name_missing"),
        ({"name": "x" * 10_000}, "too_long"),
        ({"place": "x" * 201}, "too_long"),
        ({"ends_on": date(2027, 3, 18)}, "times_out_of_order"),
        ({"submissions_close_at": LONG_AGO}, "times_out_of_order"),
        ({"judging_opens_at": LONG_AGO}, "times_out_of_order"),
        ({"freeze_at": LONG_AGO}, "times_out_of_order"),
    ],
)
def test_an_edition_that_makes_no_sense_is_refused(changes: dict[str, Any], code: str) -> None:
    admin = an_administrator()

    with pytest.raises(Refused, match=code):
        create(admin, **changes)

    assert not Edition.objects.exists()


def test_a_slug_and_a_number_are_given_once() -> None:
    admin = an_administrator()
    create(admin)

    for changes in ({"number": 78}, {"slug": "other"}):
        with pytest.raises(Refused, match="name_taken"):
            create(admin, **changes)
