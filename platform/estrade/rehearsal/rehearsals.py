"""A rehearsal begins, stands still, and is wiped.

Owns the life of the copy. Never writes a row of the original, but for what its audit log says about the rehearsal.
Words: the *copy* is the edition that is played; its *length* is the time from the opening to the last ballot.
"""

import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import OperationalError, transaction

from estrade.access.policy import require
from estrade.archive.scope import OF_AN_EDITION, in_order, label_of
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from estrade.rehearsal.copying import copy_edition, new_token
from estrade.rehearsal.filling import fill_in
from estrade.rehearsal.models import Play
from estrade.rehearsal.proof import Traces, columns_searched, count_rows, find_words, sessions_of, traces_of
from estrade.rehearsal.script import DEADLINE, FROZEN, JUDGING
from judging.models import Criterion
from teams.models import ReceiptCounter, Team

SHORTEST, LONGEST = timedelta(seconds=5), timedelta(hours=4)
ATTEMPTS = 4


@dataclass(frozen=True)
class Proof:
    """What was found of a rehearsal before and after the wipe. `before` names the tables that had rows of it."""

    before: dict[str, int]
    after: dict[str, int]
    tables: int
    columns: int
    hits: dict[str, int]

    @property
    def is_clean(self) -> bool:
        return not any(self.after.values()) and not self.hits


def start_rehearsal(*, person: Person | None, edition_id: int, length: timedelta) -> Play:
    """Copy the edition, fill in what it lacks and let the play begin. `person` is None at the command line.

    Refused: not_found (a copy is not copied), rehearsal_running, rehearsal_length, rehearsal_without_organiser.
    """
    with transaction.atomic():
        original = _locked_original(edition_id)
        if person is not None:
            require(person, "rehearsal.manage", original)
        if original.rehearsals.exists():
            raise Refused("rehearsal_running")
        if not SHORTEST <= length <= LONGEST:
            raise Refused("rehearsal_length", lowest=1, highest=int(LONGEST.total_seconds() // 60))
        organiser = _organiser(original, person)
        now = db_now()
        instants = instants_of(original, now, length)
        copy = copy_edition(original=original, moved=_mover(original, instants), instants=instants)
        added = fill_in(copy=copy, organiser=organiser)
        play = Play.objects.create(
            edition=copy,
            length=length.total_seconds(),
            token=new_token(),
            began_at=now,
            alive_at=now,
            held_until=now,
            facts=_facts(copy),
            added=added,
        )
        minutes = round(length.total_seconds() / 60, 1)
        _audit(original, person, "rehearsal.start", copy.pk, after={"minutes": minutes, "added": added})
    return play


def pause_rehearsal(*, person: Person, edition_id: int, paused: bool) -> Play:
    """Let the play of an edition's rehearsal stand still, or go on. Refused: rehearsal_missing."""
    with transaction.atomic():
        original = _locked_original(edition_id)
        require(person, "rehearsal.manage", original)
        play = Play.objects.select_for_update(of=("self",)).filter(edition__rehearses=original).first()
        if play is None:
            raise Refused("rehearsal_missing")
        play.is_paused = paused
        play.save(update_fields=["is_paused"])
    return play


def wipe_rehearsal(*, person: Person | None, edition_id: int) -> Proof:
    """Delete the copy, its doubles and their sessions in one transaction, then look for whatever might be left.

    The proof goes into the audit log of the original. Refused: rehearsal_missing.
    """
    for attempt in range(ATTEMPTS):
        try:
            traces, before, after = _wipe(person, edition_id)
            break
        except OperationalError:
            # Somebody was writing into the copy at that moment: the database chose one of the two.
            if attempt + 1 == ATTEMPTS:
                raise
            time.sleep(0.2)
    # Off the locks: every text of the database is read, and the event itself may be going on.
    proof = Proof(
        before={label: rows for label, rows in sorted(before.items()) if rows},
        after={label: after[label] for label, rows in sorted(before.items()) if rows or after[label]},
        tables=len(before),
        columns=columns_searched(),
        hits=find_words(traces),
    )
    with transaction.atomic():
        _audit(_locked_original(edition_id), person, "rehearsal.proof", traces.edition_id, after=asdict(proof))
    return proof


def take_seat(*, token: str, person_id: int) -> tuple[Play, Person]:
    """Somebody plays a double from now on, who stops playing by itself. Belongs inside the transaction that signs in.

    Refused: not_found once the rehearsal is wiped, for a wrong token, and for whoever is not a double of it.
    """
    play = Play.objects.select_for_update(of=("self",)).select_related("edition").filter(token=token).first()
    double = Person.objects.filter(pk=person_id, rehearses=play.edition_id).first() if play else None
    if play is None or double is None or play.edition.rehearses_id is None:
        raise Refused("not_found")
    if double.pk not in play.taken:
        play.taken = [*play.taken, double.pk]
        play.save(update_fields=["taken"])
    return play, double


def instants_of(edition: Edition, now: datetime, length: timedelta) -> dict[str, datetime | None]:
    """The copy's own instants: open from now on, everything else in parts of the length."""
    return {
        "opens_at": now,
        "submissions_close_at": now + DEADLINE * length,
        "judging_opens_at": now + JUDGING * length,
        "freeze_at": now + FROZEN * length if edition.freeze_at else None,
    }


def _mover(edition: Edition, instants: dict[str, datetime | None]) -> Callable[[datetime], datetime]:
    """Original time to the copy's: what stands between two instants keeps its place between them."""
    pairs = [(getattr(edition, name), at) for name, at in instants.items()]
    known: list[tuple[datetime, datetime]] = [(old, new) for old, new in pairs if old is not None and new is not None]

    def moved(at: datetime) -> datetime:
        if at <= known[0][0]:
            return known[0][1] - (known[0][0] - at)
        for (old, new), (next_old, next_new) in zip(known, known[1:], strict=False):
            if at <= next_old:
                span = next_old - old
                return new + (next_new - new) * ((at - old) / span) if span else next_new
        # After the last instant: as quick as the event before it.
        return known[-1][1] + (at - known[-1][0]) * ((known[-1][1] - known[0][1]) / (known[-1][0] - known[0][0]))

    return moved


def _locked_original(edition_id: int) -> Edition:
    original = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id, rehearses=None).first()
    if original is None:
        raise Refused("not_found")
    return original


def _organiser(original: Edition, person: Person | None) -> Person:
    """Who fills in the copy: whoever asked for it, or the first organiser."""
    if person is not None:
        return person
    role = Role.objects.filter(edition=original, role=Role.Name.ORGANISER).select_related("person").order_by("pk").first()
    if role is None:
        raise Refused("rehearsal_without_organiser")
    return role.person


def _facts(copy: Edition) -> dict[str, dict[str, object]]:
    """How good each team and how severe each juror will be, by lot."""
    chance = random.Random(copy.pk)  # noqa: S311 - a play, not a secret
    last = copy.rounds.order_by("-number").first()
    scales = [(float(one.lowest), float(one.highest)) for one in Criterion.objects.filter(rubric__rounds=last)]
    strength: dict[str, object] = {}
    for team in Team.objects.filter(edition=copy).order_by("number"):
        good = chance.uniform(0.4, 0.85)
        strength[str(team.pk)] = [low + (high - low) * min(1.0, good + chance.uniform(-0.1, 0.1)) for low, high in scales]
    jurors = last.seats.order_by("number").values_list("person_id", flat=True) if last else []
    return {"strength": strength, "severity": {str(juror): chance.uniform(-0.4, 0.3) for juror in jurors}}


@transaction.atomic
def _wipe(person: Person | None, edition_id: int) -> tuple[Traces, dict[str, int], dict[str, int]]:
    original = _locked_original(edition_id)
    if person is not None:
        require(person, "rehearsal.manage", original)
    # The row under which seats and simulated people are let in comes first: nobody signs in any more.
    play = Play.objects.select_for_update(of=("self",)).filter(edition__rehearses=original).first()
    copy = Edition.objects.select_for_update(of=("self",)).filter(rehearses=original).first()
    if copy is None:
        raise Refused("rehearsal_missing")
    traces = traces_of(copy, token=play.token if play else "")
    before = count_rows(traces)
    _delete_everything(copy, traces)
    after = count_rows(traces)
    left = {label: rows for label, rows in after.items() if rows}
    _audit(original, person, "rehearsal.wipe", traces.edition_id, after={"rows": sum(before.values()), "left": left})
    return traces, before, after


def _delete_everything(copy: Edition, traces: Traces) -> None:
    """Rows before the rows they point at; then doubles, sessions and the edition itself."""
    Session.objects.filter(session_key__in=sessions_of(traces)).delete()
    ReceiptCounter.objects.filter(initials=traces.initials).delete()
    doubles = ContentType.objects.get_for_model(Person)
    LogEntry.objects.filter(content_type=doubles, object_id__in=map(str, traces.doubles)).delete()
    LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Edition), object_id=str(copy.pk)).delete()
    for model in reversed(in_order()):
        label = label_of(model)
        if label in OF_AN_EDITION and model is not Edition:
            model._default_manager.filter(**{OF_AN_EDITION[label]: copy.pk}).delete()
    Person.objects.filter(rehearses=copy).delete()
    copy.delete()


def _audit(original: Edition, person: Person | None, action: str, copy_id: int, *, after: object) -> None:
    # By number: the copy's address stands nowhere but in the copy.
    audit(
        edition_id=original.pk,
        actor_id=person.pk if person else None,
        action=action,
        thing=f"rehearsal {copy_id}",
        after=after,
    )
