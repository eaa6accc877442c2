"""A stopped clock for the verbs: what `db_now` answers, wherever a module has imported it."""

import sys
from datetime import datetime
from importlib import import_module
from types import ModuleType

import pytest

from estrade.kernel import clock

ROOMS = ("estrade.", "challenges.", "teams.", "judging.", "realtime.")


def stop_clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Every verb reads `now` from here on; call it again to let time pass."""
    # Whatever is imported for the first time while the clock stands would keep it for good.
    import_module("estrade.config.urls")
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and module.__name__.startswith(ROOMS) and hasattr(module, "db_now"):
            monkeypatch.setattr(module, "db_now", lambda: now)
    assert clock.db_now() == now
