"""Invitations by mail: in bulk, with a preview, and touching nobody's account."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.invitations import (
    DAYS,
    accept_invitation,
    invitation_of,
    invite_people,
    link_path,
    read_guests,
    resend_invitation,
    revoke_invitation,
)
from estrade.people.models import Invitation, Organisation, Person, Role
from estrade.people.people import take_role
from estrade.people.reads import invitations_of
from tests.builders import a_person, a_role, an_edition, an_organisation, bring_to, organiser_of
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_server(settings: Any) -> None:
    settings.MAIL = "smtp"


def an_invitation(edition: Edition, line: str = "Zoé Martin;zoe@example.org", role: str = "juror") -> Invitation:
    invite_people(person=organiser_of(edition), edition_id=edition.pk, text=line, role=role, language="en")
    return Invitation.objects.latest("pk")


def token_of(invitation: Invitation) -> str:
    return link_path(invitation).split("/")[2]


def organiser(edition: Edition) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(organiser_of(edition))
    return browser


def test_a_list_is_read_as_people_write_it() -> None:
    edition, town = an_edition(), an_organisation("City of Dijon")
    text = (
        "Nom\tCourriel\tRôle\tOrganisme\n"
        "Zoé Martin\tzoe@example.org\tjurée\t\n"
        "Ali Ba\tali@example.org\tPartenaire\tCity of Dijon\n"
        "Léo <leo@example.org>\n"
        "'=1+1\tx@example.org\n"
    )

    guests = read_guests(text, edition=edition, role="participant")

    assert [(one.name, one.email, one.role, one.organisation, one.problem) for one in guests] == [
        ("Zoé Martin", "zoe@example.org", "juror", None, ""),
        ("Ali Ba", "ali@example.org", "partner", town, ""),
        ("Léo", "leo@example.org", "participant", None, ""),
        ("=1+1", "x@example.org", "participant", None, ""),
    ]


def test_each_line_that_cannot_be_invited_says_why() -> None:
    edition = an_edition()
    a_role(edition, "juror", person=a_person(email="there@example.org"))
    an_invitation(edition)
    text = (
        "A;a@example.org\nB;\nC;c@nowhere\nA2;A@example.org\nT;there@example.org\nZ;ZOE@example.org\nX;x@example.org;astronaut\n"
        "P;p@example.org;partner\n"
    )

    problems = [guest.problem for guest in read_guests(text, edition=edition, role="juror")]

    assert problems == [
        "", "email_missing", "email_invalid", "invitation_twice", "role_there", "invitation_there", "word_unknown",
        "organisation_missing",
    ]  # fmt: skip


def test_pasting_the_same_list_again_invites_nobody_twice() -> None:
    edition = an_edition()
    words: Any = {"person": organiser_of(edition), "edition_id": edition.pk, "role": "juror", "language": "fr"}

    counts = [invite_people(text="Zoé;zoe@example.org\nAli;ali@example.org", **words) for _ in range(2)]

    assert (counts, Invitation.objects.count()) == ([2, 0], 2)


def test_preview_then_send_over_http_from_a_file_that_names_a_new_partner() -> None:
    edition = an_edition()
    browser = organiser(edition)
    where = f"/e/{edition.slug}/invitations/"
    file = SimpleUploadedFile(
        "people.csv", "Zoé;zoe@example.org\nNobody;\nAli;ali@example.org;partner;Coop du Val\n".encode("cp1252")
    )
    preview = browser.post(f"{where}new/", {"role": "juror", "language": "fr", "people": "", "file": file}).content.decode()
    nothing_yet = Invitation.objects.count(), Organisation.objects.filter(name="Coop du Val").count()
    people = "Zoé;zoe@example.org\nAli;ali@example.org;partner;Coop du Val"
    sent = browser.post(f"{where}new/", {"role": "juror", "language": "fr", "people": people, "send": "1"})
    page = browser.get(where).content.decode()

    assert ("2 people to invite" in preview, 'Coop du Val <span class="badge badge--info">new' in preview) == (True, True)
    assert "No e-mail address: print a personal code instead." in preview
    assert (nothing_yet, sent["Location"]) == ((0, 0), where)
    assert ("zoe@example.org" in page, "2 people invited" in page) == (True, True)
    assert Invitation.objects.get(email="ali@example.org").organisation == Organisation.objects.get(name="Coop du Val")


def test_the_button_makes_the_account_and_gives_the_one_role() -> None:
    edition = an_edition()
    path = link_path(an_invitation(edition))
    browser = Client(headers={"accept-language": "en"})

    looked = [browser.get(path).status_code for _ in range(2)]
    people = Person.objects.filter(email="zoe@example.org").count()
    accepted = browser.post(path)

    zoe = Person.objects.get(email="zoe@example.org")
    assert (looked, people) == ([200, 200], 0)
    assert accepted.status_code == 302
    assert browser.session["_auth_user_id"] == str(zoe.pk)
    assert (zoe.name, zoe.language, zoe.is_staff) == ("Zoé Martin", "en", False)
    assert list(Role.objects.filter(person=zoe).values_list("edition", "role")) == [(edition.pk, "juror")]
    assert Client().post(path).status_code == 404


def test_an_account_that_is_there_is_not_stolen_and_its_owner_accepts_i5() -> None:
    edition = an_edition()
    zoe = a_role(edition, "participant", person=a_person(email="zoe@example.org"))
    path = link_path(an_invitation(edition))
    stranger, owner = Client(headers={"accept-language": "en"}), Client()
    stranger.force_login(a_person())
    owner.force_login(zoe)

    asked = stranger.get(path).content.decode()
    answers = [Client().post(path).status_code, stranger.post(path).status_code]
    before = set(zoe.roles.values_list("role", flat=True))
    accepted = owner.post(path)

    assert ("Accept the invitation" in asked, "Sign in to it, then accept." in asked) == (False, True)
    assert (answers, before) == ([403, 403], {"participant"})
    assert accepted.status_code == 302
    assert set(zoe.roles.values_list("role", flat=True)) == {"participant", "juror"}


def test_nobody_is_invited_to_organise_and_the_power_is_that_of_who_invited_i5() -> None:
    edition = an_edition()
    colleague = a_role(edition, "organiser")
    words: Any = {"person": colleague, "edition_id": edition.pk, "language": "fr"}
    invite_people(text="Zoé;zoe@example.org", role="juror", **words)

    with pytest.raises(Refused, match="invitation_role"):
        invite_people(text="Eve;eve@example.org", role="organiser", **words)
    take_role(person=organiser_of(edition), edition_id=edition.pk, of=colleague, role="organiser")
    with pytest.raises(Refused, match="invitation_over"):
        accept_invitation(person=None, token=token_of(Invitation.objects.get()))
    assert not Person.objects.filter(email="zoe@example.org").exists()


def test_sent_again_the_older_link_ends_and_taken_back_the_new_one_too() -> None:
    edition = an_edition()
    invitation = an_invitation(edition)
    older = token_of(invitation)
    words: Any = {"person": organiser_of(edition), "edition_id": edition.pk, "invitation_id": invitation.pk}

    newer = token_of(resend_invitation(**words))

    with pytest.raises(Refused, match="invitation_over"):
        invitation_of(older)
    assert invitation_of(newer) == invitation
    revoke_invitation(**words)
    with pytest.raises(Refused, match="invitation_over"):
        invitation_of(newer)
    assert invitation_of(token_of(resend_invitation(**words))) == invitation


def test_what_became_of_an_invitation_is_on_the_page(monkeypatch: Any) -> None:
    edition = an_edition()
    invitation = an_invitation(edition)
    states = [invitations_of(edition, db_now())[0].state]

    invitation_of(token_of(invitation))
    states.append(invitations_of(edition, db_now())[0].state)
    states.append(invitations_of(edition, db_now() + timedelta(days=DAYS))[0].state)
    accept_invitation(person=None, token=token_of(invitation))
    states.append(invitations_of(edition, db_now())[0].state)
    with pytest.raises(Refused, match="invitation_accepted"):
        revoke_invitation(person=organiser_of(edition), edition_id=edition.pk, invitation_id=invitation.pk)

    assert states == ["sent", "opened", "expired", "accepted"]


def test_a_guest_juror_is_limited_to_the_event_and_to_its_date_a12(monkeypatch: Any) -> None:
    edition, other = an_edition(), an_edition()
    invitation = an_invitation(edition)
    late = an_invitation(edition, "Late;late@example.org")
    browser = Client()

    browser.post(link_path(invitation))
    for one in (edition, other):
        bring_to(one, Phase.JUDGING)
    here, elsewhere = (browser.get(f"/e/{one.slug}/jury/").status_code for one in (edition, other))
    stop_clock(monkeypatch, db_now() + timedelta(days=DAYS, seconds=1))

    assert (here, elsewhere) == (200, 403)
    assert Client().get(link_path(late)).status_code == 404


def test_an_invitation_of_another_event_is_out_of_reach() -> None:
    invitation = an_invitation(an_edition())
    other = an_edition()

    answer = organiser(other).post(f"/e/{other.slug}/invitations/{invitation.pk}/", {"what": "revoke"})

    assert answer.status_code == 404
    assert Invitation.objects.get().revoked_at is None


@pytest.mark.parametrize("token", ["", "1", "1-", "x-y", "-", "999999999999999999999-a", "１-a"])
def test_links_that_nobody_was_sent_lead_nowhere(token: str) -> None:
    with pytest.raises(Refused, match="invitation_over"):
        invitation_of(token)


def test_without_a_mail_server_the_page_leads_to_the_codes_on_paper(settings: Any) -> None:
    settings.MAIL = ""
    edition = an_edition()

    page = organiser(edition).get(f"/e/{edition.slug}/invitations/").content.decode()

    assert (f'href="/e/{edition.slug}/codes/"' in page, "Look at the list first" in page) == (True, False)
