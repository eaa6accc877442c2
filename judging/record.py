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
from estrade.journal.models import AuditEntry, AuditHead
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.models import Ballot, Criterion, JuryRecord, Minute, Round, Rubric, Score, Seat, SignOff
from judging.reasons import REASONS, STOOD_DOWN
from judging.reasons import VOID as SCORES_VOID
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


def record_versions(*, person: Person, edition: Edition, number: int | None = None) -> list[JuryRecord]:
    """All versions of round `number`, else of the latest one, the latest first; without their contents. Refused by the policy."""
    require(person, "record.read", edition)
    records = (
        _records(edition)
        if number is None
        else JuryRecord.objects.filter(sign_off__round__edition=edition, sign_off__round__number=number).select_related("person")
    )
    return list(records.defer("content").order_by("-version"))


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
        for text in ("comment", "feedback"):
            ballot.pop(text, None)
        ballot["paper"] = bool(ballot.get("paper"))
        if ballot["reason"] not in REASONS:
            ballot["reason"] = ""
    copy["signatures"] = [{"role": one["role"], "at": one["at"]} for one in copy["signatures"]]
    copy["ties"] = [{"teams": one["teams"], "at": one["at"]} for one in copy["ties"]]
    for one in copy.get("corrections", []):
        one.pop("by", None)
        one.pop("reason", None)
    copy["reason"] = ""
    for one in copy.get("rubric", {}).get("versions", []):
        one["reason"] = ""
    return copy


def _records(edition: Edition) -> Any:
    latest = edition.rounds.order_by("-number").values("pk")[:1]
    return JuryRecord.objects.filter(sign_off__round__in=latest).select_related("person", "sign_off__round__edition")


def _content(signed: SignOff, tally: Tally, *, version: int, now: datetime, reason: str) -> Content:
    round_ = Round.objects.select_related("edition", "rubric").get(pk=signed.round_id)
    edition = round_.edition
    criteria = list(Criterion.objects.filter(rubric=round_.rubric_id).order_by("position", "pk"))
    teams = list(round_.teams().order_by("number"))
    numbers = {team.pk: team.number for team in teams}
    seats = list(round_.seats.select_related("person").order_by("number"))
    head = AuditHead.objects.filter(edition=edition).first()
    minutes = list(Minute.objects.filter(round=round_).select_related("person"))
    return {
        "format": FORMAT,
        "edition": {"slug": edition.slug, "name": edition.name, "time_zone": edition.time_zone},
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
                "required": one.is_required,
            }
            for one in criteria
        ],
        "rubric": _rubric(round_),
        "teams": [{"number": one.number, "name": one.name, "withdrawn": one.withdrawn_at is not None} for one in teams],
        "jurors": [_juror(seat) for seat in seats],
        "ballots": _ballots(round_, numbers, tally),
        "corrections": _corrections(edition, round_, numbers),
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


def _juror(seat: Seat) -> Content:
    """Code and name, and for one who stood down when, why, and what became of the scores."""
    left = seat.stood_down_at
    gone = {"at": left.isoformat(), "scores": seat.scores_then, "reason": seat.stood_down_reason} if left else None
    return {"code": seat.code, "name": seat.person.name, "stood_down": gone}


def _said(one: Minute) -> Content:
    return {"by": one.person.name if one.person else "", "at": one.at.isoformat(), "text": one.text}


def _rubric(round_: Round) -> Content:
    """Which version was scored with, and those before it with what each of them asked."""
    rubric = round_.rubric
    line = Rubric.objects.filter(edition=rubric.edition_id, line=rubric.line, version__lte=rubric.version)
    versions = line.prefetch_related("criteria").order_by("version")
    return {
        "version": rubric.version,
        "name": rubric.name,
        "versions": [
            {
                "version": one.version,
                "made_at": one.made_at.isoformat() if one.made_at else "",
                "reason": one.reason,
                "criteria": [
                    {
                        "key": of.key,
                        "weight": plain(of.weight),
                        "lowest": plain(of.lowest),
                        "highest": plain(of.highest),
                        "step": plain(of.step),
                    }
                    for of in one.criteria.all()
                ],
            }
            for one in versions
        ],
    }


def _ballots(round_: Round, numbers: dict[int, int], tally: Tally) -> list[Content]:
    marks: dict[int, dict[str, str]] = {}
    former: dict[int, dict[str, str]] = {}
    scores = Score.objects.filter(ballot__seat__round=round_, value__isnull=False).select_related("criterion__rubric")
    for score in scores:
        of, value = score.criterion, plain(score.value) if score.value is not None else ""
        if of.rubric_id == round_.rubric_id:
            marks.setdefault(score.ballot_id, {})[of.key] = value
        else:
            # A version of its own beside the key: two versions may have asked the same thing on different scales.
            former.setdefault(score.ballot_id, {})[f"{of.key}@{of.rubric.version}"] = value
    keys = dict(Criterion.objects.filter(rubric=round_.rubric_id).values_list("pk", "key"))
    ballots = Ballot.objects.filter(seat__round=round_).order_by("seat__number", "team__number")
    ballots = ballots.select_related("seat", "void", "paper__first", "paper__second", "paper__settled_by")
    found = []
    for one in ballots:
        content = _ballot(one, marks.get(one.pk, {}), numbers)
        put_in = tally.stand_ins.get((one.seat_id, one.team_id), {})
        if put_in and content["state"] == COUNTS:
            content["filled"] = {keys[pk]: plain(value) for pk, value in sorted(put_in.items())}
        if one.pk in former:
            content["former"] = dict(sorted(former[one.pk].items()))
        found.append(content)
    return found


def _ballot(one: Ballot, marks: dict[str, str], numbers: dict[int, int]) -> Content:
    void = one.taken_out
    return {
        "juror": one.seat.code,
        "team": numbers[one.team_id],
        "state": _state(one),
        "reason": one.barred_reason or (void.reason if void else ""),
        "marks": dict(sorted(marks.items())),
        "comment": one.comment,
        "feedback": one.feedback,
        "paper": _paper(one),
    }


def _corrections(edition: Edition, round_: Round, numbers: dict[int, int]) -> list[Content]:
    """Each score that was changed after the freeze, or put right by an organiser, as the audit log has it."""
    ballots = {one.pk: one for one in Ballot.objects.filter(seat__round=round_).select_related("seat")}
    entries = AuditEntry.objects.filter(edition=edition, action="score.corrected").select_related("actor").order_by("number")
    found = []
    for entry in entries:
        # "ballot 12 pitch", "ballot 12 criterion pitch"
        _word, number, *key = entry.thing.split()
        ballot = ballots.get(int(number))
        if ballot is not None:
            found.append(
                {
                    "juror": ballot.seat.code,
                    "team": numbers[ballot.team_id],
                    "criterion": key[-1],
                    "before": entry.before,
                    "after": entry.after,
                    "at": entry.at.isoformat(),
                    "by": entry.actor.name if entry.actor else "",
                    "reason": entry.reason,
                }
            )
    return found


def _paper(one: Ballot) -> Content | None:
    """Who typed a paper sheet in, and who settled what differed; None for a ballot that came from a device alone."""
    sheet = getattr(one, "paper", None)
    if sheet is None or sheet.done_at is None:
        return None
    names = {"first": sheet.first, "second": sheet.second, "settled_by": sheet.settled_by}
    return {"at": sheet.done_at.isoformat()} | {part: who.name if who else "" for part, who in names.items()}


def _state(one: Ballot) -> str:
    if one.counts or one.barred_reason == STOOD_DOWN:
        return COUNTS if one.counts and one.completed_at else INCOMPLETE
    # A conflict of interest says more than what was decided about the ballot later.
    is_conflict = one.barred_reason not in {"", SCORES_VOID}
    return BARRED if is_conflict else VOID
