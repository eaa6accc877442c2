"""Votes of the audience that arrive at the same moment. Each race has a twin with the protection off."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection

from judging.models import Prize, Vote
from judging.prizes import NewPrize, offer_prize
from judging.votes import cast_vote, close_voting, open_voting
from tests.judging.stage import Stage, a_person, a_stage
from tests.races.test_scores import together, unlocked

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

ROUNDS = 10


def a_vote(stage: Stage) -> Prize:
    new = NewPrize(name={"en": "Audience prize"}, decided_by="audience")
    prize = offer_prize(person=stage.organiser, edition_id=stage.edition.pk, new=new)
    return open_voting(person=stage.organiser, prize_id=prize.pk)


def voted_twice(stage: Stage) -> int:
    """Times that one person's two votes at the same moment were both taken."""
    prize, twice = a_vote(stage), 0
    for number in range(ROUNDS):
        guest = a_person(stage.edition, f"guest{number}", "facilitator")
        answers = together(*(partial(cast_vote, person=guest, prize_id=prize.pk, team_id=team.pk) for team in stage.teams))
        accepted = sum(isinstance(answer, Vote) for answer in answers)
        assert accepted >= 1
        assert Vote.objects.filter(prize=prize, person=guest).count() == accepted
        twice += accepted - 1
    return twice


def counted_late(stage: Stage) -> int:
    """Votes that were taken after the organiser had been told the vote was closed, and how many had voted."""
    late = 0
    for number in range(ROUNDS):
        prize, guest = a_vote(stage), a_person(stage.edition, f"late{number}", "facilitator")
        vote = partial(cast_vote, person=guest, prize_id=prize.pk, team_id=stage.teams[0].pk)
        together(vote, partial(close_voting, person=stage.organiser, prize_id=prize.pk))
        closed_at = Prize.objects.get(pk=prize.pk).voting_closed_at
        assert closed_at is not None
        late += Vote.objects.filter(prize=prize, at__gte=closed_at).count()
    return late


def test_nobody_votes_twice_and_everybody_once() -> None:
    stage = a_stage(jurors=1, teams=2)

    assert voted_twice(stage) == 0
    assert Vote.objects.count() == ROUNDS


def test_without_lock_and_constraint_one_person_votes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = a_stage(jurors=1, teams=2)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE judging_vote DROP CONSTRAINT one_vote_per_person_and_prize")
    unlocked(monkeypatch)
    try:
        assert voted_twice(stage) > 0
    finally:
        Vote.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE judging_vote ADD CONSTRAINT one_vote_per_person_and_prize UNIQUE (prize_id, person_id)")


def test_a_vote_that_comes_with_the_end_is_counted_or_refused() -> None:
    assert counted_late(a_stage(jurors=1, teams=1)) == 0
