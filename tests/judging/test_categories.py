"""Categories: which team is in which, and ranks, prizes and podiums of their own out of one fit."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.translation import override

from estrade.kernel.clock import db_now
from estrade.people.models import Organisation, Role
from judging.categories import placed_teams
from judging.categorising import add_category, place_teams, remove_category, use_levels
from judging.eligibility import why
from judging.models import Category, Prize
from judging.prizes import NewPrize, offer_prize
from judging.public import public_results
from judging.reveal import advance_reveal, publish_results
from realtime.screens import stage_of
from teams.models import Team
from tests.builders import an_organisation
from tests.judging.stage import Stage, a_stage, sign_off
from tests.judging.test_prizes import code_of

pytestmark = pytest.mark.django_db


def by_level() -> tuple[Stage, Category, Category]:
    """Four teams, the higher the better; the second and the third are pupils."""
    stage = a_stage(jurors=2, teams=4)
    lycee = an_organisation("Lycée Carnot", category=Organisation.Category.SCHOOL)
    school = an_organisation("ESIREM", category=Organisation.Category.HIGHER_EDUCATION)
    for number, team in enumerate(stage.teams):
        people = team.memberships.values("person")
        house = lycee if number in {1, 2} else school
        Role.objects.filter(edition=stage.edition, person__in=people, role="participant").update(organisation=house)
    use_levels(person=stage.organiser, edition_id=stage.edition.pk)
    pupils, students = stage.edition.categories.all()
    return stage, pupils, students


def placed(stage: Stage) -> list[tuple[int | None, bool]]:
    teams = list(Team.objects.filter(edition=stage.edition).order_by("number"))
    return [(one.category.pk if one.category else None, one.is_by_hand) for one in placed_teams(stage.edition, teams)]


@override("en")
def test_a_category_follows_from_the_members_unless_an_organiser_says_otherwise() -> None:
    stage, pupils, students = by_level()

    assert placed(stage) == [(students.pk, False), (pupils.pk, False), (pupils.pk, False), (students.pk, False)]
    use_levels(person=stage.organiser, edition_id=stage.edition.pk)
    other = add_category(person=stage.organiser, edition_id=stage.edition.pk, name="Guests", language="en")
    first, second = stage.teams[0].pk, stage.teams[1].pk
    place_teams(person=stage.organiser, edition_id=stage.edition.pk, teams={first: other.pk, second: 0})
    assert placed(stage)[:2] == [(other.pk, True), (None, True)]
    place_teams(person=stage.organiser, edition_id=stage.edition.pk, teams={second: None})
    assert placed(stage)[1] == (pupils.pk, False)
    prize = offer_prize(person=stage.organiser, edition_id=stage.edition.pk, new=NewPrize(name={"en": "P"}, category=other))
    assert (
        code_of(lambda: remove_category(person=stage.organiser, edition_id=stage.edition.pk, category_id=other.pk))
        == "category_in_use"
    )
    assert why(prize, stage.teams[1], pupils.pk).endswith("cannot win it: the prize is for the category “Guests”.")
    assert why(prize, stage.teams[0], other.pk).endswith(
        "it goes to the best team of the category in the jury’s order. Only in the category “Guests”."
    )


def test_categories_are_ranked_apart_by_one_fit_and_have_a_podium_each() -> None:
    stage, pupils, _students = by_level()
    offer_prize(person=stage.organiser, edition_id=stage.edition.pk, new=NewPrize(name={"en": "Pupils"}, category=pupils))
    stage.fill_everything(lambda juror, team: team + 1)
    sign_off(person=stage.organiser, round_id=stage.round.pk)

    for step in range(7):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
        if step == 1:
            screen = stage_of(stage.edition, db_now())
    steps = public_results(stage.edition)["entries"]
    publish_results(person=stage.organiser, round_id=stage.round.pk)

    assert [((one.get("category") or {}).get("en"), one["rank"], one["teams"][0]["name"][-1]) for one in steps] == [
        ("Secondary school", 2, "2"), ("Secondary school", 1, "3"), ("Higher education", 2, "1"), ("Higher education", 1, "4"),
        (None, 3, "2"), (None, 2, "3"), (None, 1, "4"),
    ]  # fmt: skip
    assert (screen.scene, screen.category["en"], [bool(one["entry"]) for one in screen.places]) == (
        "podium", "Secondary school", [True, True, False],
    )  # fmt: skip
    # A category's podium does not say the points, which would say the places of the whole order.
    assert {one["teams"][0]["score"] for one in steps[:4]} == {None}
    results = public_results(stage.edition)
    assert [prize["name"]["en"] for prize in results["categories"][0]["entries"][0]["prizes"]] == ["Pupils"]
    assert results["awards"] == []
    assert [one["teams"][0]["name"][-1] for one in results["entries"]] == ["4", "3", "2", "1"]


@pytest.mark.embedded
def test_the_page_of_categories_and_the_results() -> None:
    stage, pupils, students = by_level()
    client = Client(headers={"accept-language": "en"})
    client.force_login(stage.organiser)
    here = f"/e/{stage.edition.slug}"

    shown = client.get(f"{here}/jury/prizes/categories/").content.decode()
    client.post(f"{here}/jury/prizes/categories/change/", {"way": "place", f"team-{stage.teams[0].pk}": str(pupils.pk)})
    by_hand = client.get(f"{here}/jury/prizes/categories/").content.decode()
    typed = {"name_fr": "Lycée", "name_en": "Pupils", "decided_by": "jury", "rank": "1", "category": str(pupils.pk)}
    offered = client.post(f"{here}/jury/prizes/", typed)
    stage.fill_everything(lambda juror, team: team + 1)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    control = client.get(f"{here}/control/").content.decode()
    for step in range(7):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
        if step == 1:
            revealed = client.get(f"{here}/results/").content.decode()
    publish_results(person=stage.organiser, round_id=stage.round.pk)
    results = client.get(f"{here}/results/").content.decode()

    assert "Secondary school" in shown
    assert "set by hand" not in shown
    assert "set by hand" in by_hand
    assert (offered.status_code, Prize.objects.get(category=pupils).rank) == (302, 1)
    assert "Secondary school, " in control
    assert "Secondary school" in revealed
    assert "Higher education" in results
    assert students.pk
