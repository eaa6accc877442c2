"""Celery's worker and beat inside the web process, for one laptop without Redis."""

import logging
import threading
from typing import Any

from celery.beat import EmbeddedService

from estrade.config.celery import app

logger = logging.getLogger(__name__)

# For a task under way. An idle worker looks up from its broker only once a second, and is not waited for.
SECONDS_TO_END = 0.5


class EmbeddedCelery:
    """One solo worker and one beat on daemon threads. `start()` once, `stop()` once, then `join()`."""

    def __init__(self) -> None:
        self._worker: Any = app.WorkController(
            pool="solo", concurrency=1, without_heartbeat=True, without_mingle=True, without_gossip=True, loglevel="WARNING"
        )
        self._thread = threading.Thread(target=self._work, name="celery-worker", daemon=True)
        self._beat: Any = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        self._beat.daemon = True

    def start(self) -> None:
        self._thread.start()
        self._beat.start()

    def stop(self) -> None:
        """Ask beat and worker to end; returns at once."""
        # Its own stop() waits for the end of its sleep.
        self._beat.service.stop(wait=False)
        self._worker.stop()

    def join(self) -> None:
        """Wait a moment. A task that takes longer is left with its thread: its work is found again in the database."""
        self._thread.join(timeout=SECONDS_TO_END)

    def _work(self) -> None:
        try:
            self._worker.start()
        except Exception:
            logger.exception("The embedded worker ended; the web process goes on, deadlines still hold")
