"""What a partner receives: all of its own, nothing of another's, and no name without a yes."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from challenges.models import Challenge
from estrade.dossiers.dossiers import any_dossier, own_dossier, release_dossiers
from estrade.dossiers.writing import plain_part
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.files.places import path_of
from estrade.files.uploads import Sending
from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person
from judging.models import Ballot
from judging.reveal import advance_reveal, publish_results, steps_of
from teams.contacts import decide_about_contact
from teams.files import bring_file
from teams.models import Profile, Team
from tests.builders import (
    a_challenge,
    a_delivered_submission,
    a_draft,
    a_role,
    a_team,
    an_edition,
    an_organisation,
    bring_to,
    captain_of,
    organiser_of,
)
from tests.files.samples import PDF
from tests.judging.stage import a_stage, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, ""


def a_solution(edition: Edition, challenge: Challenge, *, name: str, title: str, files: tuple[str, ...] = ("pitch.pdf",)) -> Team:
    team = a_draft(a_team(edition, name=name, challenge=challenge), title=title)
    for number, file in enumerate(files):
        content = PDF + b"%" + title.encode() + bytes([65 + number]) + b"\nstartxref\n9\n%%EOF\n"
        sending = Sending(client_id=uuid4(), name=file, size=len(content))
        field = "pitch" if not number else "more"
        bring_file(person=captain_of(team), team_id=team.pk, field=field, sending=sending, pieces=[content])
    a_delivered_submission(team)
    return team


def a_partner(edition: Edition) -> tuple[Person, Organisation]:
    organisation = an_organisation()
    return a_role(edition, "partner", organisation=organisation), organisation


def opened(pieces: Any) -> zipfile.ZipFile:
    parcel = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert parcel.testzip() is None
    return parcel


def everything_in(parcel: zipfile.ZipFile) -> bytes:
    return b"\n".join(name.encode() + parcel.read(name) for name in parcel.namelist())


def test_a_partner_with_two_challenges_gets_both_and_nothing_else_i6() -> None:
    edition = an_edition()
    partner, organisation = a_partner(edition)
    other = a_challenge(edition)
    first, second = (a_challenge(edition, partner=organisation) for _ in range(2))
    a_solution(edition, first, name="Canopée", title="Shade", files=("pitch.pdf", "pitch.pdf", "Pitch.PDF"))
    a_solution(edition, second, name="../../Ombre : 1/2", title="Sails")
    a_solution(edition, other, name="Foreign", title="CANARY")
    elsewhere = an_edition()
    a_solution(elsewhere, a_challenge(elsewhere, partner=organisation), name="Elsewhere", title="CANARY of another event")
    bring_to(edition, Phase.PUBLISHED)

    with translation.override("en"):
        parcel = opened(own_dossier(person=partner, edition=edition).pieces)

    assert sorted(parcel.namelist()) == sorted(
        [
            "index.html", "style.css", "solutions.csv",
            f"{first.slug}/01 Canopée/text.md", f"{first.slug}/01 Canopée/pitch.pdf",
            f"{first.slug}/01 Canopée/pitch (2).pdf", f"{first.slug}/01 Canopée/Pitch (3).PDF",
            f"{second.slug}/02 Ombre 1 2/text.md", f"{second.slug}/02 Ombre 1 2/pitch.pdf",
        ]
    )  # fmt: skip
    assert b"CANARY" not in everything_in(parcel)
    index = parcel.read("index.html").decode()
    assert "<script" not in index
    assert [word for word in ("Shade", "Sails", "pitch%20%282%29.pdf") if word not in index] == []
    assert AuditEntry.objects.get(action="dossier.download").after == {"solutions": 2, "files": 4}


def test_no_name_is_in_it_without_a_yes() -> None:
    edition = an_edition()
    partner, organisation = a_partner(edition)
    challenge = a_challenge(edition, partner=organisation)
    team = a_solution(edition, challenge, name="Canopée", title="Shade")
    other = a_solution(edition, challenge, name="Ombre", title="Sails")
    captain, silent = captain_of(team), captain_of(other)
    decide_about_contact(person=captain, edition_id=edition.pk, given=True)
    profile, _made = Profile.objects.update_or_create(edition=edition, person=captain, defaults={"is_minor": True})
    release_dossiers(
        person=organiser_of(bring_to(edition, Phase.CLOSED)), edition_id=edition.pk, released=True, with_comments=False
    )

    without_parents = everything_in(opened(own_dossier(person=partner, edition=edition).pieces)).decode()
    profile.parental_consent = Profile.Consent.YES
    profile.save()
    with_parents = everything_in(opened(own_dossier(person=partner, edition=edition).pieces)).decode()
    decide_about_contact(person=captain, edition_id=edition.pk, given=False)
    taken_back = everything_in(opened(own_dossier(person=partner, edition=edition).pieces)).decode()

    assert captain.last_name not in without_parents
    assert captain.last_name in with_parents
    assert captain.last_name not in taken_back
    assert silent.last_name not in without_parents + with_parents


def test_it_opens_with_the_results_or_when_an_organiser_says_so() -> None:
    edition = an_edition()
    partner, organisation = a_partner(edition)
    a_solution(edition, a_challenge(edition, partner=organisation), name="Canopée", title="Shade")
    bring_to(edition, Phase.JUDGING)

    with pytest.raises(Refused, match="dossier_closed"):
        own_dossier(person=partner, edition=edition)
    with pytest.raises(Refused, match="wrong_role"):
        any_dossier(person=partner, edition=edition)
    with pytest.raises(Refused, match="wrong_role"):
        release_dossiers(person=partner, edition_id=edition.pk, released=True, with_comments=True)
    bring_to(edition, Phase.PUBLISHED)

    assert opened(own_dossier(person=partner, edition=edition).pieces).namelist()


def test_what_the_jury_wrote_goes_out_only_once_it_is_released() -> None:
    stage = a_stage(jurors=1, teams=1)
    team, organisation = stage.teams[0], an_organisation()
    challenge = a_challenge(bring_to(stage.edition, Phase.OPEN), partner=organisation)
    Team.objects.filter(pk=team.pk).update(challenge=challenge)
    partner = a_role(stage.edition, "partner", organisation=organisation)
    a_delivered_submission(Team.objects.get(pk=team.pk))
    Ballot.objects.filter(team=team).update(feedback="=HYPERLINK(1) <b>clear</b>", comment="among ourselves")
    bring_to(stage.edition, Phase.PUBLISHED)
    kept = everything_in(opened(own_dossier(person=partner, edition=stage.edition).pieces))

    release_dossiers(person=stage.organiser, edition_id=stage.edition.pk, released=False, with_comments=True)
    parcel = opened(own_dossier(person=partner, edition=stage.edition).pieces)

    rows = list(csv.reader(io.StringIO(parcel.read("solutions.csv").decode("utf-8-sig")), delimiter=";"))
    assert b"clear" not in kept
    assert "=HYPERLINK(1) &lt;b&gt;clear" in parcel.read("index.html").decode()
    # No cell is a formula.
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
    assert rows[1][11] == "'=HYPERLINK(1) <b>clear</b>"
    assert [secret for secret in (stage.jurors[0].last_name, "among ourselves") if secret.encode() in everything_in(parcel)] == []


@pytest.mark.embedded
def test_scores_rank_and_prize_are_in_it_with_the_publication_and_not_before_p4() -> None:
    stage = a_stage(jurors=2, teams=2)
    edition, team = stage.edition, stage.teams[0]
    partner, organisation = a_partner(edition)
    Team.objects.filter(pk=team.pk).update(challenge=a_challenge(bring_to(edition, Phase.OPEN), partner=organisation))
    for one in Team.objects.filter(edition=edition):
        a_delivered_submission(one)
    bring_to(edition, Phase.JUDGING)
    stage.fill_everything(lambda juror, row: 4 + juror if row == 0 else 1)
    release_dossiers(person=stage.organiser, edition_id=edition.pk, released=True, with_comments=False)
    signed = sign_off(person=stage.organiser, round_id=stage.round.pk)

    with translation.override("en"):
        before = everything_in(opened(own_dossier(person=partner, edition=edition).pieces))
        for step in range(len(steps_of(signed))):
            advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
        during = everything_in(opened(own_dossier(person=partner, edition=edition).pieces))
        publish_results(person=stage.organiser, round_id=stage.round.pk)
        edition.refresh_from_db()
        parcel = opened(own_dossier(person=partner, edition=edition).pieces)
    client = Client(headers={"accept-language": "en"})
    client.force_login(partner)
    page = client.get(f"/e/{edition.slug}/partner/").text

    (row,) = list(csv.reader(io.StringIO(parcel.read("solutions.csv").decode("utf-8-sig"))))[1:]
    assert [word for word in (b"RESPONSE prize", b"4.5", b"Rank 1") if word in before + during] == []
    assert (row[13], row[14], row[15].count(": 4.5")) == ("1", "RESPONSE prize", len(stage.criteria))
    assert [word for word in ("RESPONSE prize", "4.5", "Rank 1 of 2.") if word not in parcel.read("index.html").decode()] == []
    assert [word for word in ("RESPONSE prize", "4.5", "Rank 1 of 2.", "2 ballots counted.") if word not in page] == []


def test_a_file_whose_bytes_are_gone_keeps_nobody_from_the_rest() -> None:
    edition = an_edition()
    partner, organisation = a_partner(edition)
    team = a_solution(edition, a_challenge(edition, partner=organisation), name="Canopée", title="Shade")
    path_of(team.submission.files.get().stored.digest).unlink()
    bring_to(edition, Phase.PUBLISHED)

    parcel = opened(own_dossier(person=partner, edition=edition).pieces)

    assert "pitch.pdf" in parcel.read("index.html").decode()
    assert [name for name in parcel.namelist() if name.endswith(".pdf")] == []


@pytest.mark.embedded
def test_pages_and_downloads_of_partner_and_organiser() -> None:
    edition = an_edition()
    partner, organisation = a_partner(edition)
    challenge = a_challenge(edition, partner=organisation)
    a_solution(edition, challenge, name="Canopée", title="Shade")
    bring_to(edition, Phase.PUBLISHED)
    theirs, ours = Client(headers={"accept-language": "en"}), Client(headers={"accept-language": "en"})
    theirs.force_login(partner)
    ours.force_login(organiser_of(edition))

    page, list_of_all = theirs.get(f"/e/{edition.slug}/partner/"), ours.get(f"/e/{edition.slug}/dossiers/")
    taken = [
        theirs.post(f"/e/{edition.slug}/dossiers/mine/"),
        ours.post(f"/e/{edition.slug}/dossiers/{organisation.pk}/"),
        ours.post(f"/e/{edition.slug}/dossiers/everything/"),
    ]
    names: list[int] = []
    for answer in taken:
        assert isinstance(answer, StreamingHttpResponse)
        names.append(len(opened(bytes(piece) for piece in answer).namelist()))

    assert "Download everything (ZIP" in page.text
    assert "pitch.pdf" in page.text
    assert organisation.name in list_of_all.text
    assert (names, taken[0]["Content-Type"]) == ([5, 5, 5], "application/zip")
    assert theirs.post(f"/e/{edition.slug}/dossiers/everything/").status_code == 403
    assert AuditEntry.objects.filter(action="dossier.download").count() == 3


@pytest.mark.embedded
def test_the_page_asks_as_much_for_one_solution_as_for_three() -> None:
    edition = an_edition()
    partner, organisation = a_partner(edition)
    challenge = a_challenge(edition, partner=organisation)
    client = Client()
    client.force_login(partner)
    asked = []
    for names in (["One"], ["Two", "Three"]):
        for name in names:
            a_solution(bring_to(edition, Phase.OPEN), challenge, name=name, title=name)
        bring_to(edition, Phase.PUBLISHED)
        client.get(f"/e/{edition.slug}/partner/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/e/{edition.slug}/partner/")
        asked.append(len(queries))

    assert asked[0] == asked[1]


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Canopée", "Canopée"),
        ("../../etc", "etc"),
        ("C:\\x\\y", "C x y"),
        ("a\u202eb\n\tc", "a b c"),
        ("...", "-"),
        ("", "-"),
        ("日本語チーム", "日本語チーム"),
        ("🚀" * 90, "🚀" * 50),
        ("x" * 80 + ".pdf", "x" * 56 + ".pdf"),
    ],
)
def test_a_name_fits_into_a_path_anywhere(text: str, part: str) -> None:
    assert plain_part(text) == part
