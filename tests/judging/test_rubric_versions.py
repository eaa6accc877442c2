"""A rubric that changes after scores exist (S7): a new version, seen before it counts, that loses no score."""

from __future__ import annotations

import runpy
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estrade.archive.integrity import check
from estrade.journal.log import JURY, since
from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from judging.ballots import write_score
from judging.boards import board_stale, refresh_board
from judging.corrections import correct_score
from judging.models import Ballot, Criterion, JuryRecord, Rubric, Score, ScoreRevision
from judging.reads import juror_sheet
from judging.record import without_names
from judging.rubric_versions import change_rubric, preview_change, use_rubric
from judging.rubrics import NewCriterion, checked, create_rubric, new_criteria_of, rubric_of
from judging.tallies import tally_of
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
SCRIPT = Path(__file__).parents[2] / "docs" / "jury-record" / "recompute.py"


@pytest.fixture
def stage() -> Stage:
    """Two jurors, three teams, every ballot complete: the first team leads by its answer, the last by its clarity."""
    found = a_stage(jurors=2, teams=3)
    at, places = datetime.now(UTC), {team.pk: place for place, team in enumerate(found.teams)}
    scores, revisions = [], []
    for ballot in Ballot.objects.all():
        place = places[ballot.team_id]
        for criterion, value in zip(found.criteria, (5 - place, 3, 1 + 2 * place), strict=True):
            facts: dict[str, Any] = {"ballot": ballot, "criterion": criterion, "value": value, "version": 1, "received_at": at}
            scores.append(Score(**facts))
            revisions.append(ScoreRevision(**facts, client_id=uuid.uuid4(), base_version=0))
    Score.objects.bulk_create(scores)
    ScoreRevision.objects.bulk_create(revisions)
    Ballot.objects.update(scored=3, completed_at=at, touched_at=at)
    Rubric.objects.update(sealed_at=at)
    return found


def written(stage: Stage) -> list[NewCriterion]:
    rubric = rubric_of(stage.edition)
    assert rubric is not None
    return new_criteria_of(rubric)


def change(stage: Stage, criteria: list[NewCriterion], reason: str = "The sponsor asked", **changes: Any) -> Rubric:
    rubric = rubric_of(stage.edition)
    assert rubric is not None
    facts = {"person": stage.organiser, "rubric_id": rubric.pk, "criteria": criteria, "reason": reason}
    return change_rubric(**{**facts, **changes})


def order(stage: Stage) -> list[tuple[str, int | None, float | None]]:
    tally = tally_of(round_id=stage.round.pk)
    names = {team.pk: team.name[-1] for team in tally.teams}
    return [(names[one.team], one.rank, None if one.score is None else round(one.score, 6)) for one in tally.standings]


def refused(call: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


# --- S7: what a new version does ----------------------------------------------------------------------------------


def test_other_weights_are_a_new_version_that_keeps_every_score_and_does_what_was_previewed_s7(stage: Stage) -> None:
    before, values = order(stage), sorted(Score.objects.values_list("ballot", "criterion__key", "value", "version"))
    wanted = [replace(one, weight=Decimal(w)) for one, w in zip(written(stage), (10, 30, 60), strict=True)]
    refresh_board(round_id=stage.round.pk)

    preview = preview_change(person=stage.organiser, rubric_id=stage.round.rubric_id, criteria=wanted)
    untouched = order(stage)
    after = change(stage, wanted)

    stage.round.refresh_from_db()
    promised = preview.rounds[0].places
    assert promised is not None
    assert untouched == before
    assert [(one.team.name[-1], one.after.rank, round(one.after.score or 0, 6)) for one in promised] == order(stage)
    assert [name for name, _rank, _score in order(stage)] == ["3", "2", "1"] != [name for name, _rank, _score in before]
    assert (after.version, stage.round.rubric_id, after.sealed_at is not None) == (2, after.pk, True)
    assert sorted(Score.objects.values_list("ballot", "criterion__key", "value", "version")) == values
    assert set(ScoreRevision.objects.values_list("criterion__rubric__version", flat=True)) == {1}
    assert (preview.rounds[0].complete, preview.rounds[0].incomplete) == (6, [])
    audit = AuditEntry.objects.get(action="rubric.change")
    assert (audit.reason, audit.after and audit.after["criteria"]["answer"]) == ("The sponsor asked", "10, 0-5 by 1")
    assert since(edition_id=stage.edition.pk, stream=JURY, number=0)[-1].kind == "rubric.changed"
    assert board_stale(round_id=stage.round.pk)
    refresh_board(round_id=stage.round.pk)
    assert not board_stale(round_id=stage.round.pk)
    assert check() == []


def test_new_removed_and_rescaled_criteria_say_which_ballots_turn_and_lose_nothing_s7(stage: Stage) -> None:
    answer, impact, clarity = written(stage)
    fresh = NewCriterion(label={"en": "Team work"}, weight=Decimal(20))
    other = replace(impact, highest=Decimal(10))
    Ballot.objects.filter(seat=stage.seats[1], team=stage.teams[2]).update(completed_at=None)
    wanted = checked([fresh, answer, other])

    preview = preview_change(person=stage.organiser, rubric_id=stage.round.rubric_id, criteria=wanted)
    after = change(stage, wanted)

    first, second, third, gone = preview.changes
    assert [(one.goes_on, one.scores) for one in preview.changes] == [(False, 0), (True, 6), (False, 6), (False, 6)]
    assert (first.before, second.is_rescaled, third.is_rescaled, gone.before) == (None, False, True, clarity)
    assert [(one.code, one.team) for one in preview.rounds[0].incomplete][:2] == [("J01", one) for one in stage.teams[:2]]
    assert len(preview.rounds[0].incomplete) == 5
    assert preview.rounds[0].places == [] or all(one.after.rank is None for one in preview.rounds[0].places or [])
    assert set(Ballot.objects.values_list("scored", "completed_at")) == {(1, None)}
    where = Score.objects.values_list("criterion__key", "criterion__rubric__version")
    assert dict(where) == {"answer": 2, "impact": 1, "clarity": 1}
    assert Score.objects.count() == 18
    # Every value on a finer step is a value of before; a criterion of the name of one that is gone brings its scores back.
    back = change(stage, [replace(answer, step=Decimal("0.5")), impact, clarity], rubric_id=after.pk)
    assert (Ballot.objects.filter(completed_at=None).count(), back.version, len(order(stage))) == (0, 3, 3)
    assert set(Score.objects.values_list("criterion__rubric", flat=True)) == {back.pk}
    assert check() == []


def test_a_change_is_refused_without_reason_on_an_old_version_or_after_the_signature_s7(stage: Stage) -> None:
    criteria = written(stage)
    lighter = [replace(criteria[0], weight=Decimal(1)), *criteria[1:]]
    first = stage.round.rubric_id

    same = change(stage, criteria, reason="")
    unsaid = refused(lambda: change(stage, lighter, reason=" "))
    by_juror = refused(lambda: change(stage, lighter, person=stage.jurors[0]))
    change(stage, lighter)
    old = refused(lambda: change(stage, criteria, rubric_id=first))
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    closed = refused(lambda: change(stage, criteria))

    assert (same.version, Rubric.objects.count()) == (1, 2)
    assert [one.code for one in (unsaid, by_juror, old, closed)] == [
        "reason_required",
        "wrong_role",
        "rubric_changed",
        "round_closed",
    ]
    assert old.figures == {"version": 2}


def test_a_signature_under_the_old_version_no_longer_counts_s7(stage: Stage) -> None:
    from judging import reveal  # noqa: PLC0415 - one name that the stage's own sign_off hides

    reveal.sign_off(person=stage.president, round_id=stage.round.pk)
    criteria = written(stage)
    change(stage, [replace(criteria[0], weight=Decimal(1)), *criteria[1:]])

    alone = reveal.sign_off(person=stage.organiser, round_id=stage.round.pk)

    assert alone is None


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    factor=st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(3)]),
    words=st.text(alphabet="abc é", min_size=1, max_size=8).filter(str.strip),
    shown=st.booleans(),
)
def test_a_version_that_changes_nothing_that_counts_changes_no_result_s7(
    stage: Stage, factor: Decimal, words: str, shown: bool
) -> None:
    before, complete = order(stage), Ballot.objects.exclude(completed_at=None).count()
    same = [replace(one, weight=one.weight * factor, label={"en": f"x {words}"}) for one in written(stage)]
    weightless = NewCriterion(label={"en": "Only shown"}, weight=Decimal(0), is_required=False)

    change(stage, [*[one for one in same if one.weight > 0], *([weightless] if shown else [])])

    assert order(stage) == before
    assert Ballot.objects.exclude(completed_at=None).count() == complete
    # Weights stay within what can be written, example after example.
    change(stage, [replace(one, weight=one.weight / factor) for one in written(stage) if one.weight > 0])
    assert order(stage) == before


# --- S7: scores that come from a device with the old version ------------------------------------------------------


def test_a_score_for_an_old_version_counts_for_its_criterion_or_is_kept_aside_s7(stage: Stage) -> None:
    juror, team = stage.jurors[0], stage.teams[0]
    lost, kept, aside = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    stage.score(juror, team, 0, 2, base_version=1, client_id=lost)
    answer, impact, _clarity = written(stage)
    after = change(stage, [answer, impact])
    facts: dict[str, Any] = {"base_version": 1, "client_id": kept}

    replay = stage.score(juror, team, 0, 2, base_version=1, client_id=lost)
    mapped = stage.score(juror, team, 1, 4, **facts)
    again = stage.score(juror, team, 1, 4, **facts)
    removed = stage.score(juror, team, 2, 5, base_version=0, client_id=aside)
    repeated = stage.score(juror, team, 2, 5, base_version=0, client_id=aside)
    off = refused(lambda: stage.score(juror, team, 1, 7, base_version=2))

    now = {one.key: one.pk for one in after.criteria.all()}
    assert (replay.status, replay.value, replay.criterion) == ("replayed", Decimal(2), now["answer"])
    assert (mapped.status, mapped.version, mapped.criterion, mapped.complete) == ("accepted", 2, now["impact"], True)
    assert (again.status, again.receipt) == ("replayed", mapped.receipt)
    assert (removed.status, removed.criterion, removed.version) == ("removed", stage.criteria[2].pk, 2)
    assert (repeated.status, repeated.receipt) == ("removed", removed.receipt)
    assert off.code == "score_off_scale"
    ballot = Ballot.objects.get(seat=stage.seats[0], team=team)
    values = dict(ballot.scores.values_list("criterion__key", "value"))
    assert values == {"answer": Decimal(2), "impact": Decimal(4), "clarity": Decimal(5)}
    assert (ballot.scored, ballot.completed_at is not None) == (2, True)
    sheet = juror_sheet(person=juror, edition_id=stage.edition.pk, team_id=team.pk)
    assert [(one.criterion.key, one.value, one.former) for one in sheet.criteria] == [
        ("answer", "2", [stage.criteria[0].pk]),
        ("impact", "4", [stage.criteria[1].pk]),
    ]
    assert sheet.rubric_changed_at == after.made_at
    assert check() == []
    with pytest.raises(Criterion.DoesNotExist):
        stage.score(juror, team, 0, 1, criterion_id=10**9)


# --- Results, record, corrections ---------------------------------------------------------------------------------


def test_the_record_has_all_versions_and_former_marks_and_the_script_rebuilds_it_s7(stage: Stage) -> None:
    answer, impact, _clarity = written(stage)
    bonus = NewCriterion(label={"en": "Bonus"}, weight=Decimal(25), is_required=False)
    after = change(stage, [replace(answer, weight=Decimal(1)), impact, bonus])
    optional = after.criteria.get(key="bonus")
    for juror, value in zip(stage.jurors, (5, 2), strict=True):
        facts: dict[str, Any] = {"client_id": uuid.uuid4(), "base_version": 0, "value": Decimal(value)}
        write_score(person=juror, edition_id=stage.edition.pk, team_id=stage.teams[2].pk, criterion_id=optional.pk, **facts)

    sign_off(person=stage.organiser, round_id=stage.round.pk)
    ballot = Ballot.objects.get(seat=stage.seats[0], team=stage.teams[2])
    correct_score(
        person=stage.organiser,
        ballot_id=ballot.pk,
        criterion_id=after.criteria.get(key="answer").pk,
        value=Decimal(4),
        reason="misread",
    )

    content = JuryRecord.objects.latest("version").content
    rebuilt = runpy.run_path(str(SCRIPT))["rebuilt"](content)
    told = {one["team"]: one["score"] for one in content["standings"]}
    assert list(rebuilt) == list(told)
    assert list(rebuilt.values()) == pytest.approx(list(told.values()), abs=1e-6)
    assert [(one["version"], one["reason"]) for one in content["rubric"]["versions"]] == [(1, ""), (2, "The sponsor asked")]
    marked = next(one for one in content["ballots"] if one["juror"] == "J01" and one["team"] == stage.teams[2].number)
    open_one = next(one for one in content["ballots"] if one["juror"] == "J01" and one["team"] == stage.teams[0].number)
    assert marked["marks"] == {"answer": "4", "bonus": "5", "impact": "3"}
    assert (marked["former"], "filled" in marked) == ({"clarity@1": "5"}, False)
    assert (set(open_one["filled"]), open_one["marks"]) == ({"bonus"}, {"answer": "5", "impact": "3"})
    assert [one["reason"] for one in without_names(content)["rubric"]["versions"]] == ["", ""]
    assert check() == []


def test_an_optional_criterion_that_nobody_scored_moves_nobody(stage: Stage) -> None:
    before = [(name, rank) for name, rank, _score in order(stage)]
    bonus = NewCriterion(label={"en": "Bonus"}, weight=Decimal(40), is_required=False)

    change(stage, [*written(stage), bonus])

    assert [(name, rank) for name, rank, _score in order(stage)] == before
    assert Ballot.objects.filter(completed_at=None).count() == 0


# --- Before the first score, and rubrics beside the own one -------------------------------------------------------


def test_before_scoring_opens_a_rubric_is_written_anew_in_place() -> None:
    stage = a_stage(jurors=1, teams=1)
    stage.at(judging=timedelta(hours=3))
    answer, impact, clarity = written(stage)
    number = stage.criteria[2].pk

    kept = change(stage, [replace(clarity, weight=Decimal(70), label={"fr": "Clarté", "en": "Clarity"}), answer], reason="")

    assert (kept.pk, kept.version, Rubric.objects.count()) == (stage.round.rubric_id, 1, 1)
    assert list(kept.criteria.values_list("pk", "key", "position")) == [
        (number, "clarity", 0),
        (stage.criteria[0].pk, "answer", 1),
    ]


def test_a_further_rubric_is_for_a_challenge_or_a_round_without_scores(stage: Stage) -> None:
    other = a_stage(slug="other", jurors=1, teams=1)
    challenge = other.teams[0].challenge
    assert challenge is not None
    create: dict[str, Any] = {"person": other.organiser, "edition_id": other.edition.pk, "criteria": written(other)}

    nameless = refused(lambda: create_rubric(**create, name={"fr": " "}))
    elsewhere = refused(lambda: create_rubric(**create, name={"fr": "Finale"}, challenge_id=stage.teams[0].challenge_id))
    final = create_rubric(**create, name={"fr": "Finale"}, challenge_id=challenge.pk)
    use_rubric(person=other.organiser, round_id=other.round.pk, rubric_id=final.pk)
    second = create_rubric(person=stage.organiser, edition_id=stage.edition.pk, criteria=written(stage), name={"fr": "Autre"})
    scored = refused(lambda: use_rubric(person=stage.organiser, round_id=stage.round.pk, rubric_id=second.pk))

    own = rubric_of(other.edition)
    assert own is not None
    other.round.refresh_from_db()
    assert [nameless.code, elsewhere.code] == ["name_missing", "not_found"]
    assert (final.line, final.version, own.line, own.version) == (1, 1, 0, 1)
    assert (rubric_of(other.edition, challenge_id=challenge.pk), other.round.rubric) == (final, final)
    assert scored.code == "rubric_in_use"


# --- Edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("criterion_unnamed", {"label": {"fr": "  "}}),
        ("weight_invalid", {"weight": Decimal(-1)}),
        ("weight_invalid", {"weight": Decimal("NaN")}),
        ("weight_invalid", {"weight": Decimal("0.001")}),
        ("weight_invalid", {"weight": Decimal(10000)}),
        ("scale_invalid", {"lowest": Decimal(5)}),
        ("scale_invalid", {"highest": Decimal("Infinity")}),
        ("scale_invalid", {"step": Decimal(0)}),
        ("scale_step_invalid", {"step": Decimal(2)}),
        ("scale_too_fine", {"highest": Decimal(5000)}),
        ("level_invalid", {"levels": [{"value": 7, "label": {"fr": "Haut"}}]}),
        ("level_invalid", {"levels": [{"value": 1, "label": {"fr": "Un"}}, {"value": "1.0", "label": {"fr": "Encore"}}]}),
        ("too_long", {"label": {"fr": "x" * 81}}),
        ("too_long", {"levels": [{"value": 1, "text": {"fr": "x" * 301}}]}),
        ("rubric_without_weight", {"weight": Decimal(0)}),
        ("rubric_without_required", {"is_required": False}),
    ],
)
def test_what_no_rubric_can_be_is_refused(code: str, changes: dict[str, Any]) -> None:
    good = NewCriterion(label={"fr": "Idée"}, weight=Decimal(1))

    assert refused(lambda: checked([replace(good, **changes)])).code == code


def test_no_criterion_and_too_many_are_refused_and_names_become_keys() -> None:
    one = NewCriterion(label={"fr": "Idée neuve"}, weight=Decimal(1), levels=[{"value": 3, "label": {"fr": ""}}])

    assert refused(lambda: checked([])).code == "rubric_empty"
    assert refused(lambda: checked([one] * 21)).figures == {"limit": 20}
    assert [made.key for made in checked([one, one])] == ["idee-neuve", "idee-neuve-2"]
    assert checked([one])[0].levels == []
