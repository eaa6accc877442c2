"""The page of whoever helps: one next step for each role and phase."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from challenges.challenges import ChallengeText, publish_challenge, send_back, submit_challenge, write_own_challenge
from estrade.editions.announcements import announce
from estrade.editions.phases import Phase
from estrade.people.models import Person
from teams.questions import ask_question
from tests.builders import a_participant, a_role, an_edition, an_organisation, bring_to, organiser_of

# Words by role and phase: no database decides them.
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


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
        ("partner", Phase.BEFORE, "Write your challenge", "challenges:new"),
        ("partner", Phase.CLOSED, "Read the solutions to your challenge", "desk:partner"),
        ("partner", Phase.PUBLISHED, "Your solutions are ready", "desk:partner"),
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


def test_a_partner_is_led_from_the_draft_to_the_questions_of_teams() -> None:
    edition, house = bring_to(an_edition(), Phase.BEFORE), an_organisation()
    partner, organiser = a_role(edition, "partner", organisation=house), organiser_of(edition)
    where = reverse("desk:my_event", args=[edition.slug])
    text = ChallengeText(title={"fr": "Marché"}, question={"fr": "Que faire des invendus ?"})
    draft = write_own_challenge(person=partner, edition_id=edition.pk, partner_id=house.pk, text=text)

    steps = [page(a_role(edition, "partner"), where), page(partner, where)]
    submit_challenge(person=partner, challenge_id=draft.pk, revision=draft.revision)
    steps.append(page(partner, where))
    send_back(person=organiser, challenge_id=draft.pk, remark="Say who is on site")
    steps.append(page(partner, where))
    publish_challenge(person=organiser, challenge_id=draft.pk, revision=draft.revision)
    steps.append(page(partner, where))
    bring_to(edition, Phase.OPEN)
    steps.append(page(partner, where))
    ask_question(person=a_participant(edition), challenge_id=draft.pk, text="May we visit?", client_id=uuid4())
    steps.append(page(partner, where))

    headings = [step.split('class="next"')[1].split("</h2>")[0].rsplit(">", 1)[1] for step in steps]
    assert headings == [
        "Your organisation is missing",
        "Finish your challenge",
        "Your challenge awaits approval",
        "The organisers sent your challenge back",
        "Your challenge is published",
        "Follow the teams on your challenge",
        "Answer 1 question",
    ]
    assert "Their remark: Say who is on site" in steps[3]


def test_who_has_another_first_page_is_taken_there() -> None:
    edition = an_edition()
    where, answers = reverse("desk:my_event", args=[edition.slug]), []
    for person in (a_participant(edition), organiser_of(edition), a_participant(an_edition())):
        client = Client()
        client.force_login(person)
        answer = client.get(where)
        answers.append((answer.status_code, answer.headers.get("location", "")))

    root = f"/e/{edition.slug}/"
    assert answers == [(302, f"{root}me/"), (302, f"{root}control/"), (403, "")]
