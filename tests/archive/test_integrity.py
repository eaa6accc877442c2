"""The check finds what was tampered with or lost, and is silent about everything else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F

from estrade.archive.integrity import check
from estrade.editions.models import Edition
from estrade.journal.models import AuditEntry, AuditHead, Event, Snapshot, Stream
from judging import ballots
from judging.boards import refresh_board
from judging.conflicts import bar
from judging.models import Ballot, Score, ScoreRevision, SignOff
from teams.membership import withdraw_team
from teams.models import Receipt, Submission
from tests.archive.worlds import a_judged_stage
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db


def board_row(stage: Stage, name: str, **changes: Any) -> None:
    snap = Snapshot.objects.get(edition=stage.edition, name=name)
    snap.body["rows"][0] |= changes
    snap.save()


def mark_changed(stage: Stage) -> None:
    """A mark changed in all its places: only the board and what was signed still know."""
    score = Score.objects.filter(value__lt=5).earliest("pk")
    ScoreRevision.objects.filter(ballot=score.ballot_id, criterion=score.criterion_id).update(value=Decimal(5))
    Score.objects.filter(pk=score.pk).update(value=Decimal(5))


def signed_order_changed(stage: Stage) -> None:
    signed = SignOff.objects.get()
    signed.standings[0]["rank"], signed.standings[1]["rank"] = signed.standings[1]["rank"], signed.standings[0]["rank"]
    signed.save()


DAMAGE: list[tuple[Callable[[Stage], Any], set[str]]] = [
    (lambda s: Event.objects.filter(stream="public", seq=2).delete(), {"stream_has_holes"}),
    (lambda s: Stream.objects.filter(name="public").update(head=F("head") + 1), {"stream_head_wrong"}),
    (lambda s: Snapshot.objects.filter(name="public").update(seq=10**6), {"snapshot_ahead"}),
    (lambda s: AuditEntry.objects.filter(number=2).update(reason="forged"), {"audit_entry_altered"}),
    (lambda s: AuditEntry.objects.filter(number=2).update(digest="0" * 64), {"audit_entry_altered", "audit_chain_broken"}),
    (lambda s: AuditEntry.objects.filter(number=2).delete(), {"audit_has_holes"}),
    (lambda s: AuditHead.objects.update(number=F("number") + 1), {"audit_head_wrong"}),
    (lambda s: AuditHead.objects.all().delete(), {"audit_head_wrong"}),
    (mark_changed, {"ballots_not_those_signed", "ranking_not_that_signed", "board_wrong"}),
    (signed_order_changed, {"ranking_not_that_signed", "publication_wrong"}),
    (lambda s: board_row(s, "jury.board", score=1.0), {"board_wrong"}),
    (lambda s: board_row(s, "public", rank=4), {"publication_wrong"}),
    (lambda s: Score.objects.earliest("pk").delete(), {"score_not_last_revision", "ballot_miscounted"}),
    (lambda s: ScoreRevision.objects.filter(pk=ScoreRevision.objects.earliest("pk").pk).update(version=2), {"revision_missing"}),
    (lambda s: Ballot.objects.filter(pk=Ballot.objects.earliest("pk").pk).update(completed_at=None), {"ballot_state_wrong"}),
    (lambda s: Receipt.objects.filter(pk=Receipt.objects.earliest("pk").pk).update(text="better"), {"version_altered"}),
    (lambda s: Receipt.objects.filter(pk=Receipt.objects.earliest("pk").pk).update(number=2), {"version_missing"}),
    (lambda s: Submission.objects.filter(team=s.teams[0]).update(current=Receipt.objects.latest("pk")), {"version_of_another"}),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "codes"), DAMAGE)
def test_planted_damage_is_found(damage: Callable[[Stage], Any], codes: set[str]) -> None:
    stage = a_judged_stage()
    assert check() == []

    damage(stage)

    problems = check()
    assert codes <= {problem.code for problem in problems}
    assert {problem.edition for problem in problems} == {stage.edition.slug}
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("check_integrity")


def test_damage_in_one_edition_is_not_put_down_to_another() -> None:
    stage, other = a_judged_stage("sample"), a_judged_stage("other")

    AuditEntry.objects.filter(edition=other.edition, number=1).update(reason="forged")

    assert [(problem.edition, problem.code) for problem in check()] == [("other", "audit_entry_altered")]
    assert stage.edition.slug == "sample"


def test_what_people_may_do_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = a_judged_stage(published=False)

    bar(person=stage.organiser, seat_id=stage.seats[0].pk, team_id=stage.teams[0].pk, reason="tie")
    assert check() == []
    sign_off(person=stage.president, round_id=stage.round.pk)
    withdraw_team(person=stage.organiser, team_id=stage.teams[3].pk, reason="ill")
    stage.score(stage.jurors[1], stage.teams[1], 0, 5, base_version=1)

    assert check() == []


def test_a_board_that_is_behind_its_ballots_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ballots, "ask_board", lambda _round_id: None)
    stage = a_stage(jurors=2, teams=2)
    stage.fill(stage.jurors[0], stage.teams[0], 4)
    refresh_board(round_id=stage.round.pk)

    stage.fill(stage.jurors[1], stage.teams[1], 5)

    assert check() == []


def test_an_empty_installation_and_an_empty_edition_hold_together() -> None:
    assert check() == []

    a_stage()

    assert Edition.objects.count() == 1
    assert check() == []
