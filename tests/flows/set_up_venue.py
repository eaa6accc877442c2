"""Fills the data folder of a hall that is being served, and prints what its story must know, as JSON.

A process of its own, because the story drives a browser synchronously and therefore may not touch the database:
`python -m tests.flows.set_up_venue` with ESTRADE_DATA set. With the word `judge` it brings the edition to the jury's
hour; with `kept` it prints what the database holds.
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"

import django  # noqa: E402 - the path comes first

django.setup()

from estrade.editions.models import Edition  # noqa: E402 - needs the apps loaded
from estrade.editions.phases import Phase  # noqa: E402 - needs the apps loaded
from judging.models import ScoreRevision  # noqa: E402 - needs the apps loaded
from teams.membership import create_team  # noqa: E402 - needs the apps loaded
from teams.models import Receipt  # noqa: E402 - needs the apps loaded
from tests import builders  # noqa: E402 - needs the apps loaded
from tests.judging.stage import a_stage  # noqa: E402 - needs the apps loaded


def prepare() -> None:
    stage = a_stage(jurors=1, teams=1, slug="hall")
    edition = builders.bring_to(stage.edition, Phase.OPEN)
    judged, fresh = stage.teams[0], create_team(person=stage.organiser, edition_id=edition.pk, name="Fresh")
    print(
        json.dumps(
            {
                "slug": edition.slug,
                "password": builders.PASSWORD,
                "code": fresh.join_code,
                "newcomer": builders.a_participant(edition).username,
                "juror": stage.jurors[0].username,
                "team": judged.pk,
            }
        )
    )


def judge() -> None:
    builders.bring_to(Edition.objects.get(), Phase.JUDGING)


def kept() -> None:
    revisions = ScoreRevision.objects.order_by("pk").values_list("version", "value")
    delivered = Receipt.objects.filter(submission__team__name="Fresh").count()
    print(json.dumps({"scores": [[version, float(value or 0)] for version, value in revisions], "delivered": delivered}))


if __name__ == "__main__":
    {"judge": judge, "kept": kept}.get(sys.argv[-1], prepare)()
