"""What a time on a clock on the wall can mean. Twice a year an hour is skipped, and another one comes twice."""

from datetime import UTC, datetime, tzinfo


def readings(local: datetime, zone: tzinfo) -> list[datetime]:
    """The aware instants that a naive local time can stand for, the earlier one first: one, or two in the night of a change.

    A time that is skipped stands for the one before the change and the one after it; one that comes twice for both.
    """
    meant = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return [at.astimezone(zone) for at in sorted(meant)]


def exists(local: datetime, zone: tzinfo) -> bool:
    """Whether a clock on the wall ever shows this time."""
    return any(at.replace(tzinfo=None) == local.replace(fold=at.fold) for at in readings(local, zone))
