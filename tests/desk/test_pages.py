"""The public page of an edition and the partner's page, at the HTTP edge."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.people.models import Person
from tests import builders

pytestmark = pytest.mark.django_db


def reader(person: Person | None = None, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    if person is not None:
        client.force_login(person)
    return client


def queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def page_of(edition: Edition) -> str:
    return f"/e/{edition.slug}/"


# --- The public page ----------------------------------------------------------------------------------------------


def test_everybody_reads_what_the_event_is_about() -> None:
    edition = builders.an_edition(lead={"fr": "Deux jours.", "en": "Two days."}, place="Dijon")
    challenge = builders.a_challenge(edition, title={"fr": "Des rues à l’ombre", "en": "Shady streets"})

    english, french = reader().get(page_of(edition)), reader(language="fr").get(page_of(edition))

    assert (english.status_code, french.status_code) == (200, 200)
    assert "Two days." in english.text
    assert "Shady streets" in english.text
    assert "Des rues à l’ombre" in french.text
    assert challenge.partner.name in english.text
    assert 'role="timer"' in english.text


def test_challenges_are_secret_before_the_opening() -> None:
    edition = builders.an_edition()
    challenge = builders.a_challenge(edition, title={"fr": "Secret", "en": "Secret"})
    builders.bring_to(edition, Phase.BEFORE)

    anonymous, organiser = reader().get(page_of(edition)), reader(builders.organiser_of(edition)).get(page_of(edition))

    assert challenge.title["en"] not in anonymous.text
    assert challenge.partner.name not in anonymous.text
    assert challenge.title["en"] in organiser.text


def test_an_unpublished_challenge_is_nowhere() -> None:
    edition = builders.an_edition()
    builders.a_challenge(edition, published=False, title={"fr": "Brouillon", "en": "Draft of a challenge"})

    assert "Draft of a challenge" not in reader().get(page_of(edition)).text


def test_the_page_names_no_participant() -> None:
    edition = builders.an_edition()
    team = builders.a_team(edition, name="Canopy", members=3)

    text = reader().get(page_of(edition)).text

    assert [m.person.last_name for m in team.memberships.select_related("person") if m.person.last_name in text] == []


def test_fiction_is_said_to_be_fiction() -> None:
    real, invented = builders.an_edition(), builders.an_edition(is_fictional=True)

    notice = "Demonstration: fictional people and challenges."

    assert notice not in reader().get(page_of(real)).text
    assert notice in reader().get(page_of(invented)).text


def test_as_many_queries_for_three_as_for_one() -> None:
    edition = builders.an_edition()
    builders.a_team(edition, challenge=builders.a_challenge(edition))
    one = queries(reader(), page_of(edition))
    for _ in range(2):
        builders.a_team(edition, challenge=builders.a_challenge(edition))

    assert queries(reader(), page_of(edition)) == one


# --- The partner's page -------------------------------------------------------------------------------------------


def a_partner(edition: Edition) -> tuple[Person, object]:
    organisation = builders.an_organisation()
    return builders.a_role(edition, "partner", organisation=organisation), organisation


def test_a_partner_reads_the_solutions_to_its_own_challenges_only() -> None:
    edition = builders.an_edition()
    partner, organisation = a_partner(edition)
    own, other = builders.a_challenge(edition, partner=organisation), builders.a_challenge(edition)  # type: ignore[arg-type]  # an Organisation
    builders.a_delivered_submission(builders.a_draft(builders.a_team(edition, challenge=own), title="Ours"))
    builders.a_delivered_submission(builders.a_draft(builders.a_team(edition, challenge=other), title="Theirs"))
    builders.bring_to(edition, Phase.CLOSED)

    text = reader(partner).get(page_of(edition) + "partner/").text

    assert "Ours" in text
    assert "We paint roofs white." in text
    assert "Theirs" not in text


def test_solutions_come_after_the_deadline() -> None:
    edition = builders.an_edition()
    partner, organisation = a_partner(edition)
    challenge = builders.a_challenge(edition, partner=organisation)  # type: ignore[arg-type]  # an Organisation
    builders.a_delivered_submission(builders.a_draft(builders.a_team(edition, challenge=challenge), title="Too early"))

    answer = reader(partner).get(page_of(edition) + "partner/")

    assert answer.status_code == 200
    assert "Too early" not in answer.text


def test_a_late_version_that_nobody_accepted_stays_hidden() -> None:
    edition = builders.an_edition()
    partner, organisation = a_partner(edition)
    challenge = builders.a_challenge(edition, partner=organisation)  # type: ignore[arg-type]  # an Organisation
    builders.a_delivered_submission(builders.a_draft(builders.a_team(edition, challenge=challenge), title="Late one"), late=True)

    assert "Late one" not in reader(partner).get(page_of(edition) + "partner/").text


def test_the_partners_page_is_for_partners_of_the_edition() -> None:
    edition, elsewhere = builders.an_edition(), builders.an_edition()
    foreign, _ = a_partner(elsewhere)
    path = page_of(edition) + "partner/"

    assert reader().get(path)["Location"].startswith("/sign-in/")
    assert reader(foreign).get(path).status_code == 403
    assert reader(builders.a_participant(edition)).get(path).status_code == 403


def test_as_many_queries_for_three_solutions_as_for_one() -> None:
    edition = builders.an_edition()
    partner, organisation = a_partner(edition)
    challenge = builders.a_challenge(edition, partner=organisation)  # type: ignore[arg-type]  # an Organisation
    builders.a_delivered_submission(builders.a_team(edition, challenge=challenge))
    path = page_of(edition) + "partner/"
    builders.bring_to(edition, Phase.CLOSED)
    one = queries(reader(partner), path)
    builders.bring_to(edition, Phase.OPEN)
    for _ in range(2):
        builders.a_delivered_submission(builders.a_team(edition, challenge=challenge))
    builders.bring_to(edition, Phase.CLOSED)

    assert queries(reader(partner), path) == one
