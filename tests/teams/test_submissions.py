"""Handing in: what counts, what is late, what is kept, and what nobody can do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connections

from estrade.editions.deadlines import move_deadline
from estrade.editions.phases import Phase
from estrade.journal.log import ORGANISERS, since
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from teams import submissions
from teams.extensions import extend_team
from teams.membership import join_team, withdraw_team
from teams.models import Receipt, Submission
from teams.submissions import accept_late, capture_drafts, deliver_submission, draft_of, fingerprint_of, save_draft
from tests.builders import (
    WORDS,
    a_challenge,
    a_delivered_submission,
    a_draft,
    a_participant,
    a_role,
    a_team,
    an_edition,
    bring_to,
    captain_of,
    organiser_of,
    shift,
)
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db

# --- Drafts -------------------------------------------------------------------------------------------------------


def test_a_draft_is_saved_by_any_member_and_told_to_the_team() -> None:
    edition = an_edition()
    team = a_team(edition)
    member = a_participant(edition)
    join_team(person=member, edition_id=edition.pk, code=team.join_code)

    submission = save_draft(person=member, team_id=team.pk, **WORDS, base_revision=0)

    assert draft_of(submission) == WORDS
    assert (submission.draft_revision, submission.draft_saved_by) == (1, member)
    event = Event.objects.get(kind="draft.saved")
    assert (event.stream, event.payload) == (f"team.{team.pk}", {"team": team.pk, "revision": 1})


def test_a_draft_saved_on_an_old_revision_is_refused_with_the_other_words() -> None:
    team = a_draft(a_team(an_edition()))

    with pytest.raises(Refused, match="draft_conflict") as refused:
        save_draft(person=captain_of(team), team_id=team.pk, **WORDS | {"title": "Mine"}, base_revision=0)

    figures = refused.value.figures
    assert {field: figures[field] for field in WORDS} == WORDS
    assert (figures["revision"], figures["saved_by"]) == (1, captain_of(team).name)
    assert Submission.objects.get().draft_title == WORDS["title"]


def test_the_same_words_again_make_no_new_revision() -> None:
    team = a_draft(a_team(an_edition()))

    submission = save_draft(person=captain_of(team), team_id=team.pk, **WORDS, base_revision=0)

    assert submission.draft_revision == 1
    assert Event.objects.filter(kind="draft.saved").count() == 1


@pytest.mark.parametrize(("field", "limit"), [("title", 120), ("summary", 180), ("text", 4000), ("link", 300)])
def test_a_text_of_ten_thousand_characters_is_refused(field: str, limit: int) -> None:
    team = a_team(an_edition())

    with pytest.raises(Refused, match="too_long") as refused:
        save_draft(person=captain_of(team), team_id=team.pk, **WORDS | {field: "x" * 10_000}, base_revision=0)

    assert refused.value.figures == {"field": field, "limit": limit, "length": 10_000}
    assert Submission.objects.get().draft_revision == 0


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "example", "https://"])
def test_a_link_leads_to_the_web_or_nowhere(link: str) -> None:
    team = a_team(an_edition())

    with pytest.raises(Refused, match="link_invalid"):
        save_draft(person=captain_of(team), team_id=team.pk, **WORDS | {"link": link}, base_revision=0)


def test_nothing_that_cannot_be_seen_is_stored() -> None:
    team = a_team(an_edition())

    submission = save_draft(
        person=captain_of(team),
        team_id=team.pk,
        title="  Cool\u200b\n\x00 roofs ",
        summary="",
        text="a\r\nb\x07",
        link="",
        base_revision=0,
    )

    assert (submission.draft_title, submission.draft_text) == ("Cool roofs", "a\nb")


def test_nobody_else_writes_a_draft() -> None:
    edition = an_edition()
    team, stranger, organiser = a_team(edition), captain_of(a_team(edition)), organiser_of(edition)

    for person, code in ((stranger, "not_found"), (organiser, "wrong_role"), (captain_of(a_team(an_edition())), "not_found")):
        with pytest.raises(Refused, match=code):
            save_draft(person=person, team_id=team.pk, **WORDS, base_revision=0)

    assert team.submission.draft_revision == 0


# --- Delivering ---------------------------------------------------------------------------------------------------


def test_a_delivery_before_the_deadline_counts() -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    team = a_draft(a_team(edition, name="Canopée", challenge=challenge))

    receipt = a_delivered_submission(team)

    team.submission.refresh_from_db()
    assert team.submission.current == receipt
    assert (receipt.state, receipt.number, receipt.reference) == ("delivered", 1, "H2H-CAN-0001")
    assert receipt.fingerprint == fingerprint_of(WORDS)
    assert receipt.closes_at == edition.submissions_close_at
    told = Event.objects.filter(kind="submission.delivered")
    assert sorted(told.values_list("stream", flat=True)) == [f"challenge.{challenge.pk}", "organisers", f"team.{team.pk}"]
    times = {"received_at": receipt.received_at.isoformat(), "closes_at": receipt.closes_at.isoformat()}
    assert told[0].payload == {"team": team.pk, "receipt": receipt.pk, "number": 1, "late": False} | times


def test_every_version_has_a_receipt_and_the_last_one_counts() -> None:
    team = a_team(an_edition())
    first = a_delivered_submission(team)
    a_draft(team, title="Second thoughts")

    second = a_delivered_submission(team)

    team.submission.refresh_from_db()
    assert (first.number, second.number) == (1, 2)
    assert (first.title, second.title) == (WORDS["title"], "Second thoughts")
    assert first.reference != second.reference
    assert team.submission.current == second


@pytest.mark.parametrize(
    ("after", "state"),
    [(timedelta(milliseconds=-1), "delivered"), (timedelta(0), "late"), (timedelta(milliseconds=1), "late")],
)
def test_d1_a_delivery_counts_strictly_before_the_deadline(monkeypatch: pytest.MonkeyPatch, after: timedelta, state: str) -> None:
    team = a_draft(a_team(an_edition()))
    deadline = team.edition.submissions_close_at
    stop_clock(monkeypatch, deadline + after)

    receipt = deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())

    team.submission.refresh_from_db()
    assert receipt.state == state
    assert receipt.received_at - receipt.closes_at == after
    assert (team.submission.current == receipt) == (state == "delivered")


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.JUDGING, Phase.FROZEN])
def test_a_late_version_never_replaces_the_one_that_counts(phase: Phase) -> None:
    edition = an_edition()
    team = a_team(edition)
    in_time = a_delivered_submission(team)
    bring_to(edition, phase)

    late = deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())

    team.submission.refresh_from_db()
    assert late.state == Receipt.State.LATE
    assert team.submission.current == in_time


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.PUBLISHED])
def test_nothing_is_handed_in_before_the_opening_or_after_the_results(phase: Phase) -> None:
    edition = an_edition()
    team = a_draft(a_team(edition))
    bring_to(edition, phase)

    with pytest.raises(Refused, match="wrong_phase"):
        deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())

    assert not Receipt.objects.exists()


def test_d10_the_same_tap_twice_is_one_receipt() -> None:
    team = a_draft(a_team(an_edition()))
    client_id = uuid4()

    receipts = [deliver_submission(person=captain_of(team), team_id=team.pk, client_id=client_id) for _ in range(2)]

    assert receipts[0] == receipts[1]
    assert Receipt.objects.count() == 1
    assert Event.objects.filter(kind="submission.delivered", stream="organisers").count() == 1


def test_d10_a_replay_after_the_deadline_answers_the_first_receipt() -> None:
    edition = an_edition()
    team = a_team(edition)
    first = a_delivered_submission(team, client_id=UUID(int=1))
    bring_to(edition, Phase.JUDGING)

    again = deliver_submission(person=captain_of(team), team_id=team.pk, client_id=UUID(int=1))

    assert (again, again.state) == (first, "delivered")


def test_an_identifier_of_another_team_is_refused() -> None:
    edition = an_edition()
    a_delivered_submission(a_team(edition), client_id=UUID(int=1))
    other = a_draft(a_team(edition))

    with pytest.raises(Refused, match="client_id_reused"):
        deliver_submission(person=captain_of(other), team_id=other.pk, client_id=UUID(int=1))


@pytest.mark.parametrize(("emptied", "missing"), [({"title": ""}, ["title"]), ({"title": "", "text": " \n"}, ["title", "text"])])
def test_an_incomplete_draft_is_not_handed_in(emptied: dict[str, str], missing: list[str]) -> None:
    team = a_draft(a_team(an_edition()), **emptied)

    with pytest.raises(Refused, match="submission_incomplete") as refused:
        deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())

    assert refused.value.figures == {"missing": missing}


def test_only_the_captain_hands_in() -> None:
    edition = an_edition()
    team = a_draft(a_team(edition))
    member = a_participant(edition)
    join_team(person=member, edition_id=edition.pk, code=team.join_code)

    for person, code in ((member, "wrong_role"), (organiser_of(edition), "wrong_role"), (a_participant(edition), "not_found")):
        with pytest.raises(Refused, match=code):
            deliver_submission(person=person, team_id=team.pk, client_id=uuid4())


def test_a_withdrawn_team_hands_nothing_in() -> None:
    edition = an_edition()
    team = a_draft(a_team(edition))
    withdraw_team(person=captain_of(team), team_id=team.pk, reason="We are ill")

    with pytest.raises(Refused, match="team_withdrawn"):
        deliver_submission(person=captain_of(team), team_id=team.pk, client_id=uuid4())


def test_d4_a_receipt_keeps_the_closing_time_that_was_applied() -> None:
    edition = an_edition()
    team = a_team(edition)
    before = a_delivered_submission(team)
    edition.refresh_from_db()
    earlier = db_now() + timedelta(minutes=30)
    move_deadline(person=organiser_of(edition), edition_id=edition.pk, name="submissions_close", at=earlier)

    after = a_delivered_submission(team)

    assert (before.closes_at, after.closes_at) == (edition.submissions_close_at, earlier)


# --- Late ones ----------------------------------------------------------------------------------------------------


def test_an_accepted_late_version_counts_and_says_why() -> None:
    edition = an_edition()
    team = a_team(edition)
    late = a_delivered_submission(team, late=True)

    accepted = accept_late(person=organiser_of(edition), receipt_id=late.pk, reason="The venue had no network")

    team.submission.refresh_from_db()
    assert (accepted.state, accepted.accepted_reason) == ("accepted", "The venue had no network")
    assert team.submission.current == late
    entry = AuditEntry.objects.get(action="submission.accept_late")
    assert (entry.reason, entry.actor) == ("The venue had no network", organiser_of(edition))
    assert accept_late(person=organiser_of(edition), receipt_id=late.pk, reason="Again") == accepted
    assert Event.objects.filter(kind="late.accepted", stream="organisers").count() == 1


def test_a_late_version_is_accepted_with_a_reason_by_an_organiser_only() -> None:
    edition = an_edition()
    late = a_delivered_submission(a_team(edition), late=True)
    in_time_team = late.submission.team

    for person, reason, code in (
        (organiser_of(edition), "  ", "reason_required"),
        (captain_of(in_time_team), "Please", "wrong_role"),
        (organiser_of(an_edition()), "Please", "not_found"),
    ):
        with pytest.raises(Refused, match=code):
            accept_late(person=person, receipt_id=late.pk, reason=reason)

    late.refresh_from_db()
    assert late.state == Receipt.State.LATE


def test_a_version_in_time_needs_no_acceptance() -> None:
    edition = an_edition()
    receipt = a_delivered_submission(a_team(edition))
    bring_to(edition, Phase.CLOSED)

    with pytest.raises(Refused, match="not_late"):
        accept_late(person=organiser_of(edition), receipt_id=receipt.pk, reason="Why not")


# --- Capture ------------------------------------------------------------------------------------------------------


def test_the_capture_takes_every_draft_with_words_and_no_other() -> None:
    edition = an_edition()
    titled = a_draft(a_team(edition), text="")
    extended, empty, withdrawn = a_draft(a_team(edition)), a_team(edition), a_draft(a_team(edition))
    late = a_draft(a_team(edition))
    extend_team(person=organiser_of(edition), team_id=extended.pk, minutes=240, reason="A power cut")
    withdraw_team(person=captain_of(withdrawn), team_id=withdrawn.pk, reason="We are ill")
    bring_to(edition, Phase.CLOSED)
    deliver_submission(person=captain_of(late), team_id=late.pk, client_id=uuid4())
    extended.extensions.update(until=db_now() + timedelta(minutes=5))

    for _ in range(3):
        capture_drafts(edition_id=edition.pk)

    taken = Receipt.objects.filter(state="captured").values_list("submission__team", flat=True)
    assert sorted(taken) == sorted([titled.pk, late.pk])
    assert empty.pk not in taken
    assert Submission.objects.get(team=late, current__state="captured")


def test_nothing_is_captured_before_the_deadline() -> None:
    edition = an_edition()
    a_draft(a_team(edition))

    capture_drafts(edition_id=edition.pk)

    assert not Receipt.objects.exists()


def test_one_draft_that_cannot_be_taken_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()
    broken, sound = a_draft(a_team(edition)), a_draft(a_team(edition))
    bring_to(edition, Phase.CLOSED)
    real = submissions.capture_one
    monkeypatch.setattr(submissions, "capture_one", lambda team_id: 1 / 0 if team_id == broken.pk else real(team_id=team_id))

    with pytest.raises(RuntimeError, match=str(broken.pk)):
        capture_drafts(edition_id=edition.pk)

    assert Receipt.objects.get().submission.team == sound


# --- Races --------------------------------------------------------------------------------------------------------


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_d10_the_same_tap_eight_times_at_once_is_one_receipt() -> None:
    team = a_draft(a_team(an_edition()))
    captain, start = captain_of(team), Barrier(8)

    def tap(_: int) -> int:
        start.wait()
        try:
            return deliver_submission(person=captain, team_id=team.pk, client_id=UUID(int=7)).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(tap, range(8)))

    assert answers == {Receipt.objects.get().pk}


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_d1_a_storm_around_the_deadline_has_no_wrong_answer() -> None:
    edition = an_edition()
    teams = [a_draft(a_team(edition)) for _ in range(8)]
    captains, deadline = {team.pk: captain_of(team) for team in teams}, db_now() + timedelta(seconds=0.5)
    shift(edition, deadline - edition.submissions_close_at)

    def storm(team_id: int) -> None:
        try:
            while db_now() < deadline + timedelta(seconds=0.5):
                deliver_submission(person=captains[team_id], team_id=team_id, client_id=uuid4())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(storm, captains))

    receipts = list(Receipt.objects.all())
    assert {receipt.closes_at for receipt in receipts} == {deadline}
    assert [r for r in receipts if (r.state == "delivered") != (r.received_at < deadline)] == []
    assert {receipt.state for receipt in receipts} == {"delivered", "late"}
    for submission in Submission.objects.all():
        assert submission.current == submission.receipts.filter(state="delivered").last()


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_references_given_out_at_once_are_all_different() -> None:
    edition = an_edition()
    teams = [a_draft(a_team(edition)) for _ in range(8)]
    captains, start = {team.pk: captain_of(team) for team in teams}, Barrier(8)

    def deliver(team_id: int) -> str:
        start.wait()
        try:
            return deliver_submission(person=captains[team_id], team_id=team_id, client_id=uuid4()).reference
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        references = list(pool.map(deliver, captains))

    assert sorted(reference[-4:] for reference in references) == [f"000{n}" for n in range(1, 9)]


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_d4_moving_the_deadline_among_deliveries_leaves_each_with_the_outcome_that_the_log_replays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edition = an_edition()
    teams = [a_draft(a_team(edition)) for _ in range(7)]
    captains, organiser, start = {team.pk: captain_of(team) for team in teams}, organiser_of(edition), Barrier(8)
    old, new = edition.submissions_close_at, edition.submissions_close_at + timedelta(minutes=30)
    # After the one and before the other: what becomes of a delivery is what the race made of it.
    monkeypatch.setattr(submissions, "db_now", lambda: old + timedelta(minutes=1))

    def act(team_id: int) -> None:
        start.wait()
        try:
            if team_id:
                deliver_submission(person=captains[team_id], team_id=team_id, client_id=uuid4())
            else:
                move_deadline(person=organiser, edition_id=edition.pk, name="submissions_close", at=new)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, [0, *captains]))

    log = [event.payload for event in since(edition_id=edition.pk, stream=ORGANISERS, number=0) if "closes_at" in event.payload]
    at = datetime.fromisoformat
    replayed = {one["receipt"]: "late" if at(one["received_at"]) >= at(one["closes_at"]) else "delivered" for one in log}
    moved = [event.payload["at"] for event in Event.objects.filter(edition=edition, kind="deadline.moved", stream=ORGANISERS)]
    assert [at(one) for one in moved] == [new]
    assert {at(one["closes_at"]) for one in log} <= {old, new}
    assert replayed == dict(Receipt.objects.values_list("pk", "state"))
    assert len(replayed) == 7


def test_a_role_that_only_watches_reads_no_draft_of_others() -> None:
    edition = an_edition()
    team = a_draft(a_team(edition))
    juror = a_role(edition, "juror")

    with pytest.raises(Refused, match="wrong_role"):
        save_draft(person=juror, team_id=team.pk, **WORDS, base_revision=1)
