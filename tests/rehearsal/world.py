"""An event whose set-up is there and in which something has happened, and what its database looks like."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from estrade.editions.announcements import announce
from estrade.editions.models import Edition, ProgrammeStep
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, AuditHead
from estrade.kernel.clock import db_now
from judging.boards import refresh_board
from judging.conflicts import bar, declare_tie
from tests import builders
from tests.judging.stage import Stage, a_stage
from tests.kept import laid_again


@laid_again
def a_busy_event(*, slug: str = "busy", number: int = 7) -> Stage:
    """Teams, jury, programme, a conflict; and scores, a delivery, an announcement, a board."""
    stage = a_stage(jurors=3, teams=4, slug=slug, number=number)
    builders.bring_to(stage.edition, Phase.OPEN)
    builders.a_delivered_submission(stage.teams[0])
    builders.a_draft(stage.teams[1], title="Hidden words of a draft")
    builders.a_role(stage.edition, "partner", organisation=stage.partner)
    stage.at(freeze=timedelta(hours=1))
    stage.edition.refresh_from_db()
    ProgrammeStep.objects.create(edition=stage.edition, starts_at=stage.edition.submissions_close_at, title={"en": "Deadline"})
    bar(person=stage.organiser, seat_id=stage.seats[0].pk, team_id=stage.teams[1].pk, reason="Hired one of them")
    declare_tie(person=stage.organiser, seat_id=stage.seats[1].pk, about_id=builders.captain_of(stage.teams[2]).pk)
    stage.fill(stage.jurors[0], stage.teams[0], 4)
    refresh_board(round_id=stage.round.pk)
    announce(person=stage.organiser, edition_id=stage.edition.pk, text={"en": "Pizza is here"})
    return stage


def a_bare_event(**changes: Any) -> Edition:
    """An event on its first evening: dates, an organiser, and nothing else."""
    edition = builders.an_edition(**changes)
    return builders.shift(edition, db_now() - edition.opens_at + timedelta(days=30))


def digests(*, besides: Edition | None = None) -> dict[str, str]:
    """Table to a digest over all its rows, without what the audit log of `besides` says about rehearsals."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        rows = [row for row in model._default_manager.order_by("pk").values() if not _is_about_rehearsing(model, row, besides)]
        content = json.dumps(rows, cls=DjangoJSONEncoder, sort_keys=True)
        found[model._meta.label] = hashlib.sha256(content.encode()).hexdigest()
    return found


def _is_about_rehearsing(model: type[Model], row: dict[str, Any], edition: Edition | None) -> bool:
    if edition is None or row.get("edition_id") != edition.pk:
        return False
    # The end of the chain moves with each entry.
    return model is AuditHead or (model is AuditEntry and row["action"].startswith("rehearsal."))
