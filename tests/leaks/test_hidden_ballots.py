"""Two worlds that differ in one hidden ballot: whatever the public can read is equal, byte for byte (P4)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client

from estrade.journal.log import JURY, JURY_BOARD, PARTICIPANTS, PUBLIC, heads_of, since
from estrade.journal.models import Snapshot
from estrade.kernel.clock import db_now
from estrade.people.models import Person
from judging.boards import freeze_board, refresh_board, refresh_stale_boards
from judging.models import Ballot, Score, ScoreRevision
from judging.public import public_board, public_results
from judging.reads import juror_list
from judging.reveal import advance_reveal
from tests.clocks import stop_clock
from tests.judging.stage import Stage, a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    """Three teams; two jurors have scored everybody, the third nobody yet."""
    stage = a_stage(jurors=3, teams=3)
    for j, juror in enumerate(stage.jurors[:2]):
        for t, team in enumerate(stage.teams):
            stage.fill(juror, team, 2 + t - j)
    refresh_board(round_id=stage.round.pk)
    return stage


def everything_public(stage: Stage) -> bytes:
    """Snapshots, streams and heads of all who may not see scores, as bytes."""
    edition_id = stage.edition.pk
    streams = [PUBLIC, PARTICIPANTS, JURY]
    known: list[Any] = [
        public_board(stage.edition),
        public_results(stage.edition),
        [(snap.name, snap.seq, snap.body) for snap in Snapshot.objects.exclude(name=JURY_BOARD).order_by("name")],
        heads_of(edition_id=edition_id, streams=streams),
        [
            (event.stream, event.seq, event.kind, event.payload, event.at.isoformat())
            for name in streams
            for event in since(edition_id=edition_id, stream=name, number=0)
        ],
        # A juror who has scored sees the own list and nothing that depends on another juror.
        [(one.team.pk, one.state, one.total) for one in juror_list(person=stage.jurors[0], edition_id=edition_id).ballots],
    ]
    return json.dumps(known, sort_keys=True).encode()


# What only the chair and the organisers read, or nobody before the publication.
FOR_THE_CHAIR = [
    "/e/sample/jury/cockpit/",
    "/e/sample/jury/record/public.json",
    "/e/sample/jury/record/1.json",
    "/e/sample/jury/record/1.pdf",
]
PUBLIC_PAGES = [
    "/e/sample/",
    "/e/sample/board/",
    "/e/sample/results/",
    "/screen/sample/",
    "/api/v1/editions/sample/",
    "/api/v1/editions/sample/challenges/",
    *FOR_THE_CHAIR,
    "/api/v1/editions/sample/board/",
    "/api/v1/editions/sample/results/",
    "/api/v1/editions/sample/events/?stream=public&since=0",
]
# What a role may read besides; another's marks must be in none of it either.
OWN_PAGES = {
    "participant": ["/e/sample/me/", "/api/v1/editions/sample/events/?stream=participants&since=0"],
    "juror": ["/e/sample/jury/", "/e/sample/jury/{team}/", "/api/v1/editions/sample/jury/{team}/scores/"],
}


def own_number(answer: Any) -> tuple[str, str]:
    """The number under which an answer stands in the log, drawn anew for each."""
    return ("X-Request-ID", answer.headers["X-Request-ID"])


# What differs between any two answers: tokens and identifiers drawn anew, and the instant of the answer.
PASSING = re.compile(rb'((csrf|name="client-)[^>]*value="|"now":\s*"|data-now=")[^"]*"')


def pages(stage: Stage, role: str = "", person: Person | None = None) -> list[tuple[str, int, bytes, list[tuple[str, str]]]]:
    """Every page and endpoint this reader has: address, status, body, headers."""
    client = Client()
    if person is not None:
        client.force_login(person)
    paths = [*PUBLIC_PAGES, *(path.format(team=stage.teams[0].pk) for path in OWN_PAGES.get(role, []))]
    answers = [(path, client.get(path)) for path in paths]
    return [
        (path, answer.status_code, PASSING.sub(b"", answer.content), sorted(set(answer.headers.items()) - {own_number(answer)}))
        for path, answer in answers
    ]


def hidden_ballot(stage: Stage, mark: int) -> None:
    """One more ballot on the last team, and everything that follows a score."""
    stage.fill(stage.jurors[2], stage.teams[0], mark)
    refresh_board(round_id=stage.round.pk)
    refresh_stale_boards()


def world_after(stage: Stage, mark: int, read: Callable[[], Any] | None = None) -> Any:
    """What can be read in the world in which the third juror gave this mark; the ballot is then taken out again."""
    hidden_ballot(stage, mark)
    seen = read() if read else everything_public(stage)
    ballot = Ballot.objects.get(seat__person=stage.jurors[2], team=stage.teams[0])
    for table in (Score, ScoreRevision):
        table._default_manager.filter(ballot=ballot).delete()
    Ballot.objects.filter(pk=ballot.pk).update(scored=0, completed_at=None, touched_at=None)
    refresh_board(round_id=stage.round.pk)
    return seen


def freeze_by_hand(stage: Stage) -> None:
    freeze_board(person=stage.organiser, edition_id=stage.edition.pk)


def freeze_by_plan(stage: Stage) -> None:
    stage.at(freeze=timedelta(seconds=-1))


@pytest.mark.parametrize("role", ["", "participant", "juror"])
def test_hidden_ballot_changes_no_page(stage: Stage, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and API, without the ballot and with it, whatever mark was on it. The clock stands: pages tell the time."""
    person = {"participant": stage.teams[0].captain, "juror": stage.jurors[0]}.get(role)
    stop_clock(monkeypatch, db_now())
    freeze_by_hand(stage)
    read = partial(pages, stage, role, person)

    without = read()
    low, high = world_after(stage, 0, read), world_after(stage, 5, read)

    refused = {path for path, status, _body, _headers in without if status != 200}
    assert refused == {"/api/v1/editions/sample/results/", *FOR_THE_CHAIR}
    assert low == high == without


def test_without_a_freeze_the_pages_differ(stage: Stage) -> None:
    """The positive control of the test above."""
    low, high = (world_after(stage, mark, partial(pages, stage)) for mark in (0, 5))

    assert {a[0] for a, b in zip(low, high, strict=True) if a != b} >= {"/e/sample/board/", "/screen/sample/"}


@pytest.mark.parametrize("freeze", [freeze_by_hand, freeze_by_plan])
def test_hidden_ballot_changes_no_public_byte(stage: Stage, freeze: Callable[[Stage], None]) -> None:
    freeze(stage)
    stage.edition.refresh_from_db()
    without = everything_public(stage)

    low, high = world_after(stage, 0), world_after(stage, 5)

    assert low == high == without


def test_without_a_freeze_the_same_ballot_is_seen(stage: Stage) -> None:
    """The positive control: the comparison above can see a difference."""
    low, high = world_after(stage, 0), world_after(stage, 5)

    assert low != high


def test_ballot_is_hidden_in_an_edition_without_live_board() -> None:
    stage = a_stage(live_board=False)
    without = everything_public(stage)

    assert world_after(stage, 0) == world_after(stage, 5) == without


def test_numbers_of_a_public_stream_do_not_count_hidden_events_r10(stage: Stage) -> None:
    freeze_by_plan(stage)
    before = heads_of(edition_id=stage.edition.pk, streams=[PUBLIC, PARTICIPANTS, JURY])

    for juror in range(2):
        for team in stage.teams:
            for criterion in range(3):
                stage.score(stage.jurors[juror], team, criterion, 5, base_version=1)
            refresh_board(round_id=stage.round.pk)

    assert heads_of(edition_id=stage.edition.pk, streams=[PUBLIC, PARTICIPANTS, JURY]) == before


def test_replay_from_zero_after_the_freeze_has_no_hidden_score_r9(stage: Stage) -> None:
    freeze_by_hand(stage)
    hidden_ballot(stage, 5)

    events = since(edition_id=stage.edition.pk, stream=PUBLIC, number=0)

    said = ["challenge.published", "board.changed", "phase.changed", "board.frozen"]
    assert [event.kind for event in events] == said
    assert events[1].payload["rows"][-1]["ballots"] == 2


def test_sign_off_and_each_step_show_no_more_than_their_entry(stage: Stage) -> None:
    """Worlds that differ in who wins are equal until the step that says so."""
    freeze_by_plan(stage)
    hidden_ballot(stage, 0)
    sign_off(person=stage.organiser, round_id=stage.round.pk, reason="Time is up.")
    signed = stage.round.sign_off
    before = everything_public(stage)

    # The other world: first and second have changed places in what was signed.
    first, second = signed.standings[:2]
    for name in ("id", "name"):
        first[name], second[name] = second[name], first[name]
    signed.save()
    swapped = everything_public(stage)
    advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=0)

    third = public_results(stage.edition)["entries"]
    assert swapped == before
    assert [[team["name"] for team in entry["teams"]] for entry in third] == [["sample team 1"]]
