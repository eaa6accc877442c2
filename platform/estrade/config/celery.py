"""The Celery application: carries out consequences, decides nothing.

With REDIS_URL the broker is Redis and worker and beat are processes of their own
(`celery -A manage worker`, `celery -A manage beat`). Without it the broker lives in memory and
`estrade.config.embedded` runs worker and beat inside the web process.
"""

from logging.config import dictConfig
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from estrade.config.start import refuse_unsafe_servers

app = Celery("estrade")
app.conf.update(
    broker_url=settings.REDIS_URL or "memory://localhost/",
    # In memory kombu looks for work once a second by default; a tick must not wait that long.
    broker_transport_options={} if settings.REDIS_URL else {"polling_interval": 0.01},
    broker_connection_retry_on_startup=True,
    # Redis may be away for as long as it likes: try again until it is back.
    broker_connection_max_retries=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # A worker that names no queue serves both. On a busy server give forming teams a worker of its own, so that no
    # tick waits for it: `-Q celery` for one, `-Q solver --concurrency 1` for the other.
    task_queues={name: {"exchange": name, "routing_key": name} for name in ("celery", "solver")},
    timezone="UTC",
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={
        # A tick that could not run within a second is worthless: the next one does its work.
        "tick": {"task": "estrade.scheduling.tasks.tick_in_turn", "schedule": 1.0, "options": {"expires": 1.0}},
        # What is due is found again in the database each time, so one that is lost does no harm.
        "letters": {"task": "estrade.notifications.tasks.post", "schedule": 2.0, "options": {"expires": 2.0}},
    },
)
app.autodiscover_tasks(["estrade.scheduling", "estrade.notifications", "teams"])


@signals.setup_logging.connect  # type: ignore[untyped-decorator]  # celery has no types
def _log_as_the_web_does(**_: Any) -> None:
    """Celery's own set-up would write in another form, and past the formatter that takes out secrets."""
    dictConfig(settings.LOGGING)


@signals.worker_init.connect  # type: ignore[untyped-decorator]  # celery has no types
@signals.beat_init.connect  # type: ignore[untyped-decorator]  # celery has no types
def _refuse_unsafe_servers(**_: Any) -> None:
    try:
        refuse_unsafe_servers()
    except ImproperlyConfigured as unsafe:
        # Whatever else a receiver raises is only logged.
        raise SystemExit(str(unsafe)) from None
