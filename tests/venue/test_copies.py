"""Copies: when they are made, what is said when they fail, and that nothing else notices."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from estrade.venue import copies as module
from estrade.venue.checks import copies_made
from estrade.venue.copies import Copies, CopyFailed, last_copy
from tests import builders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.COPIES_FOLDER = tmp_path / "copies"
    return tmp_path / "copies"


def test_a_copy_is_a_file_of_the_folder(folder: Path) -> None:
    builders.an_edition()
    before = last_copy(folder)

    made = Copies().make()
    found = last_copy(folder)

    assert before is None
    assert found is not None
    assert (found.file, found.size) == (made, made.stat().st_size)


def test_only_the_newest_stay(folder: Path) -> None:
    folder.mkdir()
    for number in range(module.KEPT + 3):
        (folder / f"estrade-20200101-0000{number:02}.zip").write_bytes(b"old")

    made = Copies().make()

    left = sorted(file.name for file in folder.glob("*.zip"))
    assert len(left) == module.KEPT
    assert left[-1] == made.name


def test_a_stick_that_is_not_in_is_told_once_and_its_return_too(folder: Path, settings: Any) -> None:
    settings.COPIES_FOLDER = folder / "deep" / "copies"
    told: list[str] = []
    copies = Copies()
    copies._tell = lambda sentence: told.append(str(sentence))

    with translation.override("en"):
        copies.try_now()
        copies.try_now()
        with pytest.raises(CopyFailed):
            copies.make()
        (folder / "deep").mkdir(parents=True)
        copies.try_now()

    assert told == [
        f"Cannot write copies to {folder / 'deep/copies'} (No such file or directory)."
        " Plug the disk in, make room, or start again with another COPIES=folder.",
        "Copies work again.",
    ]
    assert last_copy(settings.COPIES_FOLDER) is not None


def test_the_thread_copies_when_it_is_due_and_at_the_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = threading.Semaphore(0)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "FIRST_AFTER", timedelta(0))

    def copy_to(where: Path) -> Path:
        made.release()
        return where / "copy.zip"

    monkeypatch.setattr(module, "copy_to", copy_to)
    copies = Copies()

    copies.start(tell=lambda sentence: None)
    first = made.acquire(timeout=10)
    # Due once an hour: however often the thread looks, there is no second one.
    second = made.acquire(timeout=0.2)
    copies.stop()
    last = made.acquire(timeout=10)

    assert (first, second, last) == (True, False, True)
    assert copies.is_running is False


def test_an_organiser_reads_of_a_copy_that_failed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.copies, "_thread", threading.current_thread())
    monkeypatch.setattr(module.copies, "failure", "")
    well = copies_made()
    monkeypatch.setattr(module.copies, "failure", "No room.")

    failing = copies_made()

    assert well is None
    assert failing is not None
    assert (failing.code, failing.sentence, failing.is_serious) == ("copies_failing", "No room.", False)
