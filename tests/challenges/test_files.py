"""Files of a challenge, at the HTTP edge: who brings them, who may have them, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from challenges.models import ChallengeFile
from estrade.editions.phases import Phase
from estrade.people.models import Person
from tests.builders import a_challenge, a_role, an_edition, an_organisation, bring_to
from tests.files.samples import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, ""


def client_of(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def test_a_partner_gives_a_file_and_everybody_has_it_from_the_opening_on() -> None:
    edition, organisation = an_edition(), an_organisation()
    partner, rival = (a_role(edition, "partner", organisation=one) for one in (organisation, an_organisation()))
    challenge = a_challenge(edition, partner=organisation)
    page = f"/e/{edition.slug}/challenges/{challenge.slug}/files/"
    form = {"client_id": str(uuid4()), "file": SimpleUploadedFile("données.pdf", PDF, "application/pdf")}

    refused = client_of(rival).post(page, form)
    form["file"] = SimpleUploadedFile("données.pdf", PDF, "application/pdf")
    brought = client_of(partner).post(page, form)
    added = ChallengeFile.objects.get()
    address = f"/e/{edition.slug}/challenges/{challenge.slug}/file/{added.stored.token}/"
    shown, taken = Client().get(f"/e/{edition.slug}/challenges/{challenge.slug}/"), Client().get(address)
    bring_to(edition, Phase.BEFORE)
    before = Client().get(address)
    removed = client_of(partner).post(f"{page}{added.pk}/remove/")

    assert (refused.status_code, brought.status_code, removed.status_code) == (403, 302, 302)
    assert "données.pdf" in shown.text
    assert (taken.status_code, before.status_code) == (200, 404)
    assert taken["Content-Disposition"].startswith("attachment")
    assert not ChallengeFile.objects.exists()


def test_a_page_is_no_file_of_a_challenge() -> None:
    edition, organisation = an_edition(), an_organisation()
    challenge = a_challenge(edition, partner=organisation)
    form = {"client_id": str(uuid4()), "file": SimpleUploadedFile("page.html", b"<html>", "text/html")}

    answer = client_of(a_role(edition, "partner", organisation=organisation)).post(
        f"/e/{edition.slug}/challenges/{challenge.slug}/files/", form
    )

    assert answer.status_code == 422
    assert "Accepted: PDF, PNG, JPG" in answer.text
