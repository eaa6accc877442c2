"""The page of whoever helps: one next step for each role and phase."""

import pytest
from django.test import Client
from django.urls import reverse

from estrade.editions.announcements import announce
from estrade.editions.phases import Phase
from estrade.people.models import Person
from tests.builders import a_participant, a_role, an_edition, an_organisation, bring_to, organiser_of

pytestmark = pytest.mark.django_db


def page(person: Person, address: str) -> str:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.text)


@pytest.mark.parametrize(
    ("role", "phase", "heading", "leads_to"),
    [
        ("juror", Phase.OPEN, "Your teams come with the pitches", None),
        ("juror", Phase.JUDGING, "Score your teams", "judging:jury"),
        ("facilitator", Phase.OPEN, "Run the programme", "desk:programme"),
        ("partner", Phase.OPEN, "Your challenge and its solutions", "desk:partner"),
        ("juror", Phase.PUBLISHED, "The results are here", "judging_public:results"),
    ],
)
def test_each_helper_has_one_next_step(role: str, phase: Phase, heading: str, leads_to: str | None) -> None:
    edition = an_edition()
    announce(person=organiser_of(edition), edition_id=edition.pk, text="The lift works again")
    person = a_role(edition, role, organisation=an_organisation() if role == "partner" else None)
    bring_to(edition, phase)

    shown = page(person, reverse("desk:my_event", args=[edition.slug]))

    assert heading in shown
    assert "The lift works again" in shown
    step = shown.split('class="next"')[1].split("</section>")[0]
    assert ("btn--accent" in step) is (leads_to is not None)
    assert leads_to is None or reverse(leads_to, args=[edition.slug]) in step


def test_participants_and_strangers_have_no_such_page() -> None:
    edition = an_edition()
    client = Client()
    client.force_login(a_participant(edition))

    assert client.get(reverse("desk:my_event", args=[edition.slug])).status_code == 403
