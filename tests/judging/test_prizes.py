"""Prizes: who decides, among whom, until when, and how they come to the ceremony without saying anything before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from challenges.models import Challenge
from estrade.journal.log import PUBLIC, since
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation
from judging.eligibility import may_win, rule, why
from judging.models import Prize
from judging.prizes import NewPrize, change_prize, choose_winner, offer_prize, remove_prize
from judging.public import public_results
from judging.reveal import advance_reveal, publish_results
from tests.builders import a_role, an_organisation
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def offered(stage: Stage, **changes: Any) -> Prize:
    new = replace(NewPrize(name={"en": "Prize"}), **changes)
    return offer_prize(person=stage.organiser, edition_id=stage.edition.pk, new=new)


def choose(stage: Stage, person: Any, prize: Prize, team: int | None) -> Prize:
    return choose_winner(person=person, prize_id=prize.pk, team_id=None if team is None else stage.teams[team].pk)


def another_challenge(stage: Stage, name: str, title: str) -> Challenge:
    """Made as a row: while the jury scores nobody adds one."""
    return Challenge.objects.create(
        edition=stage.edition, partner=an_organisation(name), slug=title.lower(), title={"en": title}, question={"en": "How?"}
    )


def with_two_challenges() -> Stage:
    """Four teams, the last two on another partner's challenge; the higher a team's number, the better it is."""
    stage = a_stage(jurors=2, teams=4)
    other = another_challenge(stage, "SNCF", "Trains")
    for team in stage.teams[2:]:
        team.challenge = other
        team.save()
    return stage


def test_a_prize_is_written_changed_and_taken_back_with_its_rules() -> None:
    stage = with_two_challenges()
    trains = stage.teams[3].challenge

    prize = offered(stage, sponsor=stage.partner, decided_by="partner")
    changed = change_prize(person=stage.organiser, prize_id=prize.pk, new=NewPrize(name={"en": "Best train"}, challenge=trains))

    assert (changed.decided_by, changed.challenge, changed.sponsor) == ("jury", trains, None)
    assert code_of(lambda: offered(stage, name={"en": ""})) == "name_missing"
    assert code_of(lambda: offered(stage, decided_by="partner")) == "sponsor_missing"
    assert (
        code_of(lambda: offered(stage, decided_by="partner", sponsor=stage.partner, challenge=trains))
        == "challenge_not_of_sponsor"
    )
    assert code_of(lambda: offered(stage, rank=0)) == "rank_invalid"
    remove_prize(person=stage.organiser, prize_id=prize.pk)
    assert not Prize.objects.filter(pk=prize.pk).exists()
    actions = AuditEntry.objects.filter(thing=f"prize {prize.pk}").order_by("number").values_list("action", flat=True)
    assert list(actions) == ["prize.offer", "prize.change", "prize.remove"]


@override("en")
def test_eligibility_is_one_sentence() -> None:
    stage = with_two_challenges()
    bus, train = stage.teams[0], stage.teams[3]
    first = stage.edition.prizes.get()
    of_partner = offered(stage, sponsor=stage.partner, decided_by="partner")
    of_trains = offered(stage, challenge=train.challenge, rank=2)

    assert why(first, bus, None) == f"Team {bus.name} can win it: it goes to the first of all teams in the jury’s order."
    assert (
        why(of_partner, bus, None)
        == f"Team {bus.name} can win it: {stage.partner.name} chooses among the teams on its challenges."
    )
    assert why(of_partner, train, None).startswith(f"Team {train.name} cannot win it: {stage.partner.name} chooses among")
    assert why(of_trains, bus, None) == f"Team {bus.name} cannot win it: the prize is for the teams on “Trains”."
    assert rule(of_trains) == "it goes to place 2 among the teams on “Trains” in the jury’s order."
    train.withdrawn_at = datetime.now(UTC)
    assert (may_win(first, train, None), why(first, train, None)) == (
        False,
        f"Team {train.name} has withdrawn, so it wins no prize.",
    )


def test_a_partner_chooses_among_its_teams_until_the_time_set() -> None:
    stage = with_two_challenges()
    speaker = a_role(stage.edition, "partner", organisation=stage.partner)
    stranger = a_role(stage.edition, "partner", organisation=Organisation.objects.get(name="SNCF"))
    prize = offered(stage, sponsor=stage.partner, decided_by="partner")
    before = Event.objects.count()

    assert code_of(lambda: choose(stage, stranger, prize, 3)) == "wrong_role"
    assert code_of(lambda: choose(stage, stage.organiser, prize, 0)) == "wrong_role"
    assert code_of(lambda: choose(stage, speaker, prize, 3)) == "not_eligible"
    choose(stage, speaker, prize, 1)
    choose(stage, speaker, prize, 1)
    assert choose(stage, speaker, prize, 0).chosen == stage.teams[0]
    assert Event.objects.count() == before + 2
    assert all("chosen" not in event.payload for event in Event.objects.filter(kind="prize.chosen"))
    Prize.objects.filter(pk=prize.pk).update(choose_until=datetime.now(UTC) - timedelta(seconds=1))
    assert code_of(lambda: choose(stage, speaker, prize, None)) == "choice_over"


def test_prizes_apart_come_before_the_podium_and_say_nothing_before_their_step() -> None:
    stage = with_two_challenges()
    speaker = a_role(stage.edition, "partner", organisation=stage.partner)
    of_partner = offered(stage, name={"en": "Bus prize"}, sponsor=stage.partner, decided_by="partner")
    offered(stage, name={"en": "Second of the trains"}, challenge=stage.teams[3].challenge, rank=2)
    offered(stage, name={"en": "Nobody’s"}, challenge=another_challenge(stage, "EDF", "Power"))
    stage.fill_everything(lambda juror, team: min(team + juror, 5))
    choose(stage, speaker, of_partner, 0)
    seen = len(list(since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)))
    sign_off(person=stage.organiser, round_id=stage.round.pk)

    steps = []
    for step in range(5):
        shown = public_results(stage.edition)["entries"]
        steps.append([(one["rank"], [team["name"][-1] for team in one["teams"]]) for one in shown])
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
        assert code_of(lambda: choose(stage, speaker, of_partner, 1)) == "prizes_settled"
        assert code_of(lambda: offered(stage)) == "prizes_settled"
    publish_results(person=stage.organiser, round_id=stage.round.pk)

    assert steps == [
        [],
        [(None, ["1"])],
        [(None, ["1"]), (None, ["3"])],
        [(None, ["1"]), (None, ["3"]), (3, ["2"])],
        [(None, ["1"]), (None, ["3"]), (3, ["2"]), (2, ["3"])],
    ]
    results = public_results(stage.edition)
    assert [(one["prizes"][0]["name"]["en"], one["teams"][0]["score"]) for one in results["awards"]] == [
        ("Bus prize", None), ("Second of the trains", None),
    ]  # fmt: skip
    assert [one["rank"] for one in results["entries"]] == [1, 2, 3, 4]
    first = json.dumps([event.payload for event in since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)][: seen + 2])
    assert "Bus prize" not in first


@pytest.mark.embedded
def test_pages_of_the_organiser_the_partner_and_the_team() -> None:
    stage = with_two_challenges()
    speaker = a_role(stage.edition, "partner", organisation=stage.partner)
    member = stage.teams[3].captain
    client = Client(headers={"accept-language": "en"})
    here = f"/e/{stage.edition.slug}"

    client.force_login(stage.organiser)
    typed = {"name_fr": "Prix du bus", "name_en": "Bus prize", "decided_by": "partner", "amount": "500", "rank": "1"}
    without = client.post(f"{here}/jury/prizes/", typed)
    written = client.post(f"{here}/jury/prizes/", typed | {"sponsor": stage.partner.name})
    prize = Prize.objects.get(decided_by="partner")
    listed = client.get(f"{here}/jury/prizes/").content.decode()
    one = client.get(f"{here}/jury/prizes/{prize.pk}/").content.decode()
    client.force_login(speaker)
    page = client.get(f"{here}/partner/").content.decode()
    chosen = client.post(f"{here}/jury/prizes/{prize.pk}/choose/", {"team": str(stage.teams[1].pk)}, follow=True).content.decode()
    refused = client.get(f"{here}/jury/prizes/").status_code
    assert member is not None
    client.force_login(member)
    mine = client.get(f"{here}/prizes/").content.decode()
    front = client.get(f"{here}/").content.decode()

    assert (without.status_code, written.status_code, refused) == (422, 302, 403)
    assert "it is the one that chooses" in without.content.decode()
    assert "2 of 4 teams can win it" in listed
    assert 'value="Prix du bus"' in one
    assert stage.teams[1].name in page
    assert stage.teams[3].name not in page
    assert f"Chosen: {stage.teams[1].name}" in chosen
    assert (
        f"Team {stage.teams[3].name} cannot win it: {stage.partner.name} chooses among the teams on its own challenges." in mine
    )
    assert f"Chosen: {stage.teams[1].name}" not in mine + front
    assert "chooses among the teams on its challenges." in front
