"""A copy of the whole installation: written while others write, whole or not there, taken in anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import random
import stat
import threading
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from estrade.archive import backup, restore
from estrade.archive.backup import backups_in, prune_backups, write_backup
from estrade.archive.integrity import check
from estrade.archive.restore import restore_backup
from estrade.archive.rows import plain_rows
from estrade.archive.scope import in_order, label_of
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.models import ScoreRevision
from tests.archive.worlds import a_judged_copy, a_judged_stage, counts, elsewhere, ranking, the_operator, wipe
from tests.builders import PASSWORD, a_person
from tests.judging.stage import a_stage
from tests.tables import lay_tables

pytestmark = pytest.mark.django_db


def everything() -> dict[str, Any]:
    """Every row of every table that is carried."""
    return {label_of(model): list(plain_rows(model._base_manager.all())) for model in in_order()}


def empty_the_installation() -> None:
    """As `migrate` leaves it, but for what the tests' own transaction takes back."""
    call_command("flush", interactive=False, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_a_copy_brings_back_every_row_f13(tmp_path: Path) -> None:
    stage = a_judged_stage()
    before, places = everything(), ranking(stage)
    assert len(places) == 4

    path = write_backup(folder=tmp_path)
    empty_the_installation()
    restored = restore_backup(path=path)

    assert everything() == before
    assert ranking(stage) == places
    assert restored.tables == counts()
    assert restored.problems == []
    assert stage.jurors[0].check_password(PASSWORD)
    # The next new row gets a number of its own.
    assert a_person().pk > max(row["id"] for row in before["people.Person"])


@pytest.mark.django_db(transaction=True)
def test_a_copy_is_only_for_the_operator_and_says_what_is_in_it(tmp_path: Path) -> None:
    stage = a_judged_stage()

    path = write_backup(folder=tmp_path / "new" / "folder")

    manifest = json.loads(zipfile.ZipFile(path).read("manifest.json"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (manifest["format"], manifest["version"], manifest["database"]) == ("estrade-backup", 1, connection.vendor)
    assert manifest["tables"] == counts()
    assert manifest["heads"][stage.edition.slug]["streams"]["public"] > 0
    assert set(manifest["members"]) == {f"tables/{label}.jsonl" for label in counts()}
    assert list(path.parent.iterdir()) == [path]
    assert not [label for label in manifest["tables"] if label in {"sessions.Session", "people.Attempt", "people.Presence"}]


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_a_copy_moves_between_the_two_worlds_and_stays_the_same(tmp_path: Path, postgres_url: str) -> None:
    a_judged_stage()
    first = write_backup(folder=tmp_path / "first")
    home, servers = tmp_path / "home", tmp_path / "servers"

    said = [
        elsewhere(lay_tables(home), "restore", str(first)),
        elsewhere(home, "backup", str(tmp_path / "second")),
        elsewhere(servers, "restore", str(*backups_in(tmp_path / "second")), database_url=postgres_url),
        elsewhere(servers, "backup", str(tmp_path / "third"), database_url=postgres_url),
    ]

    assert [one.stderr for one in said if one.returncode] == []
    [second], [third] = backups_in(tmp_path / "second"), backups_in(tmp_path / "third")
    assert tables_of(first) == tables_of(second) == tables_of(third)
    assert [json.loads(zipfile.ZipFile(path).read("manifest.json"))["database"] for path in (second, third)] == [
        "sqlite",
        "postgresql",
    ]


def tables_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist() if name.startswith("tables/")}


# --- While others write -------------------------------------------------------------------------------------------


def copy_while_jurors_score(folder: Path) -> list[Path]:
    """Copies taken one after the other while four jurors score without a pause."""
    stage = a_stage(jurors=4, teams=4)
    paths: list[Path] = []
    failures: list[Exception] = []
    ended = threading.Event()

    def score(juror: Person) -> None:
        version = 0
        try:
            while not ended.is_set() or version < 3:
                for team in stage.teams:
                    for criterion in range(3):
                        stage.score(juror, team, criterion, (version + criterion) % 6, base_version=version)
                version += 1
        except Exception as error:  # noqa: BLE001 - whatever it was, the test must show it
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=partial(score, juror)) for juror in stage.jurors]
    for thread in threads:
        thread.start()
    while len(paths) < 3:
        paths.append(write_backup(folder=folder))
    ended.set()
    for thread in threads:
        thread.join(timeout=40)
    assert failures == []
    return paths


@pytest.mark.django_db(transaction=True)
def test_a_copy_taken_while_four_jurors_score_is_a_prefix_of_the_log_f13(tmp_path: Path) -> None:
    paths = copy_while_jurors_score(tmp_path)
    final = list(plain_rows(ScoreRevision.objects.all()))

    for path in paths:
        empty_the_installation()
        restored = restore_backup(path=path)

        held = {row["id"]: row for row in plain_rows(ScoreRevision.objects.all())}
        assert restored.problems == check() == []
        assert held == {row["id"]: row for row in final if row["id"] in held}
    assert len(held) > 0


@pytest.mark.django_db(transaction=True)
def test_twin_that_reads_table_by_table_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the snapshot a score that comes between two tables is in one of them only."""
    stage = a_stage(jurors=1, teams=1)
    stage.fill(stage.jurors[0], stage.teams[0], 3)

    def one_by_one(model: Any, counter: Any) -> Any:
        if label_of(model) == "judging.ScoreRevision":
            stage.score(stage.jurors[0], stage.teams[0], 0, 5, base_version=1)
        return real(model, counter)

    real = backup._lines
    monkeypatch.setattr(backup, "_lines", one_by_one)
    monkeypatch.setattr(backup, "snapshot", threading.Lock)
    path = write_backup(folder=tmp_path)
    empty_the_installation()

    with pytest.raises(Refused) as refused:
        restore_backup(path=path)

    assert refused.value.code == "backup_inconsistent"
    assert counts()["people.Person"] == 0


# --- What is not whole --------------------------------------------------------------------------------------------


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A copy of an installation that is gone."""
    path = tmp_path / "estrade-20270320-160000.zip"
    path.write_bytes(a_judged_copy())
    return path


@pytest.mark.embedded
def test_a_copy_cut_short_anywhere_is_refused_and_nothing_is_written(whole: Path, tmp_path: Path) -> None:
    data, dice = whole.read_bytes(), random.Random(3)
    lengths = [0, 1, 21, len(data) // 2, len(data) - 1, *(dice.randrange(len(data)) for _ in range(40))]

    for length in lengths:
        cut = tmp_path / "cut.zip"
        cut.write_bytes(data[:length])
        with pytest.raises(Refused) as refused:
            restore_backup(path=cut)
        assert refused.value.code == "backup_damaged", length

    assert sum(counts().values()) == 0


@pytest.mark.embedded
def test_a_copy_with_one_altered_byte_is_refused(whole: Path, tmp_path: Path) -> None:
    data, dice = whole.read_bytes(), random.Random(5)
    codes, taken_in = set(), 0

    for _ in range(40):
        place = dice.randrange(len(data))
        altered = tmp_path / "altered.zip"
        altered.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            restore_backup(path=altered)
        except Refused as refused:
            codes.add(refused.code)
        else:
            # A byte of a time stamp or of an attribute, which no content depends on.
            taken_in += 1
            wipe()

    assert codes == {"backup_damaged"}
    assert taken_in < 20


def repacked(path: Path, target: Path, change: Any) -> Path:
    """The copy with its manifest or members changed by `change(manifest, members)`."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(manifest, members)
    with zipfile.ZipFile(target, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
        file.writestr("manifest.json", json.dumps(manifest))
    return target


def resealed(manifest: dict[str, Any], members: dict[str, bytes], name: str, content: bytes) -> None:
    members[name] = content
    manifest["members"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def newer_format(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["version"] = 2


def newer_tables(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["migrations"].append("teams.0999_from_next_year")


def content_swapped(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    members["tables/judging.Score.jsonl"] = members["tables/judging.Score.jsonl"].replace(b'"value":"3.00"', b'"value":"5.00"')


def path_that_leads_elsewhere(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    resealed(manifest, members, "media/../../evil", b"x")


def row_left_out(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    name = "tables/judging.ScoreRevision.jsonl"
    resealed(manifest, members, name, b"".join(members[name].splitlines(keepends=True)[:-1]))
    manifest["tables"]["judging.ScoreRevision"] -= 1


def somebody_else_in_the_log(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    name = "tables/journal.AuditEntry.jsonl"
    resealed(manifest, members, name, members[name].replace(b'"action":"results.sign_off"', b'"action":"results.forged"'))


def pointer_to_nobody(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    name = "tables/teams.Membership.jsonl"
    first, *rest = members[name].splitlines(keepends=True)
    row = {**json.loads(first), "person_id": 987654}
    resealed(manifest, members, name, b"".join([json.dumps(row).encode() + b"\n", *rest]))


def column_without_default_left_out(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    name = "tables/teams.Team.jsonl"
    rows = [json.loads(line) for line in members[name].splitlines()]
    resealed(manifest, members, name, b"".join(json.dumps({**row} | {"number": None}).encode() + b"\n" for row in rows))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (newer_format, "backup_newer"),
        (newer_tables, "backup_newer"),
        (content_swapped, "backup_damaged"),
        (path_that_leads_elsewhere, "backup_damaged"),
        (row_left_out, "backup_inconsistent"),
        (somebody_else_in_the_log, "backup_inconsistent"),
        (pointer_to_nobody, "backup_damaged"),
        (column_without_default_left_out, "backup_older"),
    ],
)
def test_a_copy_that_cannot_be_taken_in_says_why(whole: Path, tmp_path: Path, change: Any, code: str) -> None:
    changed = repacked(whole, tmp_path / "changed.zip", change)

    with pytest.raises(Refused) as refused:
        restore_backup(path=changed)

    assert refused.value.code == code
    assert sum(counts().values()) == 0


def test_an_older_copy_gets_the_defaults_of_what_it_lacks(whole: Path, tmp_path: Path) -> None:
    def older(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        manifest["migrations"].remove("judging.0003_ties")
        del members["tables/judging.Tie.jsonl"], manifest["members"]["tables/judging.Tie.jsonl"]
        name = "tables/editions.Edition.jsonl"
        rows = [json.loads(line) for line in members[name].splitlines()]
        for row in rows:
            del row["live_board"], row["published_at"]
        resealed(manifest, members, name, b"".join(json.dumps(row).encode() + b"\n" for row in rows))

    restored = restore_backup(path=repacked(whole, tmp_path / "older.zip", older), allow_problems=True)

    assert restored.tables["judging.Tie"] == 0
    assert [row["live_board"] for row in everything()["editions.Edition"]] == [True]


def test_a_damaged_installation_can_be_taken_in_as_it_was(whole: Path, tmp_path: Path) -> None:
    changed = repacked(whole, tmp_path / "changed.zip", somebody_else_in_the_log)

    restored = restore_backup(path=changed, allow_problems=True)

    assert [problem.code for problem in restored.problems] == ["audit_entry_altered"]
    assert restored.tables == counts()


def test_nothing_is_restored_over_somebody(tmp_path: Path) -> None:
    the_operator()
    path = write_backup(folder=tmp_path)

    with pytest.raises(Refused) as refused:
        restore_backup(path=path)

    assert (refused.value.code, refused.value.figures) == ("instance_not_empty", {"people": 1, "editions": 0})


def test_a_restore_without_room_leaves_nothing(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_facts: Any, **_more: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restore, "reset_numbers", full)

    with pytest.raises(Refused) as refused:
        restore_backup(path=whole)

    assert refused.value.code == "no_room"
    assert sum(counts().values()) == 0


# --- Where it is written ------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="not provided: a full device")
@pytest.mark.embedded
def test_a_full_disk_leaves_no_half_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    the_operator()
    real = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *rest: real("/dev/full", os.O_WRONLY) if str(path).endswith(".part") else real(path, *rest)
    )

    with pytest.raises(Refused) as refused:
        write_backup(folder=tmp_path)

    assert refused.value.code == "folder_full"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.embedded
def test_a_folder_that_takes_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(Refused) as refused:
        write_backup(folder=tmp_path / "file")

    assert (refused.value.code, refused.value.figures) == ("folder_read_only", {"folder": str(tmp_path / "file")})
    with pytest.raises(CommandError, match="Choose another folder"):
        call_command("backup", str(tmp_path / "file" / "below"))


@pytest.mark.embedded
def test_a_copy_that_was_killed_is_not_taken_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    the_operator()

    class Killed(BaseException):
        pass

    def kill(*_facts: Any) -> None:
        raise Killed

    monkeypatch.setattr(backup, "_free_name", kill)
    with pytest.raises(Killed):
        write_backup(folder=tmp_path)

    [left] = tmp_path.iterdir()
    assert backups_in(tmp_path) == []
    os.utime(left, (0, 0))
    prune_backups(tmp_path, 3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.embedded
def test_old_copies_go_and_everything_else_stays(tmp_path: Path) -> None:
    names = [f"estrade-2027031{day}-120000.zip" for day in range(1, 7)]
    for name in [*names, "holiday.zip", "estrade-20270310-120000.zip.txt"]:
        (tmp_path / name).touch()

    gone = prune_backups(tmp_path, 2)

    assert sorted(path.name for path in gone) == names[:4]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "estrade-20270310-120000.zip.txt", *names[4:], "holiday.zip",
    ]  # fmt: skip
    assert prune_backups(tmp_path / "nowhere", 2) == []


def test_two_copies_in_one_second_are_two_files(tmp_path: Path) -> None:
    the_operator()

    paths = [write_backup(folder=tmp_path) for _ in range(3)]

    assert len(set(paths)) == 3
    assert backups_in(tmp_path) == sorted(paths, reverse=True)


def test_files_that_people_handed_in_come_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", str(tmp_path / "media"))
    (tmp_path / "media" / "team").mkdir(parents=True)
    (tmp_path / "media" / "team" / "pitch é.pdf").write_bytes(b"%PDF" * 100_000)
    the_operator()
    path = write_backup(folder=tmp_path / "copies")
    wipe()
    with pytest.raises(Refused) as refused:
        restore_backup(path=path)
    assert refused.value.code == "instance_not_empty"

    monkeypatch.setattr(settings, "MEDIA_ROOT", str(tmp_path / "elsewhere"))
    restored = restore_backup(path=path)

    assert restored.files == 1
    assert (tmp_path / "elsewhere" / "team" / "pitch é.pdf").read_bytes() == b"%PDF" * 100_000
    assert not (tmp_path / "elsewhere.arriving").exists()


# --- Commands -----------------------------------------------------------------------------------------------------


def test_the_commands_tell_what_they_did(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("restore", str(whole))
    call_command("check_integrity")
    call_command("backup", str(whole.parent / "again"))

    said = capsys.readouterr().out
    assert "1 editions" in said
    assert "Streams, audit log, scores and rankings hold together." in said
    assert f"python manage.py restore {backups_in(whole.parent / 'again')[0].name}" in said
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(whole))
    with pytest.raises(CommandError, match="There is no file"):
        call_command("restore", "nowhere.zip")


@pytest.mark.embedded
def test_the_help_of_restore_shows_it_in_two_lines(tmp_path: Path) -> None:
    said = elsewhere(tmp_path, "restore", "--help").stdout

    assert "    python manage.py migrate\n    python manage.py restore estrade-20270320-160000.zip\n" in said
