"""Where a team stands, and who may know."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from teams.extensions import extend_team
from teams.reads import one_receipt, one_team, standing_of, standings_of, team_of
from teams.submissions import accept_late, capture_drafts, deliver_submission
from tests.builders import (
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
)

pytestmark = pytest.mark.django_db


def states_of(edition: Edition) -> dict[str, str]:
    return {standing.team.name: standing.state for standing in standings_of(edition, db_now())}


def test_a_team_stands_where_its_versions_say() -> None:
    edition = an_edition()
    teams = {name: a_team(edition, name=name) for name in ("nothing", "words", "in time", "late", "late, accepted")}
    for name in ("words", "late", "late, accepted"):
        a_draft(teams[name])
    a_delivered_submission(teams["in time"])
    before = states_of(edition)
    bring_to(edition, Phase.CLOSED)
    late = {
        name: deliver_submission(person=captain_of(teams[name]), team_id=teams[name].pk, client_id=uuid4())
        for name in ("late", "late, accepted")
    }
    accept_late(person=organiser_of(edition), receipt_id=late["late, accepted"].pk, reason="The network was down")

    after = states_of(edition)

    assert before == {"nothing": "empty", "words": "draft", "in time": "delivered", "late": "draft", "late, accepted": "draft"}
    assert after == {"nothing": "empty", "words": "draft", "in time": "delivered", "late": "late", "late, accepted": "accepted"}
    capture_drafts(edition_id=edition.pk)
    assert states_of(edition)["words"] == "captured"


def test_a_standing_knows_the_extension_and_what_waits() -> None:
    edition = an_edition()
    team = a_team(edition)
    late = a_delivered_submission(team, late=True)
    extension = extend_team(person=organiser_of(edition), team_id=team.pk, minutes=5, reason="A power cut")

    standing = standings_of(edition, db_now())[0]
    over = standings_of(edition, extension.until + timedelta(seconds=1))[0]

    assert (standing.extension, standing.late, standing.members) == (extension, [late], [captain_of(team)])
    assert (standing.window.is_open, standing.window.closes_at) == (True, extension.until)
    assert (over.window.is_open, over.window.late_by) == (False, timedelta(seconds=1))


@pytest.mark.embedded
def test_the_list_of_teams_asks_as_much_for_one_as_for_three(django_assert_num_queries: Any) -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    for _ in range(2):
        for _ in range(2):
            a_delivered_submission(a_team(edition, challenge=challenge, members=2))
        now = db_now()
        with django_assert_num_queries(4):
            standings_of(edition, now)


def test_own_team_is_found_and_no_other() -> None:
    edition, other = an_edition(), an_edition()
    team = a_team(edition)

    assert team_of(person=captain_of(team), edition=edition) == team
    assert team_of(person=captain_of(team), edition=other) is None
    assert team_of(person=a_participant(edition), edition=edition) is None


@pytest.mark.parametrize(
    ("phase", "readers"),
    [
        (Phase.OPEN, {"captain", "organiser", "facilitator"}),
        (Phase.CLOSED, {"captain", "organiser", "facilitator", "partner"}),
        (Phase.JUDGING, {"captain", "organiser", "facilitator", "partner", "juror"}),
    ],
)
def test_a_team_exists_for_those_who_may_read_it(phase: Phase, readers: set[str]) -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    team = a_team(edition, challenge=challenge)
    people = {
        "captain": captain_of(team),
        "organiser": organiser_of(edition),
        "facilitator": a_role(edition, "facilitator"),
        "partner": a_role(edition, "partner", organisation=challenge.partner),
        "juror": a_role(edition, "juror"),
        "participant": a_participant(edition),
        "captain of another": captain_of(a_team(edition)),
        "organiser elsewhere": a_role(an_edition(), "organiser"),
    }
    bring_to(edition, phase)
    edition.refresh_from_db()

    for name in readers:
        assert one_team(person=people[name], edition=edition, team_id=team.pk, now=db_now()) == team
    for name in set(people) - readers:
        with pytest.raises(Refused, match="not_found"):
            one_team(person=people[name], edition=edition, team_id=team.pk, now=db_now())


def test_a_receipt_is_shown_to_its_team_and_in_its_edition_only() -> None:
    edition, other = an_edition(), an_edition()
    team = a_team(edition)
    receipt = a_delivered_submission(team)
    ask: dict[str, Any] = {"reference": receipt.reference, "now": db_now()}

    shown = one_receipt(person=captain_of(team), edition=edition, **ask)

    assert shown == receipt
    for person, where in ((captain_of(a_team(edition)), edition), (None, edition), (captain_of(team), other)):
        with pytest.raises(Refused, match="not_found"):
            one_receipt(person=person, edition=where, **ask)
    with pytest.raises(Refused, match="not_found"):
        one_receipt(person=captain_of(team), edition=edition, reference="H2H-NON-9999", now=db_now())


@pytest.mark.embedded
def test_a_team_read_with_everything_needs_no_more_questions(django_assert_num_queries: Any) -> None:
    edition = an_edition()
    found = one_team(
        person=organiser_of(edition),
        edition=edition,
        team_id=a_delivered_submission(a_team(edition)).submission.team_id,
        now=db_now(),
    )

    now = db_now()
    with django_assert_num_queries(0):
        standing_of(found, now)
