"""The pages: before, during, after; the seats that the secret address opens, and that it opens nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from estrade.editions.phases import Phase
from estrade.people.models import Person
from estrade.rehearsal.models import Play
from estrade.rehearsal.rehearsals import start_rehearsal, wipe_rehearsal
from tests import builders
from tests.judging.stage import Stage
from tests.kept import laid_again
from tests.rehearsal.world import a_bare_event, a_busy_event

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@laid_again
def a_rehearsal() -> tuple[Stage, Play]:
    stage = a_busy_event()
    return stage, start_rehearsal(person=stage.organiser, edition_id=stage.edition.pk, length=HOUR)


def a_browser(person: Person | None = None) -> Client:
    client = Client(headers={"accept-language": "en"})
    if person is not None:
        client.force_login(person)
    return client


def lobby_of(play: Play) -> str:
    return reverse("rehearsal_lobby:lobby", args=[play.token])


def seat_of(play: Play, person: Person, *, token: str = "") -> str:
    return reverse("rehearsal_lobby:seat", args=[token or play.token, person.pk])


def double_of(play: Play, person: Person) -> Person:
    return Person.objects.get(rehearses=play.edition_id, first_name=person.first_name, last_name=person.last_name)


def test_organiser_begins_plays_and_wipes_from_one_page() -> None:
    edition = a_bare_event()
    client = a_browser(builders.organiser_of(edition))
    page = reverse("rehearsal:rehearsal", args=[edition.slug])

    before = client.get(page).content.decode()
    begun = client.post(page, {"minutes": "5"})
    during = client.get(page).content.decode()
    wiped = client.post(reverse("rehearsal:wipe", args=[edition.slug]))
    after = client.get(page).content.decode()

    play_length = 300
    assert "Rehearse" in before
    assert begun.status_code == 302
    assert "Simulated participants: 20" in during
    assert "Stop and wipe" in during
    assert wiped.headers["Location"] == page
    assert "Nothing stays" in after
    assert "Doubles of people" in after
    assert not Play.objects.filter(length=play_length).exists()


@pytest.mark.parametrize("minutes", ["", "7", "five", "-5"])
def test_a_speed_that_is_not_offered_is_answered_on_the_page(minutes: str) -> None:
    edition = a_bare_event()
    client = a_browser(builders.organiser_of(edition))

    answer = client.post(reverse("rehearsal:rehearsal", args=[edition.slug]), {"minutes": minutes})

    assert answer.status_code == 422
    assert not edition.rehearsals.exists()


def test_pages_of_the_organisers_are_nobody_elses() -> None:
    stage, play = a_rehearsal()
    double = double_of(play, stage.jurors[0])

    answers = {
        (who, name): a_browser(person).get(reverse(f"rehearsal:{name}", args=[stage.edition.slug])).status_code
        for who, person in (("juror", stage.jurors[0]), ("double", double), ("organiser", stage.organiser))
        for name in ("rehearsal", "wipe")
    }
    posted = a_browser(double).post(reverse("rehearsal:pause", args=[play.edition.slug]), {"paused": "1"})

    assert answers == {
        ("juror", "rehearsal"): 403, ("juror", "wipe"): 403, ("double", "rehearsal"): 403, ("double", "wipe"): 403,
        ("organiser", "rehearsal"): 200, ("organiser", "wipe"): 200,
    }  # fmt: skip
    assert posted.status_code == 403
    assert not Play.objects.get().is_paused


def test_from_a_page_of_the_copy_the_organiser_pauses_and_finds_the_way_back() -> None:
    stage, play = a_rehearsal()
    client = a_browser(stage.organiser)
    control = reverse("desk:control", args=[play.edition.slug])

    paused = client.post(reverse("rehearsal:pause", args=[play.edition.slug]), {"paused": "1", "next": control})
    elsewhere = client.post(reverse("rehearsal:pause", args=[play.edition.slug]), {"paused": "1", "next": "//evil.example"})
    page = client.get(reverse("rehearsal:rehearsal", args=[play.edition.slug]))
    wipe = client.get(reverse("rehearsal:wipe", args=[play.edition.slug]))

    assert paused.headers["Location"] == control
    assert elsewhere.headers["Location"] == reverse("rehearsal:rehearsal", args=[stage.edition.slug])
    assert page.headers["Location"] == reverse("rehearsal:rehearsal", args=[stage.edition.slug])
    assert wipe.headers["Location"] == reverse("rehearsal:wipe", args=[stage.edition.slug])
    assert Play.objects.get().is_paused


def test_one_click_takes_the_seat_of_a_double_and_the_simulated_one_steps_back() -> None:
    stage, play = a_rehearsal()
    builders.bring_to(play.edition, Phase.JUDGING)
    double = double_of(play, stage.jurors[0])
    client = a_browser()

    lobby = client.get(lobby_of(play))
    seated = client.post(seat_of(play, double))
    page = client.get(seated.headers["Location"])

    assert stage.jurors[0].name in lobby.content.decode()
    assert seated.headers["Location"] == reverse("judging:jury", args=[play.edition.slug])
    assert page.status_code == 200
    assert client.session[SESSION_KEY] == str(double.pk)
    assert Play.objects.get().taken == [double.pk]


def test_before_the_deadline_a_juror_waits_on_the_events_page() -> None:
    stage, play = a_rehearsal()
    client = a_browser()

    seated = client.post(seat_of(play, double_of(play, stage.jurors[0])))

    assert seated.headers["Location"] == reverse("editions:edition", args=[play.edition.slug])
    assert client.get(seated.headers["Location"]).status_code == 200


def test_the_secret_opens_no_real_account_and_no_seat_elsewhere() -> None:
    stage, play = a_rehearsal()
    other = a_bare_event()
    another = start_rehearsal(person=builders.organiser_of(other), edition_id=other.pk, length=HOUR)
    stranger = Person.objects.filter(rehearses=another.edition).first()
    assert stranger is not None
    captain = builders.captain_of(stage.teams[0])
    participant = builders.a_participant(stage.edition)
    client = a_browser()

    answers = {
        client.post(address).status_code
        for address in (
            seat_of(play, captain), seat_of(play, stage.organiser), seat_of(play, participant), seat_of(play, stranger),
            seat_of(play, double_of(play, captain), token="x" * 22), seat_of(another, double_of(play, captain)),
            reverse("rehearsal_lobby:seat", args=[play.token, 2**31]),
        )
    }  # fmt: skip

    assert answers == {404}
    assert SESSION_KEY not in client.session
    assert Play.objects.get(pk=play.pk).taken == []


def test_a_seat_is_taken_by_post_only() -> None:
    stage, play = a_rehearsal()
    client = a_browser()

    answer = client.get(seat_of(play, double_of(play, stage.jurors[0])))

    assert answer.status_code == 405
    assert SESSION_KEY not in client.session


def test_once_wiped_the_address_the_seats_and_the_sessions_are_gone() -> None:
    stage, play = a_rehearsal()
    double = double_of(play, stage.jurors[0])
    seated = a_browser()
    seated.post(seat_of(play, double))
    pages = [
        lobby_of(play),
        reverse("editions:edition", args=[play.edition.slug]),
        reverse("rehearsal:state", args=[play.edition.slug]),
    ]
    there = [a_browser().get(page).status_code for page in pages]

    wipe_rehearsal(person=stage.organiser, edition_id=stage.edition.pk)

    assert there == [200, 200, 200]
    assert [a_browser().get(page).status_code for page in pages] == [404, 404, 404]
    assert a_browser().post(seat_of(play, double)).status_code == 404
    assert seated.get(reverse("editions:edition", args=[stage.edition.slug])).wsgi_request.user.is_anonymous


def test_every_page_of_the_copy_says_that_it_is_a_rehearsal_and_none_of_the_original() -> None:
    stage, play = a_rehearsal()
    organiser = a_browser(stage.organiser)
    names = ["editions:edition", "desk:control", "judging_public:board", "realtime:screen"]

    shown = {
        (name, edition.pk == play.edition_id): "data-play-state"
        in organiser.get(reverse(name, args=[edition.slug])).content.decode()
        for name in names
        for edition in (stage.edition, play.edition)
    }

    assert shown == {(name, is_copy): is_copy for name in names for is_copy in (False, True)}
    assert "Wipe the rehearsal" in organiser.get(reverse("desk:control", args=[play.edition.slug])).content.decode()
    assert "Wipe the rehearsal" not in a_browser().get(reverse("editions:edition", args=[play.edition.slug])).content.decode()


def test_in_a_browser_with_an_account_the_lobby_warns() -> None:
    stage, play = a_rehearsal()
    warning = "signed in with your own account"

    pages = [a_browser(person).get(lobby_of(play)).content.decode() for person in (None, stage.organiser)]

    assert [warning in page for page in pages] == [False, True]


def test_first_page_and_list_of_the_api_do_not_know_the_copy() -> None:
    stage, play = a_rehearsal()
    client = a_browser()

    root = client.get("/")
    listed = client.get(reverse("api:editions")).json()

    # One edition: the first page leads to it.
    assert root.headers["Location"] == reverse("editions:edition", args=[stage.edition.slug])
    assert play.edition.slug not in str(listed)
    assert stage.edition.slug in str(listed)


def test_the_bar_tells_the_act() -> None:
    _stage, play = a_rehearsal()
    Play.objects.update(elapsed=0.46 * HOUR.total_seconds())

    state = a_browser().get(reverse("rehearsal:state", args=[play.edition.slug])).json()

    assert (state["key"], state["clock"], state["paused"]) == ("scoring", "27:36", False)
    assert state["act"] == "The jury scores, the board moves."
