"""Do it soon, but not more often than needed.

`Soon` folds many requests for the same work into few runs: the first at once, then at most one
per `interval` while requests keep coming. The last request is always followed by a run. Work
happens on one background thread, so the request that asked never waits for it.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable

from django.conf import settings
from django.db import connections

logger = logging.getLogger(__name__)


class Soon:
    """Leading edge immediately, then one run per interval and key. Runs inline when settings.SOON_INLINE."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._due: dict[Hashable, tuple[float, Callable[[], object]]] = {}
        self._last: dict[Hashable, float] = {}
        self._thread: threading.Thread | None = None

    def ask(self, key: Hashable, work: Callable[[], object], *, interval: float) -> None:
        """Ask for `work` under `key`; at most one run per `interval` seconds. Never raises what work raises."""
        if settings.SOON_INLINE:
            work()
            return
        with self._condition:
            if key in self._due:
                return
            at = max(time.monotonic(), self._last.get(key, float("-inf")) + interval)
            self._due[key] = (at, work)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="soon", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                key, work = self._wait_for_next()
            try:
                work()
            except Exception:
                # A broken ranking delays the board; the tick asks again.
                logger.exception("soon: %r failed", key)
            finally:
                connections.close_all()

    def _wait_for_next(self) -> tuple[Hashable, Callable[[], object]]:
        while True:
            now = time.monotonic()
            key = min(self._due, key=lambda k: self._due[k][0], default=None)
            if key is not None and self._due[key][0] <= now:
                _, work = self._due.pop(key)
                self._last[key] = now
                return key, work
            self._condition.wait(None if key is None else self._due[key][0] - now)


soon = Soon()
