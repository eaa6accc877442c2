"""The organiser's check list before the day."""

import pytest
from django.test import Client
from django.urls import reverse

from estrade.desk.preparation import check_list, preparation_of
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.people.codes import issue_codes
from judging.jury import add_juror
from tests.builders import a_challenge, a_delivered_submission, a_draft, a_participant, a_team, an_edition, bring_to, organiser_of

pytestmark = pytest.mark.django_db


def test_every_line_follows_what_has_been_done() -> None:
    edition = an_edition()
    organiser = organiser_of(edition)

    before = [item.is_done for item in preparation_of(edition)]
    draft = a_challenge(edition, published=False)
    a_challenge(edition)
    a_participant(edition), a_participant(edition)
    half = {item.key: (item.is_done, item.words) for item in preparation_of(edition)}
    draft.delete()
    add_juror(person=organiser, edition_id=edition.pk, first_name="Ada", last_name="Lovelace")
    issue_codes(person=organiser, edition_id=edition.pk, role="participant")
    after = [item.is_done for item in preparation_of(edition)]

    assert before == [False] * 4
    assert half["challenges"] == (False, "1 sur 2")
    assert half["people"][0]
    assert half["codes"] == (False, "0 sur 2")
    assert after == [True] * 4


def test_the_control_room_leads_to_the_next_line_until_the_deadline() -> None:
    edition = an_edition()
    client = Client(headers={"accept-language": "en"})
    client.force_login(organiser_of(edition))
    room = reverse("desk:control", args=[edition.slug])

    open_ = client.get(room).content.decode()
    bring_to(edition, Phase.CLOSED)
    closed = client.get(room).content.decode()

    assert "Next: Challenges published" in open_
    assert "Challenges published" not in closed


@pytest.mark.parametrize(
    ("phase", "heading", "keys"),
    [
        (Phase.BEFORE, "Before the event opens", ["challenges", "people", "jury", "codes"]),
        (Phase.OPEN, "Before submissions close", ["challenges", "people", "jury", "codes", "in_teams", "with_challenge"]),
        (Phase.CLOSED, "Before the pitches start", ["handed_in", "rubric", "jury"]),
        (Phase.JUDGING, "Before the leaderboard freezes", ["ballots"]),
        (Phase.FROZEN, "Before the results are public", ["ballots", "signed"]),
    ],
)
def test_each_phase_has_its_list_and_one_next_step(phase: Phase, heading: str, keys: list[str]) -> None:
    edition = an_edition()
    a_draft(a_team(edition))
    bring_to(edition, phase)
    client = Client(headers={"accept-language": "en"})
    client.force_login(organiser_of(edition))

    checks = check_list(edition, db_now())
    page = client.get(reverse("desk:control", args=[edition.slug])).content.decode()

    assert checks is not None
    assert [item.key for item in checks.items] == keys
    assert checks.next is not None
    assert (heading in page, f"Next: {checks.next.title}" in page) == (True, True)


def test_what_is_done_is_done_and_the_end_has_no_list() -> None:
    edition = an_edition()
    a_delivered_submission(a_team(edition, challenge=a_challenge(edition)))
    open_ = check_list(edition, db_now())
    bring_to(edition, Phase.CLOSED)
    closed = check_list(edition, db_now())
    bring_to(edition, Phase.PUBLISHED)

    assert open_ is not None
    assert {item.key: item.is_done for item in open_.items if item.key in {"in_teams", "with_challenge"}} == {
        "in_teams": True, "with_challenge": True,
    }  # fmt: skip
    assert closed is not None
    assert [(item.key, item.is_done) for item in closed.items][0] == ("handed_in", True)
    assert check_list(edition, db_now()) is None


def test_the_event_is_opened_from_there() -> None:
    edition = bring_to(an_edition(), Phase.BEFORE)
    client = Client(headers={"accept-language": "en"})
    client.force_login(organiser_of(edition))
    room = reverse("desk:control", args=[edition.slug])

    page = client.get(room).content.decode()
    at = page.split('name="at" value="')[1].split('"')[0]
    answer = client.post(reverse("desk:move", args=[edition.slug, "opens"]), {"at": at})

    edition.refresh_from_db()
    assert answer["Location"] == room
    assert edition.opens_at.isoformat(timespec="milliseconds") == at
