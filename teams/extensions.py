"""More time for one team.

Owns extensions and the question until when a team may hand in. The edition's own deadline is not touched.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from estrade.access.policy import require
from estrade.editions.phases import Window, submission_window
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record, team_stream
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.events import ExtensionGranted
from teams.membership import locked_team
from teams.models import Extension, Team

LOWEST, HIGHEST = 1, 240


def extend_team(
    *, person: Person, team_id: int, reason: str, minutes: int | None = None, until: datetime | None = None
) -> Extension:
    """Give a team `minutes` more than it has (from now, when its time is over), or time until an instant.

    Refused: reason_required, extension_out_of_range (1 to 240 minutes from then), team_withdrawn, wrong_phase.
    """
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        team = locked_team(person, team_id)
        now = db_now()
        require(person, "team.extend", team, at=now)
        if not reason:
            raise Refused("reason_required", field="reason")
        if team.withdrawn_at is not None:
            raise Refused("team_withdrawn")
        start = max(window_of(team, now).closes_at, now)
        if until is None:
            # Out of range on purpose when nothing was asked for: the comparison below refuses it.
            until = start + timedelta(minutes=max(min(minutes or 0, HIGHEST + 1), 0))
        if not timedelta(minutes=LOWEST) <= until - start <= timedelta(minutes=HIGHEST):
            raise Refused("extension_out_of_range", lowest=LOWEST, highest=HIGHEST)
        extension = team.extensions.create(until=until, reason=reason, granted_by=person, granted_at=now)
        audit(
            edition_id=team.edition_id,
            actor_id=person.pk,
            action="team.extend",
            thing=f"team {team.pk}",
            after=until.isoformat(),
            reason=reason,
        )
        record(
            ExtensionGranted(team=team.pk, until=until.isoformat()),
            edition_id=team.edition_id,
            on=[ORGANISERS, team_stream(team.pk)],
            actor_id=person.pk,
        )
    return extension


def window_of(team: Team, now: datetime) -> Window:
    """May this team hand in at `now`, and until when, its latest extension included?"""
    extended_until = team.extensions.aggregate(latest=Max("until"))["latest"]
    return submission_window(team.edition.times, now, extended_until=extended_until)


def ended_extensions(*, edition_ids: Collection[int], now: datetime) -> list[Extension]:
    """Every extension of these editions whose end has been reached, oldest first. One query."""
    ended = Extension.objects.filter(team__edition_id__in=edition_ids, until__lte=now)
    return list(ended.select_related("team").order_by("until", "pk"))


def key_of(extension: Extension) -> str:
    """Under which key the end of an extension is carried out."""
    return f"extension.{extension.pk}"
