"""What the president and the organisers see of the jury: progress, what the ranking rests on, the evidence, the decisions.

Reads only, and asks the policy itself. The figures are computed by `judging.ranking` and worded by `cockpit_words`.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from estrade.access.policy import can, require
from estrade.editions.models import Edition
from estrade.people.models import Person, Presence
from judging.border import Border, border_of, changes_text
from judging.cockpit_words import Said, answer_words, finding_words, juror_words
from judging.corrections import waits_for_second
from judging.feedback import texts_to_teams
from judging.late import late_ballots
from judging.models import (
    Ballot,
    Correction,
    Criterion,
    FeedbackRelease,
    JuryRecord,
    Minute,
    Nudge,
    PaperSheet,
    Round,
    Score,
    SignOff,
    Void,
)
from judging.ranking import Ballot as Marks
from judging.ranking import ballot_points, rank
from judging.ranking.diagnosis import Diagnosis, diagnose
from judging.ranking.podium import SAFE, UNPROVEN, Answer, Scale, does_it_matter
from judging.reads import Matrix, MatrixRow, progress_matrix
from judging.record import record_versions
from judging.reveal import PODIUM, ballots_missing, inputs_hash, signatures_needed
from judging.rubrics import plain
from judging.tallies import Tally, tally_of
from teams.models import Team

# Teams whose evidence is laid side by side.
SIDE_BY_SIDE = 6
KEPT = 8


@dataclass(frozen=True, kw_only=True)
class Study:
    """What was computed from one state of the ballots."""

    diagnosis: Diagnosis
    answers: list[Answer]


@dataclass(frozen=True, kw_only=True)
class JurorLine:
    """One juror: the row of the matrix, since when unheard of, the word sent, and how the juror scores."""

    row: MatrixRow
    away_since: datetime | None
    nudge: Nudge | None
    words: list[str]

    @property
    def is_open(self) -> bool:
        return self.row.done < self.row.of


@dataclass(frozen=True, kw_only=True)
class OneBallot:
    """A complete ballot in the evidence. `total`: 0 to 100."""

    ballot: Ballot
    code: str
    total: float
    void: Void | None
    marks: list[tuple[Criterion, str]]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One team beside the others. `criteria`: mean and adjusted mean of each, in the rubric's order."""

    team: Team
    rank: int | None
    score: float | None
    raw: float | None
    counted: int
    expected: int
    criteria: list[tuple[float | None, float | None]]
    ballots: list[OneBallot]
    comments: list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Signed:
    """One signature that is needed: its role and, once given to the ballots as they are, who gave it when."""

    role: str
    name: str
    at: datetime | None
    outdated: bool


@dataclass(frozen=True, kw_only=True)
class Cockpit:
    """Everything on the page. `ranked` of `teams`: how many have the ballots that a rank needs. `is_latest`: of all rounds.

    `border`: what of the open final would be different by the order of the round before as it is now; `others`: how many
    ranked teams are not side by side.
    """

    round: Round
    is_latest: bool
    border: Border | None
    border_words: str
    others: int
    matrix: Matrix
    jurors: list[JurorLine]
    findings: list[Said]
    answers: list[Said]
    is_adjusted: bool
    criteria: list[Criterion]
    evidence: list[Evidence]
    tied: list[list[Team]]
    decided: list[list[Team]]
    minutes: list[Minute]
    signatures: list[Signed]
    sign_off: SignOff | None
    records: list[JuryRecord]
    released_at: datetime | None
    may_release: bool
    texts: list[tuple[str, list[str]]]
    papers: int
    late: int
    waiting: list[Correction]
    by_two: bool
    missing: int
    stops: bool
    minimum: int
    ranked: int
    may_decide: bool
    may_void: bool
    may_sign: bool

    @property
    def needs_reason(self) -> bool:
        return bool(self.missing) or self.stops


def cockpit_of(
    *, person: Person, edition: Edition, now: datetime, number: int | None = None, every_team: bool = False
) -> Cockpit | None:
    """The page for round `number`, else the latest one; None where there is none. Refused by the policy.

    `every_team`: all ranked teams side by side, not only the first.
    """
    require(person, "standings.read", edition, at=now)
    rounds = list(edition.rounds.select_related("edition", "rubric").order_by("-number"))
    round_ = next((one for one in rounds if number in {None, one.number}), None)
    if round_ is None:
        return None
    is_latest = round_ == rounds[0]
    matrix = progress_matrix(person=person, round_id=round_.pk)
    tally = tally_of(round_id=round_.pk)
    digest = inputs_hash(round_, tally)
    study = _study(round_, tally, matrix, digest)
    codes = {row.seat.pk: row.seat.person.name for row in matrix.rows}
    names = {team.pk: team.name for team in tally.teams}
    teams = {team.pk: team for team in tally.teams}
    criteria = list(Criterion.objects.filter(rubric=round_.rubric_id).order_by("position", "pk"))
    sign_off = SignOff.objects.filter(round=round_).select_related("signed_by").first()
    needed = signatures_needed(edition)
    decided = [order for order in tally.decided if all(pk in teams for pk in order)]
    tied = tally.tied
    may_release = is_latest and can(person, "feedback.release", edition, at=now)
    evidence = _evidence(round_, tally, criteria, most=None if every_team else SIDE_BY_SIDE)
    ranked = sum(row.rank is not None for row in tally.standings)
    border = border_of(edition)
    return Cockpit(
        round=round_,
        is_latest=is_latest,
        border=border,
        border_words=changes_text(border) if border else "",
        others=ranked - len(evidence),
        matrix=matrix,
        jurors=_jurors(matrix, study, now),
        findings=[finding_words(one, jurors=codes, teams=names) for one in study.diagnosis.findings],
        answers=[answer_words(one, jurors=codes, teams=names) for one in study.answers],
        is_adjusted=tally.method == "adjusted",
        criteria=criteria,
        evidence=evidence,
        tied=[[teams[pk] for pk in some] for some in tied],
        decided=[[teams[pk] for pk in order] for order in decided if sorted(order) in [sorted(some) for some in tied]],
        minutes=list(round_.minutes.select_related("person")),
        signatures=_signatures(round_, needed, digest),
        sign_off=sign_off,
        records=record_versions(person=person, edition=edition, number=round_.number)
        if can(person, "record.read", edition, at=now)
        else [],
        released_at=FeedbackRelease.objects.filter(round=round_).values_list("at", flat=True).first(),
        may_release=may_release,
        texts=texts_to_teams(person=person, edition=edition) if may_release and sign_off else [],
        papers=PaperSheet.objects.filter(ballot__seat__round=round_, done_at=None).count(),
        late=late_ballots(round_id=round_.pk),
        waiting=list(_waiting(round_)),
        by_two=waits_for_second(edition),
        missing=ballots_missing(round_id=round_.pk),
        stops=bool(study.diagnosis.stops),
        minimum=tally.minimum,
        ranked=ranked,
        may_decide=can(person, "tie.decide", edition, at=now)
        and ("president" not in needed or "president" in person.roles_in(edition.pk)),
        may_void=can(person, "ballot.void", edition, at=now),
        may_sign=can(person, "results.sign_off", edition, at=now),
    )


def _waiting(round_: Round) -> QuerySet[Correction]:
    """Corrections that wait for a second organiser."""
    waiting = Correction.objects.filter(ballot__seat__round=round_, decided_at=None)
    return waiting.select_related("ballot__seat", "ballot__team", "criterion", "person")


# The last state of the ballots that was studied, by round: a page that is looked at again costs nothing.
_known: dict[int, tuple[tuple[Any, ...], Study]] = {}


def _study(round_: Round, tally: Tally, matrix: Matrix, digest: str) -> Study:
    listed = [team.pk for team in tally.teams]
    # The matrix was read a moment before the tally, and jurors go on scoring in between: what the tally holds has come.
    come, in_tally = {(one.juror, one.team) for one in tally.marks}, set(listed)
    missing = [
        (row.seat.pk, team.pk)
        for row in matrix.rows
        for team, cell in zip(matrix.teams, row.cells, strict=True)
        if cell.state != "off" and (row.seat.pk, team.pk) not in come and team.pk in in_tally
    ]
    assigned = {row.seat.pk: row.of for row in matrix.rows}
    key = (digest, tuple(listed), tuple(missing), tuple(assigned.items()))
    known = _known.get(round_.pk)
    if known is not None and known[0] == key:
        return known[1]
    scales = [
        Scale(criterion=one, step=step)
        for one, step in zip(
            tally.criteria,
            Criterion.objects.filter(rubric=round_.rubric_id).order_by("position", "pk").values_list("step", flat=True),
            strict=True,
        )
    ]
    facts: dict[str, Any] = {"teams": listed, "minimum": tally.minimum, "decided": tally.decided, "places": PODIUM}
    is_ranked = any(row.rank is not None for row in tally.standings)
    answers = does_it_matter(tally.marks, scales, missing=missing, **facts) if is_ranked else []
    if missing and tally.stand_ins:
        # What stands in for an optional mark moves with every ballot that comes, which no bound here foresees.
        answers = [replace(one, verdict=UNPROVEN) if (one.question, one.verdict) == ("missing", SAFE) else one for one in answers]
    study = Study(diagnosis=diagnose(tally.marks, tally.criteria, assigned=assigned, **facts), answers=answers)
    if len(_known) >= KEPT:
        _known.clear()
    _known[round_.pk] = (key, study)
    return study


def _jurors(matrix: Matrix, study: Study, now: datetime) -> list[JurorLine]:
    figures = {one.juror: one for one in study.diagnosis.jurors}
    people = [row.seat.person_id for row in matrix.rows]
    gone = {
        one.person_id: one.changed_at
        for one in Presence.objects.filter(edition=matrix.round.edition_id, person__in=people, is_online=False)
    }
    nudges = {one.seat_id: one for one in Nudge.objects.filter(seat__round=matrix.round)}
    return [
        JurorLine(
            row=row,
            away_since=gone.get(row.seat.person_id) if row.done < row.of else None,
            nudge=nudges.get(row.seat.pk),
            words=juror_words(figures[row.seat.pk]) if row.seat.pk in figures else [],
        )
        for row in matrix.rows
    ]


def _evidence(round_: Round, tally: Tally, criteria: list[Criterion], *, most: int | None) -> list[Evidence]:
    first = [row for row in tally.standings if row.rank is not None][:most]
    teams = {team.pk: team for team in tally.teams}
    # Those that an organiser took out are shown too, marked as such: the evidence says what was left aside and why.
    ballots = (
        Ballot.objects.filter(seat__round=round_, team__in=[row.team for row in first], barred_reason="")
        .exclude(completed_at=None)
        .select_related("seat", "void")
        .order_by("seat__number")
    )
    marks: defaultdict[int, dict[int, Any]] = defaultdict(dict)
    for ballot_id, criterion, value in Score.objects.filter(ballot__in=ballots, value__isnull=False).values_list(
        "ballot_id", "criterion_id", "value"
    ):
        marks[ballot_id][criterion] = value
    by_team: defaultdict[int, list[Ballot]] = defaultdict(list)
    for one in ballots:
        by_team[one.team_id].append(one)
    adjusted = {one.pk: _adjusted(tally, one) for one in criteria}
    return [
        Evidence(
            team=teams[row.team],
            rank=row.rank,
            score=row.score,
            raw=row.raw,
            counted=row.ballots,
            expected=tally.expected[row.team],
            criteria=[(_mean(tally.marks, row.team, one.pk), adjusted[one.pk].get(row.team)) for one in criteria],
            ballots=[
                OneBallot(
                    ballot=one,
                    code=one.seat.code,
                    total=ballot_points(marks[one.pk], tally.criteria),
                    void=getattr(one, "void", None),
                    marks=[(c, plain(marks[one.pk][c.pk]) if c.pk in marks[one.pk] else "") for c in criteria],
                )
                for one in by_team[row.team]
            ],
            comments=[(one.seat.code, one.comment) for one in by_team[row.team] if one.comment and one.counts],
        )
        for row in first
    ]


def _mean(marks: list[Marks], team: int, criterion: int) -> float | None:
    own = [one.marks[criterion] for one in marks if one.team == team and criterion in one.marks]
    return float(sum(own) / len(own)) if own else None


def _adjusted(tally: Tally, criterion: Criterion) -> dict[int, float]:
    """One criterion's means after severity; empty where points are the plain mean."""
    if tally.method != "adjusted":
        return {}
    rows = [(one.juror, one.team, float(one.marks[criterion.pk])) for one in tally.marks if criterion.pk in one.marks]
    return {int(str(team)): score for team, score in rank(rows).scores.items()}


def _signatures(round_: Round, needed: set[str], digest: str) -> list[Signed]:
    given = {one.role: one for one in round_.signatures.select_related("person")}
    found = []
    for role in sorted(needed, reverse=True):
        one = given.get(role)
        counts = one is not None and (one.inputs_hash == digest or round_.closed_at is not None)
        name = one.person.name if one and one.person else ""
        found.append(Signed(role=role, name=name, at=one.at if one and counts else None, outdated=one is not None and not counts))
    return found
