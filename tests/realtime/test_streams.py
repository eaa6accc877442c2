"""Who may listen to what: one row per stream, one column per person."""

import pytest

from estrade.editions.announcements import announce
from estrade.editions.phases import Phase
from estrade.kernel.refusal import Refused
from estrade.people.models import Role
from realtime.reads import events_after
from realtime.streams import allowed, carries_data, parse
from tests.builders import (
    a_challenge,
    a_participant,
    a_person,
    a_role,
    a_team,
    an_edition,
    an_organisation,
    bring_to,
    captain_of,
    organiser_of,
)

pytestmark = pytest.mark.django_db

PEOPLE = "anonymous stranger participant captain partner juror president organiser"
WHILE_JUDGING = {
    "public": "anonymous stranger participant captain partner juror president organiser",
    "participants": "participant captain organiser",
    "jury": "juror president organiser",
    "jury.board": "president organiser",
    "organisers": "organiser",
    "team.{team}": "captain partner organiser",
    "team.{other_team}": "organiser",
    "challenge.{challenge}": "partner organiser",
    "challenge.{other_challenge}": "organiser",
    "person.{juror}": "juror",
    "team.{team_elsewhere}": "",
    "team.0": "",
}


def test_streams_are_heard_by_those_in_the_table_and_nobody_else() -> None:
    edition, elsewhere = an_edition(), an_edition()
    organisation = an_organisation()
    challenge, other_challenge = a_challenge(edition, partner=organisation), a_challenge(edition)
    team, other_team = a_team(edition, challenge=challenge), a_team(edition, challenge=other_challenge)
    juror = a_role(edition, Role.Name.JUROR)
    people = {
        "anonymous": None,
        "stranger": a_participant(elsewhere),
        "participant": a_participant(edition),
        "captain": captain_of(team),
        "partner": a_role(edition, Role.Name.PARTNER, organisation=organisation),
        "juror": juror,
        "president": a_role(edition, Role.Name.PRESIDENT),
        "organiser": organiser_of(edition),
    }
    names = {
        "team": team.pk,
        "other_team": other_team.pk,
        "challenge": challenge.pk,
        "other_challenge": other_challenge.pk,
        "juror": juror.pk,
        "team_elsewhere": a_team(elsewhere).pk,
    }
    edition = bring_to(edition, Phase.JUDGING)

    heard = {
        stream: " ".join(name for name in PEOPLE.split() if allowed(people[name], edition, stream.format(**names)))
        for stream in WHILE_JUDGING
    }

    assert heard == WHILE_JUDGING


def test_frames_carry_data_only_where_every_listener_may_have_it() -> None:
    named = ["public", "jury.board", "participants", "jury", "organisers", "team.1", "challenge.1", "person.1"]

    assert [name for name in named if carries_data(name)] == ["public", "jury.board"]
    assert all(parse(name) for name in named)


def test_journal_is_read_in_order_after_a_number_and_with_its_head() -> None:
    edition = an_edition()
    for text in ("One", "Two", "Three"):
        announce(person=organiser_of(edition), edition_id=edition.pk, text={"en": text})
    first = events_after(person=None, edition=edition, stream="public", number=0, limit=1)

    rest = events_after(person=None, edition=edition, stream="public", number=first["head"] - 2)

    assert [event["n"] for event in first["events"]] == [1]
    assert [event["d"]["text"] for event in rest["events"]] == [{"en": "Two"}, {"en": "Three"}]
    assert rest["events"][-1]["n"] == rest["head"] == first["head"]


@pytest.mark.parametrize("stream", ["organisers", "person.1", "nothing", "", "team.999"])
def test_journal_of_a_hidden_stream_is_not_found_like_one_that_does_not_exist(stream: str) -> None:
    edition = an_edition()

    with pytest.raises(Refused) as refused:
        events_after(person=a_person(), edition=edition, stream=stream, number=0)

    assert (refused.value.code, refused.value.figures) == ("not_found", {})
