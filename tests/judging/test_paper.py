"""Paper sheets: printed, typed in by one person and once more by another, and never in the place of what a juror sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.corrections import void_ballot
from judging.models import Ballot, JuryRecord, PaperSheet, Score, ScoreRevision
from judging.paper import ballot_by_code, discard_sheet, open_on, settle_sheet, type_sheet
from judging.planning import field_of
from judging.record import without_names
from judging.tallies import tally_of
from tests.judging.stage import Stage, a_person, a_stage, sign_off
from tests.judging.test_cockpit import seen_by

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
PAGE = "/e/sample/jury/paper/"


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=2, teams=2)


def helper_of(stage: Stage, name: str = "helper") -> Person:
    return a_person(stage.edition, name, "facilitator")


def ballot_of(stage: Stage, juror: int = 0, team: int = 0) -> Ballot:
    return Ballot.objects.get(seat=stage.seats[juror], team=stage.teams[team])


def read(stage: Stage, person: Person, *values: int | None, ballot: Ballot | None = None, **texts: str) -> PaperSheet:
    marks = {one.pk: None if value is None else Decimal(value) for one, value in zip(stage.criteria, values, strict=True)}
    return type_sheet(person=person, ballot_id=(ballot or ballot_of(stage)).pk, marks=marks, **texts)


def standing(stage: Stage) -> list[Any]:
    scores = dict(Score.objects.filter(ballot=ballot_of(stage)).values_list("criterion_id", "value"))
    return [scores.get(one.pk) for one in stage.criteria]


def test_sheet_counts_when_two_people_have_read_the_same(stage: Stage) -> None:
    first, second = helper_of(stage), helper_of(stage, "other")

    read(stage, first, 1, 4, 5)
    read(stage, first, 3, 4, 5, comment="Strong.", feedback="Show it first.")
    alone = (standing(stage), len(tally_of(round_id=stage.round.pk).marks))
    sheet = read(stage, second, 3, 4, 5)

    ballot = ballot_of(stage)
    assert alone == ([None] * 3, 0)
    assert (sheet.first, sheet.second, sheet.settled_by) == (first, second, None)
    assert (standing(stage), ballot.comment, ballot.feedback) == ([3, 4, 5], "Strong.", "Show it first.")
    assert (ballot.completed_at is not None, len(tally_of(round_id=stage.round.pk).marks)) == (True, 1)
    assert set(ScoreRevision.objects.values_list("person", flat=True)) == {second.pk}
    assert list(AuditEntry.objects.filter(action__startswith="paper").order_by("number").values_list("action", "actor")) == [
        ("paper.type", first.pk), ("paper.type", first.pk), ("paper.confirm", second.pk),
    ]  # fmt: skip
    with pytest.raises(Refused, match="paper_done"):
        read(stage, first, 1, 1, 1)


def test_what_two_people_read_differently_is_settled_by_an_organiser(stage: Stage) -> None:
    first, second = helper_of(stage), helper_of(stage, "other")
    read(stage, first, 3, 4, None)
    sheet = read(stage, second, 5, 4, 2)
    facts: dict[str, Any] = {"ballot_id": sheet.ballot_id, "versions": {}}
    one, _two, three = (criterion.pk for criterion in stage.criteria)

    waiting = standing(stage)
    page = seen_by(stage.organiser).get(f"{PAGE}{sheet.ballot_id}/", headers={"accept-language": "en"}).content.decode()
    with pytest.raises(Refused, match="paper_read_twice"):
        read(stage, stage.organiser, 3, 4, 2)
    with pytest.raises(Refused, match="choice_missing"):
        settle_sheet(person=stage.organiser, choices={one: "second"}, **facts)
    settle_sheet(person=stage.organiser, choices={one: "second", three: "first"}, **facts)

    assert waiting == [None, None, None]
    assert [name in page for name in (f"read by {first.name}", f"read by {second.name}", "empty")] == [True, True, True]
    assert standing(stage) == [5, 4, None]
    sheet.refresh_from_db()
    assert (sheet.settled_by, sheet.done_at is not None) == (stage.organiser, True)


def test_score_that_the_juror_sent_stays_until_an_organiser_chooses(stage: Stage) -> None:
    juror, one = stage.jurors[0], stage.criteria[0]
    stage.score(juror, stage.teams[0], 0, 2)
    stage.score(juror, stage.teams[0], 1, 4)
    Ballot.objects.filter(pk=ballot_of(stage).pk).update(comment="My own words.")
    read(stage, helper_of(stage), 3, 4, 5, comment="From the paper.")
    sheet = read(stage, helper_of(stage, "other"), 3, 4, 5)
    open_ones = open_on(sheet)
    before = standing(stage)

    # The juror goes on meanwhile: what was on the organiser's page is no longer what stands.
    stage.score(juror, stage.teams[0], 0, 1, base_version=1)
    facts: dict[str, Any] = {"person": stage.organiser, "ballot_id": sheet.ballot_id}
    with pytest.raises(Refused, match="paper_moved_on"):
        settle_sheet(**facts, choices={one.pk: "first"}, versions={one.pk: 1})
    settle_sheet(**facts, choices={one.pk: "received"}, versions={one.pk: 2})

    assert [(shown.criterion, shown.first, shown.received) for shown in open_ones] == [(one, Decimal(3), Decimal(2))]
    assert (before, standing(stage)) == ([2, 4, None], [1, 4, 5])
    assert ballot_of(stage).comment == "My own words."
    # A device that was offline meets the paper's score as it meets any other.
    with pytest.raises(Refused, match="score_conflict"):
        stage.score(juror, stage.teams[0], 2, 0)


def test_paper_replaces_what_the_juror_sent_only_by_choice(stage: Stage) -> None:
    stage.score(stage.jurors[0], stage.teams[0], 0, 2)
    read(stage, helper_of(stage), 3, 4, 5)
    sheet = read(stage, stage.organiser, 3, 4, 5)
    one = stage.criteria[0].pk

    form = {"way": "settle", f"choice-{one}": "first", f"version-{one}": "1"}
    answer = seen_by(stage.organiser).post(f"{PAGE}{sheet.ballot_id}/", form)

    assert (answer.status_code, standing(stage)) == (302, [3, 4, 5])
    entry = AuditEntry.objects.get(action="paper.settle")
    assert (entry.actor_id, entry.after) == (stage.organiser.pk, {"answer": "first"})


def test_sheet_is_put_aside_refused_or_out_of_reach(stage: Stage) -> None:
    helper, ballot = helper_of(stage), ballot_of(stage)
    read(stage, helper, 3, 4, 5)

    begun = field_of(stage.round).begun
    with pytest.raises(Refused, match="score_off_scale"):
        read(stage, helper, 9, 4, 5)
    with pytest.raises(Refused, match="sheet_empty"):
        read(stage, helper, None, None, None)
    discard_sheet(person=stage.organiser, ballot_id=ballot.pk)
    gone = PaperSheet.objects.count()
    void_ballot(person=stage.organiser, ballot_id=ballot.pk, reason="A friend of the team.")
    with pytest.raises(Ballot.DoesNotExist):
        read(stage, helper, 3, 4, 5)

    assert (begun, gone) == ({(stage.seats[0].pk, stage.teams[0].pk)}, 0)
    assert Client().get(PAGE).status_code == 302
    assert seen_by(stage.jurors[0]).get(PAGE).status_code == 403


def test_record_says_who_read_the_paper_and_the_public_one_does_not(stage: Stage) -> None:
    stage.fill_everything(lambda j, t: 1 + j + t)
    Score.objects.filter(ballot=ballot_of(stage)).delete()
    Ballot.objects.filter(pk=ballot_of(stage).pk).update(completed_at=None, scored=0)
    ScoreRevision.objects.filter(ballot=ballot_of(stage)).delete()
    first, second = helper_of(stage), helper_of(stage, "other")
    read(stage, first, 3, 4, 5)
    read(stage, second, 3, 4, 5)
    sign_off(person=stage.organiser, round_id=stage.round.pk)

    content = JuryRecord.objects.get().content
    papers = [one["paper"] for one in content["ballots"] if one["paper"]]

    assert [(one["first"], one["second"], one["settled_by"]) for one in papers] == [(first.name, second.name, "")]
    assert [one["paper"] for one in without_names(content)["ballots"]] == [True, False, False, False]
    with pytest.raises(Refused, match="round_closed"):
        read(stage, first, 1, 1, 1, ballot=ballot_of(stage, 1, 1))


def test_pages_type_find_and_print_a_sheet_without_a_script(stage: Stage) -> None:
    helper, other = seen_by(helper_of(stage)), seen_by(helper_of(stage, "other"))
    ballot = ballot_of(stage, 1, 1)
    code, page = f"j02-{stage.teams[1].number}", f"{PAGE}{ballot.pk}/"
    form = {"way": "type", **{f"score-{one.pk}": value for one, value in zip(stage.criteria, ("3", " 4 ", ""), strict=True)}}
    english = {"accept-language": "en"}

    found = helper.get(PAGE, {"code": code})
    typed = helper.post(page, form)
    waiting = other.get(PAGE, headers=english).content.decode()
    blind = other.get(page, headers=english).content.decode()
    wrong = other.post(page, {**form, f"score-{stage.criteria[0].pk}": "3,7"}, headers=english)
    done = other.post(page, {**form, f"score-{stage.criteria[0].pk}": "3,0"})

    assert (found.status_code, found["Location"], typed.status_code) == (302, page, 302)
    assert "Type it in too" in waiting
    assert 'value="3"' not in blind
    assert (wrong.status_code, "steps of 1" in wrong.content.decode(), done.status_code) == (422, True, 302)
    assert PaperSheet.objects.get().done_at is not None
    assert ballot_by_code(person=stage.organiser, edition=stage.edition, code="J02-77") is None

    organiser = seen_by(stage.organiser)
    lists = organiser.get(f"{PAGE}print/", headers=english).content.decode()
    each = organiser.get(f"{PAGE}print/", {"kind": "each", "seat": str(stage.seats[0].pk)}, headers=english).content.decode()
    assert (lists.count("<svg"), each.count('class="psheet__code')) == (2, 2)
    assert [stage.jurors[1].name in text for text in (lists, each.split("psheet", 1)[1])] == [True, False]
    assert helper.get(f"{PAGE}print/").status_code == 403
