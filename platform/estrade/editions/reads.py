"""Editions as people look at them."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone

from estrade.editions.models import Announcement, Edition, Network, ProgrammeStep


def all_editions() -> QuerySet[Edition]:
    """Every edition with its network, the latest first. That an edition exists is public, that it is rehearsed is not."""
    return Edition.objects.filter(rehearses=None).select_related("network")


def first_network() -> Network | None:
    return Network.objects.order_by("pk").first()


def nobody_yet() -> bool:
    """Whether this is a new installation without a single account."""
    return not get_user_model().objects.exists()


def programme_days(edition: Edition) -> list[tuple[date, list[ProgrammeStep]]]:
    """The programme by day, in the edition's time zone."""
    steps: Iterable[ProgrammeStep] = edition.programme.all()
    days = groupby(steps, key=lambda step: timezone.localtime(step.starts_at, edition.zone).date())
    return [(day, list(of_day)) for day, of_day in days]


def one_step(edition: Edition, step_id: int) -> ProgrammeStep:
    """A line of this edition's programme; DoesNotExist for one of another."""
    return ProgrammeStep.objects.get(edition=edition, pk=step_id)


def announcements(edition: Edition, *, limit: int = 5) -> list[Announcement]:
    """The latest announcements, newest first."""
    return list(edition.announcements.all()[:limit])
