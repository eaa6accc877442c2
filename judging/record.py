"""The jury record: one version of the result, whole, so that anybody can compute it again.

Owns the versions. Never changes one: a correction makes the next. Jurors are codes everywhere but in one list, which the
public version leaves out together with every free text, because texts name people.
"""

import hashlib
import json
from copy import deepcopy
from datetime import datetime
from typing import Any

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.models import AuditHead
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.models import Ballot, Criterion, JuryRecord, Minute, Round, Score, SignOff
from judging.reasons import REASONS
from judging.rubrics import plain
from judging.tallies import Tally

FORMAT = "estrade-jury-record/1"
COUNTS, INCOMPLETE, BARRED, VOID = "counts", "incomplete", "barred", "void"

Content = dict[str, Any]


def keep_record(*, signed: SignOff, person: Person, tally: Tally, now: datetime, reason: str) -> JuryRecord:
    """Write the next version, inside the transaction that makes the result."""
    last = signed.records.order_by("-version").first()
    version = last.version + 1 if last else 1
    content = _content(signed, tally, version=version, now=now, reason=reason)
    return JuryRecord.objects.create(
        sign_off=signed,
        version=version,
        made_at=now,
        person=person,
        reason=reason,
        content=content,
        digest=digest_of(content),
    )


def digest_of(content: Content) -> str:
    """SHA-256 of a content in its canonical form: sorted keys, no spaces."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def full_record(*, person: Person, edition: Edition, version: int, number: int | None = None) -> JuryRecord:
    """One version with names and texts, of round `number`, else of the latest one.

    Raises JuryRecord.DoesNotExist, Refused by the policy.
    """
    require(person, "record.read", edition)
    if number is not None:
        return JuryRecord.objects.get(sign_off__round__edition=edition, sign_off__round__number=number, version=version)
    kept: JuryRecord = _records(edition).get(version=version)
    return kept


def record_versions(*, person: Person, edition: Edition) -> list[JuryRecord]:
    """All versions, the latest first; without their contents. Refused by the policy."""
    require(person, "record.read", edition)
    return list(_records(edition).defer("content").order_by("-version"))


def public_record(*, person: Any, edition: Edition) -> Content:
    """The latest version without names of jurors and without texts, once the results are published. Refused: `not_found`."""
    require(person, "results.read", edition)
    latest = _records(edition).order_by("-version").first()
    if latest is None:
        raise Refused("not_found")
    return without_names(latest.content)


def without_names(content: Content) -> Content:
    """A copy that says what counted and nobody's name but those of the teams."""
    copy = deepcopy(content)
    for part in ("jurors", "minutes"):
        copy.pop(part, None)
    for ballot in copy["ballots"]:
        ballot.pop("comment", None)
        if ballot["reason"] not in REASONS:
            ballot["reason"] = ""
    copy["signatures"] = [{"role": one["role"], "at": one["at"]} for one in copy["signatures"]]
    copy["ties"] = [{"teams": one["teams"], "at": one["at"]} for one in copy["ties"]]
    copy["reason"] = ""
    return copy


def _records(edition: Edition) -> Any:
    latest = edition.rounds.order_by("-number").values("pk")[:1]
    return JuryRecord.objects.filter(sign_off__round__in=latest).select_related("person", "sign_off__round__edition")


def _content(signed: SignOff, tally: Tally, *, version: int, now: datetime, reason: str) -> Content:
    round_ = Round.objects.select_related("edition").get(pk=signed.round_id)
    edition = round_.edition
    criteria = list(Criterion.objects.filter(rubric=round_.rubric_id).order_by("position", "pk"))
    teams = list(round_.teams().order_by("number"))
    numbers = {team.pk: team.number for team in teams}
    seats = list(round_.seats.select_related("person").order_by("number"))
    head = AuditHead.objects.filter(edition=edition).first()
    minutes = list(Minute.objects.filter(round=round_).select_related("person"))
    return {
        "format": FORMAT,
        "edition": {"slug": edition.slug, "name": edition.name},
        "round": round_.number,
        "version": version,
        "reason": reason,
        "made_at": now.isoformat(),
        "method": signed.method,
        "computation": signed.computation,
        "minimum": tally.minimum,
        "criteria": [
            {
                "key": one.key,
                "label": one.label,
                "weight": plain(one.weight),
                "lowest": plain(one.lowest),
                "highest": plain(one.highest),
            }
            for one in criteria
        ],
        "teams": [{"number": one.number, "name": one.name, "withdrawn": one.withdrawn_at is not None} for one in teams],
        "jurors": [{"code": seat.code, "name": seat.person.name} for seat in seats],
        "ballots": _ballots(round_.pk, numbers),
        "ties": [
            {"teams": [numbers[pk] for pk in one.order if pk in numbers], **_said(one)}
            for one in minutes
            if one.kind == Minute.Kind.TIE
        ],
        "minutes": [{"kind": one.kind, **_said(one)} for one in minutes],
        "signatures": [
            {
                "role": one.role,
                "by": one.person.name if one.person else "",
                "at": one.at.isoformat(),
                "reason": one.reason,
            }
            for one in round_.signatures.select_related("person").order_by("role")
        ],
        "standings": [
            {
                "team": numbers[row.team],
                "rank": row.rank,
                "position": row.position,
                "score": row.score,
                "raw": row.raw,
                "ballots": row.ballots,
            }
            for row in tally.standings
        ],
        "hashes": {"inputs": signed.inputs_hash, "journal": head.digest if head else ""},
    }


def _said(one: Minute) -> Content:
    return {"by": one.person.name if one.person else "", "at": one.at.isoformat(), "text": one.text}


def _ballots(round_id: int, numbers: dict[int, int]) -> list[Content]:
    marks: dict[int, dict[str, str]] = {}
    scores = Score.objects.filter(ballot__seat__round=round_id, value__isnull=False)
    for ballot, key, value in scores.values_list("ballot_id", "criterion__key", "value"):
        marks.setdefault(ballot, {})[key] = plain(value) if value is not None else ""
    ballots = Ballot.objects.filter(seat__round=round_id).select_related("seat", "void").order_by("seat__number", "team__number")
    return [_ballot(one, marks.get(one.pk, {}), numbers) for one in ballots]


def _ballot(one: Ballot, marks: dict[str, str], numbers: dict[int, int]) -> Content:
    void = getattr(one, "void", None)
    state = COUNTS if one.completed_at else INCOMPLETE
    if one.barred_reason:
        state = BARRED
    elif void is not None:
        state = VOID
    return {
        "juror": one.seat.code,
        "team": numbers[one.team_id],
        "state": state,
        "reason": one.barred_reason or (void.reason if void else ""),
        "marks": dict(sorted(marks.items())),
        "comment": one.comment,
    }
