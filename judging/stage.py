"""The stage: which team the room is looking at, so that every juror's sheet can follow.

Owns the mark on a round. Never writes a score, never moves a time: it says who is on stage, not for how long.
"""

from dataclasses import dataclass

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, PUBLIC, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.events import StageChanged
from judging.models import Round
from judging.public import STAGE
from teams.models import Team


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The teams in order of passage, the one on stage, and its neighbours."""

    teams: list[Team]
    now: Team | None
    before: Team | None
    after: Team | None
    is_open: bool


def put_on_stage(*, person: Person, edition_id: int, team_id: int | None) -> Round:
    """Say which team is on stage (None: nobody). The same one again changes nothing, so that two people may press "next".

    Refused: `not_found` without a round, `round_closed`. Raises Team.DoesNotExist for a team that withdrew or is of elsewhere.
    """
    with transaction.atomic():
        rounds = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition")
        round_ = rounds.filter(edition=edition_id).order_by("-number").first()
        require(person, "stage.manage", round_ or Edition.objects.get(pk=edition_id))
        if round_ is None:
            raise Refused("not_found")
        if round_.closed_at is not None:
            raise Refused("round_closed")
        team = None if team_id is None else Team.objects.get(pk=team_id, edition=edition_id, withdrawn_at=None)
        if round_.on_stage_id == team_id:
            return round_
        before, round_.on_stage, round_.staged_at = round_.on_stage_id, team, db_now()
        round_.save(update_fields=["on_stage", "staged_at"])
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="stage.change",
            thing=f"round {round_.pk}",
            before=before,
            after=team_id,
        )
        _say(edition_id, team_id, person)
    return round_


def clear_stage(*, round_: Round, person: Person) -> None:
    """Nobody is on stage any more: for the verb that closes the round, which holds its lock."""
    if round_.on_stage_id is None:
        return
    round_.on_stage, round_.staged_at = None, None
    round_.save(update_fields=["on_stage", "staged_at"])
    _say(round_.edition_id, None, person)


def _say(edition_id: int, team_id: int | None, person: Person) -> None:
    record(
        StageChanged(team=team_id),
        edition_id=edition_id,
        on=[ORGANISERS, JURY, PUBLIC],
        actor_id=person.pk,
        snapshots={STAGE: {"team": team_id}},
    )


def stage_of(*, person: Person, edition: Edition) -> Stage:
    """The list for whoever calls the teams up."""
    require(person, "stage.manage", edition)
    round_ = edition.rounds.order_by("-number").first()
    teams = list(Team.objects.filter(edition=edition, withdrawn_at=None).select_related("challenge__partner").order_by("number"))
    place = next((n for n, team in enumerate(teams) if round_ and team.pk == round_.on_stage_id), None)
    after = 0 if place is None else place + 1
    return Stage(
        teams=teams,
        now=None if place is None else teams[place],
        before=teams[place - 1] if place else None,
        after=teams[after] if after < len(teams) else None,
        is_open=round_ is not None and round_.closed_at is None,
    )
