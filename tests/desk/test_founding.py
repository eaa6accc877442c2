"""A new edition in three screens, from a format or from an earlier edition, and its settings later."""

from __future__ import annotations

from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from challenges.models import Challenge
from estrade.editions.models import Edition, ProgrammeStep
from estrade.editions.programme import NewStep, write_programme
from estrade.journal.models import AuditEntry
from estrade.people.models import Person, Role
from judging.founding import FORMATS, format_named
from judging.models import Ballot, Criterion, Prize
from teams.form_fields import Asked, FormField, rows_of
from teams.models import SubmissionForm, Team
from teams.submission_form import form_of
from tests.builders import a_person, a_role, an_administrator, an_edition, organiser_of
from tests.judging.stage import a_stage

pytestmark = pytest.mark.django_db

ADDRESS = "/editions/new/"


class Page(HTMLParser):
    """What a page asks: the names of fields in sight, and the value of every field, hidden ones too."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.values: dict[str, str] = {}
        self.folded = 0
        self.select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        self.folded += tag == "details" and "menu" not in given.get("class", "")
        if tag == "option" and "selected" in given:
            self.values[self.select] = given.get("value", "")
        if tag not in {"input", "select", "textarea"} or not name or name == "csrfmiddlewaretoken":
            return
        if tag == "select":
            self.select = name
        if given.get("type") != "hidden" and not self.folded and name not in self.asked:
            self.asked.append(name)
        if given.get("type") not in {"radio", "checkbox"} or "checked" in given:
            self.values[name] = given.get("value", "on" if given.get("type") in {"radio", "checkbox"} else "")

    def handle_endtag(self, tag: str) -> None:
        self.folded -= tag == "details" and self.folded > 0


def reader(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def go(client: Client, page: Page, go: str, **typed: str) -> Page:
    """Press a button of the page with what it holds and what is typed over it."""
    answer = client.post(ADDRESS, {**page.values, **typed, "go": go})
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def begin(client: Client) -> Page:
    return Page(client.get(ADDRESS).text)


def create(client: Client, page: Page, **typed: str) -> Edition:
    answer = client.post(ADDRESS, {**page.values, **typed, "go": "create"})
    assert answer.status_code == 302, answer.text
    return Edition.objects.latest("pk")


@pytest.mark.parametrize("has_earlier", [False, True])
def test_twelve_questions_at_most_stand_on_three_screens(has_earlier: bool) -> None:
    client = reader(organiser_of(an_edition()) if has_earlier else an_administrator())

    first = begin(client)
    second = go(client, first, "next", name="Pulse", network_name="Green City")
    third = go(client, second, "next")
    asked = first.asked + second.asked + third.asked

    assert [len(page.asked) for page in (first, second, third)] == [5, 4, 3]
    assert len(asked) == len(set(asked)) == 12
    assert create(client, third).name == "Pulse"


def test_nothing_is_lost_on_the_way_back_and_another_day_moves_the_times() -> None:
    client = reader(an_administrator())
    begun = begin(client)
    second = go(client, begun, "next", name="Pulse", network_name="Green City", starts_on="2027-03-19", place="Dijon")
    third = go(client, second, "next", largest_team="7")

    again = go(client, third, "back", opens_at="2027-03-19T18:45")
    first = go(client, again, "back")
    last = go(client, go(client, first, "next", starts_on="2027-03-20"), "next")

    assert (again.values["largest_team"], first.values["name"], first.values["place"]) == ("7", "Pulse", "Dijon")
    assert (last.values["opens_at"], last.values["freeze_at"]) == ("2027-03-20T18:45", "2027-03-22T18:00")
    assert last.values["largest_team"] == "7"


def test_what_is_wrong_is_said_beside_its_field_on_its_own_screen() -> None:
    client = reader(an_administrator())
    page = begin(client)

    answer = client.post(ADDRESS, {**page.values, "network_name": "Green City", "name": "", "go": "next"})
    second = go(client, page, "next", name="Pulse", network_name="Green City")
    refused = client.post(ADDRESS, {**second.values, "smallest_team": "6", "largest_team": "2", "go": "create"})

    assert (answer.status_code, 'id="id_name_error"' in answer.text) == (422, True)
    assert (refused.status_code, 'id="id_largest_team_error"' in refused.text) == (422, True)
    assert Page(refused.text).asked == second.asked
    assert not Edition.objects.exists()


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_brings_its_programme_rules_rubric_and_board(name: str) -> None:
    client, file = reader(an_administrator()), format_named(name)
    # Across the change of clocks: local times of day stay what they were.
    first = go(client, begin(client), "next", name="Pulse", network_name="Green City", source=name, starts_on="2027-04-01")

    edition = create(client, go(client, first, "next"))

    steps = [(f"{one.starts_at.astimezone(edition.zone):%H:%M}", one.is_fixed) for one in edition.programme.all()]
    assert steps == [(f"{one.at:%H:%M}", one.is_fixed) for one in file.programme]
    assert edition.starts_on == date(2027, 4, 1)
    assert (edition.smallest_team, edition.largest_team) == (file.smallest_team, file.largest_team)
    assert (edition.most_from_one_school, edition.welcomes_minors) == (file.most_from_one_school, file.welcomes_minors)
    assert edition.kind == file.kind
    assert edition.board_mode == ("off" if file.welcomes_minors else "full")
    assert Criterion.objects.filter(rubric__edition=edition).count() == len(file.rubric.criteria)
    assert Prize.objects.filter(edition=edition).count() == 1
    assert file.submission is not None
    form = form_of(edition)
    assert [(one.key, one.limit) for one in form.fields] == [(one.key, one.limit) for one in file.submission.fields]
    assert (form.required, form.quota_mb) == (("summary",), file.submission.quota_mb)
    assert [one for one in form.fields if one.is_required] == []


def test_a_copy_takes_the_set_up_and_never_people_scores_or_work() -> None:
    stage = a_stage(jurors=1, teams=2)
    stage.score(stage.jurors[0], stage.teams[0], 0, 3)
    original = stage.edition
    at = original.opens_at.replace(microsecond=0)
    write_programme(person=stage.organiser, edition_id=original.pk, steps=[NewStep(starts_at=at, title={"fr": "Accueil"})])
    Edition.objects.filter(pk=original.pk).update(starts_on=original.opens_at.astimezone(original.zone).date(), largest_team=5)
    asked = Asked(fields=(FormField(key="plan", kind="file", label={"fr": "Plan"}, hint={}, limit=7),), quota_mb=40)
    SubmissionForm.objects.create(edition=original, fields=rows_of(asked.fields), quota_mb=40, changed_at=at)
    original.refresh_from_db()
    original_row = Edition.objects.filter(pk=original.pk).values().get()
    client, source = reader(stage.organiser), f"copy-{original.pk}"
    day = original.starts_on + timedelta(days=364)
    typed = {"source": source, "starts_on": day.isoformat(), "name": "Next year", "with_challenges": "on"}
    first = go(client, begin(client), "next", **typed)

    copy = create(client, go(client, first, "next"))

    roles = list(Role.objects.filter(edition=copy).values_list("person", "role"))
    assert roles == [(stage.organiser.pk, "organiser")]
    assert not Team.objects.filter(edition=copy).exists()
    assert not Ballot.objects.filter(team__edition=copy).exists()
    assert (copy.largest_team, copy.number, copy.starts_on) == (5, original.number + 1, day)
    step = ProgrammeStep.objects.get(edition=copy)
    assert step.starts_at.astimezone(copy.zone).replace(tzinfo=None) == (
        at.astimezone(original.zone).replace(tzinfo=None) + timedelta(days=364)
    )
    drafts = Challenge.objects.filter(edition=copy)
    assert sorted(drafts.values_list("slug", flat=True)) == sorted(original.challenges.values_list("slug", flat=True))
    assert not drafts.exclude(published_at=None).exists()
    assert list(Criterion.objects.filter(rubric__edition=copy).values_list("key", "weight")) == list(
        Criterion.objects.filter(rubric__edition=original).values_list("key", "weight")
    )
    assert (form_of(copy).fields[0].limit, form_of(copy).quota_mb) == (7, 40)
    assert Edition.objects.filter(pk=original.pk).values().get() == original_row


def test_an_edition_that_one_does_not_run_is_not_offered() -> None:
    mine, foreign = an_edition(), an_edition()
    client = reader(organiser_of(mine))
    organiser = organiser_of(mine)
    organiser.is_superuser = False
    organiser.save()
    page = begin(client)

    answer = client.post(ADDRESS, {**page.values, "name": "Stolen", "source": f"copy-{foreign.pk}", "go": "create"})

    assert answer.status_code == 422
    assert not Edition.objects.filter(name="Stolen").exists()


def test_settings_answer_the_same_questions_later() -> None:
    edition = an_edition()
    client = reader(organiser_of(edition))
    address = f"/e/{edition.slug}/settings/"
    typed: dict[str, Any] = {**Page(client.get(address).text).values, "welcomes_minors": "on", "largest_team": "6"}

    saved = client.post(address, {**typed, "smallest_team": "4", "board_mode": ""})
    wrong = client.post(address, {**typed, "smallest_team": "9"})

    edition.refresh_from_db()
    assert (saved.status_code, wrong.status_code) == (302, 422)
    assert 'id="id_largest_team_error"' in wrong.text
    assert (edition.smallest_team, edition.largest_team, edition.welcomes_minors, edition.board_mode) == (4, 6, True, "off")
    entry = AuditEntry.objects.get(edition=edition, action="edition.edit")
    assert entry.before is not None
    assert entry.before["largest_team"] is None


def test_settings_are_for_those_who_run_the_event() -> None:
    edition = an_edition()
    people = [a_person(), a_role(edition, "facilitator"), a_role(edition, "participant")]

    assert [reader(one).get(f"/e/{edition.slug}/settings/").status_code for one in people] == [403, 403, 403]
