"""Scores: accepted once, never overwritten unseen, never off their scale, kept when late."""

from __future__ import annotations

import contextlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from estrade.journal.log import ORGANISERS, person_stream, since
from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from judging.ballots import ScoreReceipt, read_value, write_score
from judging.conflicts import bar
from judging.models import Ballot, Criterion, Rubric, Score, ScoreRevision
from judging.rubrics import NewCriterion, change_weight, create_rubric
from tests.judging.stage import Stage, a_person, a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return a_stage(jurors=2, teams=2)


def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


def stored() -> list[tuple[Decimal | None, int]]:
    return list(Score.objects.order_by("pk").values_list("value", "version"))


# --- Accepted -----------------------------------------------------------------------------------------------------


def test_score_is_accepted_with_a_receipt(stage: Stage) -> None:
    receipt = stage.score(stage.jurors[0], stage.teams[0], 0, 4)

    revision = ScoreRevision.objects.get()
    assert receipt == ScoreReceipt(
        status="accepted",
        receipt=revision.pk,
        criterion=stage.criteria[0].pk,
        version=1,
        value=Decimal(4),
        received_at=revision.received_at,
        complete=False,
    )
    assert stored() == [(Decimal(4), 1)]


def test_ballot_is_complete_with_its_last_required_criterion(stage: Stage) -> None:
    juror, team = stage.jurors[0], stage.teams[0]

    complete = [stage.score(juror, team, criterion, 3).complete for criterion in range(3)]

    ballot = Ballot.objects.get(seat__person=juror, team=team)
    assert complete == [False, False, True]
    assert (ballot.scored, ballot.completed_at is not None) == (3, True)


def test_not_scored_is_not_the_lowest_score(stage: Stage) -> None:
    juror, team = stage.jurors[0], stage.teams[0]
    stage.fill(juror, team, 0)

    stage.score(juror, team, 1, None, base_version=1)

    ballot = Ballot.objects.get(seat__person=juror, team=team)
    assert stored() == [(Decimal(0), 1), (None, 2), (Decimal(0), 1)]
    assert (ballot.scored, ballot.completed_at) == (2, None)


def test_scoring_goes_on_after_the_freeze(stage: Stage) -> None:
    stage.at(freeze=timedelta(minutes=-1))

    receipt = stage.score(stage.jurors[0], stage.teams[0], 0, 4)

    assert receipt.status == "accepted"


def test_event_says_who_scored_whom_and_never_how(stage: Stage) -> None:
    juror, team = stage.jurors[0], stage.teams[0]

    stage.score(juror, team, 0, 4)

    last = [since(edition_id=stage.edition.pk, stream=name, number=0)[-1] for name in (ORGANISERS, person_stream(juror.pk))]
    ballot = Ballot.objects.get(seat__person=juror, team=team)
    said = {
        "ballot": ballot.pk,
        "team": team.pk,
        "seat": ballot.seat_id,
        "criterion": stage.criteria[0].pk,
        "complete": False,
    }
    assert [(event.kind, event.payload) for event in last] == [("ballot.scored", said)] * 2


# --- Replays and conflicts (S2, S3) -------------------------------------------------------------------------------


def test_same_client_id_gets_the_first_answer_s2(stage: Stage) -> None:
    tap: dict[str, Any] = {
        "juror": stage.jurors[0],
        "team": stage.teams[0],
        "criterion": 0,
        "value": 4,
        "client_id": uuid.uuid4(),
    }
    first = stage.score(**tap)
    stage.score(stage.jurors[0], stage.teams[0], 0, 2, base_version=1)

    with CaptureQueriesContext(connection) as asked:
        again = stage.score(**tap)

    # It is found before anything is read that only a new score needs.
    assert [one["sql"] for one in asked if "judging_criterion" in one["sql"] or '"judging_score"' in one["sql"]] == []
    assert (again.status, again.receipt, again.version, again.value, again.received_at) == (
        "replayed",
        first.receipt,
        1,
        Decimal(4),
        first.received_at,
    )
    assert stored() == [(Decimal(2), 2)]
    assert ScoreRevision.objects.count() == 2


@pytest.mark.parametrize("other", [{"value": 3}, {"criterion": 1}, {"team": 1}, {"juror": 1}, {"base_version": 1}])
def test_client_id_with_another_content_is_refused(stage: Stage, other: dict[str, int]) -> None:
    tap: dict[str, Any] = {"juror": 0, "team": 0, "criterion": 0, "value": 4, "base_version": 0}
    client_id = uuid.uuid4()

    def send(juror: int, team: int, criterion: int, value: int, base_version: int) -> ScoreReceipt:
        return stage.score(
            stage.jurors[juror], stage.teams[team], criterion, value, base_version=base_version, client_id=client_id
        )

    send(**tap)

    refused = refusal(lambda: send(**{**tap, **other}))

    assert refused.code == "client_id_reused"
    assert stored() == [(Decimal(4), 1)]


@pytest.mark.parametrize("base_version", [0, 2, 2**31 - 1])
def test_stale_version_is_refused_with_what_stands_there_s3(stage: Stage, base_version: int) -> None:
    juror, team = stage.jurors[0], stage.teams[0]
    first = stage.score(juror, team, 0, "4")

    refused = refusal(lambda: stage.score(juror, team, 0, 2, base_version=base_version))

    assert refused.code == "score_conflict"
    assert refused.figures == {"value": "4", "version": 1, "received_at": first.received_at.isoformat()}
    assert stored() == [(Decimal(4), 1)]
    assert ScoreRevision.objects.count() == 1


def test_conflict_of_a_first_score_says_that_nothing_stands_there(stage: Stage) -> None:
    refused = refusal(lambda: stage.score(stage.jurors[0], stage.teams[0], 0, 2, base_version=3))

    assert (refused.code, refused.figures) == ("score_conflict", {"value": None, "version": 0, "received_at": None})


# --- Bad input (S6) -----------------------------------------------------------------------------------------------

UNREADABLE: list[Any] = [
    "NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "1e308", "1E2", "4,5", "four", "4 ", " 4", "", "+4", "4.", ".5",
    "0x4", "٤", "４", "4\n", "4\x00", "−4", "9" * 400, True, False, float("nan"), float("inf"), 1e308, 10**5000, [], {}, [4],
    Decimal(4),
]  # fmt: skip


@pytest.mark.parametrize("raw", UNREADABLE, ids=lambda raw: repr(raw)[:20] if not isinstance(raw, int) else str(type(raw)))
def test_what_is_not_a_plain_number_is_refused_s6(raw: Any) -> None:
    refused = refusal(lambda: read_value(raw))

    assert (refused.code, refused.figures) == ("score_not_a_number", {"field": "value"})


@pytest.mark.parametrize(("raw", "value"), [("4", 4), ("4.5", 4.5), (4, 4), (4.5, 4.5), ("0", 0), ("-0", 0), (None, None)])
def test_plain_numbers_are_read(raw: Any, value: Any) -> None:
    assert read_value(raw) == value
    assert str(read_value("-0")) == "0"


@pytest.mark.parametrize(("raw", "value"), [("4,5", 4.5), (" 4 ", 4), ("", None), ("  ", None), ("4.5", 4.5)])
def test_form_may_write_a_decimal_comma(raw: str, value: Any) -> None:
    assert read_value(raw, from_form=True) == value


@given(raw=st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.from_regex(r"-?\d+(\.\d+)?")))
def test_reading_gives_a_finite_number_or_refuses_s6(raw: Any) -> None:
    with contextlib.suppress(Refused):
        value = read_value(raw)

        assert (value is None) == (raw is None)
        assert value is None or (value.is_finite() and float(value) == float(raw))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (Decimal(-1), "score_off_scale"),
        (Decimal("5.01"), "score_off_scale"),
        (Decimal("1e308"), "score_off_scale"),
        (Decimal("3.5"), "score_off_step"),
        (Decimal("3.0000000000000000000000000000000000001"), "score_off_step"),
        (Decimal("NaN"), "score_not_a_number"),
        (Decimal("sNaN"), "score_not_a_number"),
        (Decimal("Infinity"), "score_not_a_number"),
        (4.0, "score_not_a_number"),
        (True, "score_not_a_number"),
        ("4", "score_not_a_number"),
    ],
)
def test_score_off_its_scale_changes_nothing_s6(stage: Stage, value: Any, code: str) -> None:
    refused = refusal(
        lambda: write_score(
            person=stage.jurors[0],
            edition_id=stage.edition.pk,
            team_id=stage.teams[0].pk,
            criterion_id=stage.criteria[0].pk,
            value=value,
            client_id=uuid.uuid4(),
            base_version=0,
        )
    )

    stage.round.rubric.refresh_from_db()
    assert (refused.code, refused.figures["field"]) == (code, "value")
    assert (stored(), stage.round.rubric.sealed_at) == ([], None)


@pytest.mark.parametrize("base_version", [-1, 2**31])
def test_base_version_that_is_none_is_refused(stage: Stage, base_version: int) -> None:
    refused = refusal(lambda: stage.score(stage.jurors[0], stage.teams[0], 0, 4, base_version=base_version))

    assert refused.code == "base_version_invalid"


# --- The rubric is sealed (S7) ------------------------------------------------------------------------------------


def test_first_score_seals_the_rubric_s7(stage: Stage) -> None:
    change_weight(person=stage.organiser, criterion_id=stage.criteria[0].pk, weight=Decimal(60))
    stage.score(stage.jurors[0], stage.teams[0], 0, 4)

    refused = refusal(lambda: change_weight(person=stage.organiser, criterion_id=stage.criteria[0].pk, weight=Decimal(10)))

    assert (refused.code, Criterion.objects.get(pk=stage.criteria[0].pk).weight) == ("rubric_sealed", Decimal(60))


def test_a_first_rubric_is_written_once_and_who_comes_second_is_told(stage: Stage) -> None:
    criteria = [NewCriterion(key="answer", label={"en": "Answer"}, weight=Decimal(1))]

    refused = refusal(lambda: create_rubric(person=stage.organiser, edition_id=stage.edition.pk, criteria=criteria))

    assert (refused.code, refused.figures) == ("rubric_changed", {"version": 1})
    assert Rubric.objects.get().version == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"weight": Decimal(0)}, "rubric_without_weight"),
        ({"weight": Decimal(-1)}, "weight_invalid"),
        ({"weight": Decimal("NaN")}, "weight_invalid"),
        ({"lowest": Decimal(5)}, "scale_invalid"),
        ({"step": Decimal(0)}, "scale_invalid"),
        ({"highest": Decimal("Infinity")}, "scale_invalid"),
    ],
)
def test_rubric_that_cannot_rank_is_refused(stage: Stage, changes: dict[str, Decimal], code: str) -> None:
    facts: dict[str, Any] = {"key": "answer", "label": {"en": "Answer"}, "weight": Decimal(1), **changes}

    refused = refusal(
        lambda: create_rubric(person=stage.organiser, edition_id=stage.edition.pk, criteria=[NewCriterion(**facts)])
    )

    assert refused.code == code


# --- Not yours (S8) -----------------------------------------------------------------------------------------------


def test_ballot_that_is_barred_does_not_exist_for_the_juror_s8(stage: Stage) -> None:
    bar(person=stage.organiser, seat_id=stage.seats[0].pk, team_id=stage.teams[0].pk, reason="He is her uncle.")

    with pytest.raises(Ballot.DoesNotExist):
        stage.score(stage.jurors[0], stage.teams[0], 0, 4)

    assert stage.score(stage.jurors[1], stage.teams[0], 0, 4).status == "accepted"
    assert AuditEntry.objects.get(action="ballot.bar").reason == "He is her uncle."


def test_others_find_no_ballot_s8(stage: Stage) -> None:
    other = a_stage(jurors=1, teams=1, slug="other")

    for person in (stage.organiser, stage.president, other.jurors[0], a_person(stage.edition, "pupil", "participant")):
        with pytest.raises(Ballot.DoesNotExist):
            stage.score(person, stage.teams[0], 0, 4)
    with pytest.raises(Ballot.DoesNotExist):
        stage.score(stage.jurors[0], stage.teams[0], 0, 4, edition_id=other.edition.pk)
    with pytest.raises(Criterion.DoesNotExist):
        stage.score(stage.jurors[0], stage.teams[0], 0, 4, criterion_id=other.criteria[0].pk)

    assert stored() == []


@pytest.mark.parametrize(
    "instants", [{"judging": timedelta(hours=1)}, {"judging": timedelta(hours=12)}], ids=["closed", "before opening"]
)
def test_scoring_waits_for_the_judging(stage: Stage, instants: dict[str, timedelta]) -> None:
    stage.at(**instants)

    refused = refusal(lambda: stage.score(stage.jurors[0], stage.teams[0], 0, 4))

    assert (refused.code, stored()) == ("wrong_phase", [])


def test_juror_who_is_none_any_more_is_refused(stage: Stage) -> None:
    juror = stage.jurors[0]
    juror.roles.all().delete()
    juror.forget_roles()

    refused = refusal(lambda: stage.score(juror, stage.teams[0], 0, 4))

    assert (refused.code, stored()) == ("wrong_role", [])


# --- Late, and after the freeze (S12, S13) ------------------------------------------------------------------------


def test_score_after_the_round_closed_is_kept_and_does_not_count_s13(stage: Stage) -> None:
    juror, team = stage.jurors[0], stage.teams[0]
    stage.fill(juror, team, 3)
    sign_off(person=stage.president, round_id=stage.round.pk, reason="One juror fell ill.")
    device_at = datetime.now(UTC) - timedelta(minutes=9)
    tap: dict[str, Any] = {"base_version": 1, "client_id": uuid.uuid4(), "device_at": device_at}

    late = stage.score(juror, team, 0, 5, **tap)
    again = stage.score(juror, team, 0, 5, **tap)

    revision = ScoreRevision.objects.get(pk=late.receipt)
    assert (late.status, late.version, late.value) == ("late", 0, Decimal(5))
    assert again == late
    assert (revision.is_late, revision.device_at) == (True, device_at)
    assert stored() == [(Decimal(3), 1)] * 3


def test_correction_after_the_freeze_is_audited_s12(stage: Stage) -> None:
    juror, team = stage.jurors[0], stage.teams[0]
    stage.score(juror, team, 0, 3)
    stage.score(juror, team, 0, 4, base_version=1)
    stage.at(freeze=timedelta(minutes=-1))
    stage.score(juror, team, 1, 4)

    stage.score(juror, team, 0, 5, base_version=2)

    entry = AuditEntry.objects.get(action="score.corrected")
    assert (entry.before, entry.after, entry.actor_id) == ("4", "5", juror.pk)


def test_no_event_of_judging_carries_a_value(stage: Stage) -> None:
    """A mark nobody else could have: were it in any event, it would be found."""
    Criterion.objects.update(highest=Decimal(1000))
    stage.score(stage.jurors[0], stage.teams[0], 0, 737)

    streams = [ORGANISERS, person_stream(stage.jurors[0].pk)]
    events = [event.payload for name in streams for event in since(edition_id=stage.edition.pk, stream=name, number=0)]

    assert len(events) > 2
    assert "737" not in json.dumps(events)
