"""Composing the teams of an edition: from its people to its teams, through the page and the verbs."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from teams import composing
from teams.composing import Wanted, carry_out, latest_composition, place_person, start_composition, stop_composition, use_plan
from teams.models import Composition, Membership, Profile, Team, Wish
from tests.builders import a_challenge, a_participant, a_team, an_edition, an_organisation, bring_to, organiser_of
from tests.kept import laid_again

pytestmark = pytest.mark.django_db

PAIRS = Wanted(size_min=2, size_max=3, max_same_school=2)


@pytest.fixture(autouse=True)
def _one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """How good a plan becomes is not what is asked here."""
    monkeypatch.setattr(composing, "ROUNDS", 1)


@laid_again
def a_crowd(people: int = 8) -> tuple[Edition, list[Challenge], list[Person]]:
    """An open edition with two challenges and people of two schools who all stated choices."""
    edition = an_edition()
    challenges = [a_challenge(edition), a_challenge(edition)]
    schools = [an_organisation("Lycée Nord", "school"), an_organisation("Lycée Sud", "school")]
    crowd = [a_participant(edition) for _ in range(people)]
    for number, person in enumerate(crowd):
        Role.objects.filter(person=person, edition=edition).update(organisation=schools[number % 2])
        choices = [challenges[number % 2].slug, challenges[1 - number % 2].slug]
        Profile.objects.create(edition=edition, person=person, choices=choices, skills=["dev"] if number % 3 else [])
    return edition, challenges, crowd


def composed(edition: Edition, wanted: Wanted = PAIRS, **options: Any) -> Composition:
    run = start_composition(person=organiser_of(edition), edition_id=edition.pk, wanted=wanted, **options)
    carry_out(run.pk)
    run.refresh_from_db()
    return run


def seats(run: Composition) -> dict[str, int]:
    return {who: number for number, team in enumerate(run.plan["teams"]) for who in team["students"]}


def test_a_plan_becomes_teams_with_their_members() -> None:
    edition, challenges, crowd = a_crowd()
    run = composed(edition)
    assert (run.state, run.answer["status"]) == ("done", "valid")

    made = use_plan(person=organiser_of(edition), edition_id=edition.pk, composition_id=run.pk)

    planned = [(team["challenge"], sorted(map(int, team["students"]))) for team in run.plan["teams"]]
    assert planned == [
        (team.challenge.slug if team.challenge else "", sorted(team.memberships.values_list("person_id", flat=True)))
        for team in made
    ]
    assert Membership.objects.filter(edition=edition).count() == len(crowd)
    assert all(team.captain_id for team in Team.objects.filter(edition=edition))
    assert {"teams.compose", "teams.use_plan"} <= set(AuditEntry.objects.filter(edition=edition).values_list("action", flat=True))


def test_wishes_that_are_returned_hold_and_separations_win() -> None:
    edition, _, crowd = a_crowd()
    a, b, c, d = crowd[:4]
    for one, other, kind in ((a, b, "together"), (b, a, "together"), (c, d, "together"), (d, c, "together"), (c, d, "apart")):
        Wish.objects.create(edition=edition, person=one, other=other, kind=kind)

    run = composed(edition)

    found = seats(run)
    assert run.answer["hard_rules_broken"] == []
    assert found[str(a.pk)] == found[str(b.pk)]
    assert found[str(c.pk)] != found[str(d.pk)]


def test_a_second_click_returns_the_run_under_way() -> None:
    edition, _, _ = a_crowd()
    first = start_composition(person=organiser_of(edition), edition_id=edition.pk, wanted=PAIRS)

    second = start_composition(person=organiser_of(edition), edition_id=edition.pk, wanted=Wanted(size_min=4, size_max=4))

    assert second.pk == first.pk
    assert Composition.objects.count() == 1


def test_a_run_that_fell_silent_makes_room_and_says_nothing_later() -> None:
    edition, _, _ = a_crowd()
    dead = start_composition(person=organiser_of(edition), edition_id=edition.pk, wanted=PAIRS)
    Composition.objects.filter(pk=dead.pk).update(state="running", heard_at=dead.heard_at - 2 * composing.SILENCE)

    fresh = composed(edition)
    composing._finish(dead.pk, Composition.State.DONE, answer={}, plan={"teams": []})

    dead.refresh_from_db()
    assert (dead.state, dead.plan, fresh.state) == ("failed", {}, "done")


def test_stopping_keeps_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, _, _ = a_crowd()
    monkeypatch.setattr(composing, "STEP", 0.0)
    run = start_composition(person=organiser_of(edition), edition_id=edition.pk, wanted=PAIRS)
    stop_composition(person=organiser_of(edition), edition_id=edition.pk)

    carry_out(run.pk)

    run.refresh_from_db()
    assert (run.state, run.answer["stopped_by"], run.answer["status"]) == ("done", "asked", "valid")


def test_whoever_is_moved_by_hand_stays_when_composing_again() -> None:
    edition, _, crowd = a_crowd()
    run = composed(edition)
    who = str(crowd[0].pk)
    target = next(number for number, team in enumerate(run.plan["teams"]) if who not in team["students"])
    challenge = run.plan["teams"][target]["challenge"]

    place_person(person=organiser_of(edition), edition_id=edition.pk, composition_id=run.pk, who=who, team=target, held=False)
    again = composed(edition, keep_held=True)

    assert again.held == [who]
    assert again.plan["teams"][seats(again)[who]]["challenge"] == challenge
    assert again.answer["status"] == "valid"


def test_a_lock_is_freed() -> None:
    edition, _, crowd = a_crowd()
    run, me, who = composed(edition), organiser_of(edition), str(crowd[0].pk)
    asked: dict[str, Any] = {"person": me, "edition_id": edition.pk, "composition_id": run.pk, "who": who, "team": None}
    assert place_person(**asked, held=True).held == [who]

    freed = place_person(**asked, held=False)

    assert freed.held == []


def test_a_plan_is_refused_when_its_people_changed_and_when_teams_exist() -> None:
    edition, _, crowd = a_crowd()
    run, me = composed(edition), organiser_of(edition)
    Profile.objects.filter(person=crowd[0]).update(choices=[])
    with pytest.raises(Refused, match="composition_outdated"):
        use_plan(person=me, edition_id=edition.pk, composition_id=run.pk)
    a_team(edition)

    with pytest.raises(Refused, match="teams_exist"):
        use_plan(person=me, edition_id=edition.pk, composition_id=run.pk)

    assert Team.objects.filter(edition=edition).count() == 1


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("size_order", Wanted(size_min=5, size_max=4)),
        ("choice_invalid", Wanted(preset="luck")),
    ],
)
def test_what_cannot_be_asked_is_refused(code: str, wanted: Wanted) -> None:
    edition, _, _ = a_crowd()

    with pytest.raises(Refused, match=code):
        start_composition(person=organiser_of(edition), edition_id=edition.pk, wanted=wanted)

    assert Composition.objects.count() == 0


def test_an_edition_without_people_or_challenges_says_so() -> None:
    edition = an_edition()
    with pytest.raises(Refused, match="no_challenges"):
        start_composition(person=organiser_of(edition), edition_id=edition.pk, wanted=PAIRS)
    a_challenge(edition)

    with pytest.raises(Refused, match="nobody_to_place"):
        start_composition(person=organiser_of(edition), edition_id=edition.pk, wanted=PAIRS)


def test_a_plan_that_breaks_a_rule_says_which_rule_stands_in_the_way() -> None:
    edition, _, _ = a_crowd()
    client = Client()
    client.force_login(organiser_of(edition))

    run = composed(edition, Wanted(size_min=3, size_max=3, max_same_school=3))
    answer = client.get(reverse("teams:compose", kwargs={"slug": edition.slug}), headers={"accept-language": "en"})

    assert run.answer["status"] == "broken"
    assert ["team_size"] in [one["rules"] for one in run.answer["obstacles"]]
    assert "Allow other team sizes." in answer.content.decode()


def test_the_page_goes_from_the_form_to_the_teams_without_a_script() -> None:
    edition, _, crowd = a_crowd()
    client = Client(headers={"accept-language": "en"})
    client.force_login(organiser_of(edition))
    at = {
        name: reverse(f"teams:{name}", kwargs={"slug": edition.slug})
        for name in ("compose", "compose_start", "compose_place", "compose_use")
    }
    form = {"size_min": 2, "size_max": 3, "max_same_school": 2, "preset": "balanced", "every_challenge": "on"}

    started = client.post(at["compose_start"], form)
    waiting = client.get(at["compose"])
    run = latest_composition(edition)
    assert run is not None
    carry_out(run.pk)
    page = client.get(at["compose"])
    who = str(crowd[0].pk)
    moved = client.post(at["compose_place"], {"plan": run.pk, "who": who, "team": 0, "held": "on"})
    used = client.post(at["compose_use"], {"plan": run.pk}, follow=True)

    assert started.status_code == 302
    assert waiting.headers["Refresh"] == "2"
    assert "Refresh" not in page.headers
    assert page.content.decode().count('class="compose__place"') == len(crowd)
    assert "First choice" in page.content.decode()
    assert moved.headers["Location"] == f"{at['compose']}#p{who}"
    assert Team.objects.filter(edition=edition).count() > 1
    assert "already, so none can be composed" in used.content.decode()


def test_a_wrong_form_says_so_at_the_field() -> None:
    edition, _, _ = a_crowd()
    client = Client(headers={"accept-language": "en"})
    client.force_login(organiser_of(edition))
    form = {"size_min": 5, "size_max": 3, "max_same_school": 2, "preset": "balanced"}

    answer = client.post(reverse("teams:compose_start", kwargs={"slug": edition.slug}), form)

    assert answer.status_code == 422
    assert "The smallest size of a team cannot be above the largest." in answer.content.decode()


def test_separations_stay_with_the_organisers() -> None:
    edition, _, crowd = a_crowd()
    bring_to(edition, Phase.OPEN)
    client = Client()
    client.force_login(crowd[0])

    answer = client.get(reverse("teams:compose", kwargs={"slug": edition.slug}))

    assert answer.status_code == 403


def test_the_page_asks_the_database_as_often_for_many_as_for_few(django_assert_max_num_queries: Any) -> None:
    counts: list[int] = []
    for people in (6, 12):
        edition, _, _ = a_crowd(people) if not counts else _another(people)
        composed(edition)
        client = Client()
        client.force_login(organiser_of(edition))
        client.get(reverse("teams:compose", kwargs={"slug": edition.slug}))
        with django_assert_max_num_queries(60) as asked:
            client.get(reverse("teams:compose", kwargs={"slug": edition.slug}))
        counts.append(len(asked.captured_queries))

    assert counts[0] == counts[1]


def _another(people: int) -> tuple[Edition, list[Challenge], list[Person]]:
    edition = an_edition()
    challenges = [a_challenge(edition), a_challenge(edition)]
    return edition, challenges, [a_participant(edition) for _ in range(people)]
