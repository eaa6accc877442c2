"""Who scores whom: a plan looked at and used, changes by hand, and jurors who walk from stand to stand."""

from __future__ import annotations

from typing import Any

import pytest

from judging.models import Ballot, Round, Seat
from judging.panels import assign_everybody
from judging.plans import (
    assignment_of,
    give_ballot,
    preview_plan,
    take_ballot,
    take_next_team,
    use_everybody,
    use_plan,
    use_walks,
)
from teams.models import Team
from tests.judging.stage import Stage, a_stage, sign_off
from tests.judging.test_conflicts import client_of, counted, declare, planned, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=4, teams=6)


def facts_of(stage: Stage) -> dict[str, Any]:
    return {"person": stage.organiser, "edition_id": stage.edition.pk}


def test_a_plan_is_looked_at_without_doing_anything_and_then_used(stage: Stage) -> None:
    seen = preview_plan(**facts_of(stage), per_team=2)
    untouched = counted(stage)

    use_plan(**facts_of(stage), per_team=2, key=seen.key)

    assert (untouched, counted(stage)) == ([4] * 6, [2] * 6)
    assert (seen.quality.ballots, seen.quality.loads, seen.quality.components, seen.pillars) == ((2, 2), (3, 3), 1, [])
    assert (seen.new, seen.taken) == (0, 12)


def test_what_has_been_begun_stays_in_every_plan(stage: Stage) -> None:
    stage.score(stage.jurors[0], stage.teams[0], 0, 0)

    planned(stage, per_team=1)

    assert list(Ballot.objects.filter(team=stage.teams[0]).values_list("seat", flat=True)) == [stage.seats[0].pk]


def test_a_plan_that_would_come_out_otherwise_now_is_not_used(stage: Stage) -> None:
    seen = preview_plan(**facts_of(stage), per_team=2)
    declare(stage, stage.seats[0], 0)

    outdated = refused(lambda: use_plan(**facts_of(stage), per_team=2, key=seen.key))

    assert outdated.code == "plan_outdated"
    assert counted(stage) == [3, 4, 4, 4, 4, 4]


def test_refusals_name_the_rule_the_team_and_both_numbers(stage: Stage) -> None:
    too_many = refused(lambda: preview_plan(**facts_of(stage), per_team=5))
    for seat in stage.seats[:2]:
        declare(stage, seat, 3)
    nobody = refused(lambda: preview_plan(**facts_of(stage), per_team=3))
    zero = refused(lambda: preview_plan(**facts_of(stage), per_team=0))

    assert (too_many.code, too_many.figures) == ("too_few_jurors", {"wanted": 5, "jurors": 4})
    assert (nobody.code, nobody.figures) == ("team_without_jurors", {"team": stage.teams[3].name, "wanted": 3, "allowed": 2})
    assert zero.code == "count_invalid"


def test_a_team_that_comes_late_gets_its_number_of_ballots(stage: Stage) -> None:
    planned(stage, per_team=2)
    Team.objects.create(edition=stage.edition, name="Late", number=99)

    assign_everybody(person=stage.organiser, round_id=stage.round.pk)

    assert Ballot.objects.filter(team__name="Late").count() == 2
    assert counted(stage) == [2] * 6


def test_hands_change_single_ballots_and_cannot_overrule_a_conflict(stage: Stage) -> None:
    planned(stage, per_team=2)
    team = stage.teams[0]
    inside, outside = (
        [seat for seat in stage.seats if team.ballots.filter(seat=seat).exists() is there] for there in (True, False)
    )
    declare(stage, outside[0], 0)
    facts = {**facts_of(stage), "team_id": team.pk}

    give_ballot(**facts, seat_id=outside[1].pk)
    give_ballot(**facts, seat_id=outside[1].pk)
    barred = refused(lambda: give_ballot(**facts, seat_id=outside[0].pk))
    take_ballot(**facts, seat_id=inside[0].pk)
    stage.score(inside[1].person, team, 0, 3)
    begun = refused(lambda: take_ballot(**facts, seat_id=inside[1].pk))

    assert (barred.code, begun.code) == ("conflict_of_interest", "ballot_begun")
    assert set(team.ballots.filter(barred_reason="").values_list("seat", flat=True)) == {inside[1].pk, outside[1].pk}


def test_the_page_says_the_quality_in_words_and_warns_after_a_change_by_hand(stage: Stage) -> None:
    planned(stage, per_team=2)
    client, page = client_of(stage.organiser), f"/e/{stage.edition.slug}/jury/setup/plan/"
    good = client.get(page).text
    seat = stage.teams[0].ballots.first()
    assert seat is not None

    client.post(f"{page}hand/", {"seat": seat.seat_id, "team": stage.teams[0].pk, "do": "take"})
    after = client.get(page).text
    impossible = client.get(page, {"per_team": "9", "mixes": "on"})

    assert "Every team gets 2 ballots." in good
    assert "That holds even if any one juror drops out." in good
    assert "Teams get between 1 and 2 ballots." in after
    assert "1 ballot is missing" in after
    assert impossible.status_code == 422
    assert "9 ballots a team are wanted, and there are 4 jurors." in impossible.text


def test_the_page_asks_no_more_for_more_teams(django_assert_max_num_queries: Any) -> None:
    small, large = a_stage(jurors=2, teams=2, slug="small", number=2), a_stage(jurors=2, teams=6, slug="large", number=3)
    with django_assert_max_num_queries(100) as first:
        assignment_of(person=small.organiser, edition=small.edition)

    with django_assert_max_num_queries(len(first)):
        assignment_of(person=large.organiser, edition=large.edition)


def test_back_to_everybody(stage: Stage) -> None:
    planned(stage, per_team=2)

    use_everybody(**facts_of(stage))

    assert counted(stage) == [4] * 6
    assert Round.objects.get().per_team is None


# --- From stand to stand ------------------------------------------------------------------------------------------


def test_jurors_who_walk_get_the_stand_with_fewest_ballots_that_nobody_visits(stage: Stage) -> None:
    use_walks(**facts_of(stage), per_team=2)
    edition = stage.edition.pk

    went = [take_next_team(person=juror, edition_id=edition) for juror in stage.jurors]
    again = take_next_team(person=stage.jurors[0], edition_id=edition)

    assert len({team.pk for team in went if team}) == 4
    assert again == went[0]


def test_who_walks_sees_each_stand_once_and_stops_when_all_have_their_ballots() -> None:
    stage = a_stage(jurors=3, teams=3)
    declare(stage, stage.seats[0], 0)
    use_walks(**facts_of(stage), per_team=2)

    for _round in range(3):
        for juror in stage.jurors:
            if (team := take_next_team(person=juror, edition_id=stage.edition.pk)) is not None:
                stage.fill(juror, team, 3)

    assert counted(stage) == [2, 2, 2]
    assert [take_next_team(person=juror, edition_id=stage.edition.pk) for juror in stage.jurors] == [None] * 3
    assert not Ballot.objects.filter(seat=stage.seats[0], team=stage.teams[0], barred_reason="").exists()


def test_no_walk_where_organisers_decide_or_the_round_is_over(stage: Stage) -> None:
    planned_ = refused(lambda: take_next_team(person=stage.jurors[0], edition_id=stage.edition.pk))
    use_walks(**facts_of(stage), per_team=1)
    team = take_next_team(person=stage.jurors[0], edition_id=stage.edition.pk)
    assert team is not None
    stage.fill(stage.jurors[0], team, 3)
    sign_off(person=stage.organiser, round_id=stage.round.pk, reason="Enough")
    over = refused(lambda: take_next_team(person=stage.jurors[1], edition_id=stage.edition.pk))

    assert (planned_.code, over.code) == ("no_walking", "round_closed")
    assert Seat.objects.count() == 4
