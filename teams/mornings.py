"""The morning: who is absent, who comes late, and the fewest moves that put the teams right.

Owns `Absence`. What the fewest moves are, it asks of `teams.formation`, which repeats itself for the same situation: the
proposal is not kept, it is computed again when it is applied, and applied only if nothing changed since it was shown.
Words: whoever is *late* keeps the place, or gets one; whoever is *absent* leaves the team when the repair is applied.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from teams.composing import Wanted, instance_of, latest_composition, wanted_of
from teams.events import AbsencesMarked, TeamsRepaired
from teams.formation import BadInstance, repair
from teams.membership import News, edition_locked_for_teams, seat, unseat, withdraw
from teams.models import Absence, Composition, Team
from teams.repairs import continue_in, tell_together

# Stands for the challenge of teams that have not chosen one; no slug has a plus sign.
NO_CHALLENGE = "+none"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The teams as they stand and who is missing, in the words of `teams.formation`. `rows`: the team of each line."""

    instance: Mapping[str, Any]
    plan: Mapping[str, Any]
    absent: list[str]
    late: list[Mapping[str, Any]]
    held: list[str]
    rows: list[Team]

    @property
    def fingerprint(self) -> str:
        told = [self.instance, self.plan, self.absent, self.late, self.held, [team.pk for team in self.rows]]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def mark_absences(*, person: Person, edition_id: int, marks: Mapping[int, str]) -> None:
    """Say of these participants whether they are "absent", "late" or there (""). Refused: choice_invalid, not_a_participant."""
    with transaction.atomic():
        edition = edition_locked_for_teams(edition_id)
        require(person, "team.repair", edition)
        if not set(marks.values()) <= {"", *Absence.State.values}:
            raise Refused("choice_invalid")
        known = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT, person__in=marks)
        if known.count() != len(marks):
            raise Refused("not_a_participant")
        before = dict(Absence.objects.filter(edition=edition, person__in=marks).values_list("person_id", "state"))
        changed = {one: state for one, state in marks.items() if before.get(one, "") != state}
        if not changed:
            return
        now = db_now()
        Absence.objects.filter(edition=edition, person__in=changed).delete()
        Absence.objects.bulk_create(
            Absence(edition=edition, person_id=one, state=state, marked_by=person, marked_at=now)
            for one, state in changed.items()
            if state
        )
        was = {str(one): before.get(one, "") for one in changed}
        audit(
            edition_id=edition.pk,
            actor_id=person.pk,
            action="absence.mark",
            thing=f"edition {edition.pk}",
            before=was,
            after={str(one): state for one, state in changed.items()},
        )
        states = list(Absence.objects.filter(edition=edition).values_list("state", flat=True))
        event = AbsencesMarked(absent=states.count("absent"), late=states.count("late"))
        record(event, edition_id=edition.pk, on=[ORGANISERS], actor_id=person.pk)


def rules_of(edition: Edition) -> Wanted:
    """The edition's rules of sizes and schools, the rest as the teams were last composed."""
    run = latest_composition(edition)
    wanted = wanted_of(run) if run is not None else Wanted()
    low = edition.smallest_team or min(wanted.size_min, edition.largest_team or wanted.size_min)
    high = edition.largest_team or max(wanted.size_max, low)
    same = edition.most_from_one_school or (wanted.max_same_school if run is not None else high)
    return replace(wanted, size_min=low, size_max=high, max_same_school=same)


def situation_of(edition: Edition) -> Situation:
    """Who sits where this morning. Refused: nobody_to_place, no_challenges."""
    instance = instance_of(edition, rules_of(edition))
    teams = Team.objects.filter(edition=edition, withdrawn_at=None).select_related("challenge").prefetch_related("memberships")
    rows = list(teams.order_by("number"))
    known = {one["id"] for one in instance["students"]}
    seats = [sorted({str(one.person_id) for one in team.memberships.all()} & known) for team in rows]
    slugs = [team.challenge.slug if team.challenge else NO_CHALLENGE for team in rows]
    seated = {one for people in seats for one in people}
    states = {str(one.person_id): one.state for one in Absence.objects.filter(edition=edition)}
    students = instance["students"]
    run = latest_composition(edition)
    return Situation(
        instance={
            **instance,
            "students": [one for one in students if one["id"] in seated],
            "challenges": _challenges(instance["challenges"], slugs),
        },
        plan={"teams": [{"challenge": slug, "students": people} for slug, people in zip(slugs, seats, strict=True)]},
        absent=sorted(one for one in seated if states.get(one) == Absence.State.ABSENT),
        late=[one for one in students if one["id"] not in seated and states.get(one["id"]) == Absence.State.LATE],
        held=[one for one in run.held if one in seated] if run is not None and run.state == Composition.State.USED else [],
        rows=rows,
    )


def proposal_of(situation: Situation) -> dict[str, Any]:
    """The fewest moves, with and without dissolving a team: what `teams.formation.repair` answers. Needs seconds for many."""
    try:
        return repair(situation.instance, situation.plan, situation.absent, situation.late, locked=situation.held, cards=False)
    except BadInstance as bad:
        raise Refused("composition_outdated") from bad


def apply_repair(*, person: Person, edition_id: int, fingerprint: str, dissolve: bool) -> dict[str, int]:
    """Carry out what was shown: absent people leave, moves and places, teams dissolved. All of it, or nothing.

    Returns how many moved, were placed, left, and how many teams were dissolved. Refused: situation_changed, not_found.
    """
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    require(person, "team.repair", edition)
    shown = situation_of(edition)
    if shown.fingerprint != fingerprint or not shown.rows:
        raise Refused("situation_changed")
    # Outside of the transaction: nobody waits for the search. What it was given is compared again under the lock.
    answer = proposal_of(shown)["with_dissolving" if dissolve else "without_dissolving"]
    if answer is None:
        raise Refused("situation_changed")
    with transaction.atomic():
        edition = edition_locked_for_teams(edition_id)
        list(Team.objects.filter(edition=edition).order_by("pk").select_for_update(no_key=True))
        now = situation_of(edition)
        if now.fingerprint != fingerprint:
            raise Refused("situation_changed")
        return _carry_out(person, edition, now, answer)


def _carry_out(actor: Person, edition: Edition, now: Situation, answer: Mapping[str, Any]) -> dict[str, int]:
    rows = now.rows
    for team in rows:
        team.edition = edition
    home = {one: row for row, team in enumerate(now.plan["teams"]) for one in team["students"]}
    targets = {int(one["student"]): one["to"] for one in (*answer["moved"], *answer["placed"])}
    leaving = [(int(one["student"]), one["from"]) for one in answer["moved"]] + [(int(one), home[one]) for one in now.absent]
    people = {one.pk: one for one in Person.objects.filter(pk__in=targets)}
    counts = {
        "moved": len(answer["moved"]),
        "placed": len(answer["placed"]),
        "left": len(now.absent),
        "dissolved": len(answer["dissolved"]),
    }
    news: News = [(TeamsRepaired(**counts), {ORGANISERS})]
    for one, row in leaving:
        news += unseat(rows[row], one)
    for one, row in sorted(targets.items()):
        news += seat(rows[row], people[one], actor=actor)
    for row in answer["dissolved"]:
        for into in {move["to"] for move in answer["moved"] if move["from"] == row}:
            continue_in(rows[row], rows[into])
        news += withdraw(rows[row], actor=actor)
    moves = [{"person": one, "to": rows[row].pk} for one, row in sorted(targets.items())]
    audit(
        edition_id=edition.pk,
        actor_id=actor.pk,
        action="teams.repair",
        thing=f"edition {edition.pk}",
        before={"absent": [int(one) for one in now.absent]},
        after={"moves": moves, "dissolved": [rows[row].pk for row in answer["dissolved"]]},
    )
    tell_together(news, edition_id=edition.pk, actor=actor)
    return counts


def _challenges(rows: list[dict[str, Any]], slugs: list[str]) -> list[dict[str, Any]]:
    """Bounds that the teams of today keep: nobody is asked this morning for a team that never was."""
    known = {row["id"]: row for row in rows}
    for slug in slugs:
        known.setdefault(slug, {"id": slug, "name": slug, "teams_min": 0, "teams_max": 0})
    return [
        {**row, "teams_min": min(row["teams_min"], slugs.count(slug)), "teams_max": max(row["teams_max"], slugs.count(slug))}
        for slug, row in known.items()
    ]
