"""The audience's vote: one person, one vote, not for the own team, and nobody sees anything before the prize is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.models import Prize, Vote
from judging.prizes import NewPrize, change_prize, offer_prize, remove_prize
from judging.public import public_results
from judging.reveal import advance_reveal
from judging.votes import cast_vote, close_voting, open_voting, turnout_of
from tests.builders import a_role
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def of_audience(stage: Stage) -> Prize:
    new = NewPrize(name={"en": "Audience prize"}, decided_by="audience")
    return offer_prize(person=stage.organiser, edition_id=stage.edition.pk, new=new)


def vote(stage: Stage, prize: Prize, person: Person, team: int) -> Vote:
    return cast_vote(person=person, prize_id=prize.pk, team_id=stage.teams[team].pk)


def captain(stage: Stage, team: int) -> Person:
    found = stage.teams[team].captain
    assert found is not None
    return found


def test_one_vote_each_and_not_for_the_own_team() -> None:
    stage = a_stage(jurors=1, teams=3)
    prize = of_audience(stage)
    member, guest = captain(stage, 0), a_role(stage.edition, "facilitator")
    written = (Event.objects.count(), AuditEntry.objects.count())

    assert code_of(lambda: vote(stage, prize, member, 1)) == "vote_not_open"
    open_voting(person=stage.organiser, prize_id=prize.pk)
    assert code_of(lambda: vote(stage, prize, member, 0)) == "vote_for_own_team"
    assert code_of(lambda: vote(stage, prize, stage.jurors[0], 1)) == "wrong_role"
    assert code_of(lambda: vote(stage, prize, stage.organiser, 1)) == "wrong_role"
    first = vote(stage, prize, member, 1)
    assert vote(stage, prize, member, 1) == first
    assert code_of(lambda: vote(stage, prize, member, 2)) == "voted_already"
    vote(stage, prize, guest, 0)
    close_voting(person=stage.organiser, prize_id=prize.pk)
    # The answer may have been lost: the same vote once more is the first one, whatever happened since.
    assert vote(stage, prize, member, 1) == first
    assert code_of(lambda: vote(stage, prize, captain(stage, 1), 2)) == "vote_over"
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(prize=prize, person=member, team=stage.teams[2], at=db_now())

    assert (turnout_of(prize).voted, turnout_of(prize).may) == (2, 4)
    # Opening and closing are told; votes are not.
    assert (Event.objects.count(), AuditEntry.objects.count()) == (written[0] + 4, written[1] + 2)
    assert code_of(lambda: remove_prize(person=stage.organiser, prize_id=prize.pk)) == "votes_given"
    assert (
        code_of(lambda: change_prize(person=stage.organiser, prize_id=prize.pk, new=NewPrize(name={"en": "X"}))) == "votes_given"
    )


def test_the_reveal_closes_the_vote_and_equal_votes_share_the_prize() -> None:
    stage = a_stage(jurors=1, teams=3)
    prize = of_audience(stage)
    open_voting(person=stage.organiser, prize_id=prize.pk)
    vote(stage, prize, captain(stage, 0), 1)
    vote(stage, prize, captain(stage, 1), 0)
    stage.fill_everything(lambda juror, team: team + 1)
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    said = json.dumps([*Event.objects.values_list("payload", flat=True)]) + json.dumps(
        [[one.action, one.before, one.after] for one in AuditEntry.objects.filter(thing=f"prize {prize.pk}")]
    )

    advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=0)

    (entry,) = public_results(stage.edition)["entries"]
    assert ([team["name"][-1] for team in entry["teams"]], entry["prizes"][0]["by"]) == (["2", "1"], "audience")
    assert code_of(lambda: vote(stage, prize, captain(stage, 2), 0)) == "vote_over"
    assert code_of(lambda: open_voting(person=stage.organiser, prize_id=prize.pk)) == "prizes_settled"
    assert "votes" not in said


@pytest.mark.embedded
def test_the_vote_is_on_everybodys_page_and_its_count_on_none() -> None:
    stage = a_stage(jurors=1, teams=3)
    prize = of_audience(stage)
    client = Client(headers={"accept-language": "en"})
    here = f"/e/{stage.edition.slug}"

    client.force_login(stage.organiser)
    opened = client.post(f"{here}/jury/prizes/{prize.pk}/voting/", {"do": "open"}, follow=True).content.decode()
    client.force_login(captain(stage, 0))
    home = client.get(f"{here}/me/").content.decode()
    form = client.get(f"{here}/prizes/").content.decode()
    done = client.post(f"{here}/prizes/{prize.pk}/vote/", {"team": str(stage.teams[1].pk)}, follow=True).content.decode()
    client.force_login(captain(stage, 2))
    other = client.get(f"{here}/prizes/").content.decode()
    client.force_login(a_role(stage.edition, "school_contact"))
    contact = client.get(f"{here}/my-event/").content.decode()
    client.force_login(stage.organiser)
    counted = client.get(f"{here}/jury/prizes/").content.decode()

    assert "0 votes of" in opened
    assert "Prizes and vote" in home
    assert f'value="{stage.teams[1].pk}"' in form
    assert f'value="{stage.teams[0].pk}"' not in form
    assert f"You voted for {stage.teams[1].name}" in done
    assert "You voted" not in other
    assert [part in contact for part in (f"{here}/prizes/", "Follow your school", f"{here}/partner/")] == [True, True, False]
    assert "1 vote of 4 people" in counted
