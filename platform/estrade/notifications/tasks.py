"""What runs for letters beside the requests."""

from celery import shared_task
from django.conf import settings

from estrade.notifications.postman import make_round, make_round_beside


@shared_task(name="estrade.notifications.tasks.post", ignore_result=True)  # type: ignore[untyped-decorator]  # celery has no types
def post() -> None:
    """Write and send what is due. Ids are not handed over: the database is asked each time."""
    (make_round if settings.REDIS_URL else make_round_beside)()
