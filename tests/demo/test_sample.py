"""The sample edition: what a visitor of the demonstration must find, whatever the hour, and how it goes on from there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Count, F
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from challenges.models import Challenge, ChallengeFile
from estrade.demo.loader import begin_play, reload_demo
from estrade.demo.lobby import CHAIR
from estrade.demo.sample import DATA, compressed, load_sample
from estrade.editions.edition_file import read_edition_file
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.files.places import path_of
from estrade.journal.log import PUBLIC, snapshot
from estrade.kernel.clock import db_now
from estrade.people.models import Person, Role
from estrade.rehearsal.models import Play
from estrade.scheduling.tasks import tick
from judging.models import Ballot, Prize, Seat
from teams.extensions import window_of
from teams.models import DraftFile, Extension, Question, Receipt, ReceiptFile, Submission, Team
from tests.kept import kept_for_a_module

pytestmark = pytest.mark.django_db

FILE = read_edition_file((DATA / "hack-to-horizon.toml").read_bytes())


@pytest.fixture(scope="module")
def edition(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edition]:
    """Loaded once: a weekend takes two seconds."""
    files = override_settings(MEDIA_ROOT=str(tmp_path_factory.mktemp("media")))
    with files, kept_for_a_module(django_db_blocker):
        yield load_sample()


def test_sample_stands_in_the_middle_of_the_last_afternoon(edition: Edition) -> None:
    now = db_now()

    assert edition.phase(now) is Phase.JUDGING
    assert edition.freeze_at is not None
    assert timedelta(minutes=4) < edition.freeze_at - now <= timedelta(minutes=5)
    assert timedelta(days=1) < now - edition.opens_at < timedelta(days=3)


def test_sample_has_its_teams_people_and_challenges(edition: Edition) -> None:
    sizes = Team.objects.filter(edition=edition).annotate(size=Count("memberships")).values_list("size", flat=True)
    roles = dict(Role.objects.filter(edition=edition).values_list("role").annotate(Count("pk")).order_by())

    assert sorted(sizes) == [4, 4, 4] + [5] * 12
    assert roles == {"organiser": 1, "participant": 72, "partner": 8, "juror": 7, "president": 1}
    assert Challenge.objects.filter(edition=edition, published_at__isnull=False).count() == 8
    assert [one.state for one in Challenge.objects.filter(edition=edition, published_at=None)] == ["waiting"]
    answered = Question.objects.filter(challenge__edition=edition, answered_at__isnull=False)
    assert set(answered.values_list("to_all", flat=True)) == {True, False}
    assert [prize.amount for prize in Prize.objects.filter(edition=edition)] == [1000]


def test_sample_has_one_team_with_time_left_and_a_draft(edition: Edition) -> None:
    now = db_now()
    late = Team.objects.get(edition=edition, captain__username="late")

    assert list(Team.objects.filter(edition=edition, submission__current=None)) == [late]
    assert Submission.objects.get(team=late).draft_text != ""
    assert window_of(late, now).is_open
    assert timedelta(minutes=2) < window_of(late, now).closes_at - now <= timedelta(minutes=3)


def test_sample_receipts_came_before_the_deadline_they_show(edition: Edition) -> None:
    receipts = Receipt.objects.filter(submission__team__edition=edition)

    assert {(one.state, one.closes_at) for one in receipts} == {("delivered", edition.submissions_close_at)}
    assert all(one.received_at < one.closes_at for one in receipts)


def test_sample_brings_files_in_time_and_partners_give_some_along(edition: Edition) -> None:
    brought = ReceiptFile.objects.filter(receipt__submission__team__edition=edition).select_related("stored")
    slides = [one.stored for one in brought if one.field == "pitch"]
    canopee = brought.filter(receipt__submission__team__captain__username="captain")

    assert len(slides) == 14
    assert {one.kind for one in slides} == {"pdf"}
    assert [one.stored.kind for one in canopee] == ["pdf", "jpeg", "zip"]
    assert all(path_of(one.digest).stat().st_size == one.size for one in slides)
    drafted = DraftFile.objects.filter(submission__team__edition=edition)
    assert not drafted.filter(attached_at__gt=edition.submissions_close_at).exists()
    assert ChallengeFile.objects.filter(challenge__edition=edition).count() == 2
    assert Ballot.objects.filter(team__edition=edition).exclude(comment="").exists()


def test_sample_has_six_teams_judged_by_everybody_who_may(edition: Edition) -> None:
    ballots = Ballot.objects.filter(team__edition=edition, barred_reason="")
    judged = set(ballots.filter(completed_at__isnull=False).values_list("team__number", flat=True))

    assert judged == {1, 2, 3, 4, 5, 6}
    assert not ballots.filter(team__number__lte=6, completed_at=None).exists()
    board = snapshot(edition_id=edition.pk, name=PUBLIC)
    assert board is not None
    assert [row["ballots"] == row["expected"] for row in board.body["rows"]] == [True] * 6 + [False] * 9


def test_sample_conflicts_bar_jurors(edition: Edition) -> None:
    barred = Ballot.objects.exclude(barred_reason="").values_list("seat__person__email", "team__challenge__slug", "barred_reason")

    own = {(email, slug) for email, slug, reason in barred if reason == "own_challenge"}
    assert own == {
        ("jules.garmoise@atmo-bfc.example.org", "atmo-bfc"),
        ("aicha.lukaszal@dieze-suez.example.org", "dieze-suez"),
        ("charlie.velarsien@dijon-metropole.example.org", "dijon-metropole"),
    }
    assert {reason for _, _, reason in barred} == {"own_challenge", "tie"}


def test_sample_seats_are_found_by_their_names(edition: Edition) -> None:
    names = set(Person.objects.values_list("username", flat=True))

    assert {"admin", "maud", "captain", "late", "partner", *(f"jury{n}" for n in range(1, 9))} <= names
    assert [seat.person.username for seat in Seat.objects.order_by("number")] == [f"jury{n}" for n in range(1, 9)]
    assert [one.username for one in Person.objects.all() if one.has_usable_password()] == []
    # Results are signed by two: the second has a door of its own.
    assert [role.person.username for role in edition.roles.filter(role="president")] == [CHAIR]


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("day", [1, 28, 29])
def test_compressed_times_keep_their_order_at_any_hour(day: int, hour: int) -> None:
    # Late March: the clocks change in the night to the 28th of March 2027.
    now = datetime(2027, 3, day, hour, 17, 23, tzinfo=UTC)

    file = compressed(FILE, now)

    assert file.opens_at < file.submissions_close_at <= file.judging_opens_at < now < file.freeze_at  # type: ignore[operator]
    assert file.starts_on <= file.ends_on
    before = [step.at for step in file.programme if step.at < file.submissions_close_at]
    assert len(before) == 9
    after = [step.at for step in file.programme if step.at >= file.submissions_close_at]
    assert after == sorted(after)


def test_sample_data_name_nobody_outside(edition: Edition) -> None:
    emails = Person.objects.exclude(email=None).values_list("email", flat=True)

    assert [email for email in emails if email and not email.endswith(".example.org")] == []
    assert Path(DATA / "README.md").is_file()


def test_reloaded_demonstration_is_the_loaded_one_without_sessions(edition: Edition) -> None:
    begin_play(edition)
    first = facts()
    SessionStore().create()
    Play.objects.update(elapsed=99)
    Team.objects.filter(number=1).update(name="Something else")

    reload_demo()

    assert first == facts() == [0, 90, 15, 6, 0]
    assert not Team.objects.filter(name="Something else").exists()


def facts() -> list[float]:
    play = Play.objects.get()
    judged = Ballot.objects.filter(completed_at__lt=play.began_at).values("team").distinct().count()
    return [play.elapsed, Person.objects.count(), Team.objects.count(), judged, Session.objects.count()]


# --- From there onwards: the tick ends the extension and freezes, as it would in a real edition ---


def test_the_late_draft_is_captured_when_its_time_is_over_and_not_before(edition: Edition) -> None:
    late = Submission.objects.get(team__captain__username="late", team__edition=edition)

    tick()
    before = late.receipts.count()
    Extension.objects.update(granted_at=F("granted_at") - timedelta(hours=1), until=db_now())
    tick()
    tick()

    assert before == 0
    assert [receipt.state for receipt in late.receipts.all()] == ["captured"]


def test_the_scheduled_freeze_comes(edition: Edition) -> None:
    edition = Edition.objects.get(pk=edition.pk)
    tick()

    Edition.objects.filter(pk=edition.pk).update(freeze_at=db_now())
    tick()

    edition.refresh_from_db()
    assert edition.phase(db_now()) is Phase.FROZEN
    assert edition.transitions.filter(key="freeze").count() == 1
