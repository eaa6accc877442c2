"""Writers on SQLite queue in the process, and a connection that was given back is taken again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.sqlite3.base import DatabaseWrapper as PlainWrapper
from django.db.utils import ConnectionHandler

from estrade.kernel.sqlite import base
from estrade.kernel.sqlite.turns import Turns

# SQLite itself gives up at once; whoever waits longer waits in our queue.
IMPATIENT = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL;PRAGMA busy_timeout=1"}


def opened(file: Path, kind: type[Any] = base.DatabaseWrapper) -> Any:
    handler = ConnectionHandler({"default": {"ENGINE": "estrade.kernel.sqlite", "NAME": str(file), "OPTIONS": dict(IMPATIENT)}})
    wrapper = kind(handler.settings["default"], "default")
    wrapper.inc_thread_sharing()
    return wrapper


@pytest.fixture
def file(tmp_path: Path, django_db_blocker: Any) -> Iterator[Path]:
    path = tmp_path / "notes.sqlite3"
    with django_db_blocker.unblock():
        first = opened(path)
        with first.cursor() as cursor:
            cursor.execute("CREATE TABLE note (text)")
        first.close()
        yield path
    base._shelf.clear()


def write(wrapper: Any, text: str) -> None:
    wrapper.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with wrapper.cursor() as cursor:
        cursor.execute("INSERT INTO note VALUES (%s)", [text])


def commit(wrapper: Any) -> None:
    wrapper.commit()
    wrapper.set_autocommit(True)


def notes(file: Path) -> list[str]:
    reader = opened(file)
    with reader.cursor() as cursor:
        cursor.execute("SELECT text FROM note ORDER BY rowid")
        found = [row[0] for row in cursor.fetchall()]
    reader.close()
    return found


def begin_elsewhere(file: Path, kind: type[Any], errors: list[Exception]) -> threading.Thread:
    """A second writer on a thread of its own, which begins while the first is at it."""

    def work() -> None:
        wrapper = opened(file, kind)
        try:
            write(wrapper, "second")
            commit(wrapper)
        except OperationalError as error:
            errors.append(error)
        finally:
            wrapper.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_second_writer_waits_for_the_first(file: Path) -> None:
    errors: list[Exception] = []
    first = opened(file)
    write(first, "first")
    turns = base._turns[str(file)]

    thread = begin_elsewhere(file, base.DatabaseWrapper, errors)
    while not turns._waiting:
        time.sleep(0)
    commit(first)
    thread.join()
    first.close()

    assert errors == []
    assert notes(file) == ["first", "second"]


def test_twin_without_the_queue_is_refused(file: Path) -> None:
    errors: list[Exception] = []
    first = opened(file)
    write(first, "first")

    thread = begin_elsewhere(file, PlainWrapper, errors)
    thread.join()
    commit(first)
    first.close()

    assert [str(error) for error in errors] == ["database is locked"]
    assert notes(file) == ["first"]


def test_a_connection_is_used_again(file: Path) -> None:
    wrapper = opened(file)
    wrapper.ensure_connection()
    before = wrapper.connection
    wrapper.close()

    wrapper.ensure_connection()

    assert wrapper.connection is before
    wrapper.close()


def test_a_transaction_left_open_is_undone_and_its_turn_given_back(file: Path) -> None:
    wrapper = opened(file)
    write(wrapper, "half")

    wrapper.close()

    other = opened(file)
    write(other, "whole")
    commit(other)
    other.close()
    assert notes(file) == ["whole"]


def test_a_file_that_was_replaced_is_opened_anew(file: Path, tmp_path: Path) -> None:
    wrapper = opened(file)
    write(wrapper, "old")
    commit(wrapper)
    wrapper.close()
    restored = tmp_path / "restored.sqlite3"
    other = opened(restored)
    with other.cursor() as cursor:
        cursor.execute("CREATE TABLE note (text)")
    write(other, "restored")
    commit(other)
    with other.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    base._shelf.clear()

    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    restored.replace(file)

    assert notes(file) == ["restored"]


def test_turns_are_given_in_the_order_of_coming() -> None:
    turns, served = Turns(), []
    assert turns.take(1)

    def wait(number: int) -> None:
        assert turns.take(20)
        served.append(number)
        turns.give()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(turns._waiting) <= number:
            time.sleep(0)
    turns.give()
    for thread in threads:
        thread.join()

    assert served == [0, 1, 2, 3, 4]


def test_who_waits_too_long_is_told_and_leaves_the_queue() -> None:
    turns = Turns()
    turns.take(1)

    assert turns.take(0.01) is False

    turns.give()
    assert turns.take(0.01) is True
