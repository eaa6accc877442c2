"""The laptop's database before it is served: is it ours, is it older or newer than this program, and may it be filled.

Owns the copy that is made before tables change. Knows SQLite only: a venue has nothing else.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from estrade.editions.reads import all_editions, nobody_yet


class Unusable(Exception):
    """This database cannot be served; the words say what to do."""


def database_file() -> Path:
    return Path(settings.DATABASES["default"]["NAME"])


def bring_up_to_date() -> Path | None:
    """Make the tables, or those of an older version this one's, after a copy of the file. The copy, if one was made.

    Raises Unusable for a database of a newer version, and for a file that is no database.
    """
    try:
        executor = MigrationExecutor(connection)
        if newer := _unknown_migrations(executor):
            raise Unusable(
                _("%(file)s was written by a newer Estrade (%(step)s): start that one, or give another folder in ESTRADE_DATA.")
                % {"file": database_file(), "step": newer[0]}
            )
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return None
        kept = _copy_of_the_file() if executor.loader.applied_migrations else None
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise Unusable(
            _("%(file)s cannot be used (%(reason)s). Move it away and restore a copy: make venue FROM=copy.zip")
            % {"file": database_file(), "reason": error}
        ) from error
    return kept


def is_filled() -> bool:
    """Whether the database holds people or events. Not for a file of a newer version."""
    if not database_file().exists() or not MigrationRecorder(connection).applied_migrations():
        return False
    return not nobody_yet() or all_editions().exists()


def _unknown_migrations(executor: MigrationExecutor) -> list[str]:
    ours = {config for config, _name in executor.loader.disk_migrations}
    known = set(executor.loader.disk_migrations) | set(executor.loader.graph.nodes)
    # Rows of an application that is not installed here, such as the demonstration's, say nothing about the version.
    return sorted(f"{app}.{name}" for app, name in executor.loader.applied_migrations if app in ours and (app, name) not in known)


def _copy_of_the_file() -> Path:
    """The whole file as it is, by SQLite itself: the archive's copies are read by the tables of this version."""
    source = database_file()
    target = source.with_name(f"before-update-{datetime.now().astimezone():%Y%m%d-%H%M%S}.sqlite3")
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    return target
