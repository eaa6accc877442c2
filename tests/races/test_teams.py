"""Many who want the same place at once. Each race has a twin with the locks off, which must find a place given twice."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import QuerySet

from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.kernel.refusal import Refused
from teams import membership
from teams.approaches import answer_request, ask_to_join
from teams.membership import change_team, join_team
from teams.models import Approach, Membership, Team
from teams.notices import post_team_notice
from tests.builders import a_challenge, a_participant, a_team, an_edition, captain_of
from tests.races.test_scores import together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

JOINS, SIZE, ROUNDS = 50, 5, 3


def a_small_edition() -> Edition:
    edition = an_edition()
    edition.largest_team = SIZE
    edition.save()
    return edition


def members_after_a_rush(joins: int) -> int:
    """So many people type the same code at the same moment; how many are in the team afterwards."""
    edition = a_small_edition()
    team = a_team(edition)
    people = [a_participant(edition) for _ in range(joins)]

    answers = together(*(partial(join_team, person=one, edition_id=edition.pk, code=team.join_code) for one in people))

    # On a machine that is busy with other things some wait for the lock in vain: they are told so, and are not in.
    in_vain = [one for one in answers if isinstance(one, OperationalError)]
    full = [one for one in answers if isinstance(one, Refused) and one.code == "team_full"]
    entered = [one for one in answers if isinstance(one, Team)]
    assert len(entered) + len(full) + len(in_vain) == joins, answers
    assert len(entered) == team.memberships.count() - 1
    return team.memberships.count()


def teams_beyond_capacity(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> int:
    """Two teams choose the last place of a challenge, again and again; how many were let in beyond it."""
    edition, beyond = an_edition(), 0
    for number in range(ROUNDS):
        challenge = a_challenge(edition, capacity=1)
        pair = [a_team(edition, name=f"{side} {number}") for side in ("Left", "Right")]
        choose = [
            partial(change_team, person=captain_of(one), team_id=one.pk, name=one.name, challenge_id=challenge.pk) for one in pair
        ]
        with monkeypatch.context() as patch:
            if not locked:
                without_locks(patch, membership, "choosable_challenge")
            answers = together(*choose)
        full = [one for one in answers if isinstance(one, Refused) and one.code == "challenge_full"]
        assert len(full) + sum(isinstance(one, Team) for one in answers) == 2, answers
        beyond += challenge.teams.count() - 1
    return beyond


def without_locks(monkeypatch: pytest.MonkeyPatch, module: Any, decision: str) -> None:
    """Take the locks of editions, teams and challenges away, and let both decide before either one writes."""
    lock, decide, both = QuerySet.select_for_update, getattr(module, decision), threading.Barrier(2)

    def unlocked(rows: Any, *args: Any, **options: Any) -> Any:
        return rows if rows.model in (Edition, Team, Challenge) else lock(rows, *args, **options)

    def together_with_the_other(*args: Any, **options: Any) -> Any:
        answer = decide(*args, **options)
        both.wait(timeout=60)
        return answer

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    monkeypatch.setattr(module, decision, together_with_the_other)


def test_fifty_joins_by_one_code_never_exceed_the_size() -> None:
    assert members_after_a_rush(JOINS) == SIZE


def test_twin_without_the_team_s_lock_lets_one_too_many_in(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = a_small_edition()
    team = a_team(edition, members=SIZE - 1)
    pair = [a_participant(edition) for _ in range(2)]
    without_locks(monkeypatch, membership, "require_place")

    together(*(partial(join_team, person=one, edition_id=edition.pk, code=team.join_code) for one in pair))

    assert team.memberships.count() == SIZE + 1


def test_a_challenge_is_never_overbooked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert teams_beyond_capacity(monkeypatch, locked=True) == 0


def test_twin_without_locks_overbooks_a_challenge(monkeypatch: pytest.MonkeyPatch) -> None:
    assert teams_beyond_capacity(monkeypatch, locked=False) == ROUNDS


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
    assert len([one for one in answers if isinstance(one, Approach)]) == 1
    assert Membership.objects.filter(person=person).count() == 1
