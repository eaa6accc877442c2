"""Beginning and wiping: the original stays as it is, and of the copy nothing stays."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.editions.reads import all_editions
from estrade.journal.audit import digest_of
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Presence, Role
from estrade.people.presence import mark_heard
from estrade.people.signin import identify
from estrade.rehearsal.models import Play
from estrade.rehearsal.proof import find_words, traces_of
from estrade.rehearsal.reads import last_proof
from estrade.rehearsal.rehearsals import pause_rehearsal, start_rehearsal, wipe_rehearsal
from estrade.scheduling.tasks import tick
from judging.ballots import write_score
from judging.models import Ballot, Criterion
from teams.intake import import_participants
from teams.models import Receipt, ReceiptCounter, Team
from tests import builders
from tests.judging.stage import sign_off
from tests.matrix.test_matrix import NO, tried
from tests.matrix.world import TRIES, Actor, a_world
from tests.rehearsal.world import a_bare_event, a_busy_event, digests
from tests.serving import session_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def something_happens_in(copy: Edition) -> None:
    """A weekend in the copy: drafts, deliveries, scores, a signature, presence, sessions."""
    for team in Team.objects.filter(edition=copy):
        builders.a_delivered_submission(team)
    copy.refresh_from_db()
    builders.bring_to(copy, Phase.JUDGING)
    tick()
    criteria = list(Criterion.objects.filter(rubric__rounds__edition=copy))
    for ballot in Ballot.objects.filter(seat__round__edition=copy, barred_reason="").select_related("seat__person"):
        for criterion in criteria:
            score(ballot, criterion)
    organiser = Role.objects.get(edition=copy, role="organiser").person
    sign_off(person=organiser, round_id=copy.rounds.get().pk)
    double = Person.objects.filter(rehearses=copy).first()
    assert double is not None
    mark_heard(edition_id=copy.pk, person_ids=[double.pk, organiser.pk], now=copy.judging_opens_at)
    session_of(double)


def score(ballot: Ballot, criterion: Criterion) -> None:
    write_score(
        person=ballot.seat.person,
        edition_id=ballot.team.edition_id,
        team_id=ballot.team_id,
        criterion_id=criterion.pk,
        value=Decimal(3),
        client_id=uuid4(),
        base_version=0,
    )


def test_a_whole_rehearsal_changes_no_row_of_anybody_else() -> None:
    stage = a_busy_event()
    another = a_busy_event(slug="another", number=8)
    session_of(stage.organiser)
    # What is due in the events themselves is carried out before the comparison.
    tick()
    before = digests(besides=stage.edition)

    play = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR)
    something_happens_in(play.edition)
    in_between = digests(besides=stage.edition)
    proof = wipe_rehearsal(person=stage.organiser, edition_id=stage.edition.pk)

    assert digests(besides=stage.edition) == before
    # The comparison could fail: nearly every table had rows of the rehearsal.
    assert sum(in_between[table] != before[table] for table in before) > 25
    assert proof.is_clean
    assert another.edition.rounds.get().closed_at is None


def test_the_proof_names_what_was_there_and_is_kept_in_the_events_own_audit_log() -> None:
    stage = a_busy_event()
    play = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR)
    something_happens_in(play.edition)

    proof = wipe_rehearsal(person=stage.organiser, edition_id=stage.edition.pk)

    assert {"editions.Edition", "people.Person", "judging.Score", "teams.Receipt", "journal.AuditEntry"} <= set(proof.before)
    assert {label: proof.before[label] for label in ("editions.Edition", "sessions.Session", "people.Presence")} == {
        "editions.Edition": 1, "sessions.Session": 1, "people.Presence": 2,
    }  # fmt: skip
    assert (proof.before["judging.Score"], proof.before["teams.ReceiptCounter"]) == (30, 1)
    assert set(proof.after.values()) == {0}
    assert proof.hits == {}
    assert proof.columns > 60
    shown = last_proof(stage.edition)
    assert shown is not None
    assert (shown.is_clean, shown.is_whole, shown.rows) == (True, True, sum(proof.before.values()))
    entries = list(AuditEntry.objects.filter(edition=stage.edition).order_by("number"))
    assert [one.action for one in entries[-3:]] == ["rehearsal.start", "rehearsal.wipe", "rehearsal.proof"]
    assert [digest_of(one) for one in entries] == [one.digest for one in entries]


def test_a_word_of_the_rehearsal_anywhere_is_found() -> None:
    stage = a_busy_event()
    play = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR)
    traces = traces_of(play.edition, token=play.token)
    with transaction.atomic():
        stage.edition.theme = {"fr": f"Voir /e/{play.edition.slug}/"}
        stage.edition.save()

    proof = wipe_rehearsal(person=stage.organiser, edition_id=stage.edition.pk)

    assert proof.hits == {"editions.Edition": 1}
    assert not proof.is_clean
    assert find_words(traces) == {"editions.Edition": 1}


def test_wiping_ends_the_sessions_of_doubles_and_no_other() -> None:
    stage = a_busy_event()
    play = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR)
    kept = {session_of(stage.organiser), session_of(stage.jurors[0])}
    for double in Person.objects.filter(rehearses=play.edition)[:3]:
        session_of(double)

    wipe_rehearsal(person=stage.organiser, edition_id=stage.edition.pk)

    assert set(Session.objects.values_list("session_key", flat=True)) == kept
    assert not Play.objects.exists()
    assert not Presence.objects.exists()


def test_there_is_one_rehearsal_at_a_time_and_none_of_a_copy() -> None:
    edition = a_bare_event()
    organiser = builders.organiser_of(edition)
    copy = start_rehearsal(person=organiser, edition_id=edition.pk, length=HOUR).edition

    refused = []
    for work in (
        lambda: start_rehearsal(person=organiser, edition_id=edition.pk, length=HOUR),
        lambda: start_rehearsal(person=organiser, edition_id=copy.pk, length=HOUR),
        lambda: wipe_rehearsal(person=organiser, edition_id=copy.pk),
    ):
        with pytest.raises(Refused) as caught:
            work()
        refused.append(caught.value.code)

    assert refused == ["rehearsal_running", "not_found", "not_found"]


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=4), timedelta(hours=5), timedelta(days=-1)])
def test_a_length_out_of_range_is_refused(length: timedelta) -> None:
    edition = a_bare_event()

    with pytest.raises(Refused) as caught:
        start_rehearsal(person=builders.organiser_of(edition), edition_id=edition.pk, length=length)

    assert caught.value.code == "rehearsal_length"
    assert not edition.rehearsals.exists()


def test_nothing_to_wipe_and_nothing_to_pause_is_said() -> None:
    edition = a_bare_event()
    organiser = builders.organiser_of(edition)

    with pytest.raises(Refused) as wiped:
        wipe_rehearsal(person=organiser, edition_id=edition.pk)
    with pytest.raises(Refused) as paused:
        pause_rehearsal(person=organiser, edition_id=edition.pk, paused=True)

    assert (wiped.value.code, paused.value.code) == ("rehearsal_missing", "rehearsal_missing")


def test_organiser_of_the_copy_alone_cannot_wipe_it_or_create_an_edition() -> None:
    edition = a_bare_event()
    copy = start_rehearsal(person=builders.organiser_of(edition), edition_id=edition.pk, length=HOUR).edition
    double = Person.objects.filter(rehearses=copy).first()
    assert double is not None
    builders.a_role(copy, "organiser", person=double)

    with pytest.raises(Refused) as caught:
        wipe_rehearsal(person=double, edition_id=edition.pk)

    assert caught.value.code == "wrong_role"
    assert "organiser" not in copy.network.roles_of(double)
    assert "organiser" in copy.network.roles_of(builders.organiser_of(edition))


def test_a_copy_is_in_no_list_and_a_double_signs_in_nowhere() -> None:
    stage = a_busy_event()
    copy = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR).edition
    double = Person.objects.filter(rehearses=copy).first()
    assert double is not None
    double.set_password(builders.PASSWORD)
    double.save()

    with pytest.raises(Refused) as caught:
        identify(name=double.username, password=builders.PASSWORD)

    assert caught.value.code == "wrong_credentials"
    assert list(all_editions()) == [stage.edition]


def test_people_cannot_be_imported_into_a_copy() -> None:
    stage = a_busy_event()
    copy = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR).edition

    with pytest.raises(Refused) as caught:
        import_participants(person=stage.organiser, edition=copy, data=b"a;b", filename="list.csv")

    assert caught.value.code == "rehearsal_only"


def test_receipts_of_a_rehearsal_take_no_number_away() -> None:
    stage = a_busy_event()
    last = dict(ReceiptCounter.objects.values_list("initials", "last"))
    copy = start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR).edition

    receipt = builders.a_delivered_submission(Team.objects.filter(edition=copy)[0])

    assert receipt.reference.startswith(f"REP{copy.pk}-")
    assert {name: number for name, number in ReceiptCounter.objects.values_list("initials", "last") if name in last} == last
    assert Receipt.objects.filter(reference=receipt.reference).count() == 1


@pytest.mark.parametrize("phase", [Phase.OPEN, Phase.JUDGING])
def test_a_double_has_no_right_in_any_other_edition(phase: Phase) -> None:
    world = a_world()
    organiser = builders.organiser_of(world.edition)
    copy = start_rehearsal(person=organiser, edition_id=world.edition.pk, length=HOUR).edition
    builders.bring_to(world.edition, phase)
    doubles = [role.person for role in Role.objects.filter(edition=copy).exclude(person__rehearses=None)]
    before = Event.objects.filter(edition=world.edition).count()

    let_in = [
        (double.name, action)
        for double in {one.roles_in(copy.pk): one for one in doubles}.values()
        for action in TRIES
        if tried(world, Actor(double.name, double, frozenset()), action) not in NO
    ]

    assert let_in == []
    assert len(doubles) > 10
    assert Event.objects.filter(edition=world.edition).count() == before


def test_the_sweep_of_times_never_reaches_the_original() -> None:
    edition = a_bare_event()
    copy = start_rehearsal(person=builders.organiser_of(edition), edition_id=edition.pk, length=HOUR).edition

    tick()

    assert copy.transitions.filter(key="opens").count() == 1
    with pytest.raises(ObjectDoesNotExist):
        edition.transitions.get()
