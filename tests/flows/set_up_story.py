"""Makes the file database of the browser's story and prints what the story must know, as JSON.

Run as a process of its own, because the story drives a browser synchronously and therefore may not touch
the database: `python -m tests.flows.set_up_story` with ESTRADE_DATA set. With the word `close` it moves the
deadline a few seconds ahead instead, like a command in another terminal; with `judge` the jury is already at work, and
its two jurors have not come in yet.
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"

import django  # noqa: E402 - the path comes first

django.setup()

from estrade.editions.deadlines import move_deadline  # noqa: E402 - needs the apps loaded
from estrade.editions.models import Edition  # noqa: E402 - needs the apps loaded
from estrade.editions.phases import Phase  # noqa: E402 - needs the apps loaded
from estrade.kernel.clock import db_now  # noqa: E402 - needs the apps loaded
from judging.models import Seat  # noqa: E402 - needs the apps loaded
from tests import builders  # noqa: E402 - needs the apps loaded
from tests.judging.stage import a_stage  # noqa: E402 - needs the apps loaded

SECONDS_TO_DEADLINE = 4


def main(*, judges: bool = False) -> None:
    stage = a_stage(jurors=2 if judges else 1, teams=3, slug="story")
    if judges:
        Seat.objects.update(charter_at=None)
    else:
        builders.bring_to(stage.edition, Phase.OPEN)
    for team, name in zip(stage.teams, ("Alpha", "Bravo", "Charlie"), strict=True):
        team.name = name
        team.save()
    if not judges:
        builders.a_delivered_submission(stage.teams[1])
        builders.a_draft(stage.teams[2], title="Never handed in")
    print(
        json.dumps(
            {
                "slug": stage.edition.slug,
                "password": builders.PASSWORD,
                "captain": builders.captain_of(stage.teams[0]).username,
                "late_captain": builders.captain_of(stage.teams[2]).username,
                "organiser": stage.organiser.username,
                "president": stage.president.username,
                "juror": stage.jurors[0].username,
                "teams": {name: team.pk for name, team in zip("ABC", stage.teams, strict=True)},
            }
        )
    )


def close() -> None:
    edition = Edition.objects.get()
    organiser, deadline = builders.organiser_of(edition), db_now() + timedelta(seconds=SECONDS_TO_DEADLINE)
    for name, at in (("submissions_close", deadline), ("judging_opens", deadline + timedelta(seconds=2))):
        move_deadline(person=organiser, edition_id=edition.pk, name=name, at=at, reason="The hall must be free earlier")


if __name__ == "__main__":
    close() if sys.argv[1:] == ["close"] else main(judges=sys.argv[1:] == ["judge"])
