"""One edition as a file: there and back again, and nobody gets a power by it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.core.management.base import CommandError

from estrade.archive.arrival import import_edition, read_edition
from estrade.archive.departure import DRAFTS, SCORES, edition_pieces
from estrade.archive.integrity import check
from estrade.archive.scope import OF_AN_EDITION, in_order, label_of
from estrade.editions.models import Edition
from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.models import SignOff
from teams.models import Receipt
from tests.archive.worlds import a_judged_stage, counts, ranking, the_operator, wipe
from tests.builders import a_person, an_administrator
from tests.judging.stage import Stage, a_stage

pytestmark = pytest.mark.django_db


def text_of(edition: Edition, *without: str) -> str:
    return "".join(edition_pieces(edition=edition, without=without))


def but_for_the_instant(text: str) -> str:
    lines = text.splitlines()
    assert [line for line in lines if line.startswith('"exported"')] == [lines[2]]
    return "\n".join([*lines[:2], *lines[3:]])


def arriving(text: str) -> Any:
    return read_edition(io.BytesIO(text.encode()))


def facts(stage: Stage) -> dict[str, Any]:
    """What must be the same in another installation."""
    return {
        "ranking": ranking(stage),
        "digests": list(AuditEntry.objects.order_by("number").values_list("number", "digest")),
        "signed": list(SignOff.objects.values_list("inputs_hash", flat=True)),
        "counts": {label: count for label, count in counts().items() if label in OF_AN_EDITION},
    }


def test_an_edition_goes_out_and_comes_in_again_exactly_i7() -> None:
    stage = a_judged_stage()
    before, first = facts(stage), text_of(stage.edition)
    assert len(before["ranking"]) == 4
    assert len(before["signed"]) == 1
    wipe()

    arrived = import_edition(person=None, arriving=arriving(first))

    assert facts(stage) == before
    assert arrived.edition.slug == stage.edition.slug
    assert but_for_the_instant(text_of(arrived.edition)) == but_for_the_instant(first)
    assert check() == []


def test_references_go_on_where_they_ended() -> None:
    stage = a_judged_stage()
    text, last = text_of(stage.edition), Receipt.objects.latest("pk").reference
    wipe()

    import_edition(person=None, arriving=arriving(text))

    initials, _, number = last.split("-")
    counters = dict(
        next(m for m in in_order() if label_of(m) == "teams.ReceiptCounter")._base_manager.values_list("initials", "last")
    )
    assert counters == {initials: int(number)}


def test_nobody_arrives_with_a_power_or_a_password_i5() -> None:
    stage = a_judged_stage()
    assert Person.objects.filter(is_superuser=True).exists()
    text = text_of(stage.edition)
    wipe()

    import_edition(person=None, arriving=arriving(text))

    people = Person.objects.all()
    assert [one.username for one in people if one.is_staff or one.is_superuser or one.has_usable_password()] == []
    assert people.count() > 5
    assert not [word for word in ("password", "is_staff", "is_superuser", "last_login") if word in text]


def test_an_administrator_in_the_way_keeps_the_account_i5() -> None:
    stage = a_judged_stage()
    twin = stage.jurors[0]
    Person.objects.filter(pk=twin.pk).update(email="chair@example.org")
    text = text_of(stage.edition)
    wipe()
    administrator = Person(pk=twin.pk, username=twin.username, email="Chair@example.org", is_staff=True, is_superuser=True)
    administrator.set_password("mine")
    administrator.save(force_insert=True)
    LogEntry.objects.create(user=administrator, action_flag=1, object_repr="something done before")
    looked_at = arriving(text)

    arrived = import_edition(person=administrator, arriving=looked_at)

    mine = Person.objects.get(pk=arrived.moved[twin.pk])
    newcomer = Person.objects.get(pk=twin.pk)
    assert (looked_at.preview.taken_names, looked_at.preview.taken_emails) == ([twin.username], 1)
    assert (mine.username, mine.is_superuser, mine.check_password("mine")) == (twin.username, True, True)
    assert set(mine.roles.all()) == set()
    assert (newcomer.username, newcomer.email, newcomer.is_superuser) == (f"{twin.username}.2", None, False)
    assert [role.role for role in newcomer.roles.all()] == ["juror"]
    assert set(LogEntry.objects.values_list("user_id", flat=True)) == {mine.pk}
    assert check() == []


# --- What is not taken in -----------------------------------------------------------------------------------------


def make_superuser(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["people.Person"][0]["is_superuser"] = True


def give_password(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["people.Person"][0]["password"] = "md5$x$y"


def role_for_somebody_here(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["people.Role"][0]["person_id"] = 987_654


def second_edition(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["editions.Edition"].append({**tables["editions.Edition"][0], "id": 987_654, "slug": "other", "number": 99})


def another_table(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["sessions.Session"] = []


def unknown_role(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["people.Role"][0]["role"] = "owner"


def log_rewritten(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["journal.AuditEntry"][0]["reason"] = "it was somebody else"


def score_rewritten(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["judging.Score"][0]["value"] = "1.50"


def twice_the_same(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["teams.Team"][1]["number"] = tables["teams.Team"][0]["number"]


def no_time_zone(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["editions.Edition"][0]["time_zone"] = "Mars/Olympus"


def rows_that_are_none(tables: dict[str, Any]) -> None:
    tables["teams.Team"] = [1, 2]


def number_too_long(tables: dict[str, Any]) -> None:
    tables["teams.Team"][0]["number"] = 10**30


@cache
def a_small_file() -> str:
    text = text_of(a_judged_stage(published=False, jurors=1, teams=2).edition)
    wipe()
    return text


@pytest.mark.parametrize(
    "change",
    [
        make_superuser, give_password, role_for_somebody_here, second_edition, another_table, unknown_role, log_rewritten,
        score_rewritten, twice_the_same, no_time_zone, rows_that_are_none, number_too_long,
    ],
)  # fmt: skip
def test_a_file_that_does_not_hold_together_is_refused_whole(change: Callable[[Any], None]) -> None:
    whole = json.loads(a_small_file())
    change(whole["tables"])

    with pytest.raises(Refused) as refused:
        import_edition(person=None, arriving=arriving(json.dumps(whole)))

    assert refused.value.code == "edition_file_damaged"
    assert sum(counts().values()) == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"PK\x03\x04rest", b"\xff\xfe\x00", b'{"format": 1}', b"[" * 100_000])
def test_anything_else_is_no_edition(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_edition(io.BytesIO(content))

    assert refused.value.code == "edition_file_damaged"


def test_a_file_from_a_newer_estrade_says_so() -> None:
    with pytest.raises(Refused) as refused:
        read_edition(io.BytesIO(b'{"format": "estrade-edition/2"}'))

    assert refused.value.code == "edition_file_newer"


def test_an_edition_comes_only_where_there_is_none() -> None:
    stage = a_stage()
    file = arriving(text_of(stage.edition))

    with pytest.raises(Refused) as refused:
        import_edition(person=an_administrator(), arriving=file)

    assert refused.value.code == "not_empty_here"
    assert Edition.objects.count() == 1


def test_only_an_administrator_brings_an_edition() -> None:
    stage = a_stage()
    file = arriving(text_of(stage.edition))
    wipe()

    with pytest.raises(Refused) as refused:
        import_edition(person=a_person(), arriving=file)

    assert refused.value.code == "wrong_role"
    assert not Edition.objects.exists()


# --- What is not in it --------------------------------------------------------------------------------------------


def test_nothing_of_another_edition_is_in_the_file_i6() -> None:
    stage, other = a_judged_stage("sample"), a_judged_stage("canary")
    other.edition.refresh_from_db()
    for person in (*other.jurors, other.president):
        Person.objects.filter(pk=person.pk).update(last_name="Canary")

    text = text_of(stage.edition)

    assert "canary" not in text.lower()
    assert "canary" in text_of(other.edition).lower()


def test_a_file_without_scores_has_nothing_of_the_ballots_and_comes_in() -> None:
    one, two = (world_with_mark(mark) for mark in (1, 5))

    assert one["without"] == two["without"]
    assert one["with"] != two["with"]


def world_with_mark(mark: int) -> dict[str, str]:
    """The file with and without scores, in an edition that differs in one ballot from its twin."""
    stage = a_stage(jurors=1, teams=2)
    stage.fill(stage.jurors[0], stage.teams[0], mark)
    hidden, shown = text_of(stage.edition, SCORES), text_of(stage.edition)
    tables = json.loads(hidden)["tables"]
    wipe()
    import_edition(person=None, arriving=arriving(hidden))
    wipe()
    held = {
        label: len(tables[label]) for label in ("judging.Ballot", "judging.Score", "judging.ScoreRevision", "judging.SignOff")
    }
    marked = [word for word in ('"value":"5.00"', '"value":"1.00"', '"jury.board"') if word in hidden]
    return {
        "without": json.dumps([held, marked]),
        "with": str([word for word in ('"5.00"', '"1.00"') if f'"value":{word}' in shown]),
    }


def test_drafts_stay_with_the_team_when_they_are_left_out() -> None:
    stage = a_judged_stage()

    with_drafts, without = text_of(stage.edition), text_of(stage.edition, DRAFTS)

    assert '"draft_title":"Cool roofs"' in with_drafts
    assert '"draft_title":"Cool roofs"' not in without
    assert '"title":"Cool roofs"' in without


# --- Commands -----------------------------------------------------------------------------------------------------


def test_the_commands_take_an_edition_out_and_in(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stage = a_judged_stage(published=False)
    file = tmp_path / "edition.json"
    call_command("export_edition", stage.edition.slug, str(file))
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_edition", stage.edition.slug, str(file))
    with pytest.raises(CommandError, match="There are events here already"):
        call_command("import_edition", str(file))
    wipe()

    call_command("import_edition", str(file), "--dry-run")
    assert not Edition.objects.exists()
    call_command("import_edition", str(file))

    assert "Imported and checked." in capsys.readouterr().out
    assert but_for_the_instant(text_of(Edition.objects.get())) == but_for_the_instant(file.read_text())


def test_somebody_else_here_stays_who_they_are() -> None:
    stage = a_judged_stage(published=False, jurors=1, teams=2)
    text = text_of(stage.edition)
    wipe()
    operator = the_operator()

    arrived = import_edition(person=None, arriving=arriving(text))

    now = arrived.moved.get(operator.pk, operator.pk)
    assert Person.objects.get(pk=now).username == "olga"
    assert Person.objects.get(username="olga").check_password("unused but kept")
