"""Questions over HTTP: what one reads of them depends on who one is."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from estrade.people.models import Role
from teams.models import Question
from tests.api.test_scores import signed_in
from tests.builders import a_challenge, a_role, a_team, an_edition, an_organisation, captain_of, organiser_of

pytestmark = pytest.mark.django_db


def asked(client: Client, where: str, **changes: Any) -> Any:
    body = {"text": "Which data?", "client_id": str(uuid4()), **changes}
    return client.post(where, body, content_type="application/json")


def test_a_question_is_asked_answered_and_read() -> None:
    edition, organisation = an_edition(), an_organisation()
    challenge = a_challenge(edition, partner=organisation)
    team, other = a_team(edition, challenge=challenge), a_team(edition)
    partner = signed_in(a_role(edition, Role.Name.PARTNER, organisation=organisation))
    base = f"/api/v1/editions/{edition.slug}/"
    where = f"{base}challenges/{challenge.slug}/questions/"

    first = asked(signed_in(captain_of(team)), where)
    again = asked(signed_in(captain_of(team)), where, client_id=str(Question.objects.get().client_id))
    answer = f"{base}questions/{first.json()['id']}/answer/"
    told = partner.post(answer, {"text": "These.", "to_all": False}, content_type="application/json")
    second = partner.post(answer, {"text": "Those.", "to_all": True}, content_type="application/json")

    readers = [Client(), signed_in(captain_of(other)), signed_in(captain_of(team)), partner, signed_in(organiser_of(edition))]
    lists = [client.get(where).json()["results"] for client in readers]
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 201, again.json()["id"])
    assert (told.status_code, told.json()["answer"], second.json()["code"]) == (201, "These.", "question_answered")
    assert [len(one) for one in lists] == [0, 0, 1, 1, 1]
    assert {one[0]["team"] for one in lists[2:]} == {team.pk}
    Question.objects.update(to_all=True)
    shown = Client().get(where).json()["results"][0]
    assert (shown["text"], shown["answer"], shown["team"]) == ("Which data?", "These.", None)
    assert set(shown) == {"id", "text", "team", "asked_at", "answer", "answered_at", "to_all", "hidden"}


@pytest.mark.parametrize("field", ["team", "person", "challenge", "to_all", "answer", "asked_at", "hidden_at"])
def test_nothing_else_is_taken_p3(field: str) -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    team = a_team(edition, challenge=challenge)

    answer = asked(
        signed_in(captain_of(team)), f"/api/v1/editions/{edition.slug}/challenges/{challenge.slug}/questions/", **{field: 1}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "field_unknown")
    assert not Question.objects.exists()


def test_who_may_not_is_told_nothing_p1() -> None:
    edition = an_edition()
    challenge, draft = a_challenge(edition), a_challenge(edition, published=False)
    captain = signed_in(captain_of(a_team(edition, challenge=challenge)))
    base = f"/api/v1/editions/{edition.slug}/"
    question = asked(captain, f"{base}challenges/{challenge.slug}/questions/").json()["id"]
    stranger = signed_in(a_role(edition, Role.Name.PARTNER, organisation=an_organisation()))

    answers = [
        asked(captain, f"{base}challenges/{draft.slug}/questions/"),
        captain.get(f"{base}challenges/{draft.slug}/questions/"),
        stranger.post(f"{base}questions/{question}/answer/", {"text": "x", "to_all": True}, content_type="application/json"),
        stranger.post(f"{base}questions/{question + 9}/answer/", {"text": "x", "to_all": True}, content_type="application/json"),
    ]
    unknown = asked(Client(), f"{base}challenges/{challenge.slug}/questions/")

    assert [one.status_code for one in answers] == [404] * 4
    assert answers[2].content == answers[3].content
    assert unknown.status_code == 401


def test_only_fields_of_a_list_can_be_asked_for_p2() -> None:
    edition = an_edition()
    challenge = a_challenge(edition)

    answers = [
        Client().get(f"/api/v1/editions/{edition.slug}/challenges/{challenge.slug}/questions/?{query}").status_code
        for query in ("team=1", "search=x", "ordering=person", "person__last_name=x", "limit=1")
    ]

    assert answers == [400, 400, 400, 400, 200]
