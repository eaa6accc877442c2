"""The database backend that the settings name, by the module name that Django asks for.

Owns the order of writers inside this process and the connections between two requests. Never
changes what SQLite promises: a transaction still begins IMMEDIATE, and who finds the turn taken for
too long, or meets another process, waits in SQLite's own way.

Why: SQLite's waiting is a poll with growing pauses. Fifty jurors saving at once starved some of them
until the timeout ended their request ("database is locked") while the database was mostly idle. And
each request runs on a thread of its own, so that each opened the file, read the schema and registered
forty functions again: a third of the cost of a score.
"""

import atexit
import contextlib
import os
import sqlite3
import threading
from collections import defaultdict
from typing import Any

from django.db.backends.sqlite3 import base

from estrade.kernel.sqlite.turns import Turns

MOST_IDLE = 16

_turns: defaultdict[str, Turns] = defaultdict(Turns)


class _Shelf:
    """Open connections that nobody uses now, newest last, each with the file it was opened on."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._idle: list[tuple[object, sqlite3.Connection]] = []
        self._strangers: list[object] = []

    def take(self, place: object) -> sqlite3.Connection | None:
        with self._guard:
            for number in range(len(self._idle) - 1, -1, -1):
                if self._idle[number][0] == place:
                    return self._idle.pop(number)[1]
        return None

    def put(self, place: object, connection: sqlite3.Connection) -> bool:
        """False when the shelf is full. A file that was replaced (a restore) leaves: its connections look into the old one."""
        with self._guard:
            outdated = [held for other, held in self._idle if other != place]
            self._idle = [(other, held) for other, held in self._idle if other == place]
            has_room = len(self._idle) < MOST_IDLE
            if has_room:
                self._idle.append((place, connection))
        for held in outdated:
            held.close()
        return has_room

    def clear(self) -> None:
        with self._guard:
            idle, self._idle = self._idle, []
        for _, held in idle:
            held.close()

    def forget(self) -> None:
        """In a forked child: SQLite forbids to use or close what the parent opened."""
        self._guard = threading.Lock()
        self._strangers += self._idle
        self._idle = []


_shelf = _Shelf()
atexit.register(_shelf.clear)
os.register_at_fork(after_in_child=_shelf.forget)


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite with a queue of writers and a shelf of connections."""

    _has_turn = False
    _place: object = None

    # --- Connections --------------------------------------------------------------------------------------------

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._place = self._look(conn_params)
        held = _shelf.take(self._place) if self._place is not None else None
        if held is not None:
            return held
        opened = super().get_new_connection(conn_params)
        # The file may have been made by opening it.
        self._place = self._look(conn_params)
        return opened

    def _look(self, conn_params: dict[str, Any]) -> object:
        """The file behind the name, and how it is opened; None for a database that is no file."""
        if self.is_in_memory_db():
            return None
        try:
            state = os.stat(conn_params["database"])
        except OSError:
            return None
        return state.st_dev, state.st_ino, str(conn_params["database"]), self.settings_dict["OPTIONS"].get("init_command")

    def _close(self) -> None:
        try:
            if self.connection is None:
                return
            is_sound = not self.errors_occurred and self._place is not None
            if is_sound and self._place == self._look(self.get_connection_params()):
                with contextlib.suppress(sqlite3.Error):
                    self.connection.rollback()
                    if _shelf.put(self._place, self.connection):
                        return
            super()._close()  # type: ignore[misc]  # a private part that the stubs leave out
        finally:
            self._give_turn()

    # --- Turns --------------------------------------------------------------------------------------------------

    def _start_transaction_under_autocommit(self) -> None:
        patience = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        self._has_turn = _turns[str(self.settings_dict["NAME"])].take(patience)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # a private part that the stubs leave out
        except BaseException:
            self._give_turn()
            raise

    def _commit(self) -> None:
        # A commit that fails is followed by a rollback: the turn is kept until then.
        super()._commit()  # type: ignore[misc]  # a private part that the stubs leave out
        self._give_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # a private part that the stubs leave out
        finally:
            self._give_turn()

    def _give_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turns[str(self.settings_dict["NAME"])].give()
