"""The data of another process's installation, for verbs called from the test: a process of their own would cost much more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.tables import DATABASE


@contextlib.contextmanager
def data_of(folder: Path, blocker: DjangoDbBlocker) -> Iterator[None]:
    """Inside, verbs read and write the SQLite database in `folder`, and commit. For tests that have no database themselves."""
    connection.close()
    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = str(folder / DATABASE)
    try:
        with blocker.unblock(), override_settings(DATA_DIR=folder):
            yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
