"""The page of a challenge, at the HTTP edge."""

import pytest
from django.test import Client

from estrade.editions.phases import Phase
from tests import builders

pytestmark = pytest.mark.django_db


def reader() -> Client:
    return Client(headers={"accept-language": "en"})


def test_the_page_says_what_the_partner_asks() -> None:
    edition = builders.an_edition()
    challenge = builders.a_challenge(
        edition, body={"en": "## The problem\n\nIt is **hot**."}, tags={"en": "Climate · Data"}, referent={"en": "Ada, room 104"}
    )
    builders.a_team(edition, challenge=challenge)

    text = reader().get(f"/e/{edition.slug}/challenges/{challenge.slug}/").text

    assert "<h2>The problem</h2>" in text
    assert "<strong>hot</strong>" in text
    assert '<span class="badge">Data</span>' in text
    assert "Ada, room 104" in text
    assert "<b>One team</b>" in text


def test_markup_in_a_challenge_stays_text() -> None:
    edition = builders.an_edition()
    challenge = builders.a_challenge(
        edition, title={"en": "<script>x</script>", "fr": "t"}, body={"en": "<script>alert(1)</script> [x](javascript:alert(1))"}
    )

    text = reader().get(f"/e/{edition.slug}/challenges/{challenge.slug}/").text

    assert "<script>" not in text
    assert 'href="javascript' not in text


def test_drafts_and_challenges_before_the_opening_are_not_there() -> None:
    edition = builders.an_edition()
    public, draft = builders.a_challenge(edition), builders.a_challenge(edition, published=False)
    paths = [f"/e/{edition.slug}/challenges/{challenge.slug}/" for challenge in (public, draft)]
    opened = [reader().get(path).status_code for path in paths]
    builders.bring_to(edition, Phase.BEFORE)
    organiser = reader()
    organiser.force_login(builders.organiser_of(edition))

    assert opened == [200, 404]
    assert [reader().get(path).status_code for path in paths] == [404, 404]
    assert [organiser.get(path).status_code for path in paths] == [200, 200]


def test_a_challenge_of_another_edition_is_not_here() -> None:
    here, there = builders.an_edition(), builders.an_edition()
    challenge = builders.a_challenge(there)

    assert reader().get(f"/e/{here.slug}/challenges/{challenge.slug}/").status_code == 404
