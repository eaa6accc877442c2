"""Teams ask, partners answer to one team or to all, organisers read everything and can hide it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.models import Question, Team
from teams.questions import MOST_OPEN, answer_question, ask_question, hide_question, share_answer
from tests.builders import (
    a_challenge,
    a_draft,
    a_participant,
    a_role,
    a_team,
    an_edition,
    an_organisation,
    bring_to,
    captain_of,
    organiser_of,
)

pytestmark = pytest.mark.django_db


class Hall:
    """A partner with a challenge, a team on it, another team, and somebody without one."""

    def __init__(self) -> None:
        self.edition: Edition = an_edition()
        organisation = an_organisation("SNCF")
        self.partner: Person = a_role(self.edition, "partner", organisation=organisation)
        self.other_partner: Person = a_role(self.edition, "partner", organisation=an_organisation("EDF"))
        self.challenge: Challenge = a_challenge(self.edition, partner=organisation)
        self.team: Team = a_team(self.edition, name="Canopy", challenge=self.challenge, members=2)
        self.other: Team = a_team(self.edition, name="Gravel")
        self.alone: Person = a_participant(self.edition)
        self.organiser: Person = organiser_of(self.edition)
        # A name that stands nowhere else.
        self.asker: Person = captain_of(self.team)
        Person.objects.filter(pk=self.asker.pk).update(first_name="Zenobie", last_name="Quilbault")

    def ask(self, person: Person | None = None, text: str = "Which streets?") -> Question:
        return ask_question(person=person or self.asker, challenge_id=self.challenge.pk, text=text, client_id=uuid4())

    def answer(self, question: Question, text: str = "All of **them**.", *, to_all: bool = False) -> Question:
        return answer_question(person=self.partner, question_id=question.pk, text=text, to_all=to_all)

    def seen_by(self, person: Person | None) -> str:
        client = Client(headers={"accept-language": "en"})
        if person is not None:
            client.force_login(person)
        return client.get(reverse("challenges:challenge", args=[self.edition.slug, self.challenge.slug])).text

    def box_of(self, person: Person) -> Any:
        client = Client(headers={"accept-language": "en"})
        client.force_login(person)
        return client.get(reverse("teams:questions", args=[self.edition.slug]))


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_an_answer_to_one_team_is_read_by_it_and_the_organisers_v4(hall: Hall) -> None:
    hall.answer(hall.ask())
    member = hall.team.memberships.exclude(person=hall.asker).get().person

    readers = [hall.asker, member, hall.partner, hall.organiser]
    others = [None, captain_of(hall.other), hall.alone, hall.other_partner, a_role(hall.edition, "juror")]

    assert ["<strong>them</strong>" in hall.seen_by(one) for one in readers] == [True] * 4
    assert ["Which streets?" in hall.seen_by(one) for one in others] == [False] * 5


def test_an_answer_to_all_names_nobody(hall: Hall) -> None:
    hall.answer(hall.ask(), to_all=True)

    shown = [hall.seen_by(one) for one in (None, captain_of(hall.other), hall.alone, hall.other_partner)]

    assert all("Which streets?" in one and "<strong>them</strong>" in one for one in shown)
    assert [word for word in ("Canopy", "Zenobie", "Quilbault") for one in shown if word in one] == []


def test_a_partner_reads_the_name_of_the_team_and_never_that_of_the_asker(hall: Hall) -> None:
    hall.ask()

    shown = hall.seen_by(hall.partner) + hall.box_of(hall.partner).text

    assert "Team Canopy" in shown
    assert [word for word in ("Zenobie", "Quilbault") if word in shown] == []


def test_nobody_answers_one_person_alone_v4(hall: Hall) -> None:
    question = hall.ask(hall.alone)

    with pytest.raises(Refused, match="answer_to_all_only"):
        hall.answer(question)
    assert "Answer to this team" not in hall.box_of(hall.partner).text
    hall.answer(question, to_all=True)
    assert "<strong>them</strong>" in hall.seen_by(None)


def test_open_pages_hear_of_it(hall: Hall) -> None:
    question = hall.ask()
    hall.answer(question)
    share_answer(person=hall.partner, question_id=question.pk)

    def streams(kind: str, **payload: object) -> list[str]:
        told = Event.objects.filter(kind=kind, **{f"payload__{name}": value for name, value in payload.items()})
        return sorted(told.values_list("stream", flat=True))

    near = [f"challenge.{hall.challenge.pk}", "organisers", f"team.{hall.team.pk}"]
    assert streams("question.asked") == near
    assert streams("question.answered", to_all=False) == near
    assert streams("question.answered", to_all=True) == sorted([*near, "public"])
    assert "Which" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_an_organiser_hides_a_message_in_one_press_v12(hall: Hall) -> None:
    question = hall.answer(hall.ask(text="Call me on 06 12"), to_all=True)
    client = Client()
    client.force_login(hall.organiser)

    client.post(reverse("teams:hide", args=[hall.edition.slug, question.pk]))
    hidden = [hall.seen_by(one) for one in (None, hall.asker, hall.partner, hall.organiser)]
    client.post(reverse("teams:hide", args=[hall.edition.slug, question.pk]), {"show": "1"})

    assert ["06 12" in one for one in hidden] == [False, False, False, True]
    assert "An organiser has hidden this message." in hidden[1]
    assert "06 12" in hall.seen_by(None)
    assert [one.after for one in AuditEntry.objects.filter(action="question.hide").order_by("number")] == [
        {"hidden": True}, {"hidden": False},
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), [("", "text_missing"), (" \u200b\n ", "text_missing"), ("x" * 1001, "too_long")])
def test_a_question_has_words_and_not_too_many(hall: Hall, text: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        hall.ask(text=text)


def test_a_team_waits_for_answers_before_asking_more(hall: Hall) -> None:
    questions = [hall.ask(text=f"{n}?") for n in range(MOST_OPEN)]

    with pytest.raises(Refused, match="too_many_questions"):
        hall.ask()
    hall.ask(captain_of(hall.other))
    hall.answer(questions[0])
    assert hall.ask().pk


def test_one_press_is_one_question_and_one_answer(hall: Hall) -> None:
    mark = uuid4()
    asked = [ask_question(person=hall.asker, challenge_id=hall.challenge.pk, text="Which?", client_id=mark).pk for _ in range(2)]
    question = Question.objects.get()
    hall.answer(question)

    assert len(set(asked)) == 1
    with pytest.raises(Refused, match="question_answered"):
        hall.answer(question, "Another", to_all=True)
    with pytest.raises(Refused, match="client_id_reused"):
        ask_question(person=hall.alone, challenge_id=hall.challenge.pk, text="Mine?", client_id=mark)


@pytest.mark.embedded
def test_foreign_questions_are_not_there_p1(hall: Hall) -> None:
    question = hall.ask()
    elsewhere = a_role(an_edition(), "organiser")
    member = captain_of(hall.other)

    answers = []
    for person in (hall.other_partner, elsewhere, member, hall.asker):
        client = Client()
        client.force_login(person)
        for name in ("answer", "share", "hide"):
            answers += [
                client.post(reverse(f"teams:{name}", args=[hall.edition.slug, number]), {"text": "x"}).status_code
                for number in (question.pk, question.pk + 999)
            ]

    assert set(answers) == {404}
    question.refresh_from_db()
    assert (question.answered_at, question.hidden_at) == (None, None)


def test_questions_are_asked_while_the_event_is_open(hall: Hall) -> None:
    draft = a_challenge(hall.edition, published=False)
    with pytest.raises(Refused, match="not_found"):
        ask_question(person=hall.asker, challenge_id=draft.pk, text="What?", client_id=uuid4())

    for phase, code in ((Phase.BEFORE, "not_found"), (Phase.CLOSED, "wrong_phase"), (Phase.JUDGING, "wrong_phase")):
        bring_to(hall.edition, phase)
        with pytest.raises(Refused, match=code):
            hall.ask()


@pytest.mark.embedded
def test_a_refused_answer_keeps_what_was_typed(hall: Hall) -> None:
    question = hall.ask(hall.alone)
    client = Client(headers={"accept-language": "en"})
    client.force_login(hall.partner)

    refused = client.post(reverse("teams:answer", args=[hall.edition.slug, question.pk]), {"text": "Only for you"})

    assert refused.status_code == 422
    assert "Only for you</textarea>" in refused.text
    assert "An answer to one person alone does not exist." in refused.text


@pytest.mark.embedded
def test_the_pages_ask_as_much_for_one_question_as_for_five(hall: Hall) -> None:
    def queries(person: Person) -> int:
        with CaptureQueriesContext(connection) as captured:
            hall.box_of(person), hall.seen_by(person)
        return len(captured)

    hall.answer(hall.ask(), to_all=True)
    one = queries(hall.partner)
    for n in range(4):
        hall.answer(hall.ask(text=f"{n}?"))
    assert queries(hall.partner) == one


def test_a_partner_follows_teams_without_names_or_scores(hall: Hall) -> None:
    a_draft(hall.team)
    hall.ask()
    client = Client(headers={"accept-language": "en"})
    client.force_login(hall.partner)
    page = reverse("desk:partner", args=[hall.edition.slug])

    shown = client.get(page).text
    bring_to(hall.edition, Phase.BEFORE)
    before = client.get(page).text

    assert all(words in shown for words in ("Canopy", "2 members", "draft", "1 question waits", "Answer 1 question"))
    assert [word for word in ("Zenobie", "Quilbault", "Gravel", "Cool roofs", "We paint roofs") if word in shown] == []
    assert "Canopy" not in before


def test_facilitators_answer_in_the_organisers_name_and_hide_nothing(hall: Hall) -> None:
    helper = a_role(hall.edition, "facilitator")
    Person.objects.filter(pk=helper.pk).update(first_name="Aldebert", last_name="Ouvrard")
    question, hidden = hall.ask(), hall.ask(captain_of(hall.other), "Where is the canteen?")
    hide_question(person=hall.organiser, question_id=hidden.pk, hidden=True)
    client = Client(headers={"accept-language": "en"})
    client.force_login(helper)
    before = hall.box_of(helper).text

    answered = client.post(reverse("teams:answer", args=[hall.edition.slug, question.pk]), {"text": "These.", "to_all": ""})

    assert ("Which streets?" in before, "Team Canopy" in before, "canteen" in before, "Hide this" in before) == (
        (True, True, False, False)
    )
    assert answered.status_code == 302
    assert "Answered by the organisers" in hall.seen_by(hall.asker)
    assert "Aldebert" not in hall.seen_by(hall.asker)
    assert AuditEntry.objects.get(action="question.answer").actor_id == helper.pk
    with pytest.raises(Refused, match="wrong_role"):
        hide_question(person=helper, question_id=question.pk, hidden=True)
    assert [hall.box_of(one).status_code for one in (hall.asker, a_role(hall.edition, "juror"))] == [403, 403]
