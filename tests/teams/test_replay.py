"""State before + events = state after, for every verb of the room."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.log import ORGANISERS, heads_of, since
from estrade.journal.models import Event
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from estrade.scheduling.tasks import tick
from teams.extensions import extend_team
from teams.membership import add_member, change_captain, change_team, create_team, join_team, leave_team, withdraw_team
from teams.models import Receipt, Team
from teams.repairs import merge_teams, move_member, reopen_team, split_team
from teams.submissions import accept_late, deliver_submission, save_draft
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
    shift,
)

pytestmark = pytest.mark.django_db

State = dict[int, dict[str, Any]]


def state_of(edition: Edition) -> State:
    """What the organisers know of each team, read from the tables."""
    return {
        team.pk: {
            "challenge": team.challenge_id,
            "captain": team.captain_id,
            "members": sorted(team.memberships.values_list("person", flat=True)),
            "withdrawn": team.withdrawn_at is not None,
            "receipts": sorted(team.submission.receipts.values_list("pk", flat=True)),
            "counts": team.submission.current_id,
            "until": max((extension.until.isoformat() for extension in team.extensions.all()), default=None),
        }
        for team in Team.objects.filter(edition=edition)
    }


def applied(state: State, event: Event) -> None:
    """What a client makes of one event of the organisers' stream."""
    facts = event.payload
    if event.kind in ("team.created", "team.split"):
        state[facts["team"]] = {
            "challenge": None, "captain": None, "members": [], "withdrawn": False, "receipts": [], "counts": None, "until": None,
        }  # fmt: skip
    if "team" in facts and event.kind in CHANGES:
        team = state[facts["team"]]
        team.update(CHANGES[event.kind](team, facts))


def _received(team: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    counts = team["counts"] if facts.get("late") else facts["receipt"]
    return {"receipts": [*team["receipts"], facts["receipt"]], "counts": counts}


CHANGES: dict[str, Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]] = {
    "team.created": lambda team, facts: {"challenge": facts["challenge"]},
    "team.changed": lambda team, facts: {"challenge": facts["challenge"]},
    "team.withdrawn": lambda team, facts: {"withdrawn": True},
    "team.reopened": lambda team, facts: {"withdrawn": False},
    "team.split": lambda team, facts: {"challenge": facts["challenge"]},
    "member.joined": lambda team, facts: {"members": sorted([*team["members"], facts["person"]])},
    "member.left": lambda team, facts: {"members": [one for one in team["members"] if one != facts["person"]]},
    "captain.changed": lambda team, facts: {"captain": facts["person"]},
    "submission.delivered": _received,
    "submission.captured": _received,
    "late.accepted": lambda team, facts: {"counts": max(facts["receipt"], team["counts"] or 0)},
    "extension.granted": lambda team, facts: {"until": max(facts["until"], team["until"] or "")},
}


def moves(edition: Edition, random: Random) -> list[Callable[[], object]]:
    """What people might do next, possible or not."""
    organiser = organiser_of(edition)
    teams = list(Team.objects.filter(edition=edition))
    people = [membership.person for team in teams for membership in team.memberships.all()] or [a_participant(edition)]
    challenges = [None, *edition.challenges.values_list("pk", flat=True)]
    found: list[Callable[[], object]] = [
        lambda: create_team(
            person=random.choice([organiser, a_participant(edition)]), edition_id=edition.pk,
            name=f"Team {random.random()}", challenge_id=random.choice(challenges),
        ),
    ]  # fmt: skip
    for team in teams:
        found += moves_of(team, organiser, people, random)
    if teams:
        one, other = random.choice(teams), random.choice(teams)
        found += [
            lambda: move_member(
                person=organiser, edition_id=edition.pk, member_id=random.choice(people).pk, to_team_id=other.pk
            ),
            lambda: merge_teams(person=organiser, edition_id=edition.pk, team_id=one.pk, into_id=other.pk),
            lambda: split_team(
                person=organiser, edition_id=edition.pk, team_id=one.pk, name=f"Split {random.random()}",
                member_ids=[membership.person_id for membership in one.memberships.all()][:1],
            ),
            lambda: reopen_team(person=organiser, edition_id=edition.pk, team_id=one.pk),
        ]  # fmt: skip
    if len(teams) > 3:
        found.append(lambda: withdraw_team(person=organiser, team_id=random.choice(teams).pk, reason="We are ill"))
    return found


def moves_of(team: Team, organiser: Person, people: list[Person], random: Random) -> list[Callable[[], object]]:
    """What might happen to one team next."""
    edition, pk = team.edition, team.pk
    captain = captain_of(team) if team.captain_id else random.choice(people)
    late = Receipt.objects.filter(submission__team=team, state="late").first()
    challenges = [None, *edition.challenges.values_list("pk", flat=True)]
    return [
        lambda: join_team(person=a_participant(edition), edition_id=edition.pk, code=team.join_code),
        lambda: leave_team(person=random.choice(people), team_id=pk),
        lambda: add_member(person=organiser, team_id=pk, member=random.choice(people)),
        lambda: change_captain(person=captain, team_id=pk, to_person_id=random.choice(people).pk),
        lambda: change_team(
            person=captain, team_id=pk, name=f"Renamed {random.random()}", challenge_id=random.choice(challenges)
        ),
        lambda: save_draft(
            person=captain, team_id=pk, **WORDS | {"title": f"{random.random()}"}, base_revision=team.submission.draft_revision
        ),
        lambda: deliver_submission(person=captain, team_id=pk, client_id=uuid4()),
        lambda: extend_team(person=organiser, team_id=pk, minutes=random.randint(0, 30), reason="A power cut"),
        lambda: late and accept_late(person=organiser, receipt_id=late.pk, reason="The network was down"),
    ]


@pytest.mark.parametrize("seed", range(2))
def test_the_organisers_stream_rebuilds_the_teams(seed: int) -> None:
    random, edition = Random(seed), an_edition()
    a_challenge(edition), a_challenge(edition)
    state: State = {}
    number = heads_of(edition_id=edition.pk, streams=[ORGANISERS])[ORGANISERS]
    outcomes: set[str] = set()
    a_delivered_submission(a_team(edition))

    for step in range(60):
        if step == 35:
            bring_to(edition, Phase.CLOSED)
        elif step > 35 and step % 10 == 0:
            shift(edition, -timedelta(minutes=1))
            tick()
        try:
            random.choice(moves(edition, random))()
        except Refused as refused:
            outcomes.add(refused.code)
        for event in since(edition_id=edition.pk, stream=ORGANISERS, number=number):
            assert event.seq == number + 1
            applied(state, event)
            number = event.seq
        assert state == state_of(edition), f"step {step}"

    assert outcomes >= {"wrong_phase", "already_in_team"}
    assert Receipt.objects.exists()
