"""The final: which rule says who goes on, who that is, and the round of those who do.

Owns the rule on a round and the list of those who advanced. Ranks nothing: it reads the order that was signed. Nobody but
organisers and the president learns who advanced before the organisers say so: no event and no public page names a team.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, PARTICIPANTS, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.localtext import local
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.advancing import Entrant, advancing
from judging.boards import ask_board
from judging.events import FinalPlanned, RoundOpened
from judging.models import Advance, Ballot, Round, ScoreRevision, Seat, SignOff, Tie
from judging.planning import bar_ballot, fill_up
from judging.reasons import DERIVED, GONE
from judging.rubric_versions import latest_version
from judging.tallies import tally_of
from teams.models import Team

MOST = 200


@dataclass(frozen=True, kw_only=True)
class FinalLine:
    """A team in the order of the round: what it is counted in, and whether it goes on."""

    team: Team
    group: str
    rank: int | None
    score: float | None
    goes_on: bool


@dataclass(frozen=True, kw_only=True)
class FinalPlan:
    """Who would go on to the final of `round` now. `is_signed`: the order is signed, so that the final can be opened.

    `extra`: teams above the number of the rule, because of ties at the border. `key` changes whenever the list does.
    """

    round: Round
    rule: str
    lines: list[FinalLine]
    going: int
    extra: int
    seats: list[Seat]
    is_signed: bool
    key: str


def plan_final(*, person: Person, edition_id: int, by: str, count: int | None, ties: str, reason: str = "") -> Round:
    """Store how many teams go on and what happens to ties at the border; `by` "" drops the final.

    To be stored before the jury begins: after the first score it takes a reason. Refused: `reason_required`, `choice_invalid`,
    `final_count_invalid` (most), `no_rooms` where each room is meant and there is one, `not_found`, `final_opened`,
    `round_closed` after signing for anything but dropping it, `results_shown` once they are being revealed.
    """
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        round_ = _latest(edition)
        if round_ is None:
            raise Refused("not_found")
        if round_.is_final:
            raise Refused("final_opened")
        _check_rule(round_, by, count, ties)
        signed = SignOff.objects.select_for_update(no_key=True).filter(round=round_).first()
        if signed is not None and by:
            raise Refused("round_closed")
        if signed is not None and (signed.reveal_step or edition.published_at is not None):
            raise Refused("results_shown")
        before = [round_.final_by, round_.final_count, round_.final_ties]
        round_.final_by, round_.final_count = by, count if by else None
        round_.final_ties = ties or round_.final_ties
        after = [round_.final_by, round_.final_count, round_.final_ties]
        if before == after:
            return round_
        if not reason and ScoreRevision.objects.filter(ballot__seat__round=round_).exists():
            raise Refused("reason_required", field="reason")
        round_.save(update_fields=["final_by", "final_count", "final_ties"])
        audit(
            edition_id=edition_id, actor_id=person.pk, action="final.plan", thing=f"round {round_.pk}",
            before=before, after=after, reason=reason,
        )  # fmt: skip
        told = [ORGANISERS, JURY, PARTICIPANTS]
        record(FinalPlanned(round=round_.pk), edition_id=edition_id, on=told, actor_id=person.pk)
    return round_


def final_plan(*, person: Person, edition: Edition) -> FinalPlan | None:
    """Who would go on by the order as it stands; None where no final is planned."""
    require(person, "standings.read", edition)
    round_ = _latest(edition)
    if round_ is None or not round_.final_by:
        return None
    return who_goes_on(round_)


def open_final(*, person: Person, edition_id: int, key: str, seats: Collection[int], rubric_id: int | None = None) -> Round:
    """Begin the final of those who advance, with the jurors of `seats`, who have a ballot on each of them.

    The final has the criteria of `rubric_id`, the latest version of a rubric of the edition, else those of the round before.
    Conflicts of interest come along, those that jurors declared too. Raises Rubric.DoesNotExist. Refused: `not_found` without
    a rule, `not_signed_off`, `final_opened`, `results_shown`, `plan_outdated` when others would advance now, `no_jurors`,
    `nobody_advances`, `rubric_changed` (version).
    """
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        before = _latest(edition)
        if before is None or not (before.final_by or before.is_final):
            raise Refused("not_found")
        if before.is_final:
            raise Refused("final_opened")
        signed = SignOff.objects.select_for_update(no_key=True).filter(round=before).first()
        if signed is None:
            raise Refused("not_signed_off")
        if signed.reveal_step or edition.published_at is not None:
            raise Refused("results_shown")
        plan = who_goes_on(before)
        if plan.key != key:
            raise Refused("plan_outdated")
        going = [line.team for line in plan.lines if line.goes_on]
        chosen = [seat for seat in plan.seats if seat.pk in set(seats)]
        if not going:
            raise Refused("nobody_advances")
        if not chosen:
            raise Refused("no_jurors")
        rubric = before.rubric_id if rubric_id is None else latest_version(edition, rubric_id).pk
        final = Round.objects.create(
            edition=edition, rubric_id=rubric, number=before.number + 1, is_final=True, school_share=before.school_share
        )
        Advance.objects.bulk_create(Advance(round=final, team=team) for team in going)
        for seat in chosen:
            _carry(seat, final)
        fill_up(final, actor_id=person.pk)
        carry_conflicts(final, actor_id=person.pk)
        audit(
            edition_id=edition_id, actor_id=person.pk, action="final.open", thing=f"round {final.pk}",
            after={"teams": [team.number for team in going], "jurors": [seat.code for seat in chosen], "rubric": rubric},
        )  # fmt: skip
        record(RoundOpened(round=final.pk), edition_id=edition_id, on=[ORGANISERS, JURY], actor_id=person.pk)
        ask_board(final.pk)
    return final


def rule_text(round_: Round) -> str:
    """The rule in one or two sentences; "" where no final is planned."""
    if not round_.final_by:
        return ""
    n = round_.final_count or 0
    if round_.final_by == Round.FinalBy.ROOM:
        who = ngettext("The first of each room goes on to the final.", "The first %(n)s of each room go on to the final.", n)
    elif round_.final_by == Round.FinalBy.CHALLENGE:
        who = ngettext(
            "The first on each challenge goes on to the final.", "The first %(n)s on each challenge go on to the final.", n
        )
    else:
        who = ngettext("The first of all teams goes on to the final.", "The first %(n)s of all teams go on to the final.", n)
    who %= {"n": n}
    if round_.final_ties == Round.FinalTies.ALL:
        return who + " " + _("If teams have the same points at the border, all of them go on.")
    return who + " " + _("If teams have the same points at the border, the tie-break rules decide.")


def rule_of_final(edition: Edition) -> str:
    """The same for whoever reads about the edition; "" where no final is planned."""
    planned = edition.rounds.exclude(final_by="").order_by("-number").first()
    return rule_text(planned) if planned else ""


def waits_for_final(round_: Round) -> bool:
    """Whether the results of a round are not those of the event: a final is planned, or was opened after it."""
    return bool(round_.final_by) or Round.objects.filter(edition=round_.edition_id, number__gt=round_.number).exists()


def _check_rule(round_: Round, by: str, count: int | None, ties: str) -> None:
    if not by:
        return
    if by not in Round.FinalBy.values or ties not in Round.FinalTies.values:
        raise Refused("choice_invalid")
    if count is None or not 1 <= count <= MOST:
        raise Refused("final_count_invalid", field="count", most=MOST)
    if by == Round.FinalBy.ROOM and not round_.rooms.exists():
        raise Refused("no_rooms", field="by")


def who_goes_on(round_: Round) -> FinalPlan:
    """Who goes on by the order of a round: the signed one, else the one as it stands."""
    signed = SignOff.objects.filter(round=round_).first()
    teams = {one.pk: one for one in round_.teams().filter(withdrawn_at=None).select_related("challenge__partner")}
    rows: list[tuple[int, int | None, float | None]]
    if signed is not None:
        rows = [(row["id"], row["rank"], row["score"]) for row in signed.standings if row["id"] in teams]
    else:
        rows = [(one.team, one.rank, one.score) for one in tally_of(round_id=round_.pk).standings]
    groups = _groups(round_, teams)
    entrants = [Entrant(team=pk, group=groups[pk], rank=rank, score=score) for pk, rank, score in rows]
    going = advancing(entrants, count=round_.final_count or 0, ties=round_.final_ties)
    each = Counter(one.group for one in entrants if one.rank is not None)
    meant = sum(min(ranked, round_.final_count or 0) for ranked in each.values())
    lines = [
        FinalLine(team=teams[one.team], group=groups[one.team][1], rank=one.rank, score=one.score, goes_on=one.team in going)
        for one in sorted(
            entrants, key=lambda one: (one.team not in going, one.rank is None, one.rank or 0, teams[one.team].number)
        )
    ]
    facts = [round_.pk, sorted(going), bool(signed)]
    return FinalPlan(
        round=round_,
        rule=rule_text(round_),
        lines=lines,
        going=len(going),
        extra=max(len(going) - meant, 0),
        seats=list(round_.seats.filter(stood_down_at=None).select_related("person").order_by("number")),
        is_signed=signed is not None,
        key=hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32],
    )


def _groups(round_: Round, teams: dict[int, Team]) -> dict[int, tuple[int, str]]:
    """Team to the group it is counted in: its number, and what it is called."""
    if round_.final_by == Round.FinalBy.ROOM:
        rooms = {one.team_id: (one.room_id, str(one.room)) for one in round_.placings.select_related("room")}
        return {pk: rooms.get(pk, (0, "")) for pk in teams}
    if round_.final_by == Round.FinalBy.CHALLENGE:
        language = get_language() or "en"
        found = {pk: team.challenge for pk, team in teams.items()}
        return {pk: (one.pk, local(one.title, language)) if one else (0, "") for pk, one in found.items()}
    return dict.fromkeys(teams, (0, ""))


def _carry(seat: Seat, final: Round) -> None:
    """The same juror under the same code, with the charter accepted and the ties said before."""
    own = Seat.objects.create(
        round=final, person_id=seat.person_id, code=seat.code, number=seat.number, charter_at=seat.charter_at
    )
    Tie.objects.bulk_create(Tie(seat=own, about_id=one.about_id) for one in seat.ties.all())


def carry_conflicts(final: Round, *, actor_id: int) -> None:
    """What a juror or an organiser said in the round before bars the ballot here too."""
    before = {"seat__round__edition": final.edition_id, "seat__round__number": final.number - 1}
    ballots = Ballot.objects.filter(**before).exclude(barred_reason="").exclude(barred_reason__in=GONE)
    said = {
        (person, team): reason
        for person, team, reason in ballots.values_list("seat__person_id", "team_id", "barred_reason")
        if reason not in DERIVED
    }
    own = Ballot.objects.select_for_update(no_key=True, of=("self",)).select_related("seat__round", "team")
    for ballot in own.filter(seat__round=final, barred_reason="").order_by("pk"):
        if reason := said.get((ballot.seat.person_id, ballot.team_id)):
            bar_ballot(ballot, reason=reason, actor_id=actor_id)


def _latest(edition: Edition) -> Round | None:
    return Round.objects.filter(edition=edition).select_related("edition").order_by("-number").first()
