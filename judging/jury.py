"""The jury as an organiser puts it together, on the spot if need be: a juror is one form, and has a code at once.

Owns no table and no rule of its own: it calls the verbs in their order, all or nothing, and brings the usual rubric.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.kernel.cleantext import folded, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.codes import Badge, replace_code
from estrade.people.models import Organisation, Person, Role
from estrade.people.organisations import organisation_named
from estrade.people.people import create_person, give_role
from judging.boards import ask_board
from judging.leaving import hand_over
from judging.models import Ballot, Criterion, Round, Seat
from judging.needs import USUAL_BALLOTS, USUAL_MINUTES, Needs
from judging.panels import assign_everybody, open_round, seat_juror
from judging.rubrics import change_weight, create_rubric, rubric_of
from judging.usual_rubrics import usual_criteria

MOST_BALLOTS = 20
MOST_MINUTES = 240


@dataclass(frozen=True, kw_only=True)
class SeatLine:
    """A seat with the juror's organisation, whether the juror chairs, and how many ballots are complete and open."""

    seat: Seat
    organisation: str
    is_chair: bool
    complete: int = 0
    open: int = 0


@dataclass(frozen=True, kw_only=True)
class JurySetup:
    """What the set-up page shows. `missing`: teams that are on no juror's list yet; `counted`: jurors whose scores count."""

    seats: list[SeatLine]
    criteria: list[Criterion]
    is_sealed: bool
    missing: int
    counted: int
    school_share: int | None = None


def add_juror(
    *,
    person: Person,
    edition_id: int,
    first_name: str,
    last_name: str,
    organisation: str = "",
    is_president: bool = False,
) -> Badge:
    """A new juror with a seat, a ballot on every team and a personal code, in one step.

    The first one opens the round, with the edition's latest rubric or the usual one. The organisation decides which
    teams the juror may not score. Refused: name_missing, too_long, round_closed, juror_twice (name: is on the list already);
    rehearsal_only in a copy, whose people are all doubles.
    """
    if _edition(edition_id).rehearses_id is not None:
        raise Refused("rehearsal_only")
    with transaction.atomic():
        round_ = _open_round(person, edition_id)
        juror = _new_juror(person, round_, first_name, last_name, organisation, is_president=is_president)
        seat_juror(person=person, round_id=round_.pk, juror_id=juror.pk)
        assign_everybody(person=person, round_id=round_.pk)
        return replace_code(person=person, edition_id=edition_id, of_id=juror.pk)


def replace_juror(
    *, person: Person, edition_id: int, seat_id: int, first_name: str, last_name: str, organisation: str = ""
) -> Badge:
    """A new person takes a seat with the scores given from it, and gets a personal code. Refused as `add_juror`, `hand_over`."""
    if _edition(edition_id).rehearses_id is not None:
        raise Refused("rehearsal_only")
    with transaction.atomic():
        seat = Seat.objects.select_related("round__edition").get(pk=seat_id, round__edition=edition_id)
        require(person, "edition.manage", seat)
        juror = _new_juror(person, seat.round, first_name, last_name, organisation)
        hand_over(person=person, seat_id=seat_id, juror_id=juror.pk)
        return replace_code(person=person, edition_id=edition_id, of_id=juror.pk)


def seat_line(*, person: Person, edition: Edition, seat_id: int) -> SeatLine:
    """One seat of the edition's jury. Raises Seat.DoesNotExist for one of elsewhere."""
    require(person, "edition.control", edition)
    seat = Seat.objects.select_related("person", "round").get(pk=seat_id, round__edition=edition)
    roles = Role.objects.filter(edition=edition, person=seat.person_id, role__in=[Role.Name.JUROR, Role.Name.PRESIDENT])
    held = roles.select_related("organisation").first()
    ballots = Ballot.objects.filter(seat=seat, team__withdrawn_at=None)
    return SeatLine(
        seat=seat,
        organisation=held.organisation.short_name if held and held.organisation else "",
        is_chair=held is not None and held.role == Role.Name.PRESIDENT,
        complete=ballots.complete().count(),
        open=ballots.missing().count(),
    )


def set_weights(*, person: Person, edition_id: int, weights: dict[int, Decimal]) -> None:
    """Change the weights of the latest rubric, all or none. Refused: rubric_sealed, weight_invalid, rubric_without_weight."""
    with transaction.atomic():
        edition = _edition(edition_id)
        require(person, "edition.manage", edition)
        criteria = _criteria(edition)
        # Weights above zero first, so that no moment in between is without any.
        for criterion in sorted(criteria, key=lambda one: -weights.get(one.pk, one.weight)):
            if criterion.pk in weights and weights[criterion.pk] != criterion.weight:
                change_weight(person=person, criterion_id=criterion.pk, weight=weights[criterion.pk])


def set_fewest_ballots(*, person: Person, edition_id: int, fewest: int) -> None:
    """How many ballots a team needs for a rank. Refused: `fewest_ballots_invalid`, `round_closed` once the results are signed."""
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        if not 1 <= fewest <= MOST_BALLOTS:
            raise Refused("fewest_ballots_invalid", field="fewest", highest=MOST_BALLOTS)
        round_ = _latest_round(edition)
        if round_ is not None and round_.closed_at is not None:
            raise Refused("round_closed")
        before, edition.fewest_ballots = edition.fewest_ballots, fewest
        if before == fewest:
            return
        edition.save(update_fields=["fewest_ballots"])
        audit(edition_id=edition_id, actor_id=person.pk, action="ballots.fewest", thing="ranking", before=before, after=fewest)
        if round_ is not None:
            ask_board(round_.pk)


def set_minutes_per_ballot(*, person: Person, edition_id: int, minutes: int) -> None:
    """What a juror needs for one team, pitch and questions included: the figures of the set-up are computed with it.

    Refused: `ballot_minutes_invalid` (most).
    """
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        if not 1 <= minutes <= MOST_MINUTES:
            raise Refused("ballot_minutes_invalid", field="minutes", most=MOST_MINUTES)
        before, edition.minutes_per_ballot = edition.minutes_per_ballot, minutes
        if before == minutes:
            return
        edition.save(update_fields=["minutes_per_ballot"])
        audit(edition_id=edition_id, actor_id=person.pk, action="ballots.minutes", thing="jury", before=before, after=minutes)


def set_corrections_by_two(*, person: Person, edition_id: int, by_two: bool) -> None:
    """Whether corrections from the freeze on wait for a second organiser.

    Refused: `one_organiser` to wait for nobody, `corrections_need_two` to take it back once the board is frozen.
    """
    with transaction.atomic():
        edition = locked_edition(edition_id)
        require(person, "edition.manage", edition)
        before, edition.corrections_by_two = edition.corrections_by_two, by_two
        if before == by_two:
            return
        organisers = Role.objects.filter(edition=edition, role=Role.Name.ORGANISER, person__is_active=True)
        if by_two and organisers.count() < 2:
            raise Refused("one_organiser")
        if not by_two and edition.phase(db_now()) >= Phase.FROZEN:
            raise Refused("corrections_need_two")
        edition.save(update_fields=["corrections_by_two"])
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="corrections.by_two",
            thing="corrections",
            before=before,
            after=by_two,
        )


def give_everybody_every_team(*, person: Person, edition_id: int) -> int:
    """Ballots for seats and teams that came since the last time. How many. Refused: not_found without a round."""
    edition = _edition(edition_id)
    require(person, "edition.manage", edition)
    round_ = _latest_round(edition)
    if round_ is None:
        raise Refused("not_found")
    return assign_everybody(person=person, round_id=round_.pk)


def jury_setup(*, person: Person, edition: Edition) -> JurySetup:
    """The jury as it stands, in a number of queries that does not grow."""
    require(person, "edition.control", edition)
    round_ = _latest_round(edition)
    of_jurors = Role.objects.filter(edition=edition, role__in=[Role.Name.JUROR, Role.Name.PRESIDENT]).select_related(
        "organisation"
    )
    houses = {role.person_id: role.organisation.short_name for role in of_jurors if role.organisation}
    chairs = {role.person_id for role in of_jurors if role.role == Role.Name.PRESIDENT}
    seats = round_.seats.select_related("person").order_by("number") if round_ else Seat.objects.none()
    lines = [SeatLine(seat=one, organisation=houses.get(one.person_id, ""), is_chair=one.person_id in chairs) for one in seats]
    teams = (round_.teams() if round_ else edition.teams).filter(withdrawn_at=None)
    complete = Ballot.objects.complete().filter(seat__round=round_)
    return JurySetup(
        seats=lines,
        criteria=_criteria(edition),
        is_sealed=round_ is not None and round_.rubric.sealed_at is not None,
        missing=teams.exclude(ballots__seat__round=round_).count() if lines and round_ and not round_.walks else 0,
        school_share=round_.school_share if round_ else None,
        counted=complete.order_by().values("seat").distinct().count(),
    )


def needs_of(*, edition: Edition, wanted: Mapping[str, int]) -> Needs:
    """The figures from what exists, where `wanted` says nothing else (`teams`, `ballots`, `minutes`, `jurors`).

    Where there is no jury yet: as many jurors as the time from the first pitch to the freeze asks for.
    """
    round_ = _latest_round(edition)
    there = round((edition.freeze_at - edition.judging_opens_at).total_seconds() / 60) if edition.freeze_at else None
    seated = round_.seats.filter(stood_down_at=None).count() if round_ else 0
    per_team = round_.per_team if round_ and round_.per_team else seated or USUAL_BALLOTS
    teams = round_.teams() if round_ else edition.teams.all()
    known = {
        "teams": teams.filter(withdrawn_at=None).count() or 1,
        "ballots": per_team,
        "minutes": edition.minutes_per_ballot or USUAL_MINUTES,
    }
    first = Needs(**{**known, **wanted, "jurors": wanted.get("jurors") or seated or per_team}, there=there)
    return first if seated or "jurors" in wanted else replace(first, jurors=first.enough or first.jurors)


def _new_juror(  # noqa: PLR0913 - the words of one form
    person: Person, round_: Round, first_name: str, last_name: str, organisation: str, *, is_president: bool = False
) -> Person:
    """A person with a juror's role. The same name twice is one juror listed twice, which would count double."""
    wanted = folded(f"{first_name} {last_name}")
    for seated in Person.objects.filter(seats__round=round_):
        if folded(seated.name) == wanted:
            raise Refused("juror_twice", field="last_name", name=seated.name)
    juror = create_person(first_name=first_name, last_name=last_name)
    house = organisation_named(organisation, category=Organisation.Category.BUSINESS) if one_line(organisation) else None
    role = Role.Name.PRESIDENT if is_president else Role.Name.JUROR
    give_role(person=person, edition_id=round_.edition_id, to=juror, role=role, organisation=house)
    return juror


def _open_round(person: Person, edition_id: int) -> Round:
    edition = _edition(edition_id)
    require(person, "edition.manage", edition)
    if (round_ := _latest_round(edition)) is not None:
        return round_
    rubric = rubric_of(edition) or create_rubric(person=person, edition_id=edition_id, criteria=usual_criteria())
    return open_round(person=person, edition_id=edition_id, rubric_id=rubric.pk)


def _criteria(edition: Edition) -> list[Criterion]:
    round_ = _latest_round(edition)
    latest = rubric_of(edition)
    rubric_id = round_.rubric_id if round_ else latest.pk if latest else 0
    return list(Criterion.objects.filter(rubric=rubric_id))


def _latest_round(edition: Edition) -> Round | None:
    return edition.rounds.select_related("rubric").order_by("-number").first()


def _edition(edition_id: int) -> Edition:
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is None:
        raise Refused("not_found")
    return edition
