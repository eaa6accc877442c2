"""Ballots out of the count: a round with them is, for everybody, the round in which they never existed (S9)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import transaction

from estrade.desk.preparation import _of_ballots
from estrade.desk.reads import _left_alone
from estrade.dossiers.reads import _comments
from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import _public_body
from judging.conflicts import declare_conflict
from judging.corrections import void_ballot
from judging.deliberation import open_ballots
from judging.feedback import feedback_of, release_feedback
from judging.jury import jury_setup, seat_line
from judging.leaving import stand_down
from judging.models import Ballot, JuryRecord, Score, ScoreRevision, Seat, Void
from judging.planning import field_of
from judging.plans import give_ballot
from judging.reads import juror_list, progress_matrix
from judging.record import without_names
from judging.reveal import ballots_missing, inputs_hash
from judging.tallies import tally_of
from tests.builders import captain_of
from tests.judging.stage import Stage, a_stage, sign_off
from tests.judging.test_cockpit import rebuilt, seen_by

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def scored_at_random(stage: Stage, rng: random.Random) -> None:
    """Scores as rows: three ballots of four complete, most of the rest begun."""
    now = db_now()
    scores: list[Score] = []
    for ballot in Ballot.objects.filter(seat__round=stage.round).order_by("pk"):
        how_many = rng.choice([3, 3, 3, rng.randrange(3)])
        scores += [
            Score(ballot=ballot, criterion=criterion, value=rng.randrange(6), version=1, received_at=now)
            for criterion in stage.criteria[:how_many]
        ]
        ballot.scored, ballot.completed_at = how_many, now if how_many == len(stage.criteria) else None
        ballot.comment, ballot.feedback = f"to the jury {ballot.pk}", f"to the team {ballot.pk}"
        ballot.touched_at = now.replace(year=now.year - 1)
        ballot.save()
    Score.objects.bulk_create(scores)


def taken_out_at_random(stage: Stage, rng: random.Random) -> None:
    """One juror stands down and nothing counts, one and only complete ballots do; ballots void, a conflict declared."""
    gone, left, *staying = rng.sample(stage.seats, len(stage.seats))
    for seat, scores in ((gone, "void"), (left, "kept")):
        stand_down(person=stage.organiser, seat_id=seat.pk, scores=scores, reason="Taken ill")
    for seat in (left, *staying):
        ballot = rng.choice(list(seat.ballots.filter(barred_reason="")))
        void_ballot(person=stage.organiser, ballot_id=ballot.pk, reason="A slip.")
    other = staying[0].ballots.counting().first()
    assert other is not None
    declare_conflict(person=staying[0].person, edition_id=stage.edition.pk, team_id=other.team_id, kind="other")


def what_everybody_sees(stage: Stage) -> dict[str, Any]:
    """Whatever is computed from the ballots of a round, wherever it is read."""
    now = db_now()
    tally = tally_of(round_id=stage.round.pk)
    matrix = progress_matrix(person=stage.organiser, round_id=stage.round.pk)
    found = field_of(stage.round)
    team_ids = [team.pk for team in stage.teams]
    return {
        "board": {**_public_body(stage.edition, tally, now), "at": ""},
        "standings": tally.standings,
        "marks": sorted((one.juror, one.team) for one in tally.marks),
        "groups": (tally.groups, tally.planned_groups, tally.minimum),
        "hash": inputs_hash(stage.round, tally),
        "missing": (ballots_missing(round_id=stage.round.pk), matrix.missing),
        "open": [open_ballots(seat) for seat in stage.seats],
        "matrix": [(row.done, row.of) for row in matrix.rows],
        "counted": jury_setup(person=stage.organiser, edition=stage.edition).counted,
        "seats": [(line.complete, line.open) for line in (_line(stage, seat) for seat in stage.seats)],
        "left alone": [ballot.pk for ballot in _left_alone(stage.round, now)],
        "preparation": [str(item) for item in _of_ballots(stage.edition)],
        "planned": (found.open, found.begun),
        "comments": _comments(team_ids),
        "lists": [_list(juror, stage) for juror in stage.jurors],
    }


def _line(stage: Stage, seat: Seat) -> Any:
    return seat_line(person=stage.organiser, edition=stage.edition, seat_id=seat.pk)


def _list(juror: Person, stage: Stage) -> Any:
    try:
        mine = juror_list(person=juror, edition_id=stage.edition.pk)
    except Seat.DoesNotExist:
        return None
    return mine.done, mine.of, [one.team.pk for one in mine.ballots if one.state != "off"]


def test_round_with_ballots_out_of_the_count_is_the_round_where_they_never_existed_s9() -> None:
    stage = a_stage(jurors=5, teams=4, fewest_ballots=2)
    for seed in range(2):
        rng = random.Random(seed)
        with transaction.atomic():
            scored_at_random(stage, rng)
            complete = tally_of(round_id=stage.round.pk)
            taken_out_at_random(stage, rng)
            out = [ballot.pk for ballot in Ballot.objects.select_related("void") if not ballot.counts]

            seen = what_everybody_sees(stage)
            Void.objects.filter(ballot__in=out).delete()
            ScoreRevision.objects.filter(ballot__in=out).delete()
            Ballot.objects.filter(pk__in=out).delete()
            never = what_everybody_sees(stage)

            assert len(seen["marks"]) < len(complete.marks)
            assert seen == never
            transaction.set_rollback(True)


def test_ballot_taken_out_is_closed_to_its_juror_and_its_team_gets_another_juror() -> None:
    stage = a_stage(jurors=4, teams=4)
    stage.round.per_team = 2
    stage.round.save()
    Ballot.objects.filter(seat__in=stage.seats[2:]).delete()
    stage.fill(stage.jurors[0], stage.teams[0], 5)
    ballot = Ballot.objects.get(seat=stage.seats[0], team=stage.teams[0])
    sheet = f"/e/sample/jury/{stage.teams[0].pk}/"
    before = seen_by(stage.jurors[0]).get(sheet).status_code

    void_ballot(person=stage.organiser, ballot_id=ballot.pk, reason="A friend of the team.")

    assert (before, seen_by(stage.jurors[0]).get(sheet).status_code) == (200, 404)
    listed = seen_by(stage.jurors[0]).get("/e/sample/jury/", headers={"accept-language": "en"}).content.decode()
    assert "An organiser took this ballot out of the count." in listed
    assert "A friend of the team." not in listed
    counted = [Ballot.objects.counting().filter(team=team).count() for team in stage.teams]
    assert counted == [2, 2, 2, 2]
    with pytest.raises(Refused, match="conflict_of_interest"):
        give_ballot(person=stage.organiser, edition_id=stage.edition.pk, seat_id=stage.seats[0].pk, team_id=stage.teams[0].pk)


def test_record_and_feedback_hold_what_was_written_to_teams_and_only_of_ballots_that_count(tmp_path: Any) -> None:
    stage = a_stage(jurors=4, teams=2, mark=lambda j, t: 1 + j % 2 + t)
    for number, seat in enumerate(stage.seats):
        seat.ballots.update(comment=f"jury {number}", feedback=f"bravo {number}")
    stand_down(person=stage.organiser, seat_id=stage.seats[0].pk, scores="void", reason="Was at the wrong event.")
    stand_down(person=stage.organiser, seat_id=stage.seats[1].pk, scores="kept", reason="Taken ill.")
    void_ballot(
        person=stage.organiser, ballot_id=Ballot.objects.get(seat=stage.seats[2], team=stage.teams[0]).pk, reason="A slip."
    )
    sign_off(person=stage.organiser, round_id=stage.round.pk)

    content = JuryRecord.objects.get().content
    page = seen_by(stage.president).get("/e/sample/jury/record/1.pdf")

    states = [(one["juror"], one["team"], one["state"], one["feedback"]) for one in content["ballots"]]
    numbers = [team.number for team in stage.teams]
    assert states == [
        *(("J01", n, "void", "bravo 0") for n in numbers),
        *(("J02", n, "counts", "bravo 1") for n in numbers),
        ("J03", numbers[0], "void", "bravo 2"),
        ("J03", numbers[1], "counts", "bravo 2"),
        *(("J04", n, "counts", "bravo 3") for n in numbers),
    ]
    gone = [one["stood_down"] and (one["stood_down"]["scores"], one["stood_down"]["reason"]) for one in content["jurors"]]
    assert gone == [("void", "Was at the wrong event."), ("kept", "Taken ill."), None, None]
    team = captain_of(stage.teams[0])
    Edition.objects.filter(pk=stage.edition.pk).update(published_at=db_now())
    release_feedback(person=stage.organiser, edition_id=stage.edition.pk)
    read = feedback_of(person=team, edition=Edition.objects.get(pk=stage.edition.pk))
    assert read is not None
    assert (read.ballots, read.texts) == (2, ["bravo 1", "bravo 3"])
    assert page.content[:5] == b"%PDF-"
    public = without_names(content)
    assert not [one for one in public["ballots"] if {"comment", "feedback"} & one.keys()]
    assert "jurors" not in public
    assert rebuilt(content, tmp_path).returncode == 0
