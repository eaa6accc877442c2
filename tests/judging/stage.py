"""A small edition in judging, made through the room's own verbs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from estrade.editions.models import Edition
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person, Role
from judging import reveal
from judging.ballots import ScoreReceipt, write_score
from judging.models import Criterion, Round, Seat, SignOff
from judging.panels import assign_everybody, open_round, seat_juror
from judging.prizes import NewPrize, offer_prize
from judging.reveal import signatures_needed
from judging.rubrics import NewCriterion, create_rubric
from teams.models import Team
from tests import builders
from tests.judging.stage_rows import Rows, is_untouched, lay_rows, take_rows

WEIGHTS = {"answer": Decimal(50), "impact": Decimal(30), "clarity": Decimal(20)}


@dataclass
class Stage:
    """Everything a test of judging needs to name."""

    edition: Edition
    organiser: Person
    president: Person
    jurors: list[Person]
    teams: list[Team]
    round: Round
    criteria: list[Criterion]
    seats: list[Seat]
    partner: Organisation

    def score(self, juror: Person, team: Team, criterion: int, value: int | str | None, **changes: Any) -> ScoreReceipt:
        """One tap: `criterion` counts from 0."""
        facts: dict[str, Any] = {
            "person": juror,
            "edition_id": self.edition.pk,
            "team_id": team.pk,
            "criterion_id": self.criteria[criterion].pk,
            "value": None if value is None else Decimal(value),
            "client_id": uuid.uuid4(),
            "base_version": 0,
        }
        return write_score(**{**facts, **changes})

    def fill(self, juror: Person, team: Team, *values: int | str) -> None:
        """A whole ballot; one value stands for all criteria."""
        for number in range(len(self.criteria)):
            self.score(juror, team, number, values[number] if len(values) > 1 else values[0])

    def fill_everything(self, mark: Callable[[int, int], int]) -> None:
        """Every open ballot, with `mark(juror number, team number)` on every criterion."""
        for j, juror in enumerate(self.jurors):
            for t, team in enumerate(self.teams):
                if not team.ballots.filter(seat__person=juror).exclude(barred_reason="").exists():
                    self.fill(juror, team, mark(j, t))

    def at(self, *, freeze: timedelta | None = None, judging: timedelta = timedelta(hours=-1)) -> None:
        """Move the stored instants relative to now; no freeze unless asked."""
        now = datetime.now(UTC)
        Edition.objects.filter(pk=self.edition.pk).update(
            opens_at=now + judging - timedelta(hours=9),
            submissions_close_at=now + judging - timedelta(minutes=5),
            judging_opens_at=now + judging,
            freeze_at=None if freeze is None else now + freeze,
        )
        self.edition.refresh_from_db()


def sign_off(*, person: Person, round_id: int, reason: str = "") -> SignOff:
    """Sign as everybody who has to, `person` last: the verb wants a name per role."""
    edition = Round.objects.select_related("edition").get(pk=round_id).edition
    others = signatures_needed(edition) - person.roles_in(edition.pk)
    for role in sorted(others):
        other = Role.objects.filter(edition=edition, role=role).order_by("pk").first()
        assert other is not None
        try:
            reveal.sign_off(person=other.person, round_id=round_id, reason=reason)
        except Refused as refused:
            if refused.code != "already_signed":
                raise
    signed = reveal.sign_off(person=person, round_id=round_id, reason=reason)
    assert signed is not None
    return signed


def a_person(edition: Edition, username: str, *roles: str, organisation: Organisation | None = None) -> Person:
    """A person with roles in the edition, called like the username."""
    person = builders.a_person(username.title(), username=username)
    for role in roles:
        builders.a_role(edition, role, person=person, organisation=organisation)
    return person


_known: dict[tuple[Any, ...], tuple[Rows, dict[str, Any]]] = {}


def rising(juror: int, team: int) -> int:
    """What a juror gives to all criteria of a team: the higher a team's number, the better; later jurors are kinder."""
    return min(team + juror, 5)


def a_stage(
    *,
    jurors: int = 3,
    teams: int = 3,
    slug: str = "sample",
    mark: Callable[[int, int], int] | None = None,
    **edition_changes: Any,
) -> Stage:
    """An edition in its judging phase, not frozen: every juror scores every team. Names begin with the slug.

    With `mark` every ballot is complete, as after `fill_everything`.
    In an empty database the rows of the first stage of this kind are laid again instead of being made anew.
    """
    marks = mark and tuple(tuple(mark(juror, team) for team in range(teams)) for juror in range(jurors))
    key = (jurors, teams, slug, marks, *sorted(edition_changes.items()))
    is_first = is_untouched()
    if is_first and key in _known:
        rows, numbers = _known[key]
        lay_rows(rows)
        stage = _found(numbers)
    else:
        stage = _made(jurors, teams, slug, edition_changes)
        if mark is not None:
            stage.fill_everything(mark)
        if is_first:
            _known[key] = take_rows(), _numbers(stage)
    stage.at()
    return stage


def _numbers(stage: Stage) -> dict[str, Any]:
    """Each part of the stage by its model and number."""
    return {
        part.name: [(type(one), one.pk) for one in value] if isinstance(value, list) else (type(value), value.pk)
        for part in fields(Stage)
        for value in [getattr(stage, part.name)]
    }


def _found(numbers: dict[str, Any]) -> Stage:
    """The same stage read again; its parts hold each other as those that were made do."""

    def read(model: Any, pk: int) -> Any:
        return model.objects.get(pk=pk)

    parts: dict[str, Any] = {
        name: [read(*one) for one in value] if isinstance(value, list) else read(*value) for name, value in numbers.items()
    }
    stage = Stage(**parts)
    for team in stage.teams:
        team.edition = stage.edition
    stage.round.edition = stage.edition
    for seat, juror in zip(stage.seats, stage.jurors, strict=True):
        seat.round, seat.person = stage.round, juror
    return stage


def _made(jurors: int, teams: int, slug: str, edition_changes: dict[str, Any]) -> Stage:
    edition = builders.an_edition(slug=slug)
    Edition.objects.filter(pk=edition.pk).update(**{"fewest_ballots": 1, **edition_changes})
    organiser = builders.organiser_of(edition)
    partner = builders.an_organisation(f"{slug} Keolis")
    challenge = builders.a_challenge(edition, partner=partner, title={"fr": "Bus", "en": "Buses"})
    made = [builders.a_team(edition, name=f"{slug} team {n}", challenge=challenge) for n in range(1, teams + 1)]
    rubric = create_rubric(
        person=organiser,
        edition_id=edition.pk,
        criteria=[NewCriterion(key=key, label={"en": key}, weight=weight) for key, weight in WEIGHTS.items()],
    )
    round_ = open_round(person=organiser, edition_id=edition.pk, rubric_id=rubric.pk)
    people = [a_person(edition, f"{slug}-juror{n}", "juror") for n in range(1, jurors + 1)]
    stage = Stage(
        edition=edition,
        organiser=organiser,
        president=a_person(edition, f"{slug}-chair", "president"),
        jurors=people,
        teams=made,
        round=round_,
        criteria=list(rubric.criteria.all()),
        seats=[seat_juror(person=organiser, round_id=round_.pk, juror_id=person.pk) for person in people],
        partner=partner,
    )
    assign_everybody(person=organiser, round_id=round_.pk)
    Seat.objects.filter(round=round_).update(charter_at=datetime.now(UTC))
    prize = NewPrize(name={"fr": "Prix RESPONSE", "en": "RESPONSE prize"}, amount=Decimal(1000), sponsor=partner)
    offer_prize(person=organiser, edition_id=edition.pk, new=prize)
    stage.at()
    return stage
