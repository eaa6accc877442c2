"""An installation with something of everything in it, and another process on a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

from estrade.archive.backup import write_backup
from estrade.archive.scope import in_order, label_of
from estrade.editions.announcements import announce
from estrade.editions.phases import Phase
from estrade.people.people import create_person
from judging.boards import refresh_board
from judging.reveal import advance_reveal, publish_results, steps_of
from judging.tallies import tally_of
from teams.extensions import extend_team
from tests.builders import a_delivered_submission, bring_to
from tests.judging.stage import Stage, a_stage, sign_off
from tests.kept import laid_again

ROOT = Path(__file__).resolve().parents[2]


@laid_again
def a_judged_stage(slug: str = "sample", *, published: bool = True, jurors: int = 3, teams: int = 4) -> Stage:
    """Versions, more time for one, announcements, ballots, results: everything an edition can have."""
    stage = a_stage(slug=slug, jurors=jurors, teams=teams)
    bring_to(stage.edition, Phase.OPEN)
    for team in stage.teams[:2]:
        a_delivered_submission(team)
    extend_team(person=stage.organiser, team_id=stage.teams[0].pk, minutes=10, reason=f"{slug} power cut")
    announce(person=stage.organiser, edition_id=stage.edition.pk, text={"fr": f"{slug} dîner", "en": f"{slug} dinner"})
    stage.at()
    stage.fill_everything(lambda juror, team: min(5, team + juror % 2))
    refresh_board(round_id=stage.round.pk)
    if published:
        publish(stage)
    return stage


@cache
def a_judged_copy() -> bytes:
    """A copy of an installation with a judged stage, made once: what is in it does not depend on the test."""
    a_judged_stage()
    with tempfile.TemporaryDirectory() as folder:
        content = write_backup(folder=Path(folder)).read_bytes()
    wipe()
    return content


def wipe() -> None:
    """As `migrate` leaves an installation."""
    connection.disable_constraint_checking()
    for model in reversed(in_order()):
        model._base_manager.all().delete()
    assert sum(counts().values()) == 0


def publish(stage: Stage) -> None:
    signed = sign_off(person=stage.president, round_id=stage.round.pk)
    for step in range(len(steps_of(signed))):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
    publish_results(person=stage.organiser, round_id=stage.round.pk)


def the_operator() -> Any:
    return create_person(first_name="Olga", last_name="Perator", username="olga", password="unused but kept")


def counts() -> dict[str, int]:
    """Rows per table that is carried."""
    return {label_of(model): model._base_manager.count() for model in in_order()}


def ranking(stage: Stage) -> list[tuple[Any, ...]]:
    """The ranking as computed now: rank, number of the team, score."""
    tally = tally_of(round_id=stage.round.pk)
    numbers = {team.pk: team.number for team in tally.teams}
    return [(one.rank, numbers[one.team], one.score) for one in tally.standings]


def elsewhere(folder: Path, *command: str, database_url: str = "") -> subprocess.CompletedProcess[str]:
    """`manage.py command` on another installation: its folder, and its database when it is not SQLite."""
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"ESTRADE_DATA": str(folder), "ESTRADE_SECRET_KEY": "elsewhere-" + "k" * 50}
    if database_url:
        environment["DATABASE_URL"] = database_url
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
