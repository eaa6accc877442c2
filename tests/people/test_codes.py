"""Personal codes: a way in without e-mail, and what keeps others out."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.codes import MOST_USES, issue_codes, owner_of, replace_code, use_code
from estrade.people.models import Attempt, PersonalCode, Role
from realtime.visitors import receive_visitor
from teams.membership import create_team
from tests.builders import PASSWORD, a_participant, a_person, a_role, an_administrator, an_edition, organiser_of
from tests.clocks import stop_clock

pytestmark = pytest.mark.django_db


def test_everybody_of_a_role_gets_a_code_once() -> None:
    edition = an_edition()
    lea, tom = a_participant(edition), a_participant(edition)
    organiser = organiser_of(edition)

    first = issue_codes(person=organiser, edition_id=edition.pk, role="participant")
    again = issue_codes(person=organiser, edition_id=edition.pk, role="participant")

    assert {badge.person for badge in first} == {lea, tom}
    assert again == []
    assert all(re.fullmatch(r"[2-9B-DF-HJ-NP-TV-Z]{12}", badge.code) for badge in first)
    assert {owner_of(badge.code).person: badge.person for badge in first} == {lea: lea, tom: tom}


def test_nothing_readable_is_stored() -> None:
    edition = an_edition()
    a_participant(edition)

    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code

    stored = PersonalCode.objects.values().get()
    assert not [value for value in stored.values() if code[4:] in str(value)]


@pytest.mark.parametrize("typed", ["{}", " {} ", "{:.4}-{}", "lower"])
def test_a_code_is_understood_as_people_type_it(typed: str) -> None:
    edition = an_edition()
    lea = a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    words = {"{}": code, " {} ": f"  {code[:4]} {code[4:]} ", "{:.4}-{}": f"{code[:4]}-{code[4:8]}-{code[8:]}"}

    assert owner_of(words.get(typed, code.lower())).person == lea


def test_a_replaced_code_ends_at_once() -> None:
    edition = an_edition()
    lea = a_participant(edition)
    old = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code

    new = replace_code(person=organiser_of(edition), edition_id=edition.pk, of_id=lea.pk).code

    assert owner_of(new).person == lea
    with pytest.raises(Refused, match="personal_code_unknown"):
        owner_of(old)


def test_a_code_ends_with_its_time_its_uses_and_its_account() -> None:
    edition = an_edition()
    lea = a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    row = PersonalCode.objects.filter(person=lea)

    for change in ({"expires_at": db_now()}, {"uses": MOST_USES}):
        kept = row.values(*change).get()
        row.update(**change)
        with pytest.raises(Refused, match="personal_code_unknown"):
            use_code(code)
        row.update(**kept)
    lea.is_active = False
    lea.save()
    with pytest.raises(Refused, match="personal_code_unknown"):
        use_code(code)


@pytest.mark.usefixtures("standing_clock")
def test_a1_ten_wrong_secrets_close_one_code_and_no_other() -> None:
    edition = an_edition()
    a_participant(edition), a_participant(edition)
    one, other = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")

    for _ in range(10):
        with pytest.raises(Refused, match="personal_code_unknown"):
            owner_of(one.code[:4] + "22222222")

    with pytest.raises(Refused, match="too_many_attempts"):
        owner_of(one.code)
    assert owner_of(other.code).person == other.person


@pytest.mark.usefixtures("standing_clock")
def test_a1_guesses_of_others_keep_nobody_out() -> None:
    edition = an_edition()
    lea = a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    Attempt.objects.create(key="codes of nobody", hour=db_now().replace(minute=0, second=0, microsecond=0), count=100)

    with pytest.raises(Refused, match="too_many_attempts"):
        owner_of("2222" + "33333333")

    assert owner_of(code).person == lea


def test_who_keeps_the_installation_running_gets_no_paper() -> None:
    edition = an_edition()
    admin = an_administrator()
    a_role(edition, "juror", person=admin)

    assert issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="juror") == []
    with pytest.raises(Refused, match="not_found"):
        replace_code(person=organiser_of(edition), edition_id=edition.pk, of_id=admin.pk)


def test_a_stranger_to_the_edition_gets_no_code() -> None:
    edition = an_edition()

    with pytest.raises(Refused, match="not_found"):
        replace_code(person=organiser_of(edition), edition_id=edition.pk, of_id=a_person().pk)


@pytest.mark.embedded
def test_codes_of_many_people_need_the_same_queries(django_assert_max_num_queries: object) -> None:
    edition = an_edition()
    for _ in range(12):
        a_participant(edition)

    # PostgreSQL is asked for the time as well.
    with django_assert_max_num_queries(18):  # type: ignore[operator]  # a fixture without types
        made = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")

    assert len(made) == 12


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_the_last_use_is_given_once() -> None:
    edition = an_edition()
    a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    PersonalCode.objects.update(uses=MOST_USES - 1)

    def use(_: int) -> bool:
        try:
            use_code(code)
        except Refused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        let_in = list(pool.map(use, range(8)))

    assert sum(let_in) == 1


# --- Pages --------------------------------------------------------------------------------------------------------


def test_two_screens_lead_from_the_badge_to_the_own_page() -> None:
    edition = an_edition()
    lea = a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    phone = Client(headers={"accept-language": "en"})

    asked = phone.get(f"/c/{code}/")
    entered = phone.post(f"/c/{code}/")

    assert lea.name in asked.content.decode()
    assert "_auth_user_id" not in asked.wsgi_request.session
    assert entered["Location"] == reverse("teams:home", args=[edition.slug])
    assert phone.get(entered["Location"]).status_code == 200


@pytest.mark.parametrize(("role", "page"), [("juror", "desk:my_event"), ("organiser", "desk:control")])
def test_everybody_lands_where_they_work(role: str, page: str) -> None:
    edition = an_edition()
    person = a_role(edition, role)
    code = replace_code(person=organiser_of(edition), edition_id=edition.pk, of_id=person.pk).code

    entered = Client().post(f"/c/{code}/")

    # The jury's own page opens when submissions close.
    assert entered["Location"] == reverse(page, args=[edition.slug])


def test_a_typed_code_leads_to_the_same_question() -> None:
    edition = an_edition()
    a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code

    answer = Client().post("/c/", {"code": f"{code[:4]} {code[4:8].lower()}-{code[8:]}"})

    assert answer["Location"] == f"/c/{code}/"


@pytest.mark.parametrize("code", ["2222", "222233333333", "../../admin", "é" * 30, "x" * 500])
def test_a_wrong_code_is_one_sentence(code: str) -> None:
    answer = Client(headers={"accept-language": "en"}).post("/c/", {"code": code})

    assert answer.status_code == 422
    assert "Traceback" not in answer.content.decode()


def test_a_shared_device_says_who_is_signed_in() -> None:
    edition = an_edition()
    a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    tablet, before = Client(headers={"accept-language": "en"}), a_person("Before")
    tablet.force_login(before)

    page = tablet.get(f"/c/{code}/").content.decode()

    assert f"{before.name} is signed in on this device" in page


def test_the_organiser_prints_what_is_missing() -> None:
    edition = an_edition()
    lea = a_participant(edition)
    client = Client(headers={"accept-language": "en"})
    client.force_login(organiser_of(edition))
    page = reverse("people:codes", args=[edition.slug])

    before = client.get(page).content.decode()
    sheet = client.post(page, {"role": "participant"})
    after = client.post(page, {"role": "participant"}).content.decode()

    assert "1 person, 1 without a code" in before
    assert lea.name in sheet.content.decode()
    assert sheet["Cache-Control"] == "private, no-store"
    assert "<svg" in sheet.content.decode()
    assert "Everybody has a code already" in after


@pytest.mark.parametrize("role", [Role.Name.PARTICIPANT, Role.Name.JUROR, Role.Name.PARTNER])
def test_only_organisers_make_codes(role: Role.Name) -> None:
    edition = an_edition()
    person = a_role(edition, role)
    client = Client()
    client.force_login(person)

    for page in (reverse("people:codes", args=[edition.slug]), reverse("people:new_code", args=[edition.slug])):
        assert client.post(page, {"role": "participant", "person": person.pk}).status_code == 403
    assert PersonalCode.objects.count() == 0


def test_codes_live_as_long_as_the_event_and_a_little_longer() -> None:
    edition = an_edition()
    a_participant(edition)

    issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")

    ends = PersonalCode.objects.get().expires_at
    assert ends.astimezone(edition.zone).date() - edition.ends_on == timedelta(days=14)


def test_a_printed_code_opens_at_the_address_that_made_it() -> None:
    edition = an_edition()
    a_participant(edition)
    client = Client(headers={"accept-language": "en", "host": "localhost:8123"})
    client.force_login(organiser_of(edition))

    sheet = client.post(reverse("people:codes", args=[edition.slug]), {"role": "participant"}).content.decode()

    assert "http://localhost:8123/c/" in sheet


def test_a_paper_opens_one_edition_and_no_longer_than_it_serves_a12() -> None:
    edition, other = an_edition(), an_edition()
    lea = a_participant(edition)
    Role.objects.create(edition=other, person=lea, role=Role.Name.ORGANISER)
    team = create_team(person=a_role(other, "participant", person=lea), edition_id=other.pk, name="Elsewhere")
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    pages = [f"/e/{edition.slug}/me/", f"/e/{other.slug}/me/", f"/e/{other.slug}/control/", f"/e/{other.slug}/team/{team.pk}/"]
    pages += [reverse("editions:new"), f"/api/v1/editions/{other.slug}/teams/{team.pk}/"]
    paper, whole = Client(), Client()
    whole.force_login(lea)

    paper.post(f"/c/{code}/")
    streams = [
        receive_visitor(slug=one.slug, session_key=paper.session.session_key, streams=["participants"])
        for one in (edition, other)
    ]

    assert [paper.get(page).status_code for page in pages] == [200, 403, 403, 404, 403, 404]
    assert [whole.get(page).status_code for page in pages] == [200, 200, 200, 200, 200, 200]
    assert [len(one.may_hear) for one in streams if one] == [1, 0]
    # Two weeks is what any session lasts; the paper of an event that is nearly over lasts less.
    PersonalCode.objects.update(expires_at=db_now() + timedelta(hours=2))
    late = Client()
    late.post(f"/c/{code}/")
    assert paper.session.get_expiry_age() > 7 * 86400
    assert 7000 < late.session.get_expiry_age() <= 7200
    # Another key to the same account opens all of it.
    paper.post("/sign-in/", {"name": lea.username, "password": PASSWORD})
    assert paper.get(pages[1]).status_code == 200


def test_a_shared_device_without_script_is_locked_by_the_server_a9(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = an_edition()
    a_participant(edition)
    code = issue_codes(person=organiser_of(edition), edition_id=edition.pk, role="participant")[0].code
    plain, scripted, own = Client(), Client(), Client()
    page, began = f"/e/{edition.slug}/me/", db_now()
    scripted.cookies["locks_itself"] = "1"
    for browser, said in (
        (plain, {"asks_shared": "1", "shared": "1"}),
        (scripted, {"asks_shared": "1", "shared": "1"}),
        (own, {}),
    ):
        browser.post(f"/c/{code}/", said)
        browser.get(page)

    seen = []
    for minutes in (10, 20, 36):
        stop_clock(monkeypatch, began + timedelta(minutes=minutes))
        seen.append([browser.get(page).status_code for browser in (plain, scripted, own)])

    # At 20 minutes the last sign of life was ten minutes old, at 36 sixteen.
    assert seen == [[200, 200, 200], [200, 200, 200], [302, 200, 200]]
    assert "_auth_user_id" not in plain.session
