"""The juror's own school: from which share of a team on a juror may not score it. Below that share it is only a wish of the plan.

Owns the share of a round. With schools mixed in every team, one member from the juror's school is no conflict of interest.
"""

from django.db import transaction

from estrade.access.policy import require
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, person_stream, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import ask_board
from judging.events import BallotRestored
from judging.models import Ballot, Round
from judging.planning import bar_met_conflicts, field_of, fill_up

OWN_SCHOOL = "own_school"


def set_school_share(*, person: Person, edition_id: int, share: int | None) -> None:
    """From which percent of a team from the own school on a juror may not score it; None: no such rule.

    Ballots that the new share bars leave the count; those that only the old one barred are open again.
    Refused: `not_found` without a round, `share_invalid`, `round_closed`.
    """
    with transaction.atomic():
        rounds = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("edition")
        round_ = rounds.filter(edition=edition_id).order_by("-number").first()
        if round_ is None:
            raise Refused("not_found")
        require(person, "edition.manage", round_)
        if round_.closed_at is not None:
            raise Refused("round_closed")
        if share is not None and not 1 <= share <= 100:
            raise Refused("share_invalid", field="share")
        before, round_.school_share = round_.school_share, share
        if before == share:
            return
        round_.save(update_fields=["school_share"])
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="round.school_share",
            thing=f"round {round_.pk}",
            before=before,
            after=share,
        )
        _open_again(round_, person)
        bar_met_conflicts(round_, actor_id=person.pk)
        fill_up(round_, actor_id=person.pk)
        ask_board(round_.pk)


def _open_again(round_: Round, person: Person) -> None:
    """Open the ballots that nothing but the former share barred."""
    still = field_of(round_).conflicts
    ballots = Ballot.objects.select_for_update(no_key=True, of=("self",)).select_related("seat", "team")
    for ballot in list(ballots.filter(seat__round=round_, barred_reason=OWN_SCHOOL).order_by("pk")):
        if (ballot.seat_id, ballot.team_id) in still or ballot.seat.stood_down_at is not None:
            continue
        ballot.barred_reason, ballot.touched_at = "", db_now()
        ballot.save(update_fields=["barred_reason", "touched_at"])
        record(
            BallotRestored(ballot=ballot.pk, team=ballot.team_id, seat=ballot.seat_id),
            edition_id=round_.edition_id,
            on=[ORGANISERS, person_stream(ballot.seat.person_id)],
            actor_id=person.pk,
        )
