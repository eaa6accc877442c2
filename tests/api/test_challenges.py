"""Challenges over HTTP: public once the edition is open, before that only for those who write them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.people.models import Role
from tests.api.test_scores import signed_in
from tests.builders import a_challenge, a_person, a_role, an_edition, an_organisation, bring_to, organiser_of

pytestmark = pytest.mark.django_db

FIELDS = {
    "slug", "position", "partner", "title", "question", "body", "provided", "expected", "links", "eligibility", "open_to",
    "tags", "referent", "capacity", "teams", "state", "revision", "published_at",
}  # fmt: skip


def slugs(client: Client, edition: Edition) -> list[str]:
    return [one["slug"] for one in client.get(f"/api/v1/editions/{edition.slug}/challenges/").json()["results"]]


def test_anybody_reads_published_challenges() -> None:
    edition = an_edition()
    shown, _draft = a_challenge(edition), a_challenge(edition, published=False)

    answer = Client().get(f"/api/v1/editions/{edition.slug}/challenges/")

    assert [one["slug"] for one in answer.json()["results"]] == [shown.slug]
    assert set(answer.json()["results"][0]) == FIELDS


def test_before_the_opening_only_authors_read_them() -> None:
    edition, partner = an_edition(), an_organisation()
    own, other = a_challenge(edition, partner=partner, published=False), a_challenge(edition)
    speaker = a_role(edition, Role.Name.PARTNER, organisation=partner)
    bring_to(edition, Phase.BEFORE)

    assert slugs(Client(), edition) == []
    assert slugs(signed_in(a_person()), edition) == []
    assert slugs(signed_in(speaker), edition) == [own.slug]
    assert slugs(signed_in(organiser_of(edition)), edition) == [own.slug, other.slug]


def test_one_challenge_is_read_by_its_name_and_a_hidden_one_does_not_exist() -> None:
    edition = an_edition()
    shown, draft = a_challenge(edition), a_challenge(edition, published=False)

    answers = [Client().get(f"/api/v1/editions/{edition.slug}/challenges/{slug}/") for slug in (shown.slug, draft.slug, "none")]

    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert answers[0].json()["title"] == shown.title
    assert answers[1].content == answers[2].content


def test_a_challenge_of_another_edition_does_not_exist_here() -> None:
    edition, elsewhere = an_edition(), a_challenge(an_edition())

    assert Client().get(f"/api/v1/editions/{edition.slug}/challenges/{elsewhere.slug}/").status_code == 404


@pytest.mark.embedded
@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.OPEN])
def test_the_list_costs_as_many_queries_for_three_as_for_one(phase: Phase, django_assert_num_queries: Any) -> None:
    edition, partner = an_edition(), an_organisation()
    client = signed_in(a_role(edition, Role.Name.PARTNER, organisation=partner))
    a_challenge(edition, partner=partner)
    bring_to(edition, phase)
    with CaptureQueriesContext(connection) as one:
        assert len(slugs(client, edition)) == 1
    a_challenge(edition, partner=partner)
    a_challenge(edition, partner=partner)

    with django_assert_num_queries(len(one)):
        assert len(slugs(client, edition)) == 3
