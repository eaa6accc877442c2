"""Composing the teams of an edition: a run far from the request, a plan to change by hand, and its use.

Owns `Composition`. What a good plan is, it asks of `teams.formation`; teams and memberships come to be through
`teams.membership` alone. One run at a time and edition: asking again while one is under way returns that one.
Words: a *plan* is a draft of all teams; a person is *held* where an organiser locked the place.
Who must be kept apart from whom never leaves the pages of organisers.
"""

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connections, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from teams.formation import BadInstance, compose
from teams.membership import add_members, create_team
from teams.models import Composition, Profile, Team, Wish

logger = logging.getLogger(__name__)

QUEUE = "solver"
TASK = "teams.tasks.form_teams"
# Rounds make a run repeatable; the clock only keeps it from going on for ever.
ROUNDS, SECONDS = 3, 40.0
# A run that said nothing for so long has died with its process.
SILENCE = timedelta(seconds=90)
STEP = 0.5
PRESETS = {
    "balanced": {"preference_rank": [0, 1, 3, 6, 10], "same_school_extra": 2, "missing_skill": 5, "soft_together_split": 4},
    "choices": {"preference_rank": [0, 1, 3, 6, 10], "same_school_extra": 1, "missing_skill": 2, "soft_together_split": 2},
    "mixing": {"preference_rank": [0, 1, 3, 6, 10], "same_school_extra": 6, "missing_skill": 4, "soft_together_split": 3},
}
UNLISTED = 20


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the organiser asks for: sizes, how many of one school in a team, what matters most, skills in every team."""

    size_min: int = 4
    size_max: int = 5
    max_same_school: int = 2
    preset: str = "balanced"
    every_challenge: bool = True
    skills: tuple[str, ...] = ()


def start_composition(*, person: Person, edition_id: int, wanted: Wanted, keep_held: bool = False) -> Composition:
    """Begin a run in the background. One that is under way is returned instead of beginning a second one.

    `keep_held`: places locked in the last plan stay. Refused: teams_exist, nobody_to_place, no_challenges, size_order,
    choice_invalid.
    """
    with transaction.atomic():
        edition = _edition_locked(edition_id)
        require(person, "teams.compose", edition)
        now = db_now()
        latest = latest_composition(edition)
        if latest is not None and latest.is_under_way:
            if now - latest.heard_at < SILENCE:
                return latest
            Composition.objects.filter(pk=latest.pk).update(state=Composition.State.FAILED)
        _require_no_teams(edition)
        instance = instance_of(edition, wanted)
        print_ = fingerprint(instance)
        held: list[str] = []
        if keep_held and latest is not None and latest.plan:
            held = latest.held
            instance["locked"] = _held_teams(latest, {one["id"] for one in instance["students"]})
        run = Composition.objects.create(
            edition=edition,
            seed=secrets.randbelow(2**31),
            rules=asdict(wanted),
            instance=instance,
            fingerprint=print_,
            held=held,
            created_at=now,
            heard_at=now,
            created_by=person,
        )
        _audit(run, person, "teams.compose", after=asdict(wanted))
        transaction.on_commit(lambda: _launch(run.pk), robust=True)
    return run


def carry_out(composition_id: int) -> None:
    """Form the teams of a waiting run. Does nothing for one that somebody else has taken; never raises."""
    taken = Composition.objects.filter(pk=composition_id, state=Composition.State.WAITING)
    if not taken.update(state=Composition.State.RUNNING, heard_at=db_now()):
        return
    run = Composition.objects.get(pk=composition_id)
    told = _Told(composition_id)
    try:
        answer = compose(
            run.instance, run.seed, SECONDS, iterations=ROUNDS, on_progress=told.progress, should_stop=told.should_stop
        )
    except BadInstance as bad:
        _finish(composition_id, Composition.State.FAILED, answer={"code": bad.code})
    except Exception:
        logger.exception("composition %s failed", composition_id)
        _finish(composition_id, Composition.State.FAILED, answer={})
    else:
        plan = answer.pop("plan")
        _finish(composition_id, Composition.State.DONE, answer=answer, plan=plan)


def stop_composition(*, person: Person, edition_id: int) -> None:
    """Ask the run under way to end with the best plan it has. Nothing happens where none is."""
    with transaction.atomic():
        edition = _edition_locked(edition_id)
        require(person, "teams.compose", edition)
        run = latest_composition(edition)
        if run is not None and run.is_under_way:
            Composition.objects.filter(pk=run.pk).update(stop_asked=True)


def place_person(*, person: Person, edition_id: int, composition_id: int, who: str, team: int | None, held: bool) -> Composition:
    """Put one person into another team of the plan (`team` counts from 0, None: as it is), and lock or free the place.

    Whoever is moved by hand is locked, so that composing again keeps the change. Refused: not_found (another plan
    is the latest by now, or nobody like that is in it), composition_unfinished, choice_invalid.
    """
    with transaction.atomic():
        edition = _edition_locked(edition_id)
        require(person, "teams.compose", edition)
        run = _finished(edition, composition_id)
        teams = run.plan["teams"]
        at = next((number for number, one in enumerate(teams) if who in one["students"]), None)
        if at is None:
            raise Refused("not_found")
        if team is not None and not 0 <= team < len(teams):
            raise Refused("choice_invalid", field="team")
        moves = team is not None and team != at
        if team is not None and moves:
            teams[at]["students"].remove(who)
            teams[team]["students"] = sorted([*teams[team]["students"], who])
        keeps = (set(run.held) | {who}) if held or moves else set(run.held) - {who}
        run.held = sorted(keeps)
        run.save(update_fields=["plan", "held"])
    return run


def use_plan(*, person: Person, edition_id: int, composition_id: int) -> list[Team]:
    """Make teams of the latest plan: all of them, or none.

    Refused: teams_exist, composition_unfinished, composition_outdated (people, wishes or challenges have changed),
    challenge_full, not_found.
    """
    with transaction.atomic():
        edition = _edition_locked(edition_id)
        require(person, "teams.compose", edition)
        run = _finished(edition, composition_id)
        _require_no_teams(edition)
        if fingerprint(instance_of(edition, wanted_of(run))) != run.fingerprint:
            raise Refused("composition_outdated")
        challenges = {one.slug: one.pk for one in Challenge.objects.filter(edition=edition)}
        people = {one.pk: one for one in Person.objects.filter(roles__edition=edition, roles__role=Role.Name.PARTICIPANT)}
        made: list[Team] = []
        for row in run.plan["teams"]:
            if not row["students"]:
                continue
            with translation.override(edition.languages[0] if edition.languages else "fr"):
                name = _("Team %(number)s") % {"number": len(made) + 1}
            team = create_team(person=person, edition_id=edition.pk, name=name, challenge_id=challenges[row["challenge"]])
            add_members(person=person, team_id=team.pk, members=[people[int(one)] for one in row["students"]])
            made.append(team)
        run.state = Composition.State.USED
        run.save(update_fields=["state"])
        _audit(run, person, "teams.use_plan", after={"teams": len(made)})
    return made


def latest_composition(edition: Edition) -> Composition | None:
    """The last run of an edition."""
    return Composition.objects.filter(edition=edition).order_by("-pk").first()


def wanted_of(run: Composition) -> Wanted:
    """What a run was asked for."""
    return Wanted(**{**run.rules, "skills": tuple(run.rules["skills"])})


def fingerprint(instance: Mapping[str, Any]) -> str:
    """The same for the same people, wishes, challenges and rules; locked places are no part of it."""
    told = {key: value for key, value in instance.items() if key != "locked"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def instance_of(edition: Edition, wanted: Wanted) -> dict[str, Any]:
    """The edition as an instance of the format team-formation/1. People are numbers; no name leaves the database.

    Two people who wish for each other stay together; a wish that is not returned is a wish; who must be kept apart
    is kept apart even when both wished otherwise. Refused: nobody_to_place, no_challenges, size_order, choice_invalid.
    """
    if wanted.size_min > wanted.size_max:
        raise Refused("size_order", field="size_min")
    if wanted.preset not in PRESETS:
        raise Refused("choice_invalid", field="preset")
    challenges = list(Challenge.objects.filter(edition=edition, published_at__isnull=False).order_by("slug"))
    if not challenges:
        raise Refused("no_challenges")
    roles = Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT).select_related("organisation").order_by("person_id")
    profiles = {one.person_id: one for one in Profile.objects.filter(edition=edition)}
    slugs = {one.slug for one in challenges}
    students = [_student(role, profiles.get(role.person_id), slugs) for role in roles]
    if not students:
        raise Refused("nobody_to_place")
    most = max(1, len(students) // wanted.size_min)
    least = 1 if wanted.every_challenge and len(challenges) <= most else 0
    together, wishes, apart = _wishes(edition, {one["id"] for one in students})
    return {
        "format": "team-formation/1",
        "event": {"slug": edition.slug, "kind": edition.kind, "seed": 0},
        "rules": {
            "team_size": {"min": wanted.size_min, "max": wanted.size_max},
            "max_same_school": wanted.max_same_school,
            "required_skills": sorted(wanted.skills),
            "together": "hard",
            "apart": "hard",
        },
        "weights": {**PRESETS[wanted.preset], "preference_unlisted": UNLISTED},
        "schools": [{"id": one, "name": one} for one in sorted({student["school"] for student in students})],
        "skills": sorted({skill for student in students for skill in student["skills"]}),
        "challenges": [
            {
                "id": one.slug,
                "name": one.slug,
                "teams_min": min(least, one.capacity if one.capacity is not None else least),
                "teams_max": one.capacity if one.capacity is not None else most,
            }
            for one in challenges
        ],
        "students": students,
        "together": together,
        "wish_together": wishes,
        "apart": apart,
        "day_of": {"no_shows": [], "late_arrivals": []},
    }


def _student(role: Role, profile: Profile | None, slugs: set[str]) -> dict[str, Any]:
    # Somebody without a school shares it with nobody.
    school = role.organisation.slug if role.organisation else f"none-{role.person_id}"
    return {
        "id": str(role.person_id),
        "school": school,
        "level": role.level,
        "skills": sorted(profile.skills) if profile else [],
        "preferences": [slug for slug in profile.choices if slug in slugs] if profile else [],
    }


def _wishes(edition: Edition, present: set[str]) -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
    rows = Wish.objects.filter(edition=edition).values_list("person_id", "other_id", "kind").order_by("person_id", "other_id")
    told = [(str(a), str(b), kind) for a, b, kind in rows if str(a) in present and str(b) in present]
    apart = {tuple(sorted((a, b))) for a, b, kind in told if kind == Wish.Kind.APART}
    wished = [(a, b) for a, b, kind in told if kind == Wish.Kind.TOGETHER and tuple(sorted((a, b))) not in apart]
    mutual = {tuple(sorted(pair)) for pair in wished if pair[::-1] in set(wished)}
    one_sided = [[a, b] for a, b in wished if tuple(sorted((a, b))) not in mutual]
    return sorted(map(list, mutual)), one_sided, sorted(map(list, apart))


def _held_teams(run: Composition, present: set[str]) -> list[dict[str, Any]]:
    """Locked places as parts of a plan, without people who left and challenges that are gone."""
    known = {row["id"] for row in run.instance["challenges"]}
    held = set(run.held) & present
    rows = [
        {"challenge": team["challenge"], "students": sorted(held.intersection(team["students"]))} for team in run.plan["teams"]
    ]
    return [row for row in rows if row["students"] and row["challenge"] in known]


class _Told:
    """What a run says about itself: at most twice a second, its own row only."""

    def __init__(self, composition_id: int) -> None:
        self.row = Composition.objects.filter(pk=composition_id)
        self.asked_at = time.monotonic()
        self.stop = False

    def progress(self, phase: str, elapsed: float, cost: float, hard_broken: int, first_two: float, mixing: float) -> None:
        figures = {
            "phase": phase, "elapsed": round(elapsed, 1), "cost": cost, "hard_broken": hard_broken,
            "first_two_percent": round(100 * first_two), "mixing": round(mixing, 4),
        }  # fmt: skip
        self.row.update(progress=figures, heard_at=db_now())

    def should_stop(self) -> bool:
        now = time.monotonic()
        if not self.stop and now - self.asked_at >= STEP:
            self.asked_at = now
            self.stop = bool(self.row.values_list("stop_asked", flat=True).first())
            self.row.update(heard_at=db_now())
        return self.stop


def _launch(composition_id: int) -> None:
    """On servers a worker of the queue `solver`; in one process a thread: a run must not hold up the tick's worker."""
    if settings.REDIS_URL:
        current_app.send_task(TASK, args=[composition_id], queue=QUEUE)
        return
    threading.Thread(target=_in_thread, args=[composition_id], name=f"composition-{composition_id}", daemon=True).start()


def _in_thread(composition_id: int) -> None:
    try:
        carry_out(composition_id)
    finally:
        connections.close_all()


def _finish(composition_id: int, state: str, *, answer: dict[str, Any], plan: dict[str, Any] | None = None) -> None:
    """Only a run that is still the one under way: one that was given up for dead says nothing any more."""
    running = Composition.objects.filter(pk=composition_id, state=Composition.State.RUNNING)
    running.update(state=state, answer=answer, plan=plan or {}, heard_at=db_now())


def _finished(edition: Edition, composition_id: int) -> Composition:
    run = latest_composition(edition)
    if run is None or run.pk != composition_id:
        raise Refused("not_found")
    if run.is_under_way or not run.plan:
        raise Refused("composition_unfinished")
    return run


def _edition_locked(edition_id: int) -> Edition:
    edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition


def _require_no_teams(edition: Edition) -> None:
    if count := Team.objects.filter(edition=edition).count():
        raise Refused("teams_exist", count=count)


def _audit(run: Composition, person: Person, action: str, *, after: object) -> None:
    audit(edition_id=run.edition_id, actor_id=person.pk, action=action, thing=f"composition {run.pk}", after=after)
