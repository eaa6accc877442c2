"""The pages of participants and teams, at the HTTP edge."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from estrade.editions.announcements import announce
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.people.models import Person
from teams.approaches import ask_to_join, invite
from teams.extensions import extend_team
from teams.membership import change_team, withdraw_team
from teams.models import Receipt, Submission, Team
from teams.notices import post_own_notice, post_team_notice
from teams.submissions import accept_late, capture_one
from teams.words import as_team
from tests import builders

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


def reader(person: Person | None) -> Client:
    client = Client(headers={"accept-language": "en"})
    if person is not None:
        client.force_login(person)
    return client


def captain(team: Team) -> Client:
    return reader(builders.captain_of(team))


def page(team: Team, *parts: str) -> str:
    return "/".join([f"/e/{team.edition.slug}/team/{team.pk}", *parts, ""])


def home(edition: Edition) -> str:
    return f"/e/{edition.slug}/me/"


def words(team: Team, **changes: str) -> dict[str, str]:
    return {**builders.WORDS, "base_revision": str(team.submission.draft_revision), **changes}


def delivery(team: Team, **changes: str) -> dict[str, str]:
    return words(team, **{"client_id": str(uuid4()), **changes})


def step_of(text: str) -> str:
    found = re.search(r'<h2 id="nx">(.*?)</h2>', text)
    assert found is not None
    return found[1]


@pytest.fixture
def edition() -> Edition:
    return builders.an_edition()


@pytest.fixture
def team(edition: Edition) -> Team:
    return builders.a_team(edition, challenge=builders.a_challenge(edition), members=2)


# --- The participant's page ---------------------------------------------------------------------------------------


def test_who_has_no_team_is_led_to_one(edition: Edition) -> None:
    text = reader(builders.a_participant(edition)).get(home(edition)).text

    assert step_of(text) == "Join a team"
    assert f'href="/e/{edition.slug}/join/"' in text


@pytest.mark.embedded
def test_who_is_invited_and_whom_somebody_asks_sees_it_first(edition: Edition, team: Team) -> None:
    lea, noe = builders.a_participant(edition), builders.a_participant(edition)
    captain_, line = builders.captain_of(team), post_own_notice(person=lea, edition_id=edition.pk, text="", skills=[])
    post_team_notice(person=captain_, team_id=team.pk, text="", skills=[])
    invite(person=captain_, team_id=team.pk, notice_id=line.pk)
    ask_to_join(person=noe, edition_id=edition.pk, team_id=team.pk)

    invited, asked = reader(lea).get(home(edition)).content.decode(), captain(team).get(home(edition)).content.decode()
    waits = reader(noe).get(home(edition)).content.decode()

    assert (step_of(invited), step_of(waits)) == (f"{as_team(team.name)} invites you", "Join a team")
    assert f'href="/e/{edition.slug}/find/">Answer' in invited
    # The team of this story has its challenge; one without is led to where it is chosen.
    change_team(person=captain_, team_id=team.pk, name=team.name, challenge_id=None)
    chooses = captain(team).get(home(edition)).content.decode()
    assert f'<a href="{page(team, "crew")}#settings">Choose a challenge</a>' in chooses
    assert "Answer 1 request to join" in asked


def test_the_next_step_follows_the_draft_and_the_phase(edition: Edition, team: Team) -> None:
    client = captain(team)
    steps = [step_of(client.get(home(edition)).text)]
    builders.a_draft(team)
    steps.append(step_of(client.get(home(edition)).text))
    builders.a_delivered_submission(team)
    steps.append(step_of(client.get(home(edition)).text))
    for phase in (Phase.CLOSED, Phase.JUDGING, Phase.FROZEN, Phase.PUBLISHED):
        builders.bring_to(edition, phase)
        steps.append(step_of(client.get(home(edition)).text))

    assert steps == [
        "Complete your submission",
        "Hand in your solution",
        "Your solution is handed in",
        "Your solution is handed in",
        "The pitches have started",
        "The jury deliberates",
        "The results are here",
    ]


def test_members_wait_for_their_spokesperson(edition: Edition, team: Team) -> None:
    member = team.memberships.exclude(person=team.captain).get().person
    builders.a_draft(team)

    text = reader(member).get(home(edition)).text

    withdraw_team(person=builders.captain_of(team), team_id=team.pk, reason="Flu")
    withdrawn = reader(member).get(home(edition)).text

    assert [step_of(text), step_of(withdrawn)] == ["Ready to be handed in", "Your team has withdrawn"]
    assert builders.captain_of(team).name in text


def test_an_extension_has_a_countdown_of_its_own(edition: Edition, team: Team) -> None:
    builders.a_draft(team)
    builders.bring_to(edition, Phase.CLOSED)
    extension = extend_team(person=builders.organiser_of(edition), team_id=team.pk, minutes=20, reason="Power cut")

    text = captain(team).get(home(edition)).text

    assert "Your extension ends in" in text
    assert extension.until.isoformat(timespec="milliseconds") in text


def test_announcements_are_on_the_page(edition: Edition, team: Team) -> None:
    announce(person=builders.organiser_of(edition), edition_id=edition.pk, text={"fr": "Pause", "en": "Coffee <now>"})

    assert "Coffee &lt;now&gt;" in captain(team).get(home(edition)).text


def test_the_page_is_for_participants(edition: Edition) -> None:
    assert reader(None).get(home(edition))["Location"].startswith("/sign-in/")
    assert reader(builders.a_role(edition, "juror")).get(home(edition)).status_code == 403
    assert reader(builders.a_participant(builders.an_edition())).get(home(edition)).status_code == 403


# --- Joining ------------------------------------------------------------------------------------------------------


def test_a_code_opens_the_team(edition: Edition, team: Team) -> None:
    person = builders.a_participant(edition)

    answer = reader(person).post(f"/e/{edition.slug}/join/", {"code": team.join_code.lower()})

    assert (answer.status_code, answer["Location"]) == (302, home(edition))
    assert team.memberships.filter(person=person).exists()


@pytest.mark.usefixtures("standing_clock")
def test_a_wrong_code_is_said_and_counted(edition: Edition, team: Team) -> None:
    client = reader(builders.a_participant(edition))

    answers = [client.post(f"/e/{edition.slug}/join/", {"code": "NO"}) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert "No team has this code" in answers[0].text


def test_a_team_can_be_founded_and_changed(edition: Edition) -> None:
    client, challenge = reader(builders.a_participant(edition)), builders.a_challenge(edition)

    founded = client.post(f"/e/{edition.slug}/join/new/", {"name": "Canopy", "challenge": ""})
    team = Team.objects.get(name="Canopy")
    changed = client.post(page(team, "settings"), {"name": "Canopy 2", "challenge": str(challenge.pk)})

    assert founded["Location"] == page(team)
    assert changed["Location"] == page(team, "crew")
    team.refresh_from_db()
    assert (team.name, team.challenge) == ("Canopy 2", challenge)


def test_a_name_that_is_taken_or_endless_keeps_the_page(edition: Edition, team: Team) -> None:
    client = reader(builders.a_participant(edition))

    taken = client.post(f"/e/{edition.slug}/join/new/", {"name": team.name, "challenge": ""})
    endless = client.post(f"/e/{edition.slug}/join/new/", {"name": "x" * 10_000, "challenge": ""})

    assert (taken.status_code, endless.status_code) == (422, 422)
    assert "already taken" in taken.text
    assert edition.teams.count() == 1


# --- The draft ----------------------------------------------------------------------------------------------------


def test_the_plain_form_saves_the_draft(team: Team) -> None:
    answer = captain(team).post(page(team, "draft"), words(team))

    team.submission.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, page(team))
    assert (team.submission.draft_title, team.submission.draft_revision) == ("Cool roofs", 1)


def test_the_script_gets_the_new_revision_and_a_sentence(team: Team) -> None:
    answer = captain(team).post(page(team, "draft"), words(team), headers=JSON)

    assert answer.json()["revision"] == 1
    assert answer.json()["words"].startswith("Draft saved at ")


def test_another_revision_shows_both_texts_and_a_second_press_decides(team: Team) -> None:
    member = team.memberships.exclude(person=team.captain).get().person
    builders.a_draft(team, title="Theirs")
    stale = words(team, title="Mine", base_revision="0")

    program = reader(member).post(page(team, "draft"), stale, headers=JSON)
    form = reader(member).post(page(team, "draft"), stale)
    again = reader(member).post(page(team, "draft"), words(team, title="Mine", base_revision="1"))

    assert program.status_code == 409
    assert (program.json()["draft"]["title"], program.json()["revision"]) == ("Theirs", 1)
    assert form.status_code == 409
    assert "Theirs" in form.text
    assert 'value="Mine"' in form.text
    assert 'name="base_revision" value="1"' in form.text
    assert again.status_code == 302
    team.submission.refresh_from_db()
    assert team.submission.draft_title == "Mine"


@pytest.mark.parametrize(
    "changes", [{"title": "x" * 10_000}, {"link": "javascript:alert(1)"}, {"text": "x" * 4001}, {"base_revision": "many"}]
)
def test_what_cannot_be_kept_changes_nothing(team: Team, changes: dict[str, str]) -> None:
    answer = captain(team).post(page(team, "draft"), words(team, **changes))

    team.submission.refresh_from_db()
    assert answer.status_code == 422
    assert team.submission.draft_revision == 0


def test_after_the_deadline_the_form_can_only_be_read(edition: Edition, team: Team) -> None:
    builders.a_draft(team)
    builders.bring_to(edition, Phase.CLOSED)

    text = captain(team).get(page(team)).text
    answer = captain(team).post(page(team, "draft"), words(team, title="Too late"))

    assert text.count(" readonly") == 4
    assert "submission.js" not in text
    assert "Hand in late" in text
    assert answer.status_code == 422
    assert "time for handing in is over" in answer.text
    team.submission.refresh_from_db()
    assert team.submission.draft_title == "Cool roofs"
    Submission.objects.filter(team=team).update(draft_text="")
    incomplete = captain(team).get(page(team)).text
    # What cannot be handed in is not offered.
    assert ("Hand in late" in incomplete, "an organiser can give your team more time" in incomplete) == (False, True)


# --- Handing in and the receipt -----------------------------------------------------------------------------------


def test_handing_in_saves_the_form_and_gives_a_receipt(team: Team) -> None:
    client, sent = captain(team), delivery(team)

    answer = client.post(page(team, "deliver"), sent)
    receipt = Receipt.objects.get()
    shown = client.get(answer["Location"]).text

    assert answer["Location"] == f"/e/{team.edition.slug}/receipts/{receipt.reference}/"
    assert (receipt.title, receipt.state) == ("Cool roofs", Receipt.State.DELIVERED)
    assert receipt.reference in shown
    assert "Solution handed in" in shown
    assert " ".join(receipt.fingerprint[start : start + 4] for start in range(0, 64, 4)) in shown


def test_the_same_press_twice_is_one_receipt(team: Team) -> None:
    client, sent = captain(team), delivery(team)

    first = client.post(page(team, "deliver"), sent)
    second = client.post(page(team, "deliver"), sent | {"base_revision": "1"})

    assert first["Location"] == second["Location"]
    assert Receipt.objects.count() == 1


def test_an_empty_form_is_not_handed_in(team: Team) -> None:
    answer = captain(team).post(page(team, "deliver"), delivery(team, title="", text=""))

    assert answer.status_code == 422
    assert not Receipt.objects.exists()


def test_a_member_saves_but_does_not_hand_in(team: Team) -> None:
    member = team.memberships.exclude(person=team.captain).get().person

    answer = reader(member).post(page(team, "deliver"), delivery(team))

    assert answer.status_code == 403
    assert not Receipt.objects.exists()


def test_a_late_version_waits_then_counts(edition: Edition, team: Team) -> None:
    builders.a_draft(team)
    builders.bring_to(edition, Phase.CLOSED)
    client = captain(team)

    answer = client.post(page(team, "deliver"), {"client_id": str(uuid4())})
    late = client.get(answer["Location"]).text
    waiting = client.get(page(team)).text
    accept_late(person=builders.organiser_of(edition), receipt_id=Receipt.objects.get().pk, reason="Network was down")
    accepted = client.get(answer["Location"]).text

    assert "Late submission received" in late
    assert "A late version waits" in waiting
    assert "Late submission accepted" in accepted
    assert "Network was down" in accepted


def test_a_captured_draft_has_a_receipt_too(edition: Edition, team: Team) -> None:
    builders.a_draft(team)
    builders.bring_to(edition, Phase.CLOSED)
    receipt = capture_one(team_id=team.pk)

    assert receipt is not None
    text = captain(team).get(f"/e/{edition.slug}/receipts/{receipt.reference}/").text
    assert "Draft taken at the deadline" in text


# --- Who sees what ------------------------------------------------------------------------------------------------


def test_a_team_is_hidden_from_strangers(edition: Edition, team: Team) -> None:
    receipt = builders.a_delivered_submission(team)
    strangers = [
        builders.captain_of(builders.a_team(edition)),
        builders.a_participant(edition),
        builders.a_role(edition, "juror"),
        builders.organiser_of(builders.an_edition()),
    ]
    paths = [page(team), f"/e/{edition.slug}/receipts/{receipt.reference}/"]

    answers = {reader(person).get(path).status_code for person in [None, *strangers] for path in paths}
    posts = {reader(person).post(page(team, "draft"), words(team)).status_code for person in strangers}

    assert answers == {404}
    assert posts == {404}


def test_visitors_read_what_counts_and_never_the_draft(edition: Edition, team: Team) -> None:
    builders.a_delivered_submission(builders.a_draft(team, title="What counts"))
    Submission.objects.filter(team=team).update(draft_title="Still a secret")
    builders.bring_to(edition, Phase.JUDGING)

    for person in (builders.organiser_of(edition), builders.a_role(edition, "juror")):
        text = reader(person).get(page(team)).text

        assert "What counts" in text
        assert "Still a secret" not in text
        assert team.join_code not in text


def test_a_team_of_another_edition_is_not_here(team: Team) -> None:
    other = builders.an_edition()

    assert captain(team).get(f"/e/{other.slug}/team/{team.pk}/").status_code == 404


def test_as_many_queries_for_three_members_as_for_one(edition: Edition) -> None:
    small, large = builders.a_team(edition), builders.a_team(edition, members=3)
    counts = []
    for team in (small, large):
        builders.a_delivered_submission(team)
        client = captain(team)
        for path in (page(team), home(edition)):
            client.get(path)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            counts.append(len(captured))

    assert counts[:2] == counts[2:]


def test_closing_times_are_shown_to_the_second_that_applied(edition: Edition, team: Team) -> None:
    receipt = builders.a_delivered_submission(team)

    text = captain(team).get(f"/e/{edition.slug}/receipts/{receipt.reference}/").text

    local = receipt.closes_at.astimezone(edition.zone)
    assert f"{local:%H:%M:%S}" in text
    assert receipt.closes_at - edition.submissions_close_at == timedelta(0)
