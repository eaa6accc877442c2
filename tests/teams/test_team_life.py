"""A team's life beyond founding and joining: asking, inviting, leaving, the board, and what the edition's rules refuse."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person
from teams.approaches import answer_invitation, answer_request, ask_to_join, invite
from teams.membership import (
    add_member,
    change_captain,
    change_code,
    change_team,
    create_team,
    join_team,
    leave_team,
    remove_member,
    withdraw_team,
)
from teams.models import Approach, Membership, Notice, Team
from teams.notices import post_own_notice, post_team_notice
from teams.submissions import save_draft
from tests.builders import (
    WORDS,
    a_challenge,
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


@pytest.fixture
def edition() -> Edition:
    found = an_edition()
    found.smallest_team, found.largest_team, found.most_from_one_school = 2, 3, 2
    found.save()
    return found


def a_team_on_board(edition: Edition, members: int = 1) -> Team:
    team = a_team(edition, members=members)
    post_team_notice(person=captain_of(team), team_id=team.pk, text="We paint roofs", skills=["Design", "design ", ""])
    return team


def a_free_person(edition: Edition, name: str = "") -> Person:
    person = a_participant(edition)
    post_own_notice(person=person, edition_id=edition.pk, text=name or "I can draw", skills=["Python"])
    return person


def page(person: Person, name: str, edition: Edition, data: dict[str, Any] | None = None, **numbers: int) -> Any:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    address = reverse(f"teams:{name}", kwargs={"slug": edition.slug, **numbers})
    return client.get(address) if data is None else client.post(address, data)


# --- rules ---------------------------------------------------------------------------------------------------------


def test_a_full_team_takes_nobody_more_however_they_come(edition: Edition) -> None:
    team = a_team_on_board(edition, members=2)
    asker, invited = a_participant(edition), a_free_person(edition)
    asked = ask_to_join(person=asker, edition_id=edition.pk, team_id=team.pk)
    invite(person=captain_of(team), team_id=team.pk, notice_id=Notice.objects.get(person=invited).pk)
    join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code)
    assert asked is not None

    for way in (
        lambda: join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code),
        lambda: ask_to_join(person=a_participant(edition), edition_id=edition.pk, team_id=team.pk),
        lambda: answer_request(person=captain_of(team), team_id=team.pk, approach_id=asked.pk, accept=True),
        lambda: ask_to_join(person=invited, edition_id=edition.pk, team_id=team.pk),
    ):
        with pytest.raises(Refused, match="team_full"):
            way()

    assert team.memberships.count() == 3


def test_schools_mix_and_the_refusal_names_the_school(edition: Edition) -> None:
    school, other = an_organisation("Lycée Eiffel", Organisation.Category.SCHOOL), an_organisation("Lycée Curie")
    team = a_team(edition)
    for _ in range(2):
        person = a_role(edition, "participant", organisation=school)
        join_team(person=person, edition_id=edition.pk, code=team.join_code)
    leave_team(person=captain_of(team), team_id=team.pk)

    with pytest.raises(Refused) as refused:
        join_team(person=a_role(edition, "participant", organisation=school), edition_id=edition.pk, code=team.join_code)
    join_team(person=a_role(edition, "participant", organisation=other), edition_id=edition.pk, code=team.join_code)

    assert (refused.value.code, refused.value.figures) == ("school_full", {"limit": 2, "school": "Lycée Eiffel"})
    assert team.memberships.count() == 3


def test_an_organiser_may_go_beyond_the_rules_and_is_warned(edition: Edition) -> None:
    team = a_team(edition, members=3)

    add_member(person=organiser_of(edition), team_id=team.pk, member=a_participant(edition))

    assert "4 people: a team has at most 3." in page(organiser_of(edition), "crew", edition, team_id=team.pk).content.decode()


# --- asking and inviting -------------------------------------------------------------------------------------------


def test_a_request_is_accepted_and_ends_the_search(edition: Edition) -> None:
    team, other, person = a_team_on_board(edition), a_team_on_board(edition), a_free_person(edition)
    asked = ask_to_join(person=person, edition_id=edition.pk, team_id=team.pk)
    elsewhere = ask_to_join(person=person, edition_id=edition.pk, team_id=other.pk)
    assert asked is not None
    assert elsewhere is not None
    assert ask_to_join(person=person, edition_id=edition.pk, team_id=team.pk) == asked

    for _ in range(2):
        answer_request(person=captain_of(team), team_id=team.pk, approach_id=asked.pk, accept=True)

    elsewhere.refresh_from_db()
    assert elsewhere.state == Approach.State.TAKEN_BACK
    assert team.memberships.filter(person=person).exists()
    assert not Notice.objects.filter(person=person).exists()
    kinds = Event.objects.filter(stream=f"person.{person.pk}").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["approach.made", "approach.made", "member.joined", "approach.answered", "approach.answered"]


def test_a_refused_request_leaves_the_person_free(edition: Edition) -> None:
    team, person = a_team_on_board(edition), a_participant(edition)
    asked = ask_to_join(person=person, edition_id=edition.pk, team_id=team.pk)
    assert asked is not None

    answer_request(person=captain_of(team), team_id=team.pk, approach_id=asked.pk, accept=False)

    with pytest.raises(Refused, match="approach_answered"):
        answer_request(person=captain_of(team), team_id=team.pk, approach_id=asked.pk, accept=True)
    assert not Membership.objects.filter(person=person).exists()


def test_two_who_want_each_other_are_together_at_once(edition: Edition) -> None:
    team, person, asker = a_team_on_board(edition), a_free_person(edition), a_free_person(edition)
    captain = captain_of(team)

    invite(person=captain, team_id=team.pk, notice_id=Notice.objects.get(person=person).pk)
    answered = ask_to_join(person=person, edition_id=edition.pk, team_id=team.pk)
    ask_to_join(person=asker, edition_id=edition.pk, team_id=team.pk)
    taken_in = invite(person=captain, team_id=team.pk, notice_id=Notice.objects.get(person=asker).pk)

    assert team.memberships.count() == 3
    assert (answered.by_team, taken_in.by_team) == (True, False)
    assert {answered.state, taken_in.state, *Approach.objects.values_list("state", flat=True)} == {Approach.State.ACCEPTED}


def test_nobody_answers_for_somebody_else(edition: Edition) -> None:
    team, person, other = a_team_on_board(edition, members=2), a_participant(edition), a_team_on_board(edition)
    asked = ask_to_join(person=person, edition_id=edition.pk, team_id=team.pk)
    assert asked is not None
    member = team.memberships.all()[1].person

    tries: list[tuple[str, Callable[[], object]]] = [
        ("not_found", lambda: answer_invitation(person=person, edition_id=edition.pk, approach_id=asked.pk, accept=True)),
        (
            "not_found",
            lambda: answer_invitation(person=a_participant(edition), edition_id=edition.pk, approach_id=asked.pk, accept=False),
        ),
        ("wrong_role", lambda: answer_request(person=member, team_id=team.pk, approach_id=asked.pk, accept=True)),
        ("not_found", lambda: answer_request(person=captain_of(other), team_id=team.pk, approach_id=asked.pk, accept=True)),
        ("not_found", lambda: answer_request(person=captain_of(other), team_id=other.pk, approach_id=asked.pk, accept=True)),
    ]
    for code, way in tries:
        with pytest.raises(Refused, match=code):
            way()

    asked.refresh_from_db()
    assert asked.state == Approach.State.OPEN


def test_only_what_is_on_the_board_can_be_approached(edition: Edition) -> None:
    hidden, person = a_team(edition), a_participant(edition)
    team = a_team_on_board(edition)

    with pytest.raises(Refused, match="not_found"):
        ask_to_join(person=person, edition_id=edition.pk, team_id=hidden.pk)
    with pytest.raises(Refused, match="not_found"):
        invite(person=captain_of(team), team_id=team.pk, notice_id=Notice.objects.get(team=team).pk)

    assert not Approach.objects.exists()


# --- leaving, handing over, withdrawing ----------------------------------------------------------------------------


def test_with_its_last_member_a_team_withdraws_and_frees_its_place(edition: Edition) -> None:
    challenge = a_challenge(edition, capacity=1)
    team = a_team(edition, challenge=challenge)
    asked = a_participant(edition)
    post_team_notice(person=captain_of(team), team_id=team.pk, text="", skills=[])
    ask_to_join(person=asked, edition_id=edition.pk, team_id=team.pk)

    leave_team(person=captain_of(team), team_id=team.pk)

    team.refresh_from_db()
    assert team.withdrawn_at is not None
    assert team.captain is None
    assert Approach.objects.get().state == Approach.State.REFUSED
    assert not Notice.objects.exists()
    a_team(edition, challenge=challenge)


def test_a_captain_takes_out_others_and_hands_over_before_going(edition: Edition) -> None:
    team = a_team(edition, members=3)
    captain, (second, third) = captain_of(team), [one.person for one in team.memberships.all()[1:]]

    remove_member(person=captain, team_id=team.pk, member_id=third.pk)
    with pytest.raises(Refused, match="hand_over_first"):
        remove_member(person=captain, team_id=team.pk, member_id=captain.pk)
    with pytest.raises(Refused, match="wrong_role"):
        remove_member(person=second, team_id=team.pk, member_id=captain.pk)
    change_captain(person=captain, team_id=team.pk, to_person_id=second.pk)

    assert [one.person for one in team.memberships.all()] == [captain, second]
    assert AuditEntry.objects.get(action="team.remove").before == third.pk


def test_a1_a_code_that_went_too_far_is_replaced(edition: Edition) -> None:
    team = a_team(edition)

    changed = change_code(person=captain_of(team), team_id=team.pk)

    assert changed.join_code != team.join_code
    assert len(changed.join_code) == 10
    with pytest.raises(Refused, match="code_unknown"):
        join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code)


def test_a_withdrawn_team_stands_still(edition: Edition) -> None:
    team = a_team(edition)
    captain = captain_of(team)
    withdraw_team(person=captain, team_id=team.pk, reason="We are ill")

    with pytest.raises(Refused, match="team_withdrawn"):
        change_team(person=captain, team_id=team.pk, name="New", challenge_id=None)
    with pytest.raises(Refused, match="team_withdrawn"):
        save_draft(person=captain, team_id=team.pk, **WORDS, base_revision=0)


LOOK_ALIKES = [
    "les toits", "LES TOITS", "Les\u00a0Toits", "Les Toits\ufe0f", "Les\u200b Toits",
    " Les  Toits", "Les\tToits", "L\u0435s Toits", "Les T\u043eits", "Ｌｅｓ Toits",
    "Les Toits\u200d", "\ufeffLes Toits", "Les\u2003Toits", "Le\u0455 Toits", "Les\u202fToits",
    "Les Toit\u017f", "Les To\u0456ts", "Les\u2009Toits", "Les Toits\u2060", "\u200eLes Toits",
]  # fmt: skip


def test_a5_twenty_names_that_look_equal_are_taken(edition: Edition) -> None:
    a_team(edition, name="Les Toits")
    captain = captain_of(a_team(edition, name="Others"))
    others = Team.objects.get(name="Others")
    codes = []

    for name in LOOK_ALIKES:
        try:
            change_team(person=captain, team_id=others.pk, name=name, challenge_id=None)
        except Refused as refused:
            codes.append(refused.code)
        else:
            codes.append(ascii(name))

    assert len(set(LOOK_ALIKES)) == 20
    assert codes == ["name_taken"] * 20


def test_a5_a_name_that_nobody_can_see_is_none(edition: Edition) -> None:
    with pytest.raises(Refused, match="name_missing"):
        create_team(person=a_participant(edition), edition_id=edition.pk, name="\u3164\ufe0f")


# --- the board -----------------------------------------------------------------------------------------------------


def test_v4_the_board_shows_first_names_to_its_own_participants_only(edition: Edition) -> None:
    shown, hidden, reader = a_free_person(edition), a_participant(edition), a_participant(edition)
    partner = a_role(edition, "partner", organisation=an_organisation())
    juror, contact, stranger = a_role(edition, "juror"), a_role(edition, "school_contact"), a_participant(an_edition())

    seen = page(reader, "find", edition).content.decode()

    assert shown.first_name in seen
    assert shown.last_name not in seen
    assert hidden.first_name not in seen
    for person in (partner, juror, contact, stranger):
        answer = page(person, "find", edition)
        assert answer.status_code == 403
        assert shown.first_name not in answer.content.decode()
    for person in (a_role(edition, "facilitator"), organiser_of(edition)):
        assert shown.first_name in page(person, "find", edition).content.decode()
    assert page(reader, "find", edition).content.decode().count("mailto:") == 0


def test_v3_adults_who_judge_or_sponsor_see_how_many_and_not_who(edition: Edition) -> None:
    partner_of = an_organisation()
    team = a_team(edition, challenge=a_challenge(edition, partner=partner_of), members=2)
    partner, juror = a_role(edition, "partner", organisation=partner_of), a_role(edition, "juror")
    member = team.memberships.all()[1].person
    bring_to(edition, Phase.JUDGING)

    for person in (partner, juror):
        seen = page(person, "team", edition, team_id=team.pk)
        assert seen.status_code == 200
        assert member.last_name not in seen.content.decode()
        assert page(person, "crew", edition, team_id=team.pk).status_code == 404
    assert member.last_name in page(captain_of(team), "team", edition, team_id=team.pk).content.decode()


@pytest.mark.embedded
def test_the_board_asks_the_database_as_often_for_many_as_for_few(edition: Edition) -> None:
    reader, asked = a_participant(edition), []
    for _ in range(2):
        a_free_person(edition), a_team_on_board(edition)
        with CaptureQueriesContext(connection) as queries:
            page(reader, "find", edition)
        asked.append(len(queries))

    assert asked[0] == asked[1]


@pytest.mark.embedded
def test_from_the_board_into_a_team_without_a_script(edition: Edition) -> None:
    team, person = a_team(edition), a_participant(edition)
    captain = captain_of(team)

    assert page(captain, "team_notice", edition, {"text": "Join us", "skills": "Design"}, team_id=team.pk).status_code == 302
    assert "Join us" in page(person, "find", edition).content.decode()
    assert page(person, "find_post", edition, {"text": "I draw", "skills": "ink", "challenge": ""}).status_code == 302
    # Where the page's own buttons lead: two addresses with one name once led elsewhere.
    board = page(person, "find", edition).content.decode()
    assert f'action="/e/{edition.slug}/find/teams/{team.pk}/ask/"' in board
    assert page(person, "find_ask", edition, {}, team_id=team.pk).status_code == 302
    board = page(person, "find", edition).content.decode()
    assert f'action="/e/{edition.slug}/find/answers/{Approach.objects.get().pk}/"' in board
    assert person.first_name in page(captain, "crew", edition, team_id=team.pk).content.decode()
    asked = Approach.objects.get()
    assert page(captain, "answer_request", edition, {"accept": "1"}, team_id=team.pk, approach_id=asked.pk).status_code == 302

    crew = page(person, "crew", edition, team_id=team.pk).content.decode()
    assert "came into the team" in crew
    assert page(person, "leave", edition, {}, team_id=team.pk).status_code == 302
    assert page(person, "crew", edition, team_id=team.pk).status_code == 404


@pytest.mark.embedded
def test_refusals_are_said_in_the_person_s_language(edition: Edition) -> None:
    team = a_team_on_board(edition, members=2)
    person = a_participant(edition)
    a_client = Client(headers={"accept-language": "fr"})
    a_client.force_login(person)
    join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code)

    answer = a_client.post(reverse("teams:join", kwargs={"slug": edition.slug}), {"code": team.join_code})

    assert answer.status_code == 422
    assert "complète" in answer.content.decode()


@pytest.mark.embedded
def test_programs_read_the_board_as_people_do(edition: Edition) -> None:
    team, free = a_team_on_board(edition), a_free_person(edition)
    address = f"/api/v1/editions/{edition.slug}/find/"
    client, juror = Client(), Client()
    client.force_login(a_participant(edition))
    juror.force_login(a_role(edition, "juror"))

    answer = client.get(address)

    assert [one["first_name"] for one in answer.json()["people"]] == [free.first_name]
    assert [one["team"]["name"] for one in answer.json()["teams"]] == [team.name]
    assert free.last_name not in answer.text
    assert (Client().get(address).status_code, juror.get(address).status_code) == (401, 403)


# --- routes --------------------------------------------------------------------------------------------------------

ROUTES: list[tuple[str, dict[str, str]]] = [
    ("change", {"name": "Mine", "challenge": ""}), ("captain", {"person": "1"}), ("team_code", {}), ("leave", {}),
    ("team_notice", {"text": "", "skills": ""}), ("team_notice_remove", {}), ("withdraw", {"reason": "Mine"}), ("reopen", {}),
    ("move", {"person": "1", "to": "1"}), ("merge_teams", {"into": "1"}), ("split", {"name": "Mine"}),
]  # fmt: skip


@pytest.mark.embedded
def test_p1_a_foreign_team_and_a_missing_one_are_the_same_nothing(edition: Edition) -> None:
    foreign, outsider = a_team(edition, members=2), captain_of(a_team(edition))
    before = list(Team.objects.order_by("pk").values())

    for name, data in [*ROUTES, ("crew", None)]:
        theirs = page(outsider, name, edition, data, team_id=foreign.pk)
        missing = page(outsider, name, edition, data, team_id=999_999)
        assert theirs.status_code == missing.status_code == 404, name
        bodies = [one.content.decode().replace(str(foreign.pk), "").replace("999999", "") for one in (theirs, missing)]
        assert _without_token(bodies[0]) == _without_token(bodies[1]), name

    assert list(Team.objects.order_by("pk").values()) == before


def _without_token(text: str) -> list[str]:
    return [
        line for line in text.splitlines() if "csrfmiddlewaretoken" not in line and "nonce" not in line and "data-now" not in line
    ]


@pytest.mark.embedded
def test_p3_fields_that_a_form_does_not_have_change_nothing(edition: Edition) -> None:
    team, other = a_team(edition, members=2), a_team(edition)
    member, captain = team.memberships.all()[1].person, captain_of(team)
    extra = {
        "captain": member.pk, "captain_id": member.pk, "edition": 1, "number": 99, "withdrawn_at": "2020-01-01", 
        "join_code": "AAAA",
        "role": "organiser", "is_staff": "1", "state": "accepted", "team": other.pk, "team_id": other.pk, "person": member.pk,
        "decided_by": member.pk,
    }  # fmt: skip
    before = Team.objects.values("edition", "captain", "number", "withdrawn_at", "join_code").get(pk=team.pk)

    page(captain, "change", edition, {"name": "Renamed", "challenge": "", **extra}, team_id=team.pk)
    page(captain, "team_notice", edition, {"text": "Hello", "skills": "", **extra}, team_id=team.pk)
    free = a_participant(edition)
    page(free, "find_post", edition, {"text": "Me", "skills": "", "challenge": "", **extra})
    page(free, "find_ask", edition, {"accept": "1", **extra}, team_id=team.pk)

    assert Team.objects.values("edition", "captain", "number", "withdrawn_at", "join_code").get(pk=team.pk) == before
    assert Notice.objects.get(person=free).team is None
    assert Notice.objects.get(team=team).person is None
    assert Approach.objects.values_list("person", "team", "state", "made_by").get() == (free.pk, team.pk, "open", free.pk)


@pytest.mark.embedded
def test_a_qr_code_fills_the_form_and_the_button_joins(edition: Edition) -> None:
    team, person = a_team(edition), a_participant(edition)
    client = Client()
    client.force_login(person)

    shown = client.get(reverse("teams:join", kwargs={"slug": edition.slug}), {"code": team.join_code})

    assert team.join_code in shown.content.decode()
    assert not Membership.objects.filter(person=person).exists()


def test_founding_leaves_the_board(edition: Edition) -> None:
    person = a_free_person(edition)

    create_team(person=person, edition_id=edition.pk, name="Mine")

    assert not Notice.objects.exists()
