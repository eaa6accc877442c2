"""The administration: everything is listed, what a verb decides cannot be written, and no score is to be seen."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from estrade.desk import names
from estrade.editions.announcements import announce
from estrade.editions.models import Edition
from estrade.journal.models import AuditEntry
from estrade.kernel.administration import AuditedReadOnly
from estrade.people.models import Attempt, Organisation, Person, Role
from estrade.web import health
from estrade.web.health import Problem
from judging.boards import refresh_board
from judging.remarks import write_remark
from teams.models import Team
from tests.builders import PASSWORD, a_challenge, a_delivered_submission, a_person, a_role, a_team, an_administrator, an_edition
from tests.judging.stage import a_stage, sign_off

pytestmark = pytest.mark.django_db

ROOMS = {"journal", "editions", "people", "challenges", "teams", "judging", "realtime", "scheduling", "desk", "rehearsal", "web"}
MODELS: list[type[Model]] = [model for model in apps.get_models() if model._meta.app_label in ROOMS]
# The page in a window of its own: without the list of all tables at its side, which takes longer than the rest.
BARE = "_popup=1"
WRITABLE = {Person, Organisation, Role}
LABELS = [model._meta.label for model in MODELS]


@pytest.fixture
def administrator() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(an_administrator())
    return client


def some_rows() -> None:
    """A few rows in most tables, through the verbs; scores, comments, drafts and a ranking that nobody here may see."""
    edition = an_edition()
    team = a_team(edition, challenge=a_challenge(edition), members=2)
    a_delivered_submission(team, late=False)
    announce(person=Person.objects.get(roles__edition=edition, roles__role="organiser"), edition_id=edition.pk, text="Hello")
    stage = a_stage(jurors=2, teams=2, slug="jury", number=30_000, mark=lambda juror, team: 4)
    for which in ("comment", "feedback"):
        facts: dict[str, Any] = {"person": stage.jurors[0], "edition_id": stage.edition.pk, "team_id": stage.teams[0].pk}
        write_remark(**facts, which=which, text="CANARY comment", base_version=0)
    refresh_board(round_id=stage.round.pk)
    sign_off(person=stage.organiser, round_id=stage.round.pk)


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_table_is_listed_with_search_and_filters() -> None:
    listed = {model._meta.label: admin.site._registry[model] for model in MODELS}

    bare = [name for name, one in listed.items() if not (one.search_fields and one.list_filter and len(one.list_display) >= 2)]
    assert bare == []


def test_every_list_and_every_row_opens_and_a_list_costs_as_many_queries_for_many_rows_as_for_few(administrator: Client) -> None:
    some_rows()
    # Every table that can has more than one row now; a list that asks for each of them asks more than for one.
    grown = {}

    # Each answers with 200, or `questions` says so.
    for model in MODELS:
        first, count = model._default_manager.first(), model._default_manager.count()
        everything = questions(administrator, address(model, "changelist"))
        questions(administrator, f"{address(model, 'changelist')}?q=a&{BARE}")
        if first is None:
            continue
        questions(administrator, f"{address(model, 'change', first.pk)}?{BARE}")
        if count >= 3:
            one = questions(administrator, f"{address(model, 'changelist')}?{pk_of(first)}&{BARE}")
            grown[model._meta.label] = everything - one

    assert len(grown) > 12
    assert {label: more for label, more in grown.items() if more > 0} == {}


def pk_of(row: Model) -> str:
    return f"{row._meta.pk.name}__exact={row.pk}"


def questions(client: Client, path: str) -> int:
    # What is remembered for five seconds is asked anew each time, or the count would depend on the clock.
    health.forget()
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200, path
    return len(asked)


def test_the_first_page_says_what_is_wrong_with_the_installation(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECKS", (lambda: Problem("disk_low", "Only 12 MB are left.", is_serious=True),))
    health.forget()
    page = administrator.get("/admin/").text
    monkeypatch.undo()
    health.forget()

    assert '<li class="error">Only 12 MB are left.</li>' in page


def test_the_first_page_costs_as_many_queries_for_three_editions_as_for_one(administrator: Client) -> None:
    an_edition()
    questions(administrator, "/admin/")
    one = questions(administrator, "/admin/")
    a_team(an_edition(), members=2)
    a_challenge(an_edition())

    assert questions(administrator, "/admin/") == one


def test_what_a_verb_decides_is_not_added_or_deleted(administrator: Client) -> None:
    decided = [model for model in MODELS if model not in WRITABLE]

    answers = {
        model._meta.label: [getattr(administrator, method)(address(model, "add")).status_code for method in ("get", "post")]
        for model in decided
    }

    assert [model for model in decided if not isinstance(admin.site._registry[model], AuditedReadOnly)] == []
    assert answers == {model._meta.label: [403, 403] for model in decided}


def test_what_a_verb_decides_is_not_changed(administrator: Client) -> None:
    some_rows()
    rows = [model._default_manager.first() for model in MODELS if model not in {*WRITABLE, Edition}]
    held = [row for row in rows if row is not None]

    answers = {
        (row._meta.label, page): administrator.post(address(type(row), page, row.pk), {"post": "yes"}).status_code
        for row in held
        for page in ("change", "delete")
    }

    assert len(held) > 20
    assert set(answers.values()) == {403}, answers
    assert all(type(row)._default_manager.filter(pk=row.pk).exists() for row in held)


def test_no_value_comment_ranking_or_draft_is_shown(administrator: Client) -> None:
    some_rows()
    hidden = {
        "judging.Score": ["value"], "judging.ScoreRevision": ["value"], "judging.Ballot": ["comment", "feedback"],
        "judging.SignOff": ["standings"], "journal.Event": ["payload"], "journal.Snapshot": ["body"],
        "teams.Submission": ["draft_title", "draft_text"], "teams.Receipt": ["text"], "teams.Team": ["join_code"],
    }  # fmt: skip

    for label, columns in hidden.items():
        model: Any = apps.get_model(label)
        page = administrator.get(address(model, "change", model.objects.first().pk)).content.decode()
        assert [name for name in columns if f"field-{name}" in page] == [], label
        assert "CANARY" not in page


def test_words_of_an_edition_can_be_corrected_and_are_audited(administrator: Client) -> None:
    edition = an_edition(name="Hack to Horizont")
    sent = {"name": "Hack to Horizon", "theme": "{}", "lead": "{}", "place": "", "languages": '["fr", "en"]'}

    answer = administrator.post(address(Edition, "change", edition.pk), {**sent, "opens_at": "2000-01-01", "board_mode": "off"})

    changed = Edition.objects.get(pk=edition.pk)
    entry = AuditEntry.objects.filter(action="edition.edit").get()
    assert answer.status_code == 302
    assert (changed.name, changed.opens_at, changed.board_mode) == ("Hack to Horizon", edition.opens_at, edition.board_mode)
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["name"], entry.after["name"]) == ("Hack to Horizont", "Hack to Horizon")


def test_a_role_is_given_and_taken_by_its_verbs(administrator: Client) -> None:
    edition, person = an_edition(), a_person()

    given = administrator.post(address(Role, "add"), {"person": person.pk, "edition": edition.pk, "role": "juror", "level": ""})
    role = Role.objects.get(person=person)
    taken = administrator.post(address(Role, "delete", role.pk), {"post": "yes"})

    assert (given.status_code, taken.status_code) == (302, 302)
    assert not Role.objects.filter(person=person).exists()
    about = AuditEntry.objects.filter(edition=edition, thing=f"person {person.pk}").values_list("action", flat=True)
    assert sorted(about) == ["role.give", "role.take"]


def test_the_last_organiser_stays(administrator: Client) -> None:
    edition = an_edition()
    role = Role.objects.get(edition=edition, role="organiser")

    answer = administrator.post(address(Role, "delete", role.pk), {"post": "yes"})

    assert answer.status_code == 409
    assert Role.objects.filter(pk=role.pk).exists()


def test_a_person_is_added_without_an_e_mail(administrator: Client) -> None:
    new = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    first = administrator.post(address(Person, "add"), {**new, "username": "Léa.Martin"})
    second = administrator.post(address(Person, "add"), {**new, "username": "lea"})
    alike = administrator.post(address(Person, "add"), {**new, "username": "LEA"})
    lea = Person.objects.get(username="lea")

    saved = administrator.post(
        address(Person, "change", lea.pk), {"username": "lea", "email": "", "first_name": "Léa", "is_active": "on"}
    )

    assert (first.status_code, second.status_code, alike.status_code, saved.status_code) == (302, 302, 200, 302)
    assert Person.objects.get(pk=lea.pk).email is None


def test_staff_without_powers_cannot_take_them() -> None:
    staff, chief = a_person("Staff", username="staff"), an_administrator()
    staff.is_staff = True
    staff.save()
    for name in ("view_person", "change_person"):
        staff.user_permissions.add(apps.get_model("auth.Permission").objects.get(codename=name))
    client = Client()
    client.force_login(staff)

    own = client.post(address(Person, "change", staff.pk), {"username": "staff", "is_active": "on", "is_superuser": "on"})
    above = client.post(
        reverse("admin:auth_user_password_change", args=[chief.pk]), {"password1": PASSWORD, "password2": PASSWORD}
    )

    assert own.status_code == 302
    assert not Person.objects.get(pk=staff.pk).is_superuser
    assert above.status_code == 403


def test_every_table_and_column_has_a_name_in_the_readers_language() -> None:
    columns = {model: [*model._meta.concrete_fields, *model._meta.many_to_many] for model in MODELS}

    tables = {label.lower() for label in LABELS} - names.TABLES.keys()
    named = {f"{m._meta.label}.{c.name}" for m, found in columns.items() for c in found if c.name not in names.COLUMNS}
    # A text that was laid over is a translated one, no longer plain.
    plain = {c.help_text for found in columns.values() for c in found if c.help_text and isinstance(c.help_text, str)}
    plain |= {said for found in columns.values() for c in found for _, said in c.choices or [] if isinstance(said, str)}

    assert (tables, named, plain) == (set(), set(), set())


def test_the_administration_speaks_french() -> None:
    some_rows()
    client = Client(headers={"accept-language": "fr"})
    client.force_login(an_administrator())

    first = client.get("/admin/").content.decode()
    seats = client.get("/admin/judging/seat/").content.decode()

    assert "Cette installation" in first
    assert "places de jurés" in first.lower()
    assert "tour" in seats.lower()


def test_the_names_are_no_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_an_edition_leads_to_its_own_lists(administrator: Client) -> None:
    mine, other = an_edition(), an_edition()
    a_team(mine, name="The Mine")
    a_team(other, name="The Other")

    page = administrator.get(address(Edition, "changelist")).content.decode()
    team_list = f"{address(Team, 'changelist')}?edition__id__exact={mine.pk}"
    teams = administrator.get(team_list).content.decode()

    assert team_list in page
    assert "The Mine" in teams
    assert "The Other" not in teams


def close(client: Client, person: Person, reason: str, action: str = "close_accounts") -> Any:
    sent = {"action": action, "_selected_action": [person.pk], "reason": reason}
    return client.post(address(Person, "changelist"), sent, follow=True)


def test_a_closed_account_is_out_at_once_and_the_reason_is_kept(administrator: Client) -> None:
    edition = an_edition()
    person, stays = a_role(edition, "juror"), a_role(edition, "juror")
    theirs, other = Client(), Client()
    theirs.force_login(person)
    other.force_login(stays)

    page = close(administrator, person, "Lost telephone").content.decode()

    entry = AuditEntry.objects.get(edition=edition, action="account.close")
    assert "1 account: done." in page
    assert not Person.objects.get(pk=person.pk).is_active
    assert (entry.reason, entry.thing) == ("Lost telephone", f"person {person.pk}")
    assert theirs.get(f"/e/{edition.slug}/").context["user"].is_anonymous
    assert other.get(f"/e/{edition.slug}/").context["user"] == stays
    assert [key for key in Session.objects.values_list("session_key", flat=True) if key == theirs.session.session_key] == []


def test_a_closed_account_can_be_reopened(administrator: Client) -> None:
    person = a_role(an_edition(), "juror")
    close(administrator, person, "Lost telephone")

    close(administrator, person, "Found it", "reopen_accounts")

    assert Person.objects.get(pk=person.pk).is_active
    assert AuditEntry.objects.get(action="account.reopen").reason == "Found it"


def test_no_account_is_closed_without_a_reason_nor_ones_own(administrator: Client) -> None:
    person, me = a_role(an_edition(), "juror"), Person.objects.get(is_superuser=True, pk=administrator.session["_auth_user_id"])

    nothing_said = close(administrator, person, "  ").content.decode()
    own = close(administrator, me, "Enough").content.decode()

    assert "Please give a reason" in nothing_said
    assert "your own account" in own
    assert Person.objects.filter(pk__in=[person.pk, me.pk], is_active=True).count() == 2


@pytest.mark.parametrize("role", [None, "organiser", "juror", "participant"])
def test_only_staff_comes_in(role: str | None) -> None:
    edition = an_edition()
    client = Client()
    client.force_login(a_role(edition, role) if role else a_person())

    answers = [client.get(where, follow=True) for where in ("/admin/", "/admin/judging/score/", "/admin/login/")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_the_sign_in_is_the_sites_own() -> None:
    answer = Client().get("/admin/judging/score/", follow=True)

    assert [where for where, _ in answer.redirect_chain][-1].startswith("/sign-in/?next=")
    assert Client().post("/admin/login/", {"username": "x", "password": "y"}).status_code == 302
    assert not Attempt.objects.exists()


def test_the_way_back_is_on_the_page(administrator: Client) -> None:
    page = administrator.get("/admin/").content.decode()

    assert "Estrade" in page
    assert 'href="/"' in page
