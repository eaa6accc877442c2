"""What runs for the room of teams beside the requests."""

from celery import shared_task

from teams.composing import TASK, carry_out


@shared_task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]  # celery has no types
def form_teams(composition_id: int) -> None:
    """Form the teams of one run; a second delivery finds it taken."""
    carry_out(composition_id)
