"""A small edition in judging, made through the room's own verbs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from challenges.models import Challenge
from estrade.editions.models import Edition, Network
from estrade.people.models import Organisation, Person, Role
from judging.ballots import ScoreReceipt, write_score
from judging.models import Criterion, Prize, Round, Seat
from judging.panels import assign_everybody, open_round, seat_juror
from judging.rubrics import NewCriterion, create_rubric
from teams.models import Team

KEYS = ("answer", "impact", "clarity")
WEIGHTS = (Decimal(50), Decimal(30), Decimal(20))


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


def an_edition(slug: str = "sample", *, number: int = 1, **changes: Any) -> Edition:
    """An edition in its judging phase, not frozen."""
    network, _created = Network.objects.get_or_create(slug="response", defaults={"name": "RESPONSE"})
    now = datetime.now(UTC)
    facts: dict[str, Any] = {
        "network": network,
        "slug": slug,
        "number": number,
        "name": slug.title(),
        "starts_on": date(2027, 3, 5),
        "ends_on": date(2027, 3, 6),
        "opens_at": now - timedelta(hours=10),
        "submissions_close_at": now - timedelta(hours=2),
        "judging_opens_at": now - timedelta(hours=1),
    }
    return Edition.objects.create(**{**facts, **changes})


def a_person(edition: Edition, username: str, *roles: str, organisation: Organisation | None = None) -> Person:
    person = Person.objects.create_user(username, first_name=username.title())
    for role in roles:
        Role.objects.create(person=person, edition=edition, role=role, organisation=organisation)
    return person


def a_stage(*, jurors: int = 3, teams: int = 3, slug: str = "sample", number: int = 1, **edition_changes: Any) -> Stage:
    """An organiser, a president, jurors who all score every team; names begin with the slug."""
    edition = an_edition(slug, number=number, **edition_changes)
    organiser = a_person(edition, f"{slug}-maud", "organiser")
    president = a_person(edition, f"{slug}-chair", "president")
    partner = Organisation.objects.create(name=f"{slug} Keolis", short_name="Keolis", slug=f"{slug}-keolis", category="business")
    challenge = Challenge.objects.create(
        edition=edition,
        partner=partner,
        slug="bus",
        title={"fr": "Bus", "en": "Buses"},
        question={"fr": "?", "en": "?"},
        published_at=edition.opens_at,
    )
    made = [
        Team.objects.create(edition=edition, challenge=challenge, name=f"{slug} team {n}", number=n) for n in range(1, teams + 1)
    ]
    rubric = create_rubric(
        person=organiser,
        edition_id=edition.pk,
        criteria=[NewCriterion(key=key, label={"en": key}, weight=weight) for key, weight in zip(KEYS, WEIGHTS, strict=True)],
    )
    round_ = open_round(person=organiser, edition_id=edition.pk, rubric_id=rubric.pk)
    people = [a_person(edition, f"{slug}-juror{n}", "juror") for n in range(1, jurors + 1)]
    seats = [seat_juror(person=organiser, round_id=round_.pk, juror_id=person.pk) for person in people]
    assign_everybody(person=organiser, round_id=round_.pk)
    Prize.objects.create(
        edition=edition, name={"fr": "Prix RESPONSE", "en": "RESPONSE prize"}, amount=Decimal(1000), sponsor=partner
    )
    return Stage(
        edition=edition,
        organiser=organiser,
        president=president,
        jurors=people,
        teams=made,
        round=round_,
        criteria=list(rubric.criteria.all()),
        seats=seats,
        partner=partner,
    )
