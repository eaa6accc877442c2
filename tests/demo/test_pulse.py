"""Idéathon Pulse of the demonstration: its file, and the afternoon it stands in whatever the hour."""

from datetime import UTC, datetime, timedelta

import pytest

from estrade.demo.pulse import SLUG, at_work
from estrade.demo.pulse_life import QUESTIONS, bring_to_life
from estrade.demo.sample import DATA
from estrade.editions.edition_file import read_edition_file
from estrade.editions.phases import Phase, Times, phase_at
from estrade.people.models import Person
from teams.models import Absence, Approach, DraftFile, Notice, Question
from tests.builders import a_challenge, a_role, a_team, an_edition, an_organisation, captain_of, organiser_of

pytestmark = pytest.mark.embedded

FILE = read_edition_file((DATA / f"{SLUG}.toml").read_bytes())


def test_pulse_is_an_ideathon_with_pupils_that_shows_progress_only() -> None:
    assert (FILE.kind, FILE.board_mode, FILE.welcomes_minors, FILE.is_fictional) == ("ideathon", "off", True, True)
    assert (FILE.smallest_team, FILE.largest_team, FILE.most_from_one_school) == (5, 6, 2)
    assert len(FILE.challenges) == 10
    assert [one.referent.email for one in FILE.challenges if not one.referent.email.endswith(".example.org")] == []


@pytest.mark.parametrize("hour", range(0, 24, 4))
def test_pulse_is_at_work_at_any_hour(hour: int) -> None:
    # The night to the 28th of March 2027 has one hour less.
    now = datetime(2027, 3, 27, hour, 17, 23, tzinfo=UTC)

    file = at_work(FILE, now)

    times = Times(opens_at=file.opens_at, submissions_close_at=file.submissions_close_at, judging_opens_at=file.judging_opens_at)
    assert phase_at(times, now) is Phase.OPEN
    assert timedelta(hours=2) < file.submissions_close_at - now < timedelta(hours=3)
    assert [step.at for step in file.programme] == sorted(step.at for step in file.programme)
    assert any(step.at > now for step in file.programme)


@pytest.mark.django_db
def test_life_in_pulse_leaves_something_to_see_on_every_page_of_teams() -> None:
    edition = an_edition(kind="ideathon", smallest_team=2, largest_team=5)
    challenge = a_challenge(edition)
    a_role(edition, "partner", organisation=challenge.partner)
    teams = [a_team(edition, challenge=challenge, members=3) for _number in range(3)]
    for number in range(3):
        a_role(edition, "participant", organisation=an_organisation(f"School {number}", "school"))
    captain = captain_of(teams[1])

    bring_to_life(maud=organiser_of(edition), edition=edition, captain=captain.username, newcomer="newcomer")

    newcomer = Person.objects.get(username="newcomer")
    assert Notice.objects.filter(edition=edition, team=None).count() == 3
    assert Notice.objects.filter(edition=edition, person=None).count() == 3
    assert {(one.kind, one.person == newcomer) for one in Approach.objects.filter(team=teams[1])} == {
        ("invited", True),
        ("asked", False),
    }
    assert Question.objects.filter(challenge=challenge, answered_at=None).count() == 2 == len(QUESTIONS) - 2
    assert DraftFile.objects.get(submission__team=teams[1]).field == "poster"
    assert sorted(Absence.objects.filter(edition=edition).values_list("state", flat=True)) == ["absent"] * 3 + ["late"]
