"""The socket as a page sees it: who comes in, what it hears, what it is refused, what closes it."""

import json
import socket as tcp
import time
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from estrade.editions.announcements import announce
from estrade.editions.models import Edition
from estrade.people.models import Presence, Role
from estrade.people.people import take_role
from realtime import hub as hub_module
from realtime.hub import SIMULATED_AGENT, hub
from tests.builders import a_participant, a_person, a_team, an_edition, captain_of, organiser_of
from tests.serving import SECONDS, Site, hear, say, session_of, subscribed

pytestmark = pytest.mark.django_db(transaction=True)


def tell(edition: Edition, text: str = "Lunch") -> None:
    """One event on the public stream and one on that of the participants."""
    announce(person=organiser_of(edition), edition_id=edition.pk, text={"en": text})


def close_code(socket: ClientConnection) -> int:
    """Read until the server closes, and return its code."""
    try:
        while True:
            socket.recv(timeout=SECONDS)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


# --- What is heard ------------------------------------------------------------------------------------------------


def test_public_event_travels_with_its_data_and_the_next_number(site: Site) -> None:
    edition = an_edition()
    with site.socket(edition.slug) as socket:
        head = subscribed(socket, "public")["heads"]["public"]

        tell(edition)

        frame = hear(socket, "ev")
    assert (frame["s"], frame["n"], frame["k"]) == ("public", head + 1, "announcement.made")
    assert frame["d"]["text"] == {"en": "Lunch"}


def test_private_stream_tells_only_the_number(site: Site) -> None:
    edition = an_edition()
    with site.socket(edition.slug, session=session_of(a_participant(edition))) as socket:
        head = subscribed(socket, "participants")["heads"]["participants"]

        tell(edition)

        frame = hear(socket, "n")
    assert frame == {"t": "n", "s": "participants", "n": head + 1, "k": "announcement.made"}


def test_events_of_another_edition_are_not_heard(site: Site) -> None:
    here, elsewhere = an_edition(), an_edition()
    with site.socket(here.slug) as socket:
        subscribed(socket, "public")

        tell(elsewhere, "Elsewhere")
        tell(here, "Here")

        assert hear(socket, "ev")["d"]["text"] == {"en": "Here"}


def test_answer_to_a_subscription_says_when_the_last_event_happened(site: Site) -> None:
    edition = an_edition()
    tell(edition)
    with site.socket(edition.slug) as socket:
        answer = subscribed(socket, "public")

    assert answer["heads"]["public"] > 0
    assert answer["at"]["public"] <= answer["now"]


def test_streams_of_others_and_of_nobody_are_refused_alike(site: Site) -> None:
    edition = an_edition()
    team = a_team(edition)
    names = [
        "organisers", "jury", "jury.board", "participants", f"team.{team.pk}", "team.999999999999999999", "challenge.1",
        f"person.{captain_of(team).pk}", "team", "team.-1", "team.1.2", "team.01", "team.\u0661", "public.1", "public ",
        "PUBLIC", "", "hb", "x" * 60, "'; --", "../public",
    ]  # fmt: skip
    with site.socket(edition.slug, session=session_of(a_person())) as socket:
        say(socket, t="sub", streams=dict.fromkeys([*names, "public"], -1))

        answers = [hear(socket) for _ in range(len(names) + 1)]

    refused = sorted(answer["s"] for answer in answers[:-1] if answer == {"t": "no", "s": answer["s"]})
    assert refused == sorted(names)
    assert set(answers[-1]["heads"]) == {"public"}


def test_own_team_is_heard(site: Site) -> None:
    team = a_team(an_edition())
    with site.socket(team.edition.slug, session=session_of(captain_of(team))) as socket:
        assert set(subscribed(socket, f"team.{team.pk}")["heads"]) == {f"team.{team.pk}"}


def test_hidden_events_leave_no_hole_in_the_public_numbers(site: Site) -> None:
    edition = an_edition()
    with site.socket(edition.slug) as socket:
        head = subscribed(socket, "public")["heads"]["public"]

        for _ in range(5):
            a_participant(edition)
        tell(edition)

        assert hear(socket, "ev")["n"] == head + 1


# --- The heartbeat ------------------------------------------------------------------------------------------------


@pytest.fixture
def quick_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BEAT", "PRESENCE_BEAT", "GRACE"):
        monkeypatch.setattr(hub_module, name, 0.1)


def test_lost_messages_are_seen_in_the_next_heartbeat(quick_beat: None, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()

    async def lose(message: dict[str, Any]) -> None:
        return

    with site.socket(edition.slug) as socket:
        head = subscribed(socket, "public")["heads"]["public"]
        monkeypatch.setattr(hub, "hand_out", lose)

        tell(edition)

        seen = head
        limit = time.monotonic() + SECONDS
        while seen == head and time.monotonic() < limit:
            frame = hear(socket)
            assert frame["t"] == "hb"
            seen = frame["heads"]["public"]
    assert seen == head + 1


def test_signing_out_closes_the_socket(quick_beat: None, site: Site) -> None:
    edition = an_edition()
    key = session_of(a_participant(edition))
    with site.socket(edition.slug, session=key) as socket:
        subscribed(socket, "participants")

        Session.objects.filter(session_key=key).delete()

        assert close_code(socket) == 4401


def test_role_that_was_taken_silences_the_stream_at_once(site: Site) -> None:
    edition = an_edition()
    person = a_participant(edition)
    with site.socket(edition.slug, session=session_of(person)) as socket:
        subscribed(socket, "participants", "public")
        # The organisers' stream carries the news that a role was taken.
        take_role(person=organiser_of(edition), edition_id=edition.pk, of=person, role=Role.Name.PARTICIPANT)

        assert hear(socket, "no") == {"t": "no", "s": "participants"}
        tell(edition)
        assert hear(socket, "ev")["s"] == "public"


def test_vanished_edition_closes_with_the_code_for_coming_back(quick_beat: None, site: Site) -> None:
    edition = an_edition()
    with site.socket(edition.slug) as socket:
        subscribed(socket, "public")

        Role.objects.all().delete()
        edition.delete()

        assert close_code(socket) == 4000


def test_greeting_puts_a_person_online_and_closing_takes_them_off(quick_beat: None, site: Site) -> None:
    edition = an_edition()
    person = a_participant(edition)

    def is_online() -> bool:
        return Presence.objects.filter(person=person, edition=edition, is_online=True).exists()

    with site.socket(edition.slug, session=session_of(person), headers={"User-Agent": SIMULATED_AGENT}) as socket:
        say(socket, t="hi")
        wait_until(is_online)
        assert hub.people_online(edition.pk) == {person.pk}
        assert hub.browsers() == 0
    wait_until(lambda: not is_online())


def wait_until(holds: Any) -> None:
    limit = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.02)


# --- Who comes in -------------------------------------------------------------------------------------------------


def test_only_pages_of_this_site_come_in(site: Site) -> None:
    edition = an_edition()
    good = [site.origin, site.origin.upper()]
    bad = [
        None, "null", "", "https://evil.example", f"https://{site.host}", "http://127.0.0.1", f"http://127.0.0.1:{site.port + 1}",
        f"http://127.0.0.1.evil.example:{site.port}", f"http://evil.example:{site.port}", f"http://localhost:{site.port}",
        f"{site.origin}.evil.example", f"{site.origin}@evil.example", f"{site.origin}/", "http://[", f"file://{site.host}",
    ]  # fmt: skip

    answers = {origin: handshake(site, edition.slug, origin=origin) for origin in good + bad}

    assert {origin for origin, status in answers.items() if status == 101} == set(good)
    assert {answers[origin] for origin in bad} == {403}


def test_host_that_is_not_ours_is_refused_even_with_its_own_origin(site: Site) -> None:
    edition = an_edition()

    # What a page sees whose name was made to point at this machine.
    status = handshake(site, edition.slug, origin=f"http://evil.example:{site.port}", host=f"evil.example:{site.port}")

    assert status == 403


def test_strange_names_end_in_a_clear_no(site: Site) -> None:
    def ending(name: str) -> int:
        try:
            with site.socket(name) as socket:
                return close_code(socket)
        except InvalidStatus as refused:
            return refused.response.status_code

    endings = {name: ending(name) for name in ["nobody", "x" * 200, "a%20b", "%00", "..%2f..", "%0a", "é", "a/b", "%ff", "'"]}

    assert endings.pop("nobody") == endings.pop("x" * 200) == 4404
    assert set(endings.values()) == {404}
    assert hub.browsers() == 0


def handshake(site: Site, slug: str, *, origin: str | None, host: str = "") -> int:
    """The status that a handshake with these headers gets."""
    lines = [f"GET /ws/{slug}/ HTTP/1.1", f"Host: {host or site.host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13"]
    lines += [] if origin is None else [f"Origin: {origin}"]
    with tcp.create_connection(("127.0.0.1", site.port), timeout=SECONDS) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return int(connection.recv(100).split()[1])


# --- What closes it -----------------------------------------------------------------------------------------------


GARBAGE: dict[str | bytes, int] = {
    "not json": 1007,
    '{"t":"sub"': 1007,
    "[" * 50_000: 1007,
    b"\x00\x01": 1007,
    "[]": 1008,
    "null": 1008,
    '{"t":"sub"}': 1008,
    '{"t":"sub","streams":["public"]}': 1008,
    '{"t":"sub","streams":{"public":"12"}}': 1008,
    '{"t":"sub","streams":{"public":true}}': 1008,
    '{"t":"sub","streams":{"public":-2}}': 1008,
    '{"t":"sub","streams":{"public":1e300}}': 1008,
    json.dumps({"t": "sub", "streams": {"x" * 61: 1}}): 1008,
    json.dumps({"t": "sub", "streams": {f"team.{n}": 1 for n in range(1, 40)}}): 1008,
    '{"t":["sub"],"streams":{}}': 1008,
    "x" * 70_000: 1009,
}


def test_garbage_closes_with_its_code(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    edition = an_edition()

    def answer(frame: str | bytes) -> int:
        with site.socket(edition.slug) as socket:
            socket.send(frame)
            return close_code(socket)

    assert {frame: answer(frame) for frame in GARBAGE} == GARBAGE
    assert caplog.records == []


def test_invalid_utf_8_closes_with_its_code(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.socket(an_edition().slug) as socket:
        socket.send(b"\xff\xfe{", text=True)

        assert close_code(socket) == 1007
    assert caplog.records == []


def test_more_than_twenty_messages_in_a_second_close(site: Site) -> None:
    with site.socket(an_edition().slug) as socket:
        with suppress(ConnectionClosed):
            for _ in range(60):
                say(socket, t="hi")

        assert close_code(socket) == 1008
