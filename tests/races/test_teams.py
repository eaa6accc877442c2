"""Many who want the same place at once. Each race has a twin with the locks off, which must find a place given twice."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pytest

from estrade.editions.models import Edition
from estrade.kernel.refusal import Refused
from teams import approaches, membership
from teams.approaches import answer_request, ask_to_join
from teams.membership import change_team, join_team
from teams.models import Membership, Team
from teams.notices import post_team_notice
from tests.builders import a_challenge, a_participant, a_team, an_edition, captain_of
from tests.races.test_scores import together, unlocked

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

JOINS, SIZE, ROUNDS = 50, 5, 6


def a_small_edition() -> Edition:
    edition = an_edition()
    edition.largest_team = SIZE
    edition.save()
    return edition


def members_after_a_rush() -> int:
    """Fifty people type the same code at the same moment."""
    edition = a_small_edition()
    team = a_team(edition)
    people = [a_participant(edition) for _ in range(JOINS)]

    answers = together(*(partial(join_team, person=one, edition_id=edition.pk, code=team.join_code) for one in people))

    assert all(isinstance(one, Team) or (isinstance(one, Refused) and one.code == "team_full") for one in answers), answers
    assert sum(isinstance(one, Team) for one in answers) == team.memberships.count() - 1
    return team.memberships.count()


def teams_beyond_capacity() -> int:
    """Two teams choose the last place of a challenge, again and again; how many were let in beyond it."""
    edition, beyond = an_edition(), 0
    for number in range(ROUNDS):
        challenge = a_challenge(edition, capacity=1)
        pair = [a_team(edition, name=f"{side} {number}") for side in ("Left", "Right")]
        choose = [
            partial(change_team, person=captain_of(one), team_id=one.pk, name=one.name, challenge_id=challenge.pk) for one in pair
        ]
        answers = together(*choose)
        assert all(isinstance(one, Team) or (isinstance(one, Refused) and one.code == "challenge_full") for one in answers), (
            answers
        )
        beyond += challenge.teams.count() - 1
    return beyond


def slowly(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Give the other one time between the decision and the writing."""
    original = getattr(module, name)

    def slow(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        time.sleep(0.02)
        return answer

    monkeypatch.setattr(module, name, slow)


def test_fifty_joins_by_one_code_never_exceed_the_size() -> None:
    assert members_after_a_rush() == SIZE


def test_twin_without_the_team_s_lock_lets_too_many_in(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)
    slowly(monkeypatch, membership, "require_place")

    assert members_after_a_rush() > SIZE


def test_a_challenge_is_never_overbooked() -> None:
    assert teams_beyond_capacity() == 0


def test_twin_without_locks_overbooks_a_challenge(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)
    slowly(monkeypatch, membership, "choosable_challenge")

    assert teams_beyond_capacity() > 0


def test_a_person_accepted_by_two_teams_at_once_is_in_one() -> None:
    edition = a_small_edition()
    person, pair = a_participant(edition), [a_team(edition), a_team(edition)]
    accept = []
    for team in pair:
        post_team_notice(person=captain_of(team), team_id=team.pk, text="", skills=[])
        asked = ask_to_join(person=person, edition_id=edition.pk, team_id=team.pk)
        assert asked is not None
        accept.append(partial(answer_request, person=captain_of(team), team_id=team.pk, approach_id=asked.pk, accept=True))

    answers = together(*accept)

    codes = {one.code for one in answers if isinstance(one, Refused)}
    assert codes <= {"already_in_team", "approach_answered"}
    assert len([one for one in answers if isinstance(one, approaches.Approach)]) == 1
    assert Membership.objects.filter(person=person).count() == 1
