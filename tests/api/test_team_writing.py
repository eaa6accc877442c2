"""What a team writes over HTTP besides its draft: files piece by piece, and its line on the board "Find a team"."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from estrade.editions.phases import Phase
from estrade.people.models import Role
from teams.models import DraftFile, Notice, Team
from tests.api.test_scores import signed_in
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
from tests.files.samples import PDF

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, ""


def address(team: Team, rest: str) -> str:
    return f"/api/v1/editions/{team.edition.slug}/{rest}"


def post(client: Any, path: str, said: Any = None) -> Any:
    return client.post(path, {} if said is None else said, content_type="application/json")


def test_a_file_comes_in_pieces_survives_lost_answers_and_is_handed_in_u7() -> None:
    team = a_draft(a_team(an_edition()))
    client, files = signed_in(captain_of(team)), address(team, f"teams/{team.pk}/files/")
    said = {"field": "pitch", "client_id": str(uuid4()), "name": "pitch.pdf", "size": len(PDF)}

    begun, again = (post(client, address(team, f"teams/{team.pk}/uploads/"), said) for _ in range(2))
    upload = address(team, f"teams/{team.pk}/uploads/{begun.json()['token']}/")

    def send(at: int, until: int) -> Any:
        return client.post(f"{upload}?offset={at}", PDF[at:until], content_type="application/octet-stream")

    first, twice, gap = send(0, 40), send(0, 40), send(90, 99)
    early = post(client, f"{upload}finish/")
    state = client.get(upload).json()
    send(40, len(PDF))
    done, lost = (post(client, f"{upload}finish/", {"client_id": said["client_id"]}) for _ in range(2))
    a_delivered_submission(team)
    listed = client.get(files).json()

    assert (begun.status_code, begun.json()) == (201, again.json())
    assert [one.json()["received"] for one in (first, twice)] == [40, 40]
    assert (gap.status_code, gap.json()["code"], early.json()["code"]) == (409, "upload_offset", "upload_unfinished")
    assert (state["received"], done.status_code, lost.json()) == (40, 201, done.json())
    assert {"field": "pitch", "name": "pitch.pdf", "kind": "pdf", "size": len(PDF), "late": False}.items() <= done.json().items()
    assert [one["sha256"] for one in listed["draft"] + listed["handed_in"]] == [done.json()["sha256"]] * 2
    assert (listed["limit"], listed["used"]) == (200 * 1024**2, len(PDF))
    assert client.get(listed["draft"][0]["address"]).status_code == 200
    removed = [post(client, f"{files}{done.json()['id']}/remove/").status_code for _ in range(2)]
    assert (removed, DraftFile.objects.count(), len(client.get(files).json()["handed_in"])) == ([204, 204], 0, 1)


def test_files_are_for_who_may_have_them_and_nothing_else_is_taken_p1_p3() -> None:
    edition = an_edition()
    team, other = a_draft(a_team(edition)), a_team(edition)
    client, stranger = signed_in(captain_of(team)), signed_in(captain_of(other))
    said = {"field": "pitch", "client_id": str(uuid4()), "name": "pitch.pdf", "size": len(PDF)}
    uploads = address(team, f"teams/{team.pk}/uploads/")
    token = post(client, uploads, said).json()["token"]

    wrong = [
        post(client, uploads, {**said, "team": other.pk}),
        post(client, uploads, {**said, "client_id": str(uuid4()), "name": "pitch.html"}),
        post(client, uploads, {**said, "client_id": str(uuid4()), "field": "nothing"}),
        client.post(f"{uploads}{token}/", PDF, content_type="application/octet-stream"),
        client.post(f"{uploads}{token}/?offset=0", {}, content_type="application/json"),
    ]
    foreign = [
        stranger.get(address(team, f"teams/{team.pk}/files/")),
        post(stranger, uploads, {**said, "client_id": str(uuid4())}),
        stranger.get(f"{uploads}{token}/"),
        stranger.get(address(other, f"teams/{other.pk}/uploads/{token}/")),
        post(stranger, f"{uploads}{token}/cancel/"),
        post(signed_in(organiser_of(edition)), uploads, {**said, "client_id": str(uuid4())}),
    ]
    dropped = [post(client, f"{uploads}{token}/cancel/").status_code for _ in range(2)]
    a_delivered_submission(team)
    juror = a_role(edition, Role.Name.JUROR)
    before = signed_in(juror).get(address(team, f"teams/{team.pk}/files/")).status_code
    bring_to(edition, Phase.JUDGING)
    seen = signed_in(juror).get(address(team, f"teams/{team.pk}/files/")).json()

    assert [one.status_code for one in wrong] == [400, 422, 400, 400, 415]
    assert [one.status_code for one in foreign] == [404, 404, 404, 410, 404, 403]
    assert (dropped, before) == ([204, 410], 404)
    assert seen == {"draft": [], "handed_in": [], "limit": None, "used": None}


def test_the_board_is_written_by_who_stands_on_it() -> None:
    edition = an_edition()
    challenge, hidden = a_challenge(edition), a_challenge(edition, published=False)
    team, alone = a_team(edition, members=2), a_participant(edition)
    client, notice = signed_in(alone), f"/api/v1/editions/{edition.slug}/find/notice/"
    of_team = address(team, f"teams/{team.pk}/notice/")
    member = signed_in(team.memberships.exclude(person=team.captain).get().person)

    made = post(client, notice, {"text": "I draw", "skills": ["Design", "design"], "challenge": challenge.slug})
    changed = post(client, notice, {"text": "I film"})
    wrong = [
        post(client, notice, {"text": "x", "person": 1}),
        post(client, notice, {"text": "x", "challenge": hidden.slug}),
        post(client, notice, {"text": "x" * 201}),
        post(signed_in(captain_of(team)), notice, {"text": "x"}),
        post(signed_in(a_role(edition, "partner")), notice, {"text": "x"}),
        post(member, of_team, {"text": "Not mine to say"}),
    ]
    told = post(signed_in(captain_of(team)), of_team, {"text": "We need a pen", "skills": ["Drawing"]})
    board = client.get(f"/api/v1/editions/{edition.slug}/find/").json()
    gone = [post(client, f"{notice}remove/").status_code, post(signed_in(captain_of(team)), f"{of_team}remove/").status_code]

    assert (made.status_code, made.json()["skills"], made.json()["challenge"]) == (201, ["design"], challenge.slug)
    assert changed.json() == {**made.json(), "text": "I film", "skills": [], "challenge": None}
    assert [one.status_code for one in wrong] == [400, 404, 422, 409, 403, 403]
    assert (told.status_code, board["people"], board["teams"]) == (201, [changed.json()], [told.json()])
    assert (gone, Notice.objects.count()) == ([204, 204], 0)


def test_a_program_asks_invites_and_answers_as_people_do_v4() -> None:
    edition = an_edition()
    team, other = a_team(edition, members=2), a_team(edition)
    lea, noe = a_participant(edition), a_participant(edition)
    captain, client = signed_in(captain_of(team)), signed_in(lea)
    member = signed_in(team.memberships.exclude(person=team.captain).get().person)
    post(captain, address(team, f"teams/{team.pk}/notice/"), {"text": "We need a pen"})
    line = post(signed_in(noe), address(team, "find/notice/"), {"text": "I film"}).json()["id"]
    ask, of_team = address(team, f"find/teams/{team.pk}/ask/"), address(team, f"teams/{team.pk}/approaches/")

    asked, again = post(client, ask), post(client, ask)
    invited = post(captain, address(team, f"teams/{team.pk}/invite/"), {"notice": line})
    mine, ours = client.get(address(team, "find/approaches/")).json(), captain.get(of_team).json()
    wrong = [
        post(client, address(other, f"find/teams/{other.pk}/ask/")),
        post(client, ask, {"text": "Please"}),
        post(member, f"{of_team}{asked.json()['id']}/answer/", {"accept": True}),
        member.get(of_team),
        post(signed_in(captain_of(other)), f"{of_team}{asked.json()['id']}/answer/", {"accept": True}),
        post(client, address(team, f"find/approaches/{asked.json()['id']}/answer/"), {"accept": True}),
        post(captain, address(team, f"teams/{team.pk}/invite/"), {"notice": line + 1}),
    ]
    taken_in = post(captain, f"{of_team}{asked.json()['id']}/answer/", {"accept": True})
    # Asking a team that has invited one is a yes.
    came_in = post(signed_in(noe), ask)

    shown = {"kind": "asked", "state": "open", "first_name": lea.get_short_name()}
    assert (asked.status_code, asked.json()) == (201, again.json())
    assert shown.items() <= asked.json().items()
    assert (invited.json()["kind"], asked.json()["team"]["id"]) == ("invited", team.pk)
    assert (mine, sorted(one["id"] for one in ours)) == ([asked.json()], sorted([asked.json()["id"], invited.json()["id"]]))
    assert [one.status_code for one in wrong] == [404, 400, 403, 403, 404, 404, 404]
    assert (taken_in.status_code, taken_in.json()["state"]) == (200, "accepted")
    assert came_in.json() == {**invited.json(), "state": "accepted"}
    assert set(team.memberships.values_list("person", flat=True)) >= {lea.pk, noe.pk}
