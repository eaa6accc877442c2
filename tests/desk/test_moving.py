"""Times on the day: a preview first, lines of the programme that move along, two minutes to take it back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from estrade.editions.deadlines import move_deadline
from estrade.editions.models import Announcement, Edition, ProgrammeStep
from estrade.editions.programme import NewStep, begin_next, move_step, write_programme
from estrade.editions.taking_back import last_move, take_back
from estrade.journal.models import AuditEntry, Event
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from tests.builders import a_role, an_edition, organiser_of
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def reader(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def a_programme(edition: Edition) -> list[ProgrammeStep]:
    """The deadline's own line, an hour's work after it that may be cut to half, and a dinner that keeps its time."""
    at = edition.submissions_close_at
    steps = [
        NewStep(starts_at=at, title={"en": "Deadline"}),
        NewStep(starts_at=at + 10 * MINUTE, title={"en": "Tidying"}, least_minutes=5),
        NewStep(starts_at=at + 20 * MINUTE, title={"en": "Dinner"}, is_fixed=True),
    ]
    write_programme(person=organiser_of(edition), edition_id=edition.pk, steps=steps)
    return list(edition.programme.all())


def an_afternoon(monkeypatch: pytest.MonkeyPatch) -> tuple[Edition, datetime]:
    """An edition whose deadline is two hours away, all on one local day."""
    now = db_now().replace(hour=10, minute=0, second=0, microsecond=0)
    stop_clock(monkeypatch, now)
    edition = an_edition(
        opens_at=now - timedelta(hours=1),
        submissions_close_at=now + timedelta(hours=2),
        judging_opens_at=now + timedelta(hours=3),
        freeze_at=now + timedelta(hours=4),
    )
    return edition, now


def starts(edition: Edition) -> list[datetime]:
    return list(edition.programme.values_list("starts_at", flat=True))


def test_lines_of_the_programme_move_with_their_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, _now = an_afternoon(monkeypatch)
    a_programme(edition)
    at = edition.submissions_close_at

    move_deadline(person=organiser_of(edition), edition_id=edition.pk, name="submissions_close", at=at + 5 * MINUTE)

    assert starts(edition) == [at + 5 * MINUTE, at + 12 * MINUTE, at + 20 * MINUTE]
    assert {event.stream for event in Event.objects.filter(kind="programme.moved")} == {
        "public", "participants", "jury", "organisers",
    }  # fmt: skip


def test_an_impossible_move_is_refused_with_its_reason_and_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, _now = an_afternoon(monkeypatch)
    a_programme(edition)
    before, organiser = starts(edition), organiser_of(edition)
    at = edition.submissions_close_at + 16 * MINUTE

    with pytest.raises(Refused, match="programme_does_not_fit") as refused:
        move_deadline(person=organiser, edition_id=edition.pk, name="submissions_close", at=at)
    shown = reader(organiser).get(reverse("desk:preview", args=[edition.slug, "submissions_close"]), {"at": at.isoformat()})

    edition.refresh_from_db()
    assert (refused.value.figures["step"], refused.value.figures["minutes"]) == ("Dinner", 1)
    assert (edition.revision, starts(edition)) == (0, before)
    assert (shown.status_code, "“Dinner” keeps its time" in shown.text) == (409, True)


def test_the_preview_shows_what_moves_and_who_is_told_and_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, _now = an_afternoon(monkeypatch)
    a_programme(edition)
    a_role(edition, "facilitator")
    events = Event.objects.count()
    at = edition.submissions_close_at + 5 * MINUTE

    page = reader(organiser_of(edition)).get(
        reverse("desk:preview", args=[edition.slug, "submissions_close"]), {"at": at.isoformat()}
    )

    assert page.status_code == 200
    assert "Tidying" in page.text
    assert "Dinner" not in page.text
    assert "2 people have a part in this event" in page.text
    assert Event.objects.count() == events


@pytest.mark.parametrize(("seconds", "is_back"), [(119, True), (120, False)])
def test_a_move_is_taken_back_for_two_minutes(monkeypatch: pytest.MonkeyPatch, seconds: int, is_back: bool) -> None:
    edition, now = an_afternoon(monkeypatch)
    organiser, before = organiser_of(edition), edition.submissions_close_at
    a_programme(edition)
    planned = starts(edition)
    move_deadline(person=organiser, edition_id=edition.pk, name="submissions_close", at=before + 5 * MINUTE)
    moved = last_move(edition, now)
    assert moved is not None

    stop_clock(monkeypatch, now + timedelta(seconds=seconds))
    room = reader(organiser).get(reverse("desk:control", args=[edition.slug]))
    where = reverse("desk:programme", args=[edition.slug])
    form = {"number": moved.number, "next": where}
    answer = reader(organiser).post(reverse("desk:take_back", args=[edition.slug]), form)
    reader(organiser).post(reverse("desk:take_back", args=[edition.slug]), {"number": moved.number})

    edition.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, where)
    assert ("take-back" in room.text) is is_back
    assert (edition.submissions_close_at == before, starts(edition) == planned) == (is_back, is_back)
    assert AuditEntry.objects.filter(edition=edition, action="times.take_back").count() == int(is_back)


def test_a_time_that_is_over_by_now_is_not_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, now = an_afternoon(monkeypatch)
    organiser, before = organiser_of(edition), edition.submissions_close_at
    stop_clock(monkeypatch, before - MINUTE)
    move_deadline(person=organiser, edition_id=edition.pk, name="submissions_close", at=before + 5 * MINUTE)
    moved = last_move(edition, before)
    assert moved is not None
    stop_clock(monkeypatch, before + timedelta(seconds=30))

    with pytest.raises(Refused, match="deadline_in_past"):
        take_back(person=organiser, edition_id=edition.pk, number=moved.number)


def test_a_deadline_that_comes_suddenly_is_announced_with_its_reason_d9(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, now = an_afternoon(monkeypatch)
    client = reader(organiser_of(edition))
    address = reverse("desk:move", args=[edition.slug, "submissions_close"])
    wish = {"at": (now + 10 * MINUTE).isoformat()}

    without = client.post(address, wish)
    untold = Announcement.objects.count()
    with_reason = client.post(address, {**wish, "reason": "The hall closes"})

    assert (without.status_code, 'id="id_reason_error"' in without.text, untold) == (422, True, 0)
    assert with_reason.status_code == 302
    said = Announcement.objects.get().text
    assert said["en"].startswith("Submissions now close at ")
    assert all("The hall closes" in words for words in said.values())
    assert Event.objects.filter(kind="announcement.made").count() == 4


def test_a_facilitator_begins_the_next_step_in_one_tap(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, now = an_afternoon(monkeypatch)
    facilitator, outsider = a_role(edition, "facilitator"), a_role(edition, "participant")
    steps = [NewStep(starts_at=now + n * 30 * MINUTE, title={"en": f"Step {n}"}) for n in (-1, 1, 2)]
    write_programme(person=organiser_of(edition), edition_id=edition.pk, steps=steps)
    coming = edition.programme.all()[1]
    page = reader(facilitator).get(reverse("desk:programme", args=[edition.slug]))

    answer = reader(facilitator).post(reverse("desk:next_step", args=[edition.slug]), {"number": coming.pk})
    begin_next(person=facilitator, edition_id=edition.pk, step_id=coming.pk)

    assert "Step 1" in page.text
    assert answer.status_code == 302
    assert starts(edition) == [now - 30 * MINUTE, now, now + 60 * MINUTE]
    assert AuditEntry.objects.filter(edition=edition, action="programme.move").count() == 1
    with pytest.raises(Refused, match="wrong_role"):
        begin_next(person=outsider, edition_id=edition.pk, step_id=edition.programme.all()[2].pk)


def test_five_minutes_more_sent_twice_are_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, now = an_afternoon(monkeypatch)
    facilitator = a_role(edition, "facilitator")
    steps = [NewStep(starts_at=now + n * 30 * MINUTE, title={"en": f"Step {n}"}) for n in (1, 2)]
    write_programme(person=organiser_of(edition), edition_id=edition.pk, steps=steps)
    step = edition.programme.all()[0]

    for _ in range(2):
        move_step(person=facilitator, edition_id=edition.pk, step_id=step.pk, minutes=5, seen_at=step.starts_at)

    assert starts(edition) == [now + 35 * MINUTE, now + 65 * MINUTE]


def test_a_line_that_an_instant_decides_is_not_the_facilitators(monkeypatch: pytest.MonkeyPatch) -> None:
    edition, _now = an_afternoon(monkeypatch)
    deadline = a_programme(edition)[0]

    with pytest.raises(Refused, match="step_fixed"):
        move_step(
            person=a_role(edition, "facilitator"), edition_id=edition.pk, step_id=deadline.pk, minutes=5,
            seen_at=deadline.starts_at,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("local", "words"),
    [("2027-03-28T02:30", ["01:30, winter time (UTC+1)", "03:30, summer time (UTC+2)"]),
     ("2027-10-31T02:30", ["02:30, summer time (UTC+2)", "02:30, winter time (UTC+1)"])],
)  # fmt: skip
def test_the_night_of_the_clock_change_is_refused_with_a_choice_d7(local: str, words: list[str]) -> None:
    edition = an_edition()
    client = reader(organiser_of(edition))
    typed = {"starts_at": local, "title_fr": "Nuit", "title_en": "Night"}
    address = reverse("desk:new_step", args=[edition.slug])

    refused = client.post(address, typed)
    choices = [part.split('"')[0] for part in refused.text.split('name="starts_at_reading" value="')[1:]]
    chosen = client.post(address, {**typed, "starts_at_reading": choices[1]})

    assert refused.status_code == 422
    assert [text in refused.text for text in words] == [True, True]
    assert len(choices) == 2
    assert chosen.status_code == 302
    assert edition.programme.get().starts_at == datetime.fromisoformat(choices[1])


def test_the_programme_is_written_line_by_line() -> None:
    edition = an_edition()
    client = reader(organiser_of(edition))
    typed = {
        "starts_at": "2027-03-19T18:00",
        "title_fr": "Accueil",
        "title_en": "Welcome",
        "is_fixed": "on",
        "least_minutes": "10",
    }
    client.post(reverse("desk:new_step", args=[edition.slug]), typed)
    step = edition.programme.get()

    client.post(reverse("desk:step", args=[edition.slug, step.pk]), {**typed, "title_en": "Doors open"})
    empty = client.post(reverse("desk:step", args=[edition.slug, step.pk]), {**typed, "title_fr": ""})
    step.refresh_from_db()
    client.post(reverse("desk:remove_step", args=[edition.slug, step.pk]))

    assert (step.title, step.is_fixed, step.least_minutes) == ({"fr": "Accueil", "en": "Doors open"}, True, 10)
    assert empty.status_code == 422
    assert not edition.programme.exists()
    assert AuditEntry.objects.filter(edition=edition, action="programme.write").count() == 3
