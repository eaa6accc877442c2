"""Who is in which team."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connections

from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Attempt
from teams.membership import (
    add_member,
    change_captain,
    change_team,
    create_team,
    join_team,
    leave_team,
    withdraw_team,
)
from teams.models import Membership, Team
from tests.builders import a_challenge, a_participant, a_person, a_role, a_team, an_edition, bring_to, captain_of, organiser_of

pytestmark = pytest.mark.django_db


def test_a_participant_who_founds_a_team_is_its_captain() -> None:
    edition = an_edition()
    person, challenge = a_participant(edition), a_challenge(edition)

    team = create_team(person=person, edition_id=edition.pk, name=" Les  Toits ", challenge_id=challenge.pk)

    assert (team.name, team.number, team.captain, team.challenge) == ("Les Toits", 1, person, challenge)
    assert [membership.person for membership in team.memberships.all()] == [person]
    assert team.submission.draft_revision == 0
    streams = Event.objects.filter(kind="team.created").values_list("stream", flat=True)
    assert sorted(streams) == [f"challenge.{challenge.pk}", "organisers", f"team.{team.pk}"]


def test_an_organiser_founds_a_team_and_puts_people_in() -> None:
    edition = an_edition()
    organiser, first, second = organiser_of(edition), a_participant(edition), a_participant(edition)

    team = create_team(person=organiser, edition_id=edition.pk, name="Late comers")
    for member in (first, second, second):
        add_member(person=organiser, team_id=team.pk, member=member)

    team.refresh_from_db()
    assert team.captain == first
    assert [membership.person for membership in team.memberships.all()] == [first, second]
    with pytest.raises(Refused, match="not_a_participant"):
        add_member(person=organiser, team_id=team.pk, member=a_person())


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "name_missing"), (" \u200b ", "name_missing"), ("x" * 61, "too_long"), ("x" * 10_000, "too_long")],
)
def test_a_team_needs_a_name_of_reasonable_length(name: str, code: str) -> None:
    edition = an_edition()

    with pytest.raises(Refused, match=code):
        create_team(person=a_participant(edition), edition_id=edition.pk, name=name)

    assert not Team.objects.exists()


@pytest.mark.parametrize(
    "name", ["les toits", "LES TOITS", "Les\u00a0Toits", "Les\u200b Toits", " Les  Toits", "Lеs Tоits", "Ｌｅｓ Toits"]
)
def test_a5_a_name_that_looks_equal_is_taken(name: str) -> None:
    edition = an_edition()
    a_team(edition, name="Les Toits")

    with pytest.raises(Refused, match="name_taken"):
        create_team(person=a_participant(edition), edition_id=edition.pk, name=name)

    assert create_team(person=a_participant(edition), edition_id=edition.pk, name="Les Tuiles").number == 2


def test_a_code_from_paper_lets_in_however_it_is_typed() -> None:
    edition = an_edition()
    team, person = a_team(edition), a_participant(edition)
    typed = f" {team.join_code[:5].lower()}-{team.join_code[5:]} "

    joined = [join_team(person=person, edition_id=edition.pk, code=typed) for _ in range(2)]

    assert joined == [team, team]
    assert Membership.objects.filter(person=person).count() == 1
    assert Event.objects.filter(kind="member.joined", stream="organisers", payload__person=person.pk).count() == 1


def test_nobody_is_in_two_teams() -> None:
    edition = an_edition()
    first, second = a_team(edition), a_team(edition)

    with pytest.raises(Refused, match="already_in_team"):
        join_team(person=captain_of(first), edition_id=edition.pk, code=second.join_code)
    with pytest.raises(Refused, match="already_in_team"):
        create_team(person=captain_of(first), edition_id=edition.pk, name="Another one")

    assert Membership.objects.count() == 2
    assert Team.objects.count() == 2


def test_a_code_opens_no_other_edition_and_no_withdrawn_team() -> None:
    edition, other = an_edition(), an_edition()
    team, person = a_team(edition), a_participant(other)

    with pytest.raises(Refused, match="code_unknown"):
        join_team(person=person, edition_id=other.pk, code=team.join_code)
    withdraw_team(person=captain_of(team), team_id=team.pk, reason="We are ill")
    with pytest.raises(Refused, match="code_unknown"):
        join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code)


@pytest.mark.usefixtures("standing_clock")
def test_a1_ten_wrong_codes_close_the_door_for_an_hour() -> None:
    edition = an_edition()
    team, guesser = a_team(edition), a_participant(edition)
    for _ in range(10):
        with pytest.raises(Refused, match="code_unknown"):
            join_team(person=guesser, edition_id=edition.pk, code="WRONG")

    with pytest.raises(Refused, match="too_many_attempts") as refused:
        join_team(person=guesser, edition_id=edition.pk, code=team.join_code)

    assert 0 < refused.value.figures["minutes"] <= 60
    assert join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code) == team


@pytest.mark.usefixtures("standing_clock")
def test_a1_a_hundred_wrong_codes_close_the_edition_whoever_guesses() -> None:
    edition = an_edition()
    team = a_team(edition)
    Attempt.objects.create(key=f"codes in {edition.pk}", hour=_this_hour(), count=100)

    with pytest.raises(Refused, match="too_many_attempts"):
        join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code)


def test_right_codes_are_not_counted() -> None:
    edition = an_edition()
    person = a_participant(edition)

    for _ in range(12):
        team = a_team(edition)
        join_team(person=person, edition_id=edition.pk, code=team.join_code)
        leave_team(person=person, team_id=team.pk)

    assert {attempt.count for attempt in Attempt.objects.all()} == {0}


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.CLOSED, Phase.JUDGING, Phase.PUBLISHED])
def test_teams_form_while_the_edition_is_open(phase: Phase) -> None:
    edition = an_edition()
    team, person = a_team(edition), a_participant(edition)
    bring_to(edition, phase)

    for verb in (
        lambda: create_team(person=person, edition_id=edition.pk, name="Too late"),
        lambda: join_team(person=person, edition_id=edition.pk, code=team.join_code),
        lambda: leave_team(person=captain_of(team), team_id=team.pk),
    ):
        with pytest.raises(Refused, match="wrong_phase"):
            verb()


def test_a_captain_who_leaves_hands_over_to_who_came_first() -> None:
    edition = an_edition()
    team = a_team(edition, members=3)
    captain = captain_of(team)
    second = team.memberships.all()[1].person

    leave_team(person=captain, team_id=team.pk)

    team.refresh_from_db()
    assert team.captain == second
    assert team.memberships.count() == 2
    kinds = Event.objects.filter(stream=f"team.{team.pk}").order_by("-seq").values_list("kind", flat=True)
    assert list(kinds[:2]) == ["member.left", "captain.changed"]


def test_only_members_become_captain() -> None:
    edition = an_edition()
    team = a_team(edition, members=2)
    member = team.memberships.all()[1].person

    with pytest.raises(Refused, match="not_a_member"):
        change_captain(person=captain_of(team), team_id=team.pk, to_person_id=a_participant(edition).pk)
    with pytest.raises(Refused, match="wrong_role"):
        change_captain(person=member, team_id=team.pk, to_person_id=member.pk)
    change_captain(person=captain_of(team), team_id=team.pk, to_person_id=member.pk)

    team.refresh_from_db()
    assert team.captain == member
    assert AuditEntry.objects.get(action="team.captain").after == member.pk


def test_a_full_challenge_takes_no_more_teams() -> None:
    edition = an_edition()
    challenge = a_challenge(edition, capacity=1)
    team = a_team(edition, challenge=challenge)
    other = a_team(edition)

    with pytest.raises(Refused, match="challenge_full"):
        change_team(person=captain_of(other), team_id=other.pk, name="Other", challenge_id=challenge.pk)
    withdraw_team(person=captain_of(team), team_id=team.pk, reason="We are ill")
    change_team(person=captain_of(other), team_id=other.pk, name="Other", challenge_id=challenge.pk)

    other.refresh_from_db()
    assert (other.name, other.challenge) == ("Other", challenge)


def test_a_draft_challenge_cannot_be_chosen() -> None:
    edition = an_edition()
    draft, foreign = a_challenge(edition, published=False), a_challenge(an_edition())

    for challenge in (draft, foreign):
        with pytest.raises(Refused, match="not_found"):
            create_team(person=a_participant(edition), edition_id=edition.pk, name="Curious", challenge_id=challenge.pk)


def test_a_team_of_another_edition_does_not_exist() -> None:
    team = a_team(an_edition())
    other = an_edition()

    for person in (organiser_of(other), a_participant(other), a_role(other, "juror")):
        with pytest.raises(Refused, match="not_found"):
            change_team(person=person, team_id=team.pk, name="Mine", challenge_id=None)
    with pytest.raises(Refused, match="not_found"):
        leave_team(person=a_participant(other), team_id=999_999)


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_teams_founded_at_once_get_different_numbers() -> None:
    edition = an_edition()
    founders, start = [a_participant(edition) for _ in range(8)], Barrier(8)

    def found(index: int) -> int:
        start.wait()
        try:
            return create_team(person=founders[index], edition_id=edition.pk, name=f"Team of {index}").number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(found, range(8)))

    assert sorted(numbers) == list(range(1, 9))


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("standing_clock")
def test_a4_guesses_made_at_once_count_as_many() -> None:
    edition = an_edition()
    guesser, start = a_participant(edition), Barrier(16)

    def guess(_: int) -> str:
        start.wait()
        try:
            join_team(person=guesser, edition_id=edition.pk, code="WRONG")
        except Refused as refused:
            return refused.code
        finally:
            connections.close_all()
        return "joined"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(guess, range(16)))

    assert answers.count("code_unknown") == 10
    assert answers.count("too_many_attempts") == 6


def _this_hour() -> datetime:
    return db_now().replace(minute=0, second=0, microsecond=0)
