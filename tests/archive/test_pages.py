"""The page of data and copies, and the page at which an edition comes in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from estrade.archive import waiting
from estrade.archive.departure import edition_pieces
from estrade.editions.models import Edition
from estrade.people.models import Person
from tests.archive.worlds import a_judged_stage, ranking, wipe
from tests.builders import an_administrator, an_edition, organiser_of
from tests.judging.stage import a_stage

pytestmark = pytest.mark.django_db
NEW, CONFIRM = "/editions/import/", "/editions/import/confirm/"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path


def signed_in(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def test_the_page_shows_what_can_be_taken_and_where_the_copies_are(settings: Any) -> None:
    edition = an_edition()
    client = signed_in(organiser_of(edition))
    on_servers = client.get(f"/e/{edition.slug}/data/").content.decode()
    settings.VENUE = True

    page = client.get(f"/e/{edition.slug}/data/").content.decode()

    assert "Export everything now" in page
    assert page.count("empty until judging begins") == 3
    assert f'href="/e/{edition.slug}/data/"' in page
    assert ("manage.py backup" in on_servers, "one more now" in on_servers) == (True, False)
    assert ("manage.py backup" in page, "one more now" in page) == (False, True)


@pytest.mark.usefixtures("standing_clock")
def test_the_archive_is_one_download(tmp_path: Path) -> None:
    stage = a_stage()
    client = signed_in(stage.organiser)

    answer = client.post("/e/sample/data/everything/")
    again = client.post("/e/sample/data/everything/")

    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="sample-')
    assert answer["Cache-Control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as parcel:
        assert "edition.json" in parcel.namelist()
    assert (again.status_code, "a minute" in again.content.decode()) == (429, True)
    assert client.get("/e/sample/data/everything/").status_code == 405


def test_one_table_is_one_download_and_an_unknown_one_is_not_there() -> None:
    stage = a_stage()
    client = signed_in(stage.organiser)

    answer = client.post("/e/sample/data/teams.csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="sample-teams.csv"'
    assert stage.teams[0].name in answer.content.decode()
    assert client.post("/e/sample/data/passwords.csv").status_code == 404


# --- Bringing an edition ------------------------------------------------------------------------------------------


def exported() -> tuple[bytes, Any]:
    stage = a_judged_stage()
    text, places = "".join(edition_pieces(edition=stage.edition)), ranking(stage)
    wipe()
    return text.encode(), (stage, places)


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parcel:
        parcel.writestr("edition.json", content)
    return file.getvalue()


def digest_in(page: str) -> str:
    return page.partition('name="digest" value="')[2][:64]


@pytest.mark.parametrize("wrap", [bytes, zipped])
def test_an_administrator_looks_at_a_file_and_takes_it_in(wrap: Any) -> None:
    content, (stage, places) = exported()
    administrator = an_administrator()
    client = signed_in(administrator)
    front = client.get("/", follow=True).content.decode()

    preview = client.post(NEW, {"file": SimpleUploadedFile("edition", wrap(content))}).content.decode()
    assert not Edition.objects.exists()
    answer = client.post(CONFIRM, {"digest": digest_in(preview)})

    assert f'href="{NEW}"' in front
    assert "Hack to Horizon" in preview
    assert "19 to 21 March 2027" in preview
    assert "These user names exist here already" not in preview
    assert answer["Location"] == f"/e/{stage.edition.slug}/"
    assert ranking(stage) == places
    # Whoever brought it is still signed in, under whatever number.
    assert client.get("/admin/").status_code == 200
    assert Client().get(answer["Location"]).status_code == 200


def test_a_file_that_is_no_edition_is_told_at_its_field() -> None:
    client = signed_in(an_administrator())

    answer = client.post(NEW, {"file": SimpleUploadedFile("holiday.jpg", b"\xff\xd8\xff")})
    nothing = client.post(NEW, {})

    assert (answer.status_code, nothing.status_code) == (422, 422)
    assert "This is not a whole edition exported by Estrade" in answer.content.decode()


def test_a_file_that_is_too_large_is_told_at_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LARGEST_UPLOAD", 1024 * 1024)
    client = signed_in(an_administrator())

    answer = client.post(NEW, {"file": SimpleUploadedFile("large.zip", b"x" * (1024 * 1024 + 1))})

    assert answer.status_code == 422
    assert "larger than 1 MB" in answer.content.decode()


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "0" * 64])
def test_only_what_was_looked_at_is_taken_in(digest: str) -> None:
    client = signed_in(an_administrator())

    answer = client.post(CONFIRM, {"digest": digest})

    assert answer.status_code == 410
    assert "Choose it again" in answer.content.decode()


def test_where_there_is_an_edition_none_comes_in() -> None:
    an_edition()
    client = signed_in(an_administrator())

    assert client.get(NEW).status_code == 409


def test_who_is_no_administrator_brings_nothing() -> None:
    content, _stage = exported()
    administrator, somebody = an_administrator(), Person.objects.create(username="somebody")
    page = signed_in(administrator).post(NEW, {"file": SimpleUploadedFile("edition", content)}).content.decode()

    for client in (Client(), signed_in(somebody)):
        assert client.get(NEW).status_code in {302, 403}
        assert client.post(NEW, {"file": SimpleUploadedFile("edition", content)}).status_code == 403
        assert client.post(CONFIRM, {"digest": digest_in(page)}).status_code == 403

    assert not Edition.objects.exists()
