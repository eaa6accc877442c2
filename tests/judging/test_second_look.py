"""What is looked at twice: late scores, corrections that need two, a board that its ballots do not explain, the own school."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from estrade.journal.log import JURY_BOARD, PUBLIC, snapshot
from estrade.journal.models import AuditEntry, Snapshot
from estrade.kernel.refusal import Refused
from estrade.people.models import Role
from judging.board_check import check_boards
from judging.boards import freeze_board, refresh_board
from judging.corrections import accept_late_scores, correct_score, decide_correction, void_ballot
from judging.jury import set_corrections_by_two
from judging.late import late_ballots, late_list
from judging.models import Ballot, Correction, JuryRecord, LateDecision, Score, Seat, Void
from judging.planning import field_of, plan_of
from judging.public import public_board
from judging.reasons import school_shares
from judging.record import without_names
from judging.schools import set_school_share
from judging.tallies import tally_of
from teams.models import Membership
from tests import builders
from tests.judging.stage import Stage, a_person, a_stage, sign_off
from tests.judging.test_cockpit import PAGE, ballot_of, seen_by

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def stage() -> Stage:
    """Two jurors, two teams, every ballot complete; frozen."""
    stage = a_stage(jurors=2, teams=2, mark=lambda j, t: 1 + j + t)
    stage.at(freeze=timedelta(minutes=-1))
    return stage


def test_late_scores_are_accepted_or_refused_on_one_page_with_both_clocks_s13(stage: Stage) -> None:
    signed = sign_off(person=stage.organiser, round_id=stage.round.pk)
    first, second = (ballot_of(stage, juror, 0) for juror in (0, 1))
    for value in (4, 5):
        stage.score(stage.jurors[0], stage.teams[0], 0, value, base_version=1, device_at=stage.edition.judging_opens_at)
    stage.score(stage.jurors[1], stage.teams[0], 1, 0, base_version=1)
    client, page = seen_by(stage.organiser), "/e/sample/jury/late/"

    shown = client.get(page, headers=ENGLISH)
    control = client.get(reverse("desk:control", args=["sample"]), headers=ENGLISH)
    lines = shown.context["late"].open
    form = {"ballot": first.pk, "up_to": lines[0].up_to, "way": "accept", "reason": ""}
    unreasoned = client.post(page, form, headers=ENGLISH).status_code
    accepted = client.post(page, {**form, "reason": "His tablet had no network."}).status_code
    again = client.post(page, {**form, "reason": "Twice."}).status_code
    client.post(page, {"ballot": second.pk, "up_to": lines[1].up_to, "way": "refuse"})

    values = [[(one.standing, one.value) for one in line.scores] for line in lines]
    assert values == [[(Decimal(1), Decimal(5))], [(Decimal(2), Decimal(0))]]
    assert lines[0].scores[0].device_at == stage.edition.judging_opens_at
    assert "Late scores for 2 ballots" in control.content.decode()
    assert (unreasoned, accepted, again) == (422, 302, 422)
    assert Score.objects.get(ballot=first, criterion=stage.criteria[0]).value == 5
    assert Score.objects.get(ballot=second, criterion=stage.criteria[1]).value == 2
    assert list(LateDecision.objects.order_by("pk").values_list("ballot", "is_accepted")) == [
        (first.pk, True),
        (second.pk, False),
    ]
    assert late_ballots(round_id=stage.round.pk) == 0
    assert list(signed.records.values_list("version", "reason")) == [(1, ""), (2, "His tablet had no network.")]
    # What comes after a decision is open again.
    stage.score(stage.jurors[1], stage.teams[0], 1, 3, base_version=1)
    assert [line.ballot.pk for line in late_list(person=stage.organiser, edition=stage.edition).open] == [second.pk]
    assert seen_by(stage.president).get(page).status_code == 403


def test_correction_waits_for_a_second_organiser_where_the_edition_wants_two_s12(stage: Stage) -> None:
    facts: dict[str, Any] = {"person": stage.organiser, "edition_id": stage.edition.pk}
    with pytest.raises(Refused, match="one_organiser"):
        set_corrections_by_two(**facts, by_two=True)
    colleague = a_person(stage.edition, "colleague", "organiser")
    seen_by(stage.organiser).post("/e/sample/jury/setup/two/", {"by_two": "on"})
    ballot, criterion = ballot_of(stage, 0, 0), stage.criteria[0]
    put: dict[str, Any] = {"ballot_id": ballot.pk, "criterion_id": criterion.pk, "value": Decimal(5), "reason": "A slip."}

    asked = correct_score(person=stage.organiser, **put)
    waiting = Score.objects.get(ballot=ballot, criterion=criterion).value
    with pytest.raises(Refused, match="correction_waits"):
        correct_score(person=colleague, **put)
    with pytest.raises(Refused, match="second_organiser_needed"):
        decide_correction(person=stage.organiser, correction_id=asked.pk, confirms=True)
    page = seen_by(colleague).get(PAGE, headers=ENGLISH).content.decode()
    seen_by(colleague).post(f"{PAGE}correction/{asked.pk}/", {"way": "confirm"})

    assert [waiting, Score.objects.get(ballot=ballot, criterion=criterion).value] == [Decimal(1), Decimal(5)]
    assert "answer becomes 5" in page
    with pytest.raises(Refused, match="correction_decided"):
        decide_correction(person=colleague, correction_id=asked.pk, confirms=False)
    actions = AuditEntry.objects.filter(action__in=["correction.ask", "correction.confirm", "score.corrected"]).order_by("number")
    assert [(one.action, one.actor_id) for one in actions] == [
        ("correction.ask", stage.organiser.pk), ("correction.confirm", colleague.pk), ("score.corrected", colleague.pk),
    ]  # fmt: skip

    void = void_ballot(person=colleague, ballot_id=ballot.pk, reason="A friend of the team.")
    decide_correction(person=stage.organiser, correction_id=void.pk, confirms=False)
    dropped = Void.objects.count()
    again = void_ballot(person=colleague, ballot_id=ballot.pk, reason="A friend of the team.")
    decide_correction(person=stage.organiser, correction_id=again.pk, confirms=True)
    assert (dropped, Void.objects.get().person) == (0, colleague)
    with pytest.raises(Refused, match="corrections_need_two"):
        set_corrections_by_two(**facts, by_two=False)

    sign_off(person=stage.organiser, round_id=stage.round.pk)
    stage.score(stage.jurors[1], stage.teams[0], 0, 0, base_version=1)
    late = late_list(person=colleague, edition=stage.edition).open[0]
    wanted = accept_late_scores(person=colleague, ballot_id=late.ballot.pk, up_to=late.up_to, reason="No network.")
    decide_correction(person=stage.organiser, correction_id=wanted.pk, confirms=True)
    assert Score.objects.get(ballot=late.ballot, criterion=criterion).value == 0
    assert Correction.objects.filter(is_confirmed=True).count() == 3


def test_what_was_corrected_between_freeze_and_signature_is_in_the_record_s12(stage: Stage) -> None:
    put: dict[str, Any] = {"criterion_id": stage.criteria[0].pk, "value": Decimal(5), "reason": "A slip of Sample-Juror1."}
    correct_score(person=stage.organiser, ballot_id=ballot_of(stage, 0, 0).pk, **put)
    stage.score(stage.jurors[1], stage.teams[1], 1, 0, base_version=1)
    sign_off(person=stage.organiser, round_id=stage.round.pk)

    content = JuryRecord.objects.get().content
    made = [(one["juror"], one["criterion"], one["before"], one["after"], one["reason"]) for one in content["corrections"]]
    document = seen_by(stage.organiser).get("/e/sample/jury/record/1.pdf")

    assert made == [("J01", "answer", "1", "5", "A slip of Sample-Juror1."), ("J02", "impact", "3", "0", "")]
    assert [sorted(one) for one in without_names(content)["corrections"]] == [
        ["after", "at", "before", "criterion", "juror", "team"]
    ] * 2
    assert document.content[:5] == b"%PDF-"


def test_board_that_its_ballots_do_not_explain_is_put_right_and_told_s5() -> None:
    stage = a_stage(jurors=2, teams=3, mark=lambda j, t: 1 + j + t)
    refresh_board(round_id=stage.round.pk)
    right = {name: snapshot(edition_id=stage.edition.pk, name=name).body["rows"] for name in (JURY_BOARD, PUBLIC)}  # type: ignore[union-attr]
    sound = [check_boards(), check_boards()]
    for one in Snapshot.objects.filter(name__in=[JURY_BOARD, PUBLIC]):
        one.body["rows"][0]["score"], one.body["rows"][2]["score"] = 1.0, 99.0
        one.save()

    found = [check_boards(), check_boards(), check_boards()]

    assert (sound, found) == ([0, 0], [0, 1, 0])
    now = {name: snapshot(edition_id=stage.edition.pk, name=name).body["rows"] for name in (JURY_BOARD, PUBLIC)}  # type: ignore[union-attr]
    assert now == right
    assert AuditEntry.objects.get(action="board.repair").after == [JURY_BOARD, PUBLIC]
    control = seen_by(stage.organiser).get(reverse("desk:control", args=["sample"]), headers=ENGLISH).content.decode()
    assert "The stored board did not match the ballots" in control
    # A score that is on its way, a changed setting and a frozen board are no alarm.
    stage.score(stage.jurors[0], stage.teams[0], 0, 5, base_version=1)
    lagging = [check_boards(), check_boards()]
    freeze_board(person=stage.organiser, edition_id=stage.edition.pk)
    refresh_board(round_id=stage.round.pk)
    assert (lagging, [check_boards(), check_boards()]) == ([0, 0], [0, 0])
    assert public_board(stage.edition)["rows"] == right[PUBLIC]


def test_device_says_what_it_holds_before_it_goes_silent(stage: Stage) -> None:
    address = f"/api/v1/editions/sample/jury/{stage.teams[0].pk}/scores/"
    juror = seen_by(stage.jurors[0])

    def tap(version: int, **more: Any) -> int:
        sent = {"criterion": stage.criteria[0].pk, "value": 3, "client_id": str(uuid.uuid4()), "base_version": version, **more}
        return juror.post(address, sent, content_type="application/json").status_code

    answers = [tap(1), tap(2, unsent=3)]
    shown = seen_by(stage.president).get(PAGE, headers=ENGLISH).content.decode()
    answers += [tap(3, unsent=0), tap(4, unsent=-1)]
    after = seen_by(stage.president).get(PAGE, headers=ENGLISH).content.decode()

    assert answers == [201, 201, 201, 422]
    assert ("3 scores on the device" in shown, "on the device" in after) == (True, False)
    assert Seat.objects.get(pk=stage.seats[0].pk).unsent == 0


def test_plan_avoids_the_own_school_and_the_organiser_sets_from_where_it_bars() -> None:
    stage = a_stage(jurors=6, teams=6)
    school = builders.an_organisation("Lycée Carnot", category="school")
    Role.objects.filter(person=stage.jurors[0]).update(organisation=school)
    for number, team in enumerate(stage.teams[:3]):
        pupil = a_person(stage.edition, f"pupil{number}", "participant", organisation=school)
        Membership.objects.create(edition=stage.edition, team=team, person=pupil)
    Ballot.objects.all().delete()
    found = field_of(stage.round)
    own = {(stage.seats[0].pk, team.pk) for team in stage.teams[:3]}

    met = [len(own & set(plan_of(found, per_team=3, mixes=False, kept=(), seed=seed).ballots)) for seed in range(5)]
    found.schools.clear()
    blind = [len(own & set(plan_of(found, per_team=3, mixes=False, kept=(), seed=seed).ballots)) for seed in range(5)]

    assert set(school_shares(stage.seats).values()) == {50.0}
    assert (met, sum(blind) > 0) == ([0] * 5, True)

    stage.round.per_team = None
    stage.round.save()
    set_school_share(person=stage.organiser, edition_id=stage.edition.pk, share=50)
    barred = set(Ballot.objects.filter(barred_reason="own_school").values_list("seat", "team"))
    page = "/e/sample/jury/setup/"
    client = seen_by(stage.organiser)
    client.post(f"{page}school/", {"share": "51"})
    opened = Ballot.objects.exclude(barred_reason="").count()
    client.post(f"{page}school/", {"share": "101"})
    stage.round.refresh_from_db()
    assert (barred, opened, stage.round.school_share) == (own, 0, 51)
    client.post(f"{page}school/", {"share": ""})
    stage.round.refresh_from_db()
    assert stage.round.school_share is None
    assert tally_of(round_id=stage.round.pk).expected[stage.teams[0].pk] == 6
