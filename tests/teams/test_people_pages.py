"""The organisers' pages about people: the list, and a list of participants from the upload to the report."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.log import ORGANISERS, since
from estrade.journal.models import AuditEntry
from estrade.kernel import clock
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person, Role
from teams import kept_lists
from teams.approaches import ask_to_join
from teams.intake_schools import Answers
from teams.kept_lists import import_kept, keep_list, kept_list, sweep_lists
from teams.membership import add_member, withdraw_team
from teams.models import Absence, Approach, KeptList, Membership, Notice, Profile, Team, Wish
from teams.mornings import mark_absences
from teams.notices import post_own_notice, post_team_notice
from teams.people_changes import PersonWords, edit_person, merge_people
from tests.builders import (
    a_challenge,
    a_delivered_submission,
    a_draft,
    a_participant,
    a_person,
    a_role,
    a_team,
    an_administrator,
    an_edition,
    an_organisation,
    bring_to,
    captain_of,
    organiser_of,
)
from tests.clocks import stop_clock
from tests.teams.test_intake_ideathon import HEADER, LIST, ideathon, imported, whole_list

pytestmark = pytest.mark.django_db

APART = "N°;NOM Prénom;Établissement;Séparer de;Remarques de l’enseignant\n"
CANARY = "kanari-asthme-7391"
LINES = f"1;JOLIFAUT Alix;Eiffel;BEAULANDE Côme;{CANARY}\n2;BEAULANDE Côme;Eiffel;;\n"


def reader(person: Person, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(person)
    return client


def organiser(edition: Edition) -> Client:
    return reader(organiser_of(edition))


def page(edition: Edition, rest: str = "") -> str:
    return f"/e/{edition.slug}/people/{rest}"


def upload(client: Client, edition: Edition, data: bytes | str, name: str = "list.csv") -> Any:
    content = data.encode() if isinstance(data, str) else data
    return client.post(page(edition, "import/"), {"file": SimpleUploadedFile(name, content)})


def shown(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def answered(html: str) -> dict[str, str]:
    """The form of schools as a person leaves it who takes the first likeness where there is a question."""
    form = {}
    for name, options in re.findall(r'<select name="(school-[^"]+)".*?>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        values = [value for value in re.findall(r'<option value="([^"]*)"', options) if value]
        form[name] = chosen[1] if chosen and chosen[1] else values[0]
    for name, value in re.findall(r'<input type="text" name="(name-[^"]+)" value="([^"]*)"', html):
        form[name] = value
    return form


# --- From the upload to the report --------------------------------------------------------------------------------


def test_the_ideathons_list_comes_in_through_the_pages() -> None:
    edition = ideathon()
    client = organiser(edition)

    sent = upload(client, edition, LIST.read_bytes(), LIST.name)
    address = sent["Location"]
    preview = client.get(address).text
    written = Profile.objects.count(), Organisation.objects.count()
    client.post(address + "schools/", answered(preview))
    decided = client.get(address).text
    done = client.post(address)
    report = client.get(address).text

    assert "Say first what the unknown schools are" in preview
    assert written == (0, 1)
    assert "Import 204 people" in shown(decided)
    assert done["Location"] == address
    assert "204 new, 0 changed, 0 unchanged" in shown(report)
    assert (Profile.objects.count(), Organisation.objects.count()) == (204, 9)
    assert "204" in shown(client.get(page(edition)).text)


def test_confirming_twice_imports_once() -> None:
    edition = ideathon()
    client = organiser(edition)
    address = upload(client, edition, HEADER + "1;JOLIFAUT Alix;Eiffel;Seconde;;;;\n")["Location"]
    client.post(address + "schools/", answered(client.get(address).text))

    answers = [client.post(address).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Profile.objects.count() == 1
    assert AuditEntry.objects.filter(action="people.import").count() == 1


def test_the_file_is_gone_after_the_import_and_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = ideathon()
    person = organiser_of(edition)
    kept = keep_list(person=person, edition=edition, data=(HEADER + "1;A B;Eiffel;;;;;\n").encode(), filename="a.csv")
    kept.answers = {"answers": {"eiffel": "school"}}
    kept.report = kept_lists.decide_about(
        person=person, edition=edition, token=kept.token, sheet="", answers={"eiffel": "school"}, names={}
    ).report

    done = import_kept(person=person, edition=edition, token=kept.token)
    after_import = KeptList.objects.get().data
    stop_clock(monkeypatch, db_now() + timedelta(minutes=59))
    still = sweep_lists(clock.db_now())
    stop_clock(monkeypatch, db_now() + timedelta(minutes=61))
    with pytest.raises(Refused) as refused:
        kept_list(person=person, edition=edition, token=kept.token)
    swept = sweep_lists(clock.db_now())

    assert done.imported_at is not None
    assert bytes(after_import) == b""
    assert (still, refused.value.code, swept) == (0, "list_gone", 1)


def test_what_changed_since_the_preview_is_said_and_nothing_is_imported() -> None:
    edition = ideathon()
    client = organiser(edition)
    imported(edition, HEADER + "1;JOLIFAUT Alix;Eiffel;Seconde;;;;\n")
    address = upload(client, edition, HEADER + "2;BEAULANDE Côme;Eiffel;Seconde;;;;\n")["Location"]
    imported(edition, HEADER + "2;BEAULANDE Côme;Eiffel;Première;;;;\n")

    first = client.post(address)
    level = Role.objects.get(person__last_name="Beaulande").level
    second = client.post(address)

    assert first.status_code == 409
    assert "Something has changed since the preview" in first.text
    assert "Level of Côme Beaulande: “Seconde” instead of “Première”." in shown(first.text).replace("&quot;", '"')
    assert level == "Première"
    assert second.status_code == 302
    assert Role.objects.get(person__last_name="Beaulande").level == "Seconde"


def test_a_list_belongs_to_who_brought_it_and_to_its_edition() -> None:
    edition, other = ideathon(), an_edition()
    colleague = a_role(edition, "organiser")
    a_role(other, "organiser", person=organiser_of(edition))
    address = upload(organiser(edition), edition, HEADER + "1;JOLIFAUT Alix;Eiffel;;;;;\n")["Location"]

    answers = [
        reader(colleague).get(address).status_code,
        organiser(edition).get(address.replace(edition.slug, other.slug)).status_code,
        organiser(edition).get(address).status_code,
    ]

    assert answers == [404, 404, 200]


def test_a_second_upload_replaces_the_one_that_was_not_imported() -> None:
    edition = ideathon()
    client = organiser(edition)

    for _ in range(3):
        upload(client, edition, HEADER + "1;JOLIFAUT Alix;Eiffel;;;;;\n")

    assert KeptList.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"x" * (10 * 1024 * 1024 + 1), "This file is larger than 10 MB. Split it."),
    ],
    ids=["empty", "large"],
)
def test_a_file_that_is_refused_at_once_says_why(data: bytes, words: str) -> None:
    edition = ideathon()

    answer = upload(organiser(edition), edition, data)

    assert answer.status_code == 422
    assert words in shown(answer.text)
    assert not KeptList.objects.exists()


def test_no_file_says_choose_one() -> None:
    edition = ideathon()

    answer = organiser(edition).post(page(edition, "import/"), {})

    assert (answer.status_code, "Choose a file first." in answer.text) == (422, True)


def test_a_blocked_list_shows_its_lines_and_has_no_button() -> None:
    edition = ideathon()
    client = organiser(edition)

    address = upload(client, edition, HEADER + ";JOLIFAUT Alix;Eiffel;;;;;\n<script>;X Y;Eiffel;;;;;\n")["Location"]
    preview = client.get(address).text
    forced = client.post(address)

    assert "The number is missing. Add it, or delete the line." in shown(preview)
    assert "<script>;" not in preview
    assert "&lt;script&gt;" in preview
    assert "Import 0" not in shown(preview)
    assert (forced.status_code, Profile.objects.count()) == (409, 0)


def test_a_school_without_an_answer_is_asked_again() -> None:
    edition = ideathon()
    client = organiser(edition)
    address = upload(client, edition, LIST.read_bytes())["Location"]
    form = answered(client.get(address).text) | {"school-leaca": ""}

    answer = client.post(address + "schools/", form)

    assert answer.status_code == 422
    assert "Say which school this is." in answer.text


def test_a_new_school_cannot_take_a_name_that_is_taken() -> None:
    edition = ideathon()
    client = organiser(edition)
    address = upload(client, edition, HEADER + "1;JOLIFAUT Alix;Eiffel;;;;;\n")["Location"]

    client.post(address + "schools/", {"school-eiffel": "school", "name-eiffel": "Green City"})
    preview = client.get(address).text

    assert "The name “Green City” is taken." in shown(preview)
    assert client.post(address).status_code == 409


def test_after_the_door_has_closed_nothing_is_imported() -> None:
    edition = ideathon()
    client = organiser(edition)
    address = upload(client, edition, HEADER + "1;JOLIFAUT Alix;Eiffel;;;;;\n")["Location"]
    client.post(address + "schools/", answered(client.get(address).text))
    bring_to(edition, Phase.JUDGING)

    answers = [
        client.post(address).status_code,
        client.get(address).status_code,
        client.get(page(edition, "import/")).status_code,
    ]

    assert answers == [403, 200, 403]
    assert not Profile.objects.exists()


# --- The list -----------------------------------------------------------------------------------------------------


def names(html: str) -> list[str]:
    table = html.partition('<table class="table table--cards">')[2]
    return [unescape(shown(one)).strip() for one in re.findall(r'<td><a href="[^"]+">(.*?)</a>', table)]


def test_search_and_filters_find_people() -> None:
    edition = ideathon()
    whole_list(edition)
    client = organiser(edition)
    team = a_team(edition)

    def found(query: str) -> list[str]:
        return names(client.get(page(edition) + "?" + query).text)

    assert found("q=montagnol+yas") == ["Montagnol Yasmine"]
    assert found("q=hoise+l%27herm") == []
    assert found("q=heloise+l%27herm") == ["L'Hermenault Héloïse"]
    assert found("q=86") == ["?ukaszal Ambroise"]
    assert found("q=ontagnol") == []
    assert found("role=organiser") == [f"{organiser_of(edition).last_name} Admin"]
    # The bar for tablets that people share is no organiser's.
    assert 'class="who__not"' not in client.get(page(edition)).text
    assert len(found("school=master-leaca")) == 14
    assert len(found("only=consent")) == 10
    captain = captain_of(team)
    assert found(f"q={captain.last_name}") == [f"{captain.last_name} {captain.first_name}"]
    assert found(f"q={captain.last_name}&only=team") == []
    for words in ("%00", "%F0%9F%90%99", "_%25"):
        assert found(f"q={words}&role=juror") == []
        assert client.get(page(edition, f"{captain.pk}/merge/?q={words}")).status_code == 200
    assert found("school=%27&role=x&only=y&page=999999999999") != []


def test_the_list_is_paged_and_asks_as_much_for_many_as_for_few() -> None:
    few, many = ideathon(), an_edition()
    whole_list(few)
    a_participant(many)
    a_team(many)
    clients = organiser(few), organiser(many)
    for client, edition in zip(clients, (few, many), strict=True):
        client.get(page(edition))

    pages = [
        re.findall(r'<td><a href="([^"]+)"', clients[0].get(page(few) + f"?page={n}").text.partition("table--cards")[2])
        for n in range(1, 6)
    ]
    counts = []
    for client, edition in zip(clients, (few, many), strict=True):
        with CaptureQueriesContext(connection) as asked:
            client.get(page(edition))
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 20
    assert [len(one) for one in pages] == [50, 50, 50, 50, 5]
    assert len({address for some in pages for address in some}) == 205


@pytest.mark.parametrize("role", ["participant", "captain", "partner", "juror", "president", "facilitator", "school_contact"])
def test_nobody_else_sees_the_list_or_anything_of_it(role: str) -> None:
    edition = ideathon()
    imported(edition, APART + LINES)
    person = captain_of(a_team(edition)) if role == "captain" else a_role(edition, role)
    pupil = Profile.objects.get(listed_as="1").person

    answers = [
        reader(person).get(page(edition, rest)).status_code for rest in ("", "import/", f"{pupil.pk}/", f"{pupil.pk}/merge/")
    ]

    assert answers == [403, 403, 403, 403]


def test_an_administrator_reads_and_does_not_change() -> None:
    edition = ideathon()
    pupil = a_participant(edition)
    admin = reader(an_administrator())

    answers = [admin.get(page(edition, rest)).status_code for rest in ("", f"{pupil.pk}/", "import/", f"{pupil.pk}/merge/")]

    assert answers == [200, 200, 403, 403]


def test_who_must_be_kept_apart_is_seen_by_organisers_only_and_remarks_by_nobody() -> None:
    """The canary is in the file and nowhere else: not in a table, not on a page."""
    edition = ideathon()
    client = organiser(edition)
    address = upload(client, edition, APART + LINES.replace("BEAULANDE Côme;kan", "SECRETNAME Nobody;kan"))["Location"]
    client.post(address + "schools/", answered(client.get(address).text))
    client.post(address)
    warned = client.get(address + "?show=warning").text
    pupil, other = (Profile.objects.get(listed_as=number).person for number in ("1", "2"))
    team = a_team(edition)
    add_member(person=organiser_of(edition), team_id=team.pk, member=pupil)

    assert "SECRETNAME Nobody" in warned
    everybody = [pupil, other, captain_of(team), a_role(edition, "juror"), a_role(edition, "facilitator")]
    addresses = ["", "me/", "team/", f"team/{team.pk}/", "jury/", "people/", address.removeprefix(f"/e/{edition.slug}/")]
    read = "".join(reader(one).get(f"/e/{edition.slug}/{rest}", follow=True).text for one in everybody for rest in addresses)
    assert "SECRETNAME" not in read
    assert CANARY not in read + warned
    assert tables_with(CANARY) == []
    assert tables_with("Jolifaut") != []
    assert not any("Jolifaut" in str(event.payload) for event in since(edition_id=edition.pk, stream=ORGANISERS, number=0))


def tables_with(text: str) -> list[str]:
    """Tables in which any cell holds the text, read by column and not through models."""
    from django.apps import apps  # noqa: PLC0415 - every model there is

    found = []
    for model in apps.get_models():
        for row in model._default_manager.values_list():
            if any(
                text in (bytes(cell).decode(errors="replace") if isinstance(cell, bytes | memoryview) else str(cell))
                for cell in row
            ):
                found.append(model._meta.label)
                break
    return found


# --- One person ---------------------------------------------------------------------------------------------------


def test_an_organiser_corrects_a_name_school_and_level() -> None:
    edition = ideathon()
    whole_list(edition)
    samir, school = Profile.objects.get(listed_as="43").person, Organisation.objects.get(name="ESTP")
    client = organiser(edition)

    sent = {"first_name": "Samir", "last_name": "Nguyễn Lac", "school": str(school.pk), "level": "Master 1"}
    answer = client.post(page(edition, f"{samir.pk}/"), sent)

    role = Role.objects.get(edition=edition, person=samir)
    samir.refresh_from_db()
    assert answer.status_code == 302
    assert (samir.name, samir.plain_name, role.organisation, role.level) == (
        "Samir Nguyễn Lac",
        "nguyen lac samir",
        school,
        "Master 1",
    )
    assert names(client.get(page(edition) + "?q=nguyen").text) == ["Nguyễn Lac Samir"]
    assert AuditEntry.objects.get(action="people.edit").after == {
        "name": "Samir Nguyễn Lac",
        "school": school.pk,
        "level": "Master 1",
    }


def test_the_name_of_an_account_in_use_is_its_owners() -> None:
    edition = ideathon()
    person = a_participant(edition)
    words = PersonWords(first_name="Other", last_name="Name", school_id=None, level="")

    with pytest.raises(Refused) as refused:
        edit_person(person=organiser_of(edition), edition_id=edition.pk, person_id=person.pk, words=words)
    shown_form = organiser(edition).get(page(edition, f"{person.pk}/")).text

    assert refused.value.code == "name_is_owned"
    assert "disabled" in shown_form


def test_a_person_of_another_edition_is_not_there() -> None:
    edition, stranger = ideathon(), a_participant(an_edition())
    client = organiser(edition)

    answers = [client.get(page(edition, f"{pk}/")).status_code for pk in (stranger.pk, 999_999)]

    assert answers == [404, 404]


# --- Two that are one ---------------------------------------------------------------------------------------------


def twins(edition: Edition) -> tuple[Person, Person, Person]:
    """Alix twice, the second time with a team and wishes, and Côme, who wants to be with the second."""
    header = "N°;NOM Prénom;Établissement;Classe;Avec;Mineur;Autorisation parentale\n"
    lines = [
        "1;JOLIFAUT Alix;Eiffel;;;Oui;\n",
        "2;JOLIFFAUT Alix;Eiffel;Seconde;BEAULANDE Côme;Oui;Oui\n",
        "3;BEAULANDE Côme;Eiffel;;JOLIFFAUT Alix;;\n",
    ]
    imported(edition, header + "".join(lines))
    one, two, three = (Profile.objects.get(listed_as=number).person for number in "123")
    return one, two, three


def test_merging_keeps_the_team_the_wishes_and_what_was_missing() -> None:
    edition = ideathon()
    one, two, côme = twins(edition)
    team = a_team(edition)
    add_member(person=organiser_of(edition), team_id=team.pk, member=two)
    Team.objects.filter(pk=team.pk).update(captain=two)
    client = organiser(edition)

    search = client.get(page(edition, f"{one.pk}/merge/?q=jolif")).text
    question = client.get(page(edition, f"{one.pk}/merge/?other={two.pk}")).text
    before = Role.objects.filter(edition=edition, person=two).count()
    answer = client.post(page(edition, f"{one.pk}/merge/"), {"other": str(two.pk)})

    team.refresh_from_db()
    assert "Alix Joliffaut" in search
    assert "This cannot be taken back" in question
    assert (before, answer.status_code) == (1, 302)
    assert not Role.objects.filter(edition=edition, person=two).exists()
    assert (team.captain_id, list(team.memberships.filter(person=one).values_list("person", flat=True))) == (one.pk, [one.pk])
    assert set(Wish.objects.values_list("person", "other")) == {(one.pk, côme.pk), (côme.pk, one.pk)}
    assert Role.objects.get(edition=edition, person=one).level == "Seconde"
    assert Profile.objects.get(edition=edition, person=one).listed_as == "1"
    two.refresh_from_db()
    assert two.is_active is False
    assert AuditEntry.objects.filter(action="people.merge").count() == 1


def test_merging_brings_the_search_for_a_team_and_the_morning_along() -> None:
    edition = ideathon()
    organiser_, (one, two, third) = organiser_of(edition), twins(edition)
    first, second = a_team(edition), a_team(edition)
    for team in (first, second):
        post_team_notice(person=captain_of(team), team_id=team.pk, text="We draw", skills=[])
    for person, team in ((one, first), (two, first), (two, second), (third, second)):
        ask_to_join(person=person, edition_id=edition.pk, team_id=team.pk)
    for person in (two, third):
        post_own_notice(person=person, edition_id=edition.pk, text="I draw", skills=[])
    mark_absences(person=organiser_, edition_id=edition.pk, marks={one.pk: "late", two.pk: "absent", third.pk: "absent"})

    merge_people(person=organiser_, edition_id=edition.pk, keep_id=one.pk, other_id=two.pk)
    searching = list(Approach.objects.filter(person=one).values_list("team", "state").order_by("team", "state"))
    board = Notice.objects.filter(team=None).values_list("person", flat=True)
    noticed, morning = set(board), dict(Absence.objects.values_list("person", "state"))
    add_member(person=organiser_, team_id=first.pk, member=third)
    Approach.objects.filter(person=third).update(state="open")
    merge_people(person=organiser_, edition_id=edition.pk, keep_id=one.pk, other_id=third.pk)

    assert searching == [(first.pk, "open"), (first.pk, "taken_back"), (second.pk, "open")]
    assert (noticed, morning) == ({one.pk, third.pk}, {one.pk: "late", third.pk: "absent"})
    assert not Approach.objects.filter(state="open").exists()
    assert not Notice.objects.filter(team=None).exists()
    assert Membership.objects.get(team=first, person=one)


def test_merging_refuses_what_would_lose_something() -> None:
    edition = ideathon()
    organiser_, (one, two, _) = organiser_of(edition), twins(edition)
    used, juror = a_participant(edition), a_role(edition, "juror")
    third = a_participant(edition)
    teams = a_team(edition), a_team(edition)

    def refused(keep: Person, other: Person) -> str:
        with pytest.raises(Refused) as refusal:
            merge_people(person=organiser_, edition_id=edition.pk, keep_id=keep.pk, other_id=other.pk)
        return refusal.value.code

    codes = [
        refused(one, one),
        refused(one, a_person()),
        refused(one, juror),
        refused(one, used),
        refused(third, used),
        refused(captain_of(teams[0]), captain_of(teams[1])),
    ]

    assert codes == [
        "merge_with_oneself",
        "not_found",
        "merge_has_other_roles",
        "merge_other_is_used",
        "merge_both_have_accounts",
        "merge_both_have_teams",
    ]
    assert Role.objects.filter(edition=edition, person__in=[one, two]).count() == 2


def test_organisations_that_are_no_schools_are_no_schools() -> None:
    edition = ideathon()
    an_organisation("Eiffel")

    report = imported(edition, HEADER + "1;JOLIFAUT Alix;Eiffel;;;;;\n", answers=Answers(suggested=True))

    assert [one.code for one in report.findings if one.row == 0] == ["school_name_taken"]


# --- The list of teams --------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_the_list_of_teams_leads_to_each_and_to_ten_minutes_more() -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    first, second, third = a_team(edition, challenge=challenge), a_team(edition), a_team(edition)
    a_delivered_submission(a_draft(first))
    withdraw_team(person=captain_of(third), team_id=third.pk, reason="ill")
    here, client = f"/e/{edition.slug}/teams/", organiser(edition)

    def named(**asked: str) -> list[str]:
        text = client.get(here, asked).content.decode()
        return re.findall(r'<a class="wrap" href="[^"]*/team/\d+/"><b>(.*?)</b>', text)

    everything = [team.name for team in (first, second, third)]
    text = client.get(here).content.decode()
    form = dict(re.findall(r'name="(minutes|closes|next)" value="([^"]*)"', text))
    given = client.post(f"/e/{edition.slug}/control/extend/{second.pk}/", {**form, "reason": "Broken lift", "next": here})
    elsewhere = client.post(
        f"/e/{edition.slug}/control/extend/{first.pk}/", {**form, "reason": "Broken lift", "next": "https://evil.example/"}
    )

    assert (named(), named(q=second.name), named(challenge=challenge.slug)) == (everything, [second.name], [first.name])
    assert [named(only=one) for one in ("missing", "withdrawn", "late")] == [[second.name], [third.name], []]
    assert sorted(named(only="extended")) == sorted([first.name, second.name])
    assert (given["Location"], elsewhere["Location"]) == (here, f"/e/{edition.slug}/control/")
    # The team's pages stand in the organisers' frame, with this entry marked; in that of its members they do not.
    for part in ("", "crew/"):
        page = client.get(f"/e/{edition.slug}/team/{first.pk}/{part}").content.decode()
        assert re.findall(r'aria-current="page">.*?Teams</a>', page)
        assert (
            '<nav class="side"' not in reader(captain_of(first)).get(f"/e/{edition.slug}/team/{first.pk}/{part}").content.decode()
        )


@pytest.mark.embedded
def test_the_list_of_teams_is_the_organisers_and_asks_as_much_for_many_as_for_few() -> None:
    edition = an_edition()
    team, client = a_team(edition, members=2), organiser(edition)
    here = f"/e/{edition.slug}/teams/"

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(here)
        return len(queries)

    asked()
    few = asked()
    for _ in range(2):
        a_draft(a_team(edition, members=2))

    assert asked() == few
    for role in ("partner", "juror", "facilitator"):
        assert reader(a_role(edition, role)).get(here).status_code == 403
    assert reader(captain_of(team)).get(here).status_code == 403
