"""How many jurors and minutes: the sentence of the set-up page and its figures."""

import pytest
from django.test import Client

from judging.needs import Needs
from tests.judging.stage import a_stage


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("facts", "total", "most", "longest", "enough"),
    [
        ((15, 4, 8, 8, 60), 60, 8, 64, 9),
        ((15, 4, 8, 8, 64), 60, 8, 64, 8),
        ((15, 8, 8, 8, 120), 120, 15, 120, 8),
        ((2, 4, 8, 8, 60), 8, 1, 8, 4),
        ((1, 1, 61, 1, 60), 61, 1, 61, None),
        ((3, 3, 5, 2, None), 23, 5, 25, None),
    ],
)
def test_minutes_and_jurors(
    facts: tuple[int, int, int, int, int | None], total: int, most: int, longest: int, enough: int
) -> None:
    teams, ballots, minutes, jurors, there = facts

    needs = Needs(teams=teams, ballots=ballots, minutes=minutes, jurors=jurors, there=there)

    assert (needs.total, needs.most, needs.longest, needs.enough) == (total, most, longest, enough)
    assert needs.too_few == (jurors < ballots)


@pytest.mark.embedded
@pytest.mark.django_db
def test_the_set_up_page_says_what_the_jury_needs_and_computes_again() -> None:
    stage = a_stage(jurors=3, teams=3)
    client = Client(headers={"accept-language": "en"})
    client.force_login(stage.organiser)
    page = f"/e/{stage.edition.slug}/jury/setup/"

    first = client.get(page).content.decode()
    asked = client.get(page, {"teams": "15", "ballots": "4", "minutes": "8", "jurors": "8"}).content.decode()
    mine = client.get(page, {"teams": "3", "ballots": "3", "minutes": "12", "jurors": "3"}).content.decode()
    client.post(f"{page}minutes/", {"minutes": "12"})
    kept = client.get(page).content.decode()
    refused = client.post(f"{page}minutes/", {"minutes": "900"}, follow=True).content.decode()
    wrong = client.get(page, {"teams": "0", "ballots": "4", "minutes": "8", "jurors": "8"}).content.decode()

    assert "3 teams, 3 ballots each, 8 minutes: <b>3 jurors need 24 minutes.</b>" in first
    assert "15 teams, 4 ballots each, 8 minutes: <b>8 jurors need 60 minutes.</b>" in asked
    assert "whoever has 8 needs 64 minutes" in asked
    assert ("Keep 12 minutes for each team" in mine, "Keep 12" in kept) == (True, False)
    assert "3 teams, 3 ballots each, 12 minutes: <b>3 jurors need 36 minutes.</b>" in kept
    assert "between 1 and 240 minutes" in refused
    assert "3 teams, 3 ballots each" in wrong
    assert "field__error" in wrong
