"""The first page of the site and the form of a new edition, at the HTTP edge."""

import pytest
from django.test import Client

from estrade.editions.models import Edition
from estrade.people.models import Person
from tests import builders

pytestmark = pytest.mark.django_db


def reader(person: Person | None = None) -> Client:
    client = Client(headers={"accept-language": "en"})
    if person is not None:
        client.force_login(person)
    return client


def form(**changes: str) -> dict[str, str]:
    return {
        "network_name": "Green City",
        "name": "Hack to Horizon",
        "number": "1",
        "kind": "hackathon",
        "place": "Dijon",
        "time_zone": "Europe/Paris",
        "opens_at": "2027-03-19T17:30",
        "submissions_close_at": "2027-03-21T15:30",
        "judging_opens_at": "2027-03-21T16:00",
        "freeze_at": "2027-03-21T18:00",
        **changes,
    }


def test_an_empty_database_says_how_to_begin() -> None:
    answer = reader().get("/")

    assert answer.status_code == 200
    assert "Create the first edition" in answer.text
    assert "python manage.py createsuperuser" in answer.text


def test_with_an_account_it_leads_to_the_form() -> None:
    administrator = builders.an_administrator()

    anonymous, signed_in = reader().get("/"), reader(administrator).get("/")

    assert "createsuperuser" not in anonymous.text
    assert 'href="/sign-in/?next=/editions/new/"' in anonymous.text
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/editions/new/")


def test_the_only_edition_is_the_first_page() -> None:
    edition = builders.an_edition()

    answer = reader().get("/")

    assert (answer.status_code, answer["Location"]) == (302, f"/e/{edition.slug}/")


def test_several_editions_are_a_list() -> None:
    editions = [builders.an_edition(), builders.an_edition()]

    answer = reader().get("/")

    assert [f'href="/e/{edition.slug}/"' in answer.text for edition in editions] == [True, True]


def test_the_form_begins_with_a_weekend_and_makes_an_edition() -> None:
    administrator = builders.an_administrator()
    client = reader(administrator)

    empty = client.get("/editions/new/")
    answer = client.post("/editions/new/", form())

    edition = Edition.objects.get()
    assert empty.status_code == 200
    assert 'type="date"' in empty.text
    assert (answer.status_code, answer["Location"]) == (302, "/e/hack-to-horizon/control/")
    assert edition.network.name == "Green City"
    assert edition.opens_at.isoformat() == "2027-03-19T16:30:00+00:00"
    assert (edition.starts_on.isoformat(), edition.ends_on.isoformat()) == ("2027-03-19", "2027-03-21")
    assert "organiser" in edition.roles_of(Person.objects.get(pk=administrator.pk))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"number": "0"}, "number"),
        ({"time_zone": "Europe/Nowhere"}, "time_zone"),
        ({"opens_at": "yesterday"}, "opens_at"),
        # The night of the clock change: half past two never comes.
        ({"submissions_close_at": "2027-03-28T02:30"}, "submissions_close_at"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(changes: dict[str, str], field: str) -> None:
    answer = reader(builders.an_administrator()).post("/editions/new/", form(**changes))

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.text
    assert not Edition.objects.exists()


def test_times_out_of_order_and_a_taken_address_are_refused_in_words() -> None:
    client = reader(builders.an_administrator())

    disorder = client.post("/editions/new/", form(judging_opens_at="2027-03-20T16:00"))
    client.post("/editions/new/", form())
    twice = client.post("/editions/new/", form())

    assert disorder.status_code == 422
    assert "out of order" in disorder.text
    assert twice.status_code == 422
    assert "already taken" in twice.text
    assert Edition.objects.count() == 1


def test_only_who_may_create_sees_the_form() -> None:
    anonymous, somebody = reader(), reader(builders.a_person())

    assert anonymous.get("/editions/new/")["Location"] == "/sign-in/?next=%2Feditions%2Fnew%2F"
    assert somebody.get("/editions/new/").status_code == 403
    assert somebody.post("/editions/new/", form()).status_code == 403
    assert not Edition.objects.exists()
