"""A rubric that changes: written anew while nobody can have scored with it, made into its next version afterwards.

Owns the step from one version to the next and what it does to the ballots. Never loses a score: those of a criterion that
goes on move with it, those of one that is gone stay where they are and stop counting. Closed rounds keep their version.
Words: a rubric is *in use* once it is sealed or scoring is open; a criterion *goes on* when the next version has one of the
same key whose scale has the same ends and every value that could be given before.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from estrade.access.policy import can, require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import ask_board
from judging.events import RubricChanged
from judging.models import Ballot, Criterion, Round, Rubric, Score
from judging.ranking import Standing
from judging.rubrics import NewCriterion, checked, new_criteria_of, plain, write_criteria
from judging.tallies import tally_of, tally_under
from teams.models import Team

MOST_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Change:
    """One criterion before and after; None on one side: new, or gone. `scores`: how many are there now.

    `goes_on`: they count in the next version. `comes_back`: it was in an earlier version and not in the last one.
    """

    before: NewCriterion | None
    after: NewCriterion | None
    goes_on: bool
    scores: int

    @property
    def comes_back(self) -> bool:
        return self.before is None and self.goes_on

    @property
    def is_rescaled(self) -> bool:
        return self.before is not None and self.after is not None and not self.goes_on

    @property
    def is_weighed(self) -> bool:
        return self.before is not None and self.after is not None and self.before.weight != self.after.weight


@dataclass(frozen=True, kw_only=True)
class Place:
    """One team on the board now and then."""

    team: Team
    before: Standing
    after: Standing

    @property
    def moves(self) -> bool:
        return self.before.rank != self.after.rank


@dataclass(frozen=True, kw_only=True)
class TurnedBallot:
    """A ballot that is complete now and would not be, or the other way round. `has_left`: its juror stood down."""

    code: str
    juror: str
    team: Team
    has_left: bool


@dataclass(frozen=True, kw_only=True)
class RoundEffect:
    """What a change does to one open round. `complete`: ballots that are complete now.

    `places`: the board then, best first; empty before there is an order, None for who may not know it.
    """

    round: Round
    complete: int
    incomplete: list[TurnedBallot]
    completed: list[TurnedBallot]
    places: list[Place] | None

    @property
    def order_stands(self) -> bool:
        return not any(place.moves for place in self.places or ())

    @property
    def first_incomplete(self) -> list[TurnedBallot]:
        """As many as a page shows; `more_incomplete` are left out."""
        return self.incomplete[:MOST_SHOWN]

    @property
    def more_incomplete(self) -> int:
        return max(len(self.incomplete) - MOST_SHOWN, 0)

    @property
    def first_places(self) -> list[Place]:
        """As many as a page shows, those that move before those that stay; `more_places` are left out."""
        places = self.places or []
        return places if len(places) <= MOST_SHOWN else sorted(places, key=lambda place: not place.moves)[:MOST_SHOWN]

    @property
    def more_places(self) -> int:
        return max(len(self.places or ()) - MOST_SHOWN, 0)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the next version would do, computed from the ballots as they are. Nothing was written."""

    rubric: Rubric
    is_same: bool
    changes: list[Change]
    rounds: list[RoundEffect]


def is_in_use(rubric: Rubric, now: datetime) -> bool:
    """Whether somebody may have scored with it: on the server, or on a device that has no network."""
    return rubric.sealed_at is not None or rubric.edition.phase(now) >= Phase.JUDGING


def preview_change(*, person: Person, rubric_id: int, criteria: Sequence[NewCriterion]) -> Preview:
    """What `change_rubric` would do. Refused as it is, but for the reason."""
    made = checked(criteria)
    rubric = Rubric.objects.select_related("edition").get(pk=rubric_id)
    require(person, "edition.manage", rubric.edition)
    _refuse_old(rubric)
    rounds = list(Round.objects.filter(rubric=rubric, closed_at=None).select_related("edition").order_by("number"))
    _refuse_closed(rubric, rounds)
    earlier = _going_on(rubric, made)
    sees_order = can(person, "standings.read", rubric.edition)
    return Preview(
        rubric=rubric,
        is_same=new_criteria_of(rubric) == made,
        changes=_changes(rubric, made, earlier, rounds),
        rounds=[_effect(one, made, earlier, sees_order=sees_order) for one in rounds],
    )


def change_rubric(*, person: Person, rubric_id: int, criteria: Sequence[NewCriterion], reason: str = "") -> Rubric:
    """Write a rubric anew. One in use stays as it is and gets a next version, with a reason, which open rounds take at once.

    `rubric_id`: the version that was on the screen. The same criteria again change nothing. Refused: as `checked`;
    `rubric_changed` (version) when a later version exists, `reason_required`, `too_long` (reason), `round_closed` when every
    round that has it is closed.
    """
    made = checked(criteria)
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        edition = locked_edition(Rubric.objects.values_list("edition_id", flat=True).get(pk=rubric_id))
        require(person, "edition.manage", edition)
        rounds = list(Round.objects.filter(rubric=rubric_id, closed_at=None).order_by("number"))
        # Who is writing a score finishes first; who comes later finds the new version.
        ballots = list(Ballot.objects.select_for_update(no_key=True, of=("self",)).filter(seat__round__in=rounds).order_by("pk"))
        rubric = Rubric.objects.select_for_update(no_key=True, of=("self",)).get(pk=rubric_id)
        rubric.edition = edition
        _refuse_old(rubric)
        before = new_criteria_of(rubric)
        if before == made:
            return rubric
        now = db_now()
        if is_in_use(rubric, now):
            if not reason:
                raise Refused("reason_required", field="reason")
            _refuse_closed(rubric, rounds)
            rubric = _next_version(rubric, made, rounds, ballots, now=now, reason=reason)
        else:
            _rewrite(rubric, made)
        audit(
            edition_id=edition.pk,
            actor_id=person.pk,
            action="rubric.change",
            thing=f"rubric {rubric.pk}",
            before=_in_short(before),
            after={"version": rubric.version, "criteria": _in_short(made)},
            reason=reason,
        )
        changed = RubricChanged(rubric=rubric.pk, version=rubric.version)
        record(changed, edition_id=edition.pk, on=[ORGANISERS, JURY], actor_id=person.pk)
        for one in rounds:
            ask_board(one.pk)
    return rubric


def use_rubric(*, person: Person, round_id: int, rubric_id: int) -> Round:
    """Let an open round score with another rubric of its edition. Refused: `round_closed`, `rubric_in_use` once it has scores."""
    with transaction.atomic():
        edition = locked_edition(Round.objects.values_list("edition_id", flat=True).get(pk=round_id))
        require(person, "edition.manage", edition)
        list(Ballot.objects.select_for_update(no_key=True, of=("self",)).filter(seat__round=round_id).order_by("pk"))
        round_ = Round.objects.select_for_update(no_key=True, of=("self",)).get(pk=round_id)
        rubric = latest_version(edition, rubric_id)
        if round_.closed_at is not None:
            raise Refused("round_closed")
        if round_.rubric_id == rubric.pk:
            return round_
        if Score.objects.filter(ballot__seat__round=round_).exists():
            raise Refused("rubric_in_use")
        before, round_.rubric = round_.rubric_id, rubric
        round_.save(update_fields=["rubric"])
        audit(
            edition_id=edition.pk,
            actor_id=person.pk,
            action="round.rubric",
            thing=f"round {round_.pk}",
            before=f"rubric {before}",
            after=f"rubric {rubric.pk}",
        )
        changed = RubricChanged(rubric=rubric.pk, version=rubric.version)
        record(changed, edition_id=edition.pk, on=[ORGANISERS, JURY], actor_id=person.pk)
        ask_board(round_.pk)
    return round_


def latest_version(edition: Edition, rubric_id: int) -> Rubric:
    """A rubric that a round may begin to score with. Raises Rubric.DoesNotExist. Refused: `rubric_changed` (version)."""
    rubric = Rubric.objects.get(pk=rubric_id, edition=edition)
    _refuse_old(rubric)
    return rubric


# --- Writing ------------------------------------------------------------------------------------------------------


def _rewrite(rubric: Rubric, made: Sequence[NewCriterion]) -> None:
    """The same version with other criteria. Those that stay keep their numbers: a sheet that is open knows them by these."""
    there = {one.key: one for one in rubric.criteria.all()}
    rubric.criteria.exclude(key__in=[new.key for new in made]).delete()
    for position, new in enumerate(made):
        facts = {"position": position, **vars(new)}
        if new.key in there:
            Criterion.objects.filter(pk=there[new.key].pk).update(**facts)
        else:
            Criterion.objects.create(rubric=rubric, **facts)


def _next_version(
    rubric: Rubric,
    made: Sequence[NewCriterion],
    rounds: Sequence[Round],
    ballots: Sequence[Ballot],
    *,
    now: datetime,
    reason: str,
) -> Rubric:
    after = Rubric.objects.create(
        edition=rubric.edition,
        line=rubric.line,
        version=rubric.version + 1,
        name=rubric.name,
        challenge_id=rubric.challenge_id,
        made_at=now,
        reason=reason,
        sealed_at=now if rubric.sealed_at else None,
    )
    earlier = _going_on(rubric, made)
    criteria = write_criteria(after, made, {key: one.pk for key, one in earlier.items()})
    for one in criteria:
        if one.continues_id is not None:
            Score.objects.filter(criterion=one.continues_id, ballot__seat__round__in=rounds).update(criterion=one)
    Round.objects.filter(pk__in=[one.pk for one in rounds]).update(rubric=after)
    _count_again(ballots, criteria, now)
    return after


def _count_again(ballots: Sequence[Ballot], criteria: Sequence[Criterion], now: datetime) -> None:
    """How far each locked ballot is. When it was touched stays: nobody did."""
    required = [one.pk for one in criteria if one.is_required]
    scores = Score.objects.filter(ballot__in=ballots, criterion__in=required, value__isnull=False)
    scored = Counter(scores.values_list("ballot_id", flat=True))
    turned = []
    for ballot in ballots:
        is_complete = scored[ballot.pk] >= len(required)
        before = (ballot.scored, ballot.completed_at)
        ballot.scored = scored[ballot.pk]
        ballot.completed_at = (ballot.completed_at or now) if is_complete else None
        if before != (ballot.scored, ballot.completed_at):
            turned.append(ballot)
    Ballot.objects.bulk_update(turned, ["scored", "completed_at"], batch_size=500)


def _refuse_old(rubric: Rubric) -> None:
    later = Rubric.objects.filter(edition=rubric.edition_id, line=rubric.line, version__gt=rubric.version)
    if (last := later.order_by("-version").first()) is not None:
        raise Refused("rubric_changed", version=last.version)


def _refuse_closed(rubric: Rubric, rounds: Sequence[Round]) -> None:
    if not rounds and rubric.rounds.exists():
        raise Refused("round_closed")


def _going_on(rubric: Rubric, made: Sequence[NewCriterion]) -> dict[str, Criterion]:
    """Key to the criterion of this or an earlier version whose scores go on in the next one."""
    of_line = Criterion.objects.filter(rubric__edition=rubric.edition_id, rubric__line=rubric.line)
    # One whose scores have gone on before has none left. The latest version is looked at first.
    tips = list(of_line.filter(continued_by=None).order_by("-rubric__version"))
    held = {new.key: [one for one in tips if one.key == new.key and _holds(one, new)] for new in made}
    return {key: found[0] for key, found in held.items() if found}


def _holds(one: Criterion, new: NewCriterion) -> bool:
    """Whether every score that could be given on the one is a score on the other, and means the same."""
    return (one.lowest, one.highest) == (new.lowest, new.highest) and one.step % new.step == 0


def _in_short(criteria: Sequence[NewCriterion]) -> dict[str, str]:
    return {
        one.key: f"{plain(one.weight)}, {plain(one.lowest)}-{plain(one.highest)} by {plain(one.step)}"
        + ("" if one.is_required else ", optional")
        for one in criteria
    }


# --- Looking ahead ------------------------------------------------------------------------------------------------


def _changes(
    rubric: Rubric, made: Sequence[NewCriterion], earlier: Mapping[str, Criterion], rounds: Sequence[Round]
) -> list[Change]:
    """The criteria as they will be, in their order, and then those that are gone."""
    scores = Score.objects.filter(ballot__seat__round__in=rounds, value__isnull=False, criterion__rubric__line=rubric.line)
    counted = Counter(scores.values_list("criterion_id", flat=True))
    numbers = {one.key: one.pk for one in rubric.criteria.all()}
    before = {one.key: one for one in new_criteria_of(rubric)}
    found = []
    for new in made:
        source = earlier[new.key].pk if new.key in earlier else numbers.get(new.key)
        scored = counted[source] if source is not None else 0
        found.append(Change(before=before.pop(new.key, None), after=new, goes_on=new.key in earlier, scores=scored))
    gone = [Change(before=old, after=None, goes_on=False, scores=counted[numbers[key]]) for key, old in before.items()]
    return found + gone


def _effect(round_: Round, made: Sequence[NewCriterion], earlier: Mapping[str, Criterion], *, sees_order: bool) -> RoundEffect:
    # Numbers that no stored criterion has.
    criteria = [Criterion(pk=-place, position=place, **vars(new)) for place, new in enumerate(made, start=1)]
    carried = {earlier[one.key].pk: int(one.pk) for one in criteria if one.key in earlier}
    required = {one.pk for one in criteria if one.is_required}
    scored: defaultdict[int, set[int]] = defaultdict(set)
    scores = Score.objects.filter(ballot__seat__round=round_, criterion__in=list(carried), value__isnull=False)
    for ballot_id, criterion_id in scores.values_list("ballot_id", "criterion_id"):
        scored[ballot_id].add(carried[criterion_id])
    ballots = Ballot.objects.counting().filter(seat__round=round_, team__withdrawn_at=None)
    ballots = ballots.select_related("seat__person", "team").order_by("seat__number", "team__number")
    now_and_then = [(one, one.completed_at is not None, required <= scored[one.pk]) for one in ballots]
    return RoundEffect(
        round=round_,
        complete=sum(before for _one, before, _after in now_and_then),
        incomplete=[_turned(one) for one, before, after in now_and_then if before and not after],
        completed=[_turned(one) for one, before, after in now_and_then if after and not before],
        places=_places(round_, criteria, carried) if sees_order else None,
    )


def _turned(ballot: Ballot) -> TurnedBallot:
    seat = ballot.seat
    return TurnedBallot(code=seat.code, juror=seat.person.name, team=ballot.team, has_left=seat.stood_down_at is not None)


def _places(round_: Round, criteria: Sequence[Criterion], carried: Mapping[int, int]) -> list[Place]:
    now = tally_of(round_id=round_.pk)
    before = {one.team: one for one in now.standings}
    teams = {team.pk: team for team in now.teams}
    then = tally_under(round_id=round_.pk, criteria=criteria, carried=carried)
    places = [Place(team=teams[one.team], before=before[one.team], after=one) for one in then.standings if one.team in before]
    return [one for one in places if one.before.rank is not None or one.after.rank is not None]
