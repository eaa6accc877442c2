"""Teams put right after the lock, and the morning: nothing that a team wrote is lost, and as few people move as possible."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.crew_reads import history_of
from teams.membership import add_member, withdraw_team
from teams.models import Absence, Membership, Team
from teams.mornings import apply_repair, mark_absences, proposal_of, situation_of
from teams.reads import one_team
from teams.repairs import merge_teams, move_member, reopen_team, split_team
from teams.submissions import save_draft
from tests.builders import (
    WORDS,
    a_challenge,
    a_delivered_submission,
    a_participant,
    a_team,
    an_edition,
    bring_to,
    captain_of,
    organiser_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition() -> Edition:
    found = an_edition()
    found.smallest_team, found.largest_team = 2, 4
    found.save()
    return found


def members_of(team: Team) -> list[Person]:
    return [one.person for one in team.memberships.select_related("person")]


# --- by hand -------------------------------------------------------------------------------------------------------


def test_a_person_moves_and_both_teams_keep_their_work_and_history(edition: Edition) -> None:
    team, other = a_team(edition, members=2), a_team(edition)
    a_delivered_submission(team)
    captain = captain_of(team)

    for _ in range(2):
        move_member(person=organiser_of(edition), edition_id=edition.pk, member_id=captain.pk, to_team_id=other.pk)

    team.refresh_from_db()
    assert captain in members_of(other)
    assert team.captain in members_of(team)
    assert team.submission.receipts.count() == 1
    assert AuditEntry.objects.filter(action="team.move").count() == 1
    told = [line.words for line in history_of(team, "en")]
    assert f"{captain.name} a quitté l’équipe." in told or f"{captain.name} left the team." in told
    assert Event.objects.filter(stream=f"person.{captain.pk}", kind__in=["member.left", "member.joined"]).count() >= 2


def test_merged_teams_lose_no_work_and_their_people_keep_reading_it(edition: Edition) -> None:
    challenge = a_challenge(edition, capacity=2)
    team, into = a_team(edition, challenge=challenge, members=2), a_team(edition, challenge=challenge)
    receipt, member = a_delivered_submission(team), members_of(team)[1]

    merge_teams(person=organiser_of(edition), edition_id=edition.pk, team_id=team.pk, into_id=into.pk)

    now = db_now()
    kept = one_team(person=member, edition=edition, team_id=team.pk, now=now)
    assert kept.withdrawn_at is not None
    assert kept.submission.current == receipt
    assert len(members_of(into)) == 3
    with pytest.raises(Refused, match="team_withdrawn"):
        save_draft(person=member, team_id=team.pk, **WORDS | {"title": "Other"}, base_revision=1)
    with pytest.raises(Refused, match="not_found"):
        one_team(person=a_participant(edition), edition=edition, team_id=team.pk, now=now)
    # Its place is free again.
    a_team(edition, challenge=challenge)


def test_a_split_team_begins_with_a_copy_of_the_draft_and_needs_a_place(edition: Edition) -> None:
    challenge = a_challenge(edition, capacity=2)
    team, organiser = a_team(edition, challenge=challenge, members=3), organiser_of(edition)
    a_delivered_submission(team)
    going = members_of(team)[1:]

    made = split_team(
        person=organiser, edition_id=edition.pk, team_id=team.pk, member_ids=[one.pk for one in going], name="Second half"
    )

    assert members_of(made) == going
    assert (made.submission.draft_title, made.submission.receipts.count()) == (WORDS["title"], 0)
    assert team.submission.receipts.count() == 1
    with pytest.raises(Refused, match="challenge_full"):
        split_team(person=organiser, edition_id=edition.pk, team_id=made.pk, member_ids=[going[0].pk], name="Third")
    for nobody in ([], [one.pk for one in going]):
        with pytest.raises(Refused, match="split_needs_both"):
            split_team(person=organiser, edition_id=edition.pk, team_id=made.pk, member_ids=nobody, name="Third")
    assert Team.objects.count() == 2


def test_a_withdrawn_team_comes_back_with_its_work_unless_its_place_is_taken(edition: Edition) -> None:
    challenge = a_challenge(edition, capacity=1)
    team, organiser = a_team(edition, challenge=challenge), organiser_of(edition)
    receipt = a_delivered_submission(team)
    withdraw_team(person=captain_of(team), team_id=team.pk, reason="By mistake")

    reopen_team(person=organiser, edition_id=edition.pk, team_id=team.pk)
    back = one_team(person=captain_of(team), edition=edition, team_id=team.pk, now=db_now())
    withdraw_team(person=organiser, team_id=team.pk, reason="After all")
    a_team(edition, challenge=challenge)

    assert back.withdrawn_at is None
    assert back.submission.current == receipt
    with pytest.raises(Refused, match="challenge_full"):
        reopen_team(person=organiser, edition_id=edition.pk, team_id=team.pk)


def test_teams_are_repaired_after_the_deadline_and_not_while_they_are_judged(edition: Edition) -> None:
    team, other = a_team(edition, members=2), a_team(edition)
    member, organiser = members_of(team)[1], organiser_of(edition)
    bring_to(edition, Phase.CLOSED)

    move_member(person=organiser, edition_id=edition.pk, member_id=member.pk, to_team_id=other.pk)
    bring_to(edition, Phase.JUDGING)

    with pytest.raises(Refused, match="wrong_phase"):
        move_member(person=organiser, edition_id=edition.pk, member_id=member.pk, to_team_id=team.pk)


# --- the morning ---------------------------------------------------------------------------------------------------


@pytest.fixture
def hall(edition: Edition) -> list[Team]:
    """Three teams of three on one challenge."""
    challenge = a_challenge(edition)
    return [a_team(edition, challenge=challenge, members=3) for _ in range(3)]


def test_absent_people_leave_and_the_fewest_move(edition: Edition, hall: list[Team]) -> None:
    organiser, late = organiser_of(edition), a_participant(edition)
    absent = members_of(hall[0])[:2]
    a_delivered_submission(hall[0])
    mark_absences(person=organiser, edition_id=edition.pk, marks={**{one.pk: "absent" for one in absent}, late.pk: "late"})
    situation = situation_of(edition)
    answer = proposal_of(situation)
    assert (answer["teams_below_minimum"], answer["without_dissolving"]["moves"]) == (1, 0)

    done = apply_repair(person=organiser, edition_id=edition.pk, fingerprint=situation.fingerprint, dissolve=False)

    assert done == {"moved": 0, "placed": 1, "left": 2, "dissolved": 0}
    hall[0].refresh_from_db()
    assert late in members_of(hall[0])
    assert hall[0].captain in members_of(hall[0])
    assert hall[0].submission.receipts.count() == 1
    assert not Membership.objects.filter(person__in=absent).exists()
    assert AuditEntry.objects.get(action="teams.repair").before == {"absent": sorted(one.pk for one in absent)}
    for person in (*absent, late):
        assert Event.objects.filter(stream=f"person.{person.pk}").exists()


def test_a_proposal_is_applied_only_to_what_it_was_made_for(edition: Edition, hall: list[Team]) -> None:
    organiser, missing = organiser_of(edition), members_of(hall[0])[0]
    mark_absences(person=organiser, edition_id=edition.pk, marks={missing.pk: "absent"})
    shown = situation_of(edition).fingerprint
    add_member(person=organiser, team_id=hall[1].pk, member=a_participant(edition))

    with pytest.raises(Refused, match="situation_changed"):
        apply_repair(person=organiser, edition_id=edition.pk, fingerprint=shown, dissolve=False)

    assert Membership.objects.filter(person=missing).exists()


def test_a_team_without_a_challenge_and_a_dissolved_one_keep_their_work(edition: Edition) -> None:
    organiser = organiser_of(edition)
    a_challenge(edition)
    teams = [a_team(edition, members=2) for _ in range(3)]
    a_delivered_submission(teams[0])
    alone, gone = members_of(teams[0])
    mark_absences(person=organiser, edition_id=edition.pk, marks={gone.pk: "absent"})
    situation = situation_of(edition)
    answer = proposal_of(situation)
    assert answer["with_dissolving"] is None or answer["with_dissolving"]["dissolved"]

    done = apply_repair(person=organiser, edition_id=edition.pk, fingerprint=situation.fingerprint, dissolve=False)

    assert done["left"] == 1
    assert all(2 <= team.memberships.count() <= 4 or team.memberships.count() < 2 for team in teams)
    assert one_team(person=organiser, edition=edition, team_id=teams[0].pk, now=db_now()).submission.receipts.count() == 1
    assert Membership.objects.filter(person=alone).exists()


def test_marks_are_for_participants_and_go_away_again(edition: Edition, hall: list[Team]) -> None:
    organiser, member = organiser_of(edition), members_of(hall[0])[0]

    with pytest.raises(Refused, match="not_a_participant"):
        mark_absences(person=organiser, edition_id=edition.pk, marks={organiser.pk: "absent"})
    with pytest.raises(Refused, match="choice_invalid"):
        mark_absences(person=organiser, edition_id=edition.pk, marks={member.pk: "asleep"})
    mark_absences(person=organiser, edition_id=edition.pk, marks={member.pk: "absent"})
    mark_absences(person=organiser, edition_id=edition.pk, marks={member.pk: ""})

    assert not Absence.objects.exists()


def test_the_pages_of_the_morning_without_a_script(edition: Edition, hall: list[Team]) -> None:
    organiser, missing = organiser_of(edition), members_of(hall[0])[:2]
    client = Client(headers={"accept-language": "en"})
    client.force_login(organiser)

    def at(name: str, data: dict[str, Any] | None = None) -> Any:
        address = reverse(f"teams:{name}", kwargs={"slug": edition.slug})
        return client.get(address) if data is None else client.post(address, data)

    marked = at("morning_mark", {**{f"mark-{one.pk}": "absent" for one in missing}, "plan": "1"})
    plan = at("morning_plan").content.decode()
    fingerprint = situation_of(edition).fingerprint
    applied = at("morning_apply", {"fingerprint": fingerprint, "dissolve": "0"})

    assert marked.status_code == applied.status_code == 302
    assert "2 absent from a team" in plan
    assert hall[0].name in plan
    assert fingerprint in plan
    assert at("morning").status_code == 200
    assert not Membership.objects.filter(person__in=missing).exists()
    assert at("morning_apply", {"fingerprint": fingerprint, "dissolve": "0"}).status_code == 409
